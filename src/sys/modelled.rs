//! The CPUs of a model: which one a modelled thread runs on.

use std::cell::Cell;
use std::hash::{Hash, Hasher};

loom::thread_local! {
    static CPU: Cell<Option<u32>> = Cell::new(None);
}

/// Moves the calling thread to a modelled CPU. Without this, thread `n` stays on CPU `n`.
#[allow(dead_code, reason = "for the models of the shards")]
pub(crate) fn run_on(cpu: u32) {
    CPU.with(|here| here.set(Some(cpu)));
}

/// Returns the CPU that the calling thread runs on.
pub(crate) fn modelled_cpu() -> u32 {
    CPU.with(Cell::get).unwrap_or_else(thread_number)
}

/// Returns the number of the modelled thread within its execution, from 0 up.
fn thread_number() -> u32 {
    /// A hasher that keeps the last number hashed. Of loom's thread id, that is the thread's index.
    struct Last(u64);

    impl Hasher for Last {
        fn finish(&self) -> u64 {
            self.0
        }

        fn write(&mut self, bytes: &[u8]) {
            let mut word = [0; 8];
            let n = bytes.len().min(8);
            word[..n].copy_from_slice(&bytes[..n]);
            self.0 = u64::from_le_bytes(word);
        }
    }

    let mut last = Last(0);
    loom::thread::current().id().hash(&mut last);
    last.finish() as u32
}
