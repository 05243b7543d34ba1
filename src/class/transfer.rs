//! The slow paths: what happens when a CPU's list is empty or full.
//!
//! ```text
//!   get:   own list ── empty ─► depot ─► carve ─► lists of other CPUs ─► refuse (see `exhaustion`)
//!   free:  own list ── full ──► a batch to the depot, then own list
//! ```
//!
//! The steps that are the same for both fronts are here. Those that differ are in `policy`. One
//! transfer moves at most `batch` ids: 64, or fewer in a small pool, so that its frames are not all
//! between two places at once. Ids that a refill brings beyond the request go to this CPU's list.

use super::exhaustion::{Courtesy, Missed};
use super::policy::Policy;
use super::{Class, Homeless};
use crate::base::batch::Batch;
use crate::base::id::FrameId;
use crate::base::limits::MAGAZINE;
use crate::memory::back::{Back, Lack};
use crate::percpu::{Event, match_front};

impl<B: Back> Class<B> {
    /// Takes an id from anywhere; it is the caller's then (P1). If the class is exhausted, returns
    /// why nothing could be carved.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_slow(&self) -> Result<FrameId, Lack> {
        let mut batch = Batch::new();
        let filled = self.refill(1, 0, &mut batch);
        let taken = filled.and_then(|()| batch.pop().ok_or(Lack::UsedUp));
        if taken.is_err() {
            self.front.count(Event::Refusal);
        }
        taken
    }

    /// Puts 1 to `want` ids into the empty batch, from anywhere. If the class is exhausted, returns
    /// why nothing could be carved. Of the transfers in flight, `own` are the caller's.
    #[cold]
    #[inline(never)]
    pub(super) fn refill(&self, want: usize, own: u64, batch: &mut Batch) -> Result<(), Lack> {
        let want = want.min(MAGAZINE);
        let mut courtesy = Courtesy::new();
        loop {
            let missed = {
                let _moving = self.front.moving();
                let fetched = self.fetch(want, batch);
                let kept = self.keep(batch.beyond(want));
                debug_assert_eq!(kept, Homeless::NONE, "a pool with a handle is not closed");
                batch.truncate(want);
                fetched.err().filter(|_| batch.is_empty())
            };
            let Some(missed) = missed else {
                return Ok(());
            };
            if self.exhausted(missed, own, &mut courtesy) {
                return Err(missed.lack);
            }
        }
    }

    /// Takes ids from the first place that has some. If it came to carving in vain, it returns what
    /// it missed, whether it then found ids in other lists or not.
    fn fetch(&self, want: usize, batch: &mut Batch) -> Result<(), Missed> {
        self.depot.take(self.back.links(), batch);
        // Most likely another CPU has freed these. All their first lines are fetched from it at
        // once, not one after another as each is written.
        for &id in batch.as_slice() {
            // SAFETY: this call owns the ids.
            unsafe { self.back.prefetch(id) };
        }
        let carving = if batch.is_empty() {
            self.back.carve(want.max(self.transfer.batch), batch)
        } else {
            Ok(())
        };
        let Err(lack) = carving else {
            self.front.count(Event::Refill);
            return Ok(());
        };
        let stolen = match_front!(self.front, front => front.steal(self, want, batch));
        Err(Missed {
            lack,
            unfenced: stolen.is_err(),
        })
    }

    /// Pushes the ids that a refill has brought beyond the request. The caller has a handle.
    fn keep(&self, ids: &[FrameId]) -> Homeless {
        if ids.is_empty() {
            return Homeless::NONE;
        }
        match_front!(self.front, front => front.keep(self, ids))
    }

    /// Frees a buffer that the hot path could not push, whatever the front holds, as its last step
    /// (P3). If the answer counts an id, that is still the caller's.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, and no reference to the buffer's bytes is in use.
    #[inline]
    pub(crate) unsafe fn free_slow(&self, id: FrameId) -> Homeless {
        if match_front!(self.front, front => front.push_here(self, id)) {
            return Homeless::NONE;
        }
        // SAFETY: the list refused the id, or was not asked, so the id is still the caller's. No
        // reference to the bytes is in use (the function's bullet).
        unsafe { self.free_many_slow(&[id]) }
    }

    /// Frees buffers, as [`free_slow`](Self::free_slow) frees one. The ids that the answer counts
    /// are still the caller's. If it counts none, the caller owns none of them any more.
    ///
    /// # Safety
    ///
    /// - As for [`free_slow`](Self::free_slow), for every id.
    #[inline(never)]
    pub(crate) unsafe fn free_many_slow(&self, ids: &[FrameId]) -> Homeless {
        // SAFETY: the function's bullet.
        unsafe { self.clean(ids) };
        let mut homeless = 0;
        // Each round ends by giving its ids up. The next one has ids of its own to keep the pool
        // (P2).
        for ids in ids.chunks(self.transfer.batch) {
            homeless += self.settle(ids).0;
        }
        Homeless(homeless)
    }

    /// Pushes up to [`batch`](Self::batch) freed ids, whatever the front holds, as its last step
    /// (P3). The ids that the answer counts are still the caller's. If it counts none, the caller
    /// owns none of them any more.
    pub(crate) fn settle(&self, ids: &[FrameId]) -> Homeless {
        match_front!(self.front, front => front.settle(self, ids))
    }

    /// Prepares freed buffers for their next owners: zeroes them, if the pool zeroes buffers on
    /// free.
    ///
    /// # Safety
    ///
    /// - The caller owns the ids, and no reference to the buffers' bytes is in use.
    unsafe fn clean(&self, ids: &[FrameId]) {
        for &id in ids {
            self.back.wrote(id);
            if self.transfer.zero_on_free {
                // SAFETY: the function's bullet.
                unsafe { self.back.zero(id) };
            }
        }
    }

    /// Pushes up to a batch of ids to the depot.
    pub(crate) fn put(&self, ids: &[FrameId]) -> Homeless {
        match self.depot.put(self.back.links(), ids) {
            Ok(()) => Homeless::NONE,
            Err(_) => Homeless(ids.len()),
        }
    }
}
