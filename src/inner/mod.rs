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

mod drain;
mod exhaustion;
mod teardown;
mod transfer;

use std::io;
use std::ptr::NonNull;

use crossbeam_utils::CachePadded;

use crate::arena::{Arena, Layout};
use crate::batch::Batch;
use crate::depot::Depot;
use crate::error::BuildError;
use crate::front::{AnyFront, Caches, Event, Moving, Portable, Which};
use crate::id::FrameId;
use crate::limits::{MAX_BATCH, MAX_CPUS, PORTABLE_CACHE, RSEQ_CACHE};
use crate::stack::Links;
use crate::stats::{FrontKind, Stats};
use crate::sync::{AtomicU64, AtomicUsize, LeakCheck, Ordering, Unprotected};
use crate::sys::{Area, HugePages, NoRseq, online_cpus, possible_cpus};

pub(crate) struct Inner {
    front: AnyFront,
    arena: Unprotected<Arena>,
    links: Links,
    depot: Depot,
    transfer: Unprotected<Transfer>,
    /// `Pool` handles.
    handles: CachePadded<AtomicUsize>,
    /// Shares that were counted after the last handle was dropped: frames, and the closer's one.
    home: CachePadded<AtomicU64>,
    /// Buffers that wait in a cell for its readers.
    retired: CachePadded<AtomicU64>,
    _leak_check: LeakCheck,
}

/// What a hot path finds.
pub(crate) enum Take {
    /// An id, the caller's (P1).
    Got(FrameId),
    /// Nothing in this CPU's cache.
    Nothing,
    /// There are no caches: the front is the portable one.
    NoCaches,
}

/// What a pool is made from; checked by the builder.
pub(crate) struct Spec {
    pub(crate) frames: u32,
    /// For the rseq front, or why there is none.
    pub(crate) area: Result<Area, NoRseq>,
    /// Of the portable front.
    pub(crate) shards: u32,
    /// The most frames that rest with one CPU, if the builder says so.
    pub(crate) cache: Option<u32>,
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
    /// A cache or shard that would hold more than this gives a batch to the depot first.
    limit: usize,
    /// A depot that holds as many ends a dry time.
    rich: u32,
    zero_on_free: bool,
    no_rseq: Option<NoRseq>,
}

impl Transfer {
    fn new(spec: &Spec, cpus: u32) -> Self {
        let default = match spec.area {
            Ok(_) => RSEQ_CACHE,
            Err(_) => PORTABLE_CACHE,
        };
        // All together hold at most half of the pool, so that not all of it is cache.
        let most = (spec.frames / (2 * cpus)).max(2);
        let limit = spec.cache.unwrap_or(default as u32).min(most);
        let batch = (limit / 2).clamp(1, MAX_BATCH);
        Self {
            batch: batch as usize,
            limit: limit as usize,
            rich: (cpus * batch).min(spec.frames / 4).max(1),
            zero_on_free: spec.zero_on_free,
            no_rseq: spec.area.err(),
        }
    }
}

impl Inner {
    /// Makes a pool with one handle.
    pub(crate) fn new(spec: &Spec) -> Result<NonNull<Self>, BuildError> {
        let frames = spec.frames;
        let cpus = match spec.area {
            Ok(_) => possible_cpus().clamp(1, MAX_CPUS),
            Err(_) => spec.shards,
        };
        // There is a cache for each CPU that may come online, and a share for each that is.
        let shares = match spec.area {
            Ok(_) => online_cpus().clamp(1, cpus),
            Err(_) => spec.shards,
        };
        let transfer = Transfer::new(spec, shares);
        let (limit, batch) = (transfer.limit as u32, transfer.batch as u32);
        // Every free of a frame that is to be zeroed takes the slow path, where that is done.
        let singles = !spec.zero_on_free;
        let front = match spec.area {
            Ok(area) => Which::Rseq(
                Caches::new(area, cpus, limit, singles)
                    .map_err(refused(Caches::bytes_for(cpus)))?,
            ),
            Err(_) => Which::Portable(Portable::new(frames, cpus, if singles { limit } else { 0 })),
        };
        let arena = Arena::new(frames, spec.layout, spec.bytes, spec.pages, spec.prefault)
            .map_err(refused(spec.bytes))?;
        let inner = Self {
            front: AnyFront::new(front),
            arena: Unprotected::new(arena),
            links: Links::new(frames).map_err(refused(Links::bytes_for(frames)))?,
            depot: Depot::new(frames, batch).map_err(refused(Depot::bytes_for(frames, batch)))?,
            transfer: Unprotected::new(transfer),
            handles: CachePadded::new(AtomicUsize::new(1)),
            home: CachePadded::new(AtomicU64::new(0)),
            retired: CachePadded::new(AtomicU64::new(0)),
            _leak_check: LeakCheck::new(),
        };
        Ok(NonNull::from(Box::leak(Box::new(inner))))
    }

    #[inline(always)]
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Takes a frame's id from this CPU's cache; it is the caller's (P1).
    #[inline(always)]
    pub(crate) fn take(&self) -> Take {
        let Some(sections) = self.front.sections() else {
            return Take::NoCaches;
        };
        // SAFETY: `self` is borrowed, so the pool and its slab live.
        match unsafe { sections.pop() } {
            Some(id) => Take::Got(id),
            None => Take::Nothing,
        }
    }

    /// Takes a frame's id from this CPU's shard, on the portable front; it is the caller's (P1). Out of line, so that each
    /// get in a user's code holds one front's instructions, not two's.
    #[inline(never)]
    pub(crate) fn take_from_shard(&self) -> Option<FrameId> {
        match self.front.which() {
            Which::Portable(shards) => shards.pop(&self.links, shards.here()),
            Which::Rseq(_) => None,
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
        match self.front.sections() {
            // SAFETY: as in `take`.
            Some(sections) => unsafe { sections.pop_many(most, batch) },
            None => self.take_some_from_shard(most, batch),
        }
        if !batch.is_empty() {
            return true;
        }
        if may_return && moving.is_none() {
            *moving = Some(self.front.moving());
        }
        self.refill(most, u64::from(moving.is_some()), batch)
    }

    /// As `take_from_shard`, for many.
    #[inline(never)]
    fn take_some_from_shard(&self, most: usize, batch: &mut Batch) {
        if let Which::Portable(shards) = self.front.which() {
            shards.pop_many(&self.links, shards.here(), most, batch);
        }
    }

    /// Frees a frame.
    ///
    /// # Safety
    ///
    /// - `this` is a pool of which the caller owns frame `id`, by P1.
    /// - The caller uses neither afterwards, unless it holds something else that keeps the pool (P2).
    #[inline(always)]
    pub(crate) unsafe fn free(this: NonNull<Self>, id: FrameId) {
        // SAFETY: the caller's id keeps the pool (P2) until it is given up.
        let inner = unsafe { this.as_ref() };
        inner.arena.wrote(id);
        match inner.front.sections() {
            Some(sections) => {
                // SAFETY: the caller's id keeps the pool, and so the slab, until the push has committed.
                if !unsafe { sections.push(id) } {
                    // SAFETY: the push was refused: the id is still the caller's.
                    unsafe { Self::free_slow(this, id) };
                }
            }
            // SAFETY: as the function's bullets.
            None => unsafe { Self::free_to_shard(this, id) },
        }
    }

    /// [`Inner::free`] on the portable front; out of line, as `take_from_shard` is.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free`].
    #[inline(never)]
    unsafe fn free_to_shard(this: NonNull<Self>, id: FrameId) {
        // SAFETY: the caller's id keeps the pool (P2) until it is given up.
        let inner = unsafe { this.as_ref() };
        if let Which::Portable(shards) = inner.front.which() {
            if shards.push(&inner.links, shards.here(), id).is_err() {
                // SAFETY: the push was refused, so the id is still the caller's (the function's bullets).
                unsafe { Self::free_slow(this, id) };
            }
        }
    }

    /// Frees up to a batch of frames.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free`], for every id.
    #[inline(always)]
    pub(crate) unsafe fn free_many(this: NonNull<Self>, ids: &[FrameId]) {
        // SAFETY: the caller's ids keep the pool (P2) until they are given up.
        let inner = unsafe { this.as_ref() };
        for id in ids {
            inner.arena.wrote(*id);
        }
        if let Some(sections) = inner.front.sections() {
            // SAFETY: as in `free`.
            if !inner.transfer.zero_on_free && unsafe { sections.push_many(ids) } {
                return;
            }
        }
        // SAFETY: nothing took the ids: they are still the caller's.
        unsafe { Self::free_all(this, ids) };
    }

    /// Counts a refused call.
    #[cold]
    pub(crate) fn count_refusal(&self) {
        self.front.count(Event::Refusal);
    }

    /// Counts a buffer as retired; whoever calls this owns it, or keeps it from being freed.
    pub(crate) fn count_retired(&self) {
        // Relaxed: a statistic; nothing is concluded from it.
        self.retired.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a buffer as retired no more, before it is freed (P3).
    pub(crate) fn uncount_retired(&self) {
        // Relaxed: as above.
        self.retired.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> Stats {
        let (front, per_cpu, reserved): (_, Vec<usize>, _) = match self.front.which() {
            Which::Rseq(caches) => {
                let per_cpu: Vec<usize> = caches.resting_in_each().collect();
                let reserved = Caches::bytes_for(per_cpu.len() as u32);
                (FrontKind::Rseq, per_cpu, reserved)
            }
            Which::Portable(shards) => {
                let resting = |shard| shards.resting(&self.links, shard) as usize;
                (FrontKind::Portable, shards.all().map(resting).collect(), 0)
            }
        };
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
            // Relaxed: a statistic.
            retired: self.retired.load(Ordering::Relaxed) as usize,
            per_cpu,
            depot,
            uncarved,
            batch,
            cache: self.transfer.limit,
            refills: self.front.counted(Event::Refill),
            flushes: self.front.counted(Event::Flush),
            steals: self.front.counted(Event::Steal),
            refusals: self.front.counted(Event::Refusal),
            pages: self.arena.pages(),
            front,
            no_rseq: self.transfer.no_rseq,
            fences_refused: self.front.counted(Event::FenceRefused),
            metadata: reserved + Links::bytes_for(frames) + Depot::bytes_for(frames, batch as u32),
        }
    }
}

/// What a refusal of `bytes` bytes becomes.
fn refused(bytes: usize) -> impl Fn(io::Error) -> BuildError {
    move |source| BuildError::Map { bytes, source }
}
