//! What the handles and the frames of a pool share: where front, depot and arena meet.
//!
//! ```text
//!   Pool, Frame, Burst          handles; a Frame is {pool, id, offset, length}
//!        │ take, free
//!        ▼
//!   front (a shard a CPU)  ◄─ refill, flush ─►  depot (magazines)     carve ── arena
//!             └── steal ──┘
//! ```
//!
//! Front, depot and arena know nothing of one another; what one gives, this module takes to the next.
//! The hot path (one pop, one push) is in this file, the transfers and the proof of exhaustion are in
//! `transfer` and `exhaustion`, the end of a pool is in `teardown`.
//!
//! Invariants
//!
//! - P1. Every id is in exactly one place: at rest (in a shard, in the depot, not yet carved), in the hands
//!   of one call, or in one `Frame`. Only the owner of an id touches the frame's bytes.
//! - P2. A pool's memory lasts until its last handle is dropped and all its ids are at rest.
//!   So whoever owns an id, or borrows a handle, may touch the pool.
//! - P3. A free gives its id up by one atomic operation, its last on the pool: after it P2 no longer
//!   covers the caller.

mod exhaustion;
mod teardown;
mod transfer;

use std::io;
use std::ptr::NonNull;

use crossbeam_utils::CachePadded;

use crate::arena::{Arena, Layout};
use crate::batch::Batch;
use crate::depot::Depot;
use crate::error::{BuildError, OutOfBuffers};
use crate::front::{Event, Moving, Portable};
use crate::id::{FrameId, ShardId};
use crate::limits::MAX_BATCH;
use crate::stack::Links;
use crate::stats::{FrontKind, Stats};
use crate::sync::{AtomicU64, AtomicUsize, LeakCheck, Unprotected};
use crate::sys::HugePages;

pub(crate) struct Inner {
    front: Portable,
    arena: Unprotected<Arena>,
    links: Links,
    depot: Depot,
    transfer: Unprotected<Transfer>,
    /// `Pool` handles.
    handles: CachePadded<AtomicUsize>,
    /// Shares that were counted after the last handle was dropped: frames, and the closer's one.
    home: CachePadded<AtomicU64>,
    _leak_check: LeakCheck,
}

/// What a pool is made from; checked by the builder.
pub(crate) struct Spec {
    pub(crate) frames: u32,
    pub(crate) shards: u32,
    pub(crate) layout: Layout,
    /// Of all frames.
    pub(crate) bytes: usize,
    pub(crate) pages: HugePages,
    pub(crate) prefault: bool,
    pub(crate) zero_on_free: bool,
}

/// What the slow paths go by.
struct Transfer {
    /// The ids of one transfer.
    batch: usize,
    /// A shard that would hold more than this gives a batch to the depot first.
    limit: usize,
    zero_on_free: bool,
}

impl Inner {
    /// Makes a pool with one handle.
    pub(crate) fn new(spec: &Spec) -> Result<NonNull<Self>, BuildError> {
        let frames = spec.frames;
        let batch = (frames / (4 * spec.shards)).clamp(1, MAX_BATCH);
        let limit = 2 * batch;
        // A limit of 0 sends every free through the slow path, where frames are zeroed.
        let limit_at_once = if spec.zero_on_free { 0 } else { limit };
        let arena = Arena::new(frames, spec.layout, spec.bytes, spec.pages, spec.prefault)
            .map_err(refused(spec.bytes))?;
        let inner = Self {
            front: Portable::new(frames, spec.shards, limit_at_once),
            arena: Unprotected::new(arena),
            links: Links::new(frames).map_err(refused(Links::bytes_for(frames)))?,
            depot: Depot::new(frames, batch).map_err(refused(Depot::bytes_for(frames, batch)))?,
            transfer: Unprotected::new(Transfer {
                batch: batch as usize,
                limit: limit as usize,
                zero_on_free: spec.zero_on_free,
            }),
            handles: CachePadded::new(AtomicUsize::new(1)),
            home: CachePadded::new(AtomicU64::new(0)),
            _leak_check: LeakCheck::new(),
        };
        Ok(NonNull::from(Box::leak(Box::new(inner))))
    }

    #[inline(always)]
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Takes a frame's id; it is the caller's (P1).
    #[inline(always)]
    pub(crate) fn take(&self) -> Result<FrameId, OutOfBuffers> {
        let at = self.front.here();
        match self.front.pop(&self.links, at) {
            Some(id) => Ok(id),
            None => self.take_slow(at),
        }
    }

    /// Takes 1 to `most` ids into the empty batch; `false` if the pool is exhausted. They are the
    /// caller's (P1). `moving` is its note that it may give them back, made when the own shard has none.
    #[inline]
    pub(crate) fn take_some<'a>(
        &'a self,
        most: usize,
        may_return: bool,
        moving: &mut Option<Moving<'a>>,
        batch: &mut Batch,
    ) -> bool {
        let at = self.front.here();
        self.front.pop_many(&self.links, at, most, batch);
        if !batch.is_empty() {
            return true;
        }
        if may_return && moving.is_none() {
            *moving = Some(self.front.moving(at));
        }
        self.refill(at, most, u64::from(moving.is_some()), batch)
    }

    /// Frees a frame.
    ///
    /// # Safety
    ///
    /// - `this` is a pool of which the caller owns frame `id`, by P1.
    /// - The caller uses neither afterwards, unless it holds something else that keeps the pool (P2).
    #[inline]
    pub(crate) unsafe fn free(this: NonNull<Self>, id: FrameId) {
        // SAFETY: the caller's id keeps the pool (P2) until it is given up.
        let inner = unsafe { this.as_ref() };
        inner.arena.wrote(id);
        let at = inner.front.here();
        if inner.front.push(&inner.links, at, id).is_err() {
            // SAFETY: the push was refused, so the id is still the caller's (the function's bullets).
            unsafe { Self::free_slow(this, id) };
        }
    }

    /// Counts a refused call.
    #[cold]
    pub(crate) fn count_refusal(&self) {
        self.front.count(self.front.here(), Event::Refusal);
    }

    pub(crate) fn stats(&self) -> Stats {
        let resting = |shard: ShardId| self.front.resting(&self.links, shard) as usize;
        let per_cpu: Vec<usize> = self.front.all().map(resting).collect();
        let depot = self.depot.resting(&self.links) as usize;
        let uncarved = self.arena.uncarved() as usize;
        let frames = self.arena.frames();
        let capacity = frames as usize;
        // Between two reads a frame may move and be seen in both places.
        let free = (per_cpu.iter().sum::<usize>() + depot + uncarved).min(capacity);
        let batch = self.transfer.batch;
        Stats {
            capacity,
            free,
            out: capacity - free,
            per_cpu,
            depot,
            uncarved,
            batch,
            refills: self.front.counted(Event::Refill),
            flushes: self.front.counted(Event::Flush),
            steals: self.front.counted(Event::Steal),
            refusals: self.front.counted(Event::Refusal),
            pages: self.arena.pages(),
            front: FrontKind::Portable,
            metadata: Links::bytes_for(frames) + Depot::bytes_for(frames, batch as u32),
        }
    }
}

/// What a refusal of `bytes` bytes becomes.
fn refused(bytes: usize) -> impl Fn(io::Error) -> BuildError {
    move |source| BuildError::Map { bytes, source }
}
