//! The slow paths: what happens when a shard is empty or full.
//!
//! ```text
//!   get:   own shard ── empty ─► depot ─► carve ─► another shard ─► refuse (see `exhaustion`)
//!   free:  own shard ── full ──► a batch to the depot, then own shard
//! ```
//!
//! One transfer moves at most `batch` ids: 64, or fewer in a small pool, so that its frames are
//! not all between two places at once. What a refill brings beyond the request goes to the own shard.

use std::ptr::NonNull;

use super::Inner;
use super::exhaustion::Courtesy;
use crate::batch::Batch;
use crate::error::OutOfBuffers;
use crate::front::Event;
use crate::id::{FrameId, ShardId};
use crate::limits::MAGAZINE;

impl Inner {
    #[cold]
    #[inline(never)]
    pub(super) fn take_slow(&self, at: ShardId) -> Result<FrameId, OutOfBuffers> {
        let mut batch = Batch::new();
        if self.refill(at, 1, 0, &mut batch) {
            if let Some(id) = batch.pop() {
                return Ok(id);
            }
        }
        self.front.count(at, Event::Refusal);
        Err(OutOfBuffers)
    }

    /// Puts 1 to `want` ids into the empty batch, from anywhere; `false` if the pool is exhausted.
    /// Of the transfers in flight `own` are the calling one's.
    #[cold]
    #[inline(never)]
    pub(super) fn refill(&self, at: ShardId, want: usize, own: u64, batch: &mut Batch) -> bool {
        let want = want.min(MAGAZINE);
        let mut courtesy = Courtesy::new();
        loop {
            {
                let _moving = self.front.moving(at);
                self.fetch(at, want, batch);
                let kept = self.front.push_all(&self.links, at, batch.beyond(want));
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
    fn fetch(&self, at: ShardId, want: usize, batch: &mut Batch) {
        self.depot.take(&self.links, batch);
        if batch.is_empty() {
            self.arena.carve(want.max(self.transfer.batch), batch);
        }
        if !batch.is_empty() {
            return self.front.count(at, Event::Refill);
        }
        for shard in self.front.from(at) {
            // Half of what is there, so that its CPU keeps some, but not less than is wanted.
            let half = self.front.resting(&self.links, shard).div_ceil(2) as usize;
            let most = want.max(half.min(self.transfer.batch));
            self.front.pop_many(&self.links, shard, most, batch);
            if !batch.is_empty() {
                if shard != at {
                    self.front.count(at, Event::Steal);
                }
                return;
            }
        }
    }

    /// Frees a frame that its shard has refused.
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

    /// Frees frames of one pool.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free`], for every id.
    pub(crate) unsafe fn free_all(this: NonNull<Self>, ids: &[FrameId]) {
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
        let at = inner.front.here();
        let held = inner.front.resting(&inner.links, at) as usize;
        let laid = if held + ids.len() <= inner.transfer.limit {
            inner.front.push_all(&inner.links, at, ids)
        } else if ids.len() == inner.transfer.batch {
            inner.front.count(at, Event::Flush);
            inner.depot.put(&inner.links, ids)
        } else {
            inner.flush(at);
            inner.front.push_all(&inner.links, at, ids)
        };
        if laid.is_err() {
            // SAFETY: nothing took the ids: they are still the caller's, and the pool is orphaned.
            unsafe { Self::came_home(this, ids.len()) };
        }
    }

    /// Moves a batch from a shard to the depot. The caller holds an id, which keeps the pool.
    fn flush(&self, at: ShardId) {
        let mut batch = Batch::new();
        let _moving = self.front.moving(at);
        self.front
            .pop_many(&self.links, at, self.transfer.batch, &mut batch);
        if batch.is_empty() {
            return;
        }
        self.front.count(at, Event::Flush);
        if self.depot.put(&self.links, batch.as_slice()).is_err() {
            self.came_home_early(batch.len());
        }
    }
}
