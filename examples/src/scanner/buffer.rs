//! Where buffers and cells come from.
//!
//! A buffer is a frame of a pool whose frames are long enough for the longest record; a cell holds
//! the latest buffer for readers that look at it where it lies.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use framewell::Frame;

/// A buffer: as many bytes as were asked for.
pub type Dot11Buf = Frame;

/// The longest buffer: a record with an A-MSDU.
pub const LONGEST: usize = 9000;

/// There is no buffer of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no buffer is at rest, or {LONGEST} bytes are too short; give the pool more"
        )
    }
}

impl std::error::Error for OutOfMemory {}

/// A source of buffers.
#[derive(Clone)]
pub struct Pool(framewell::Pool);

impl Pool {
    /// Makes a source of this many buffers.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub fn build(buffers: usize) -> Result<Self, String> {
        framewell::Pool::builder()
            .frames(buffers)
            .payload(LONGEST)
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Gets a buffer of this length; its bytes are those of its last owner.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] if there is none.
    pub fn dot11(&self, len: usize) -> Result<Dot11Buf, OutOfMemory> {
        let buffer = self.0.get(len).map_err(|_| OutOfMemory)?;
        if buffer.len() == len {
            Ok(buffer)
        } else {
            Err(OutOfMemory)
        }
    }

    /// Its statistics, as a table.
    pub fn stats(&self) -> String {
        self.0.stats().to_string()
    }
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
    fn a_buffer_has_the_length_that_was_asked_for() {
        let pool = Pool::build(2).expect("pool");
        assert_eq!(pool.dot11(0).expect("a buffer").len(), 0);
        assert_eq!(pool.dot11(LONGEST).expect("a buffer").len(), LONGEST);
        assert_eq!(pool.dot11(LONGEST + 1).err(), Some(OutOfMemory));
        let out = [pool.dot11(1), pool.dot11(2)];
        assert!(out.iter().all(Result::is_ok));
        assert_eq!(pool.dot11(1).err(), Some(OutOfMemory));
    }

    #[test]
    fn a_cell_shows_the_latest_and_keeps_what_is_looked_at() {
        let pool = Pool::build(8).expect("pool");
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
