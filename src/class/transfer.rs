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

use super::exhaustion::{FetchError, RescanBudget};
use super::policy::Policy;
use super::{Class, Rejected};
use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::base::limits::MAGAZINE;
use crate::memory::back::{Back, CarveError};
use crate::percpu::{Event, match_front};

impl<B: Back> Class<B> {
    /// Takes an id from anywhere; it is the caller's then (#single-owner). If the class is
    /// exhausted, returns why nothing could be carved.
    #[cold]
    #[inline(never)]
    pub(crate) fn get_slow(&self) -> Result<BufferId, CarveError> {
        let mut batch = Batch::new();
        let filled = self.refill(1, 0, &mut batch);
        let taken = filled.and_then(|()| batch.pop().ok_or(CarveError::Exhausted));
        if taken.is_err() {
            self.front.count(Event::Refusal);
        }
        taken
    }

    /// Puts 1 to `want` ids into the empty batch, from anywhere. If the class is exhausted, returns
    /// why nothing could be carved. Of the transfers in flight, `own` are the caller's.
    #[cold]
    #[inline(never)]
    pub(super) fn refill(
        &self,
        want: usize,
        own: u64,
        batch: &mut Batch,
    ) -> Result<(), CarveError> {
        let want = want.min(MAGAZINE);
        let mut rescan_budget = RescanBudget::new();
        loop {
            let fetch_error = {
                let _in_flight = self.front.in_flight();
                let fetched = self.fetch(want, batch);
                let kept = self.push_surplus(batch.beyond(want));
                debug_assert_eq!(kept, Rejected::NONE, "a pool with a handle is not closed");
                batch.truncate(want);
                fetched.err().filter(|_| batch.is_empty())
            };
            let Some(fetch_error) = fetch_error else {
                return Ok(());
            };
            if self.exhausted(fetch_error, own, &mut rescan_budget) {
                return Err(fetch_error.carve_error);
            }
        }
    }

    /// Takes ids from the first place that has some. If it came to carving in vain, it returns what
    /// it missed, whether it then found ids in other lists or not.
    fn fetch(&self, want: usize, batch: &mut Batch) -> Result<(), FetchError> {
        self.depot.pop(self.back.links(), batch);
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
        let Err(carve_error) = carving else {
            self.front.count(Event::Refill);
            return Ok(());
        };
        let stolen = match_front!(self.front, front => front.steal(self, want, batch));
        Err(FetchError {
            carve_error,
            fence_refused: stolen.is_err(),
        })
    }

    /// Pushes the ids that a refill has brought beyond the request. The caller has a handle.
    fn push_surplus(&self, ids: &[BufferId]) -> Rejected {
        if ids.is_empty() {
            return Rejected::NONE;
        }
        match_front!(self.front, front => front.push_surplus(self, ids))
    }

    /// Frees a buffer that the hot path could not push, whatever the front holds, as its last step
    /// (#free-ends-access). If the answer counts an id, that is still the caller's.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, and no reference to the buffer's bytes is in use.
    #[inline]
    pub(crate) unsafe fn free_slow(&self, id: BufferId) -> Rejected {
        if match_front!(self.front, front => front.push_here(self, id)) {
            return Rejected::NONE;
        }
        // SAFETY: the list refused the id, or was not asked, so the id is still the caller's. No
        // reference to the bytes is in use (the function's bullet).
        unsafe { self.free_bulk_slow(&[id]) }
    }

    /// Frees buffers, as [`free_slow`](Self::free_slow) frees one. The ids that the answer counts
    /// are still the caller's. If it counts none, the caller owns none of them any more.
    ///
    /// # Safety
    ///
    /// - As for [`free_slow`](Self::free_slow), for every id.
    #[inline(never)]
    pub(crate) unsafe fn free_bulk_slow(&self, ids: &[BufferId]) -> Rejected {
        // SAFETY: the function's bullet.
        unsafe { self.clean(ids) };
        let mut rejected = 0;
        // Each round ends by giving its ids up. The next one has ids of its own to keep the pool
        // (#ids-keep-pool). What is rejected is counted once, after the last round: until then
        // those ids keep the pool as well.
        for ids in ids.chunks(self.transfer.batch) {
            rejected += self.push_slow(ids).0;
        }
        Rejected(rejected)
    }

    /// Pushes up to [`batch`](Self::batch) freed ids, whatever the front holds, as its last step
    /// (#free-ends-access). The ids that the answer counts are still the caller's. If it counts
    /// none, the caller owns none of them any more.
    pub(crate) fn push_slow(&self, ids: &[BufferId]) -> Rejected {
        match_front!(self.front, front => front.push_slow(self, ids))
    }

    /// Prepares freed buffers for their next owners: zeroes them, if the pool zeroes buffers on
    /// free.
    ///
    /// # Safety
    ///
    /// - The caller owns the ids, and no reference to the buffers' bytes is in use.
    unsafe fn clean(&self, ids: &[BufferId]) {
        for &id in ids {
            self.back.loom_write(id);
            if self.transfer.zero_on_free {
                // SAFETY: the function's bullet.
                unsafe { self.back.zero(id) };
            }
        }
    }

    /// Pushes up to a batch of ids to the depot.
    pub(crate) fn push_to_depot(&self, ids: &[BufferId]) -> Rejected {
        match self.depot.push(self.back.links(), ids) {
            Ok(()) => Rejected::NONE,
            Err(_) => Rejected(ids.len()),
        }
    }
}
