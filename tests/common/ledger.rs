//! Notes who owns which frame, outside of the pool.

#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

use std::sync::atomic::{AtomicU32, Ordering};

use framewell::{Frame, Pool};

const FREE: u32 = 0;

/// The owner of each frame: 0, or the number of a thread, from 1.
///
/// All accesses are relaxed read-modify-writes. They always meet the latest entry, and they add no
/// happens-before edge that could hide one missing in the pool.
pub(crate) struct Ledger {
    owners: Vec<AtomicU32>,
}

impl Ledger {
    pub(crate) fn new(pool: &Pool) -> Self {
        Self {
            owners: (0..pool.capacity()).map(|_| AtomicU32::new(FREE)).collect(),
        }
    }

    #[track_caller]
    fn change(&self, frame: &Frame, from: u32, to: u32) {
        let was = self.owners[frame.id().index()].swap(to, Ordering::Relaxed);
        assert_eq!(was, from, "owner of {frame:?} on its way to {to}");
    }

    /// Notes that `me` got the frame from the pool.
    #[track_caller]
    pub(crate) fn got(&self, frame: &Frame, me: u32) {
        self.change(frame, FREE, me);
    }

    /// Notes that `me` is about to free the frame.
    #[track_caller]
    pub(crate) fn freeing(&self, frame: &Frame, me: u32) {
        self.change(frame, me, FREE);
    }

    /// Notes that `me` received the frame from another thread.
    #[track_caller]
    pub(crate) fn received(&self, frame: &Frame, from: u32, me: u32) {
        self.change(frame, from, me);
    }

    /// Returns how many frames are owned.
    pub(crate) fn owned(&self) -> usize {
        let owned = |owner: &&AtomicU32| owner.load(Ordering::Relaxed) != FREE;
        self.owners.iter().filter(owned).count()
    }

    /// Checks that nobody owns a frame any more.
    #[track_caller]
    pub(crate) fn assert_settled(&self) {
        for (id, owner) in self.owners.iter().enumerate() {
            assert_eq!(owner.load(Ordering::Relaxed), FREE, "owner of frame {id}");
        }
    }
}
