//! What a process knows of itself alone, and what tells it apart from those that forked it.

use std::io;

use crate::sync::{AtomicU64, Ordering, Table};

/// A number that a process shares with none of its ancestors, and counts that start at 0 in each
/// process. Neither needs a system call.
///
/// They lie in a page that is wiped in a forked child (`MADV_WIPEONFORK`). A call that finds 0 for
/// the number draws the next from an ordinary counter. A child inherits that counter, so its number
/// is larger than every ancestor's. A child that shares its parent's memory (`vfork`) shares number
/// and counts, too.
///
/// Source: madvise(2).
pub(crate) struct Process {
    wiped: Table<AtomicU64>,
    last: AtomicU64,
}

/// The words of the page: each has a cache line of its own.
const NUMBER: usize = 0;
const IN_FLIGHT: usize = 8;
const DRAINING: usize = 16;

impl Process {
    /// The bytes that are asked of the system for one process.
    pub(crate) const BYTES: usize = (DRAINING + 1) * size_of::<AtomicU64>();

    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            wiped: Table::wiped_on_fork(DRAINING + 1)?,
            last: AtomicU64::new(0),
        })
    }

    /// Returns the number of the calling process.
    pub(crate) fn number(&self) -> u64 {
        if cfg!(loom) {
            // A model does not fork, and would try all orders of these loads.
            return 1;
        }
        // Relaxed, here and below: the number is all that is read.
        let number = self.wiped[NUMBER].load(Ordering::Relaxed);
        if number != 0 {
            return number;
        }
        let next = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        match self.wiped[NUMBER].compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => next,
            Err(first) => first,
        }
    }

    /// Returns whether the process of a number can have inherited what another one owned. The first
    /// to draw a number cannot.
    pub(crate) fn has_ancestors(number: u64) -> bool {
        number > 1
    }

    /// Returns the count of transfers in flight in this process. A fork leaves the parent's behind.
    pub(crate) fn in_flight(&self) -> &AtomicU64 {
        &self.wiped[IN_FLIGHT]
    }

    /// Returns the count of drains in this process.
    pub(crate) fn draining(&self) -> &AtomicU64 {
        &self.wiped[DRAINING]
    }
}
