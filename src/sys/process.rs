//! Which process this is, told apart from those that forked it.

use std::io;

use crate::sync::{AtomicU32, Ordering, Table};

/// A number that the process shares with none of its ancestors; no system call.
///
/// One page is wiped in a forked child (`MADV_WIPEONFORK`). Who finds 0 there draws the next number from an ordinary counter, which a
/// child inherits, so it is larger than every ancestor's. A child that shares its parent's memory
/// (`vfork`) shares the number.
///
/// Source: madvise(2).
pub(crate) struct Process {
    wiped: Table<AtomicU32>,
    last: AtomicU32,
}

impl Process {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            wiped: Table::wiped_on_fork()?,
            last: AtomicU32::new(0),
        })
    }

    /// The number of the calling process.
    pub(crate) fn number(&self) -> u32 {
        // Relaxed, here and below: the number is all that is read.
        let number = self.wiped[0].load(Ordering::Relaxed);
        if number != 0 {
            return number;
        }
        let next = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        match self.wiped[0].compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => next,
            Err(first) => first,
        }
    }
}
