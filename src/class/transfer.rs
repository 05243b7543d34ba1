//! The slow paths: what happens when a CPU's list is empty or full.
//!
//! ```text
//!   get:   own shard ── empty ─► depot ─► carve ─► another shard ─► refuse (see `exhaustion`)
//!   free:  own shard ── full ──► a batch to the depot, then own shard
//! ```
//!
//! This is the portable front's way; where the rseq front's differs, `drain` has it. One transfer moves at most
//! `batch` ids: 64, or fewer in a small pool, so that its frames are not all between two
//! places at once. What a refill brings beyond the request goes to the own list.

use super::exhaustion::{Courtesy, Missed};
use super::{Class, Homeless};
use crate::base::batch::Batch;
use crate::base::id::FrameId;
use crate::base::limits::MAGAZINE;
use crate::memory::back::{Back, Lack};
use crate::percpu::{Event, Portable, Which};

impl<B: Back> Class<B> {
    /// Takes an id from anywhere; it is the caller's (P1). Says what there is a lack of if the class is exhausted.
    pub(crate) fn take_slow(&self) -> Result<FrameId, Lack> {
        let mut batch = Batch::new();
        let filled = self.refill(1, 0, &mut batch);
        let taken = filled.and_then(|()| batch.pop().ok_or(Lack::UsedUp));
        if taken.is_err() {
            self.front.count(Event::Refusal);
        }
        taken
    }

    /// Puts 1 to `want` ids into the empty batch, from anywhere, or says what there is a lack of if the class is exhausted.
    /// Of the transfers in flight `own` are the calling one's.
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

    /// Takes ids from the first place that has some. Says what it missed, if it came to carving in
    /// vain.
    fn fetch(&self, want: usize, batch: &mut Batch) -> Result<(), Missed> {
        self.depot.take(self.back.links(), batch);
        // Who freed these was most likely another CPU: all their first lines are fetched from it at once, not one after another as
        // each is written.
        for &id in batch.as_slice() {
            // SAFETY: the ids are this call's.
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
        let unfenced = match self.front.which() {
            Which::Rseq(caches) => self.sweep(caches, want, batch).is_err(),
            Which::Portable(shards) => {
                self.steal(shards, want, batch);
                false
            }
        };
        Err(Missed { lack, unfenced })
    }

    /// Takes ids from the first shard that has some, the own one first.
    fn steal(&self, shards: &Portable, want: usize, batch: &mut Batch) {
        let at = shards.here();
        for shard in shards.from(at) {
            // Half of what is there, so that its CPU keeps some, but not less than is wanted.
            let half = shards.resting(self.back.links(), shard).div_ceil(2) as usize;
            let most = want.max(half.min(self.transfer.batch));
            shards.pop_many(self.back.links(), shard, most, batch);
            if !batch.is_empty() {
                if shard != at {
                    self.front.count(Event::Steal);
                }
                return;
            }
        }
    }

    /// Lays the ids that a refill has brought beyond the request to rest. The caller has a handle.
    fn keep(&self, ids: &[FrameId]) -> Homeless {
        if ids.is_empty() {
            return Homeless::NONE;
        }
        match self.front.which() {
            Which::Rseq(caches) => self.keep_in_cache(caches, ids),
            Which::Portable(shards) => self.push_all(shards, ids),
        }
    }

    /// Lays up to [`batch`](Self::batch) ids to rest, whatever the front holds, by its last step (P3). Those that it answers with are still
    /// the caller's; if it answers with none, none is.
    pub(crate) fn settle(&self, ids: &[FrameId]) -> Homeless {
        match self.front.which() {
            Which::Rseq(caches) => self.lay_in_cache(caches, ids),
            Which::Portable(shards) => self.lay_in_shard(shards, ids),
        }
    }

    /// Prepares ids whose buffers are no longer used for others to have.
    ///
    /// # Safety
    ///
    /// - The caller owns the ids, and no reference to the buffers' bytes is in use.
    pub(crate) unsafe fn clean(&self, ids: &[FrameId]) {
        for &id in ids {
            self.back.wrote(id);
            if self.transfer.zero_on_free {
                // SAFETY: the function's bullet.
                unsafe { self.back.zero(id) };
            }
        }
    }

    /// Lays up to a batch of ids to rest, by its last step (P3).
    fn lay_in_shard(&self, shards: &Portable, ids: &[FrameId]) -> Homeless {
        let at = shards.here();
        let held = shards.resting(self.back.links(), at) as usize;
        if held + ids.len() <= self.transfer.limit {
            return self.push_all(shards, ids);
        }
        if ids.len() == self.transfer.batch {
            shards.count(at, Event::Flush);
            return self.put(ids);
        }
        let flushed = self.flush_shard(shards);
        let laid = self.push_all(shards, ids);
        Homeless(flushed.0 + laid.0)
    }

    /// Lays ids down in this CPU's shard, whatever it holds.
    fn push_all(&self, shards: &Portable, ids: &[FrameId]) -> Homeless {
        match shards.push_all(self.back.links(), shards.here(), ids) {
            Ok(()) => Homeless::NONE,
            Err(_) => Homeless(ids.len()),
        }
    }

    /// Lays up to a batch of ids down in the depot.
    pub(crate) fn put(&self, ids: &[FrameId]) -> Homeless {
        match self.depot.put(self.back.links(), ids) {
            Ok(()) => Homeless::NONE,
            Err(_) => Homeless(ids.len()),
        }
    }

    /// Moves a batch from this CPU's shard to the depot. The caller holds an id, which keeps the pool.
    fn flush_shard(&self, shards: &Portable) -> Homeless {
        let at = shards.here();
        let mut batch = Batch::new();
        let _moving = shards.moving(at);
        shards.pop_many(self.back.links(), at, self.transfer.batch, &mut batch);
        if batch.is_empty() {
            return Homeless::NONE;
        }
        shards.count(at, Event::Flush);
        self.put(batch.as_slice())
    }
}
