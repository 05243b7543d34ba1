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

use std::ptr::NonNull;

use super::Inner;
use super::exhaustion::Courtesy;
use crate::batch::Batch;
use crate::error::OutOfBuffers;
use crate::front::{Event, Portable, Which};
use crate::id::FrameId;
use crate::limits::MAGAZINE;
use crate::stack::Closed;

impl Inner {
    /// Takes a frame's id from anywhere; it is the caller's (P1).
    pub(crate) fn take_slow(&self) -> Result<FrameId, OutOfBuffers> {
        let mut batch = Batch::new();
        if self.refill(1, 0, &mut batch) {
            if let Some(id) = batch.pop() {
                return Ok(id);
            }
        }
        self.front.count(Event::Refusal);
        Err(OutOfBuffers)
    }

    /// Puts 1 to `want` ids into the empty batch, from anywhere; `false` if the pool is exhausted.
    /// Of the transfers in flight `own` are the calling one's.
    #[cold]
    #[inline(never)]
    pub(super) fn refill(&self, want: usize, own: u64, batch: &mut Batch) -> bool {
        let want = want.min(MAGAZINE);
        let mut courtesy = Courtesy::new();
        loop {
            {
                let _moving = self.front.moving();
                self.fetch(want, batch);
                let kept = self.keep(batch.beyond(want));
                debug_assert!(kept.is_ok(), "a pool with a handle is not closed");
                batch.truncate(want);
            }
            if !batch.is_empty() {
                return true;
            }
            if self.exhausted(own, &mut courtesy) {
                return false;
            }
        }
    }

    /// Takes ids from the first place that has some.
    fn fetch(&self, want: usize, batch: &mut Batch) {
        self.depot.take(&self.links, batch);
        if batch.is_empty() {
            self.arena.carve(want.max(self.transfer.batch), batch);
        }
        if !batch.is_empty() {
            return self.front.count(Event::Refill);
        }
        match self.front.which() {
            Which::Rseq(caches) => self.sweep(caches, batch),
            Which::Portable(shards) => self.steal(shards, want, batch),
        }
    }

    /// Takes ids from the first shard that has some, the own one first.
    fn steal(&self, shards: &Portable, want: usize, batch: &mut Batch) {
        let at = shards.here();
        for shard in shards.from(at) {
            // Half of what is there, so that its CPU keeps some, but not less than is wanted.
            let half = shards.resting(&self.links, shard).div_ceil(2) as usize;
            let most = want.max(half.min(self.transfer.batch));
            shards.pop_many(&self.links, shard, most, batch);
            if !batch.is_empty() {
                if shard != at {
                    self.front.count(Event::Steal);
                }
                return;
            }
        }
    }

    /// Lays the ids that a refill has brought beyond the request to rest. The caller has a handle.
    fn keep(&self, ids: &[FrameId]) -> Result<(), Closed> {
        if ids.is_empty() {
            return Ok(());
        }
        match self.front.which() {
            Which::Rseq(caches) => self.keep_in_cache(caches, ids),
            Which::Portable(shards) => shards.push_all(&self.links, shards.here(), ids),
        }
    }

    /// Frees a frame that its list has refused.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free`].
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn free_slow(this: NonNull<Self>, id: FrameId) {
        // SAFETY: as the function's bullets.
        unsafe { Self::free_all(this, &[id]) };
    }

    /// Frees frames of one pool, whatever its front holds.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free`], for every id.
    #[inline(never)]
    pub(super) unsafe fn free_all(this: NonNull<Self>, ids: &[FrameId]) {
        // SAFETY: the caller's ids keep the pool (P2) until the last is given up.
        let inner = unsafe { this.as_ref() };
        for &id in ids {
            inner.arena.wrote(id);
            if inner.transfer.zero_on_free {
                // SAFETY: the frame is the caller's alone and it does not use it again.
                unsafe { inner.arena.zero(id) };
            }
        }
        // Each round ends by giving its ids up; the next has ids of its own to keep the pool.
        for ids in ids.chunks(inner.transfer.batch) {
            // SAFETY: the ids are still the caller's.
            unsafe { Self::settle(this, ids) };
        }
    }

    /// Lays up to `batch` ids to rest; gives them up by its last step (P3).
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free`], for every id; there is at least one.
    unsafe fn settle(this: NonNull<Self>, ids: &[FrameId]) {
        // SAFETY: as the function's bullets: the ids keep the pool.
        let inner = unsafe { this.as_ref() };
        let laid = match inner.front.which() {
            Which::Rseq(caches) => inner.lay(caches, ids),
            Which::Portable(shards) => inner.lay_in_shard(shards, ids),
        };
        if laid.is_err() {
            // SAFETY: nothing took the ids: they are still the caller's, and the pool is orphaned.
            unsafe { Self::came_home(this, ids.len()) };
        }
    }

    /// Lays up to a batch of ids to rest, by its last step (P3).
    fn lay_in_shard(&self, shards: &Portable, ids: &[FrameId]) -> Result<(), Closed> {
        let at = shards.here();
        let held = shards.resting(&self.links, at) as usize;
        if held + ids.len() <= self.transfer.limit {
            return shards.push_all(&self.links, at, ids);
        }
        if ids.len() == self.transfer.batch {
            shards.count(at, Event::Flush);
            return self.depot.put(&self.links, ids);
        }
        self.flush_shard(shards);
        shards.push_all(&self.links, at, ids)
    }

    /// Moves a batch from this CPU's shard to the depot. The caller holds an id, which keeps the pool.
    fn flush_shard(&self, shards: &Portable) {
        let at = shards.here();
        let mut batch = Batch::new();
        let _moving = shards.moving(at);
        shards.pop_many(&self.links, at, self.transfer.batch, &mut batch);
        if batch.is_empty() {
            return;
        }
        shards.count(at, Event::Flush);
        if self.depot.put(&self.links, batch.as_slice()).is_err() {
            self.came_home_early(batch.len());
        }
    }
}
