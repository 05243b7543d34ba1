//! Where buffers and cells come from.
//!
//! A buffer is as long as its frame: the pool has size classes for the lengths of 802.11. A cell holds
//! the latest buffer for readers that look at it where it lies.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub use framewell::{Dot11Buf, OutOfMemory, Pool};

/// Makes a pool whose size classes may take this many MiB.
///
/// # Errors
///
/// What is wrong, in words.
pub fn pool(mebibytes: usize) -> Result<Pool, String> {
    let bytes = mebibytes.saturating_mul(1 << 20);
    let builder = Pool::builder().dot11_bytes(bytes);
    builder.build().map_err(|error| error.to_string())
}

/// Makes a cell that holds nothing yet; its writer refuses to retire more than `retired_limit`
/// buffers that readers still look at.
pub fn cell(retired_limit: usize) -> (Writer, Reader) {
    let shared = Arc::new(Mutex::new(None));
    let writer = Writer {
        latest: Arc::clone(&shared),
        retired: Vec::new(),
        retired_limit,
    };
    (writer, Reader { latest: shared })
}

type Latest = Arc<Mutex<Option<Arc<Dot11Buf>>>>;

/// The end of a cell that puts buffers in.
pub struct Writer {
    latest: Latest,
    retired: Vec<Weak<Dot11Buf>>,
    retired_limit: usize,
}

impl Writer {
    /// Makes this buffer the latest.
    ///
    /// # Errors
    ///
    /// Hands it back if readers still look at too many older ones.
    pub fn swap(&mut self, new: Dot11Buf) -> Result<(), Dot11Buf> {
        self.retired.retain(|old| old.strong_count() > 0);
        if self.retired.len() >= self.retired_limit {
            return Err(new);
        }
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = latest.replace(Arc::new(new)) {
            self.retired.push(Arc::downgrade(&old));
        }
        Ok(())
    }
}

/// The end of a cell that looks.
#[derive(Clone)]
pub struct Reader {
    latest: Latest,
}

impl Reader {
    /// The latest buffer; `None` if there was none yet. It stays what it is while it is looked at.
    pub fn read(&self) -> Option<impl Deref<Target = [u8]> + use<>> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone().map(Guard)
    }
}

struct Guard(Arc<Dot11Buf>);

impl Deref for Guard {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_shows_the_latest_and_keeps_what_is_looked_at() {
        let pool = pool(1).expect("pool");
        let put = |writer: &mut Writer, mark: u8| {
            let mut buffer = pool.dot11(1).expect("a buffer");
            buffer[0] = mark;
            writer.swap(buffer).map_err(|back| back[0])
        };
        let (mut writer, reader) = cell(1);
        assert!(reader.read().is_none());
        assert_eq!(put(&mut writer, 1), Ok(()));
        let first = reader.read().expect("a buffer");
        assert_eq!(put(&mut writer, 2), Ok(()));
        assert_eq!(put(&mut writer, 3), Err(3));
        assert_eq!((first[0], reader.read().expect("a buffer")[0]), (1, 2));
        drop(first);
        assert_eq!(put(&mut writer, 3), Ok(()));
        assert_eq!(reader.read().expect("a buffer")[0], 3);
    }
}
