//! A size class: all buffers of one size, and the lists of those that are free.
//!
//! ```text
//!   take, free
//!     │
//!     ▼
//!   front (a cache or shard a CPU)  ◄─ refill, flush ─►  depot (magazines)     carve ── back
//!             └── steal, drain ──┘
//! ```
//!
//! The frames of a pool are a class, and each size of its 802.11 buffers is one. They differ in
//! their *back*: where ids come from that nobody has had, and what memory an id names. Front, depot
//! and back know nothing of one another; what one gives, this module takes to the next:
//!
//! - the hot path (one pop, one push) is in this file,
//! - the transfers are in `transfer`, as far as they are the same for both fronts,
//! - what a front does in its own way is its `policy`: in `rseq` and in `portable`,
//! - the proof of exhaustion is in `exhaustion`.
//!
//! Invariants
//!
//! - P1. Every id is in exactly one place: at rest (in the front, in the depot, not yet carved), in
//!   the hands of one call, or in one handle. Only the owner of an id touches the buffer's bytes.
//! - P2. The pool's memory lasts until its last handle is dropped and all its ids are at rest
//!   (`shared`). So whoever owns an id, or borrows a handle, may touch the class.
//! - P3. A free gives its id up by one atomic operation, its last on the class: after it P2 no
//!   longer covers the caller.

mod exhaustion;
mod gather;
mod policy;
mod portable;
mod rseq;
mod transfer;

use std::mem::MaybeUninit;
use std::sync::Arc;

use policy::Policy;

use crate::base::batch::Batch;
use crate::base::id::FrameId;
use crate::base::limits::MAX_BATCH;
use crate::base::place::lay_out;
use crate::depot::Depot;
use crate::memory::back::Back;
use crate::percpu::{AnyFront, Caches, Event, Moving, Portable, Process, Sections, match_front};
use crate::stats::FrontKind;
use crate::sync::Unprotected;
use crate::sys::{Area, Refused};

/// What the hot path needs comes first; see `Margin`.
#[repr(C)]
pub(crate) struct Class<B> {
    front: AnyFront,
    back: Unprotected<B>,
    depot: Depot,
    transfer: Unprotected<Transfer>,
}

/// What the hot path needs of a class, by value.
#[derive(Clone, Copy)]
pub(crate) struct Near(Option<Sections>);

impl Near {
    /// Takes an id from this CPU's cache, if there are caches; it is the caller's (P1).
    ///
    /// # Safety
    ///
    /// - The caller keeps the class (P2) until the function returns.
    #[inline(always)]
    pub(crate) unsafe fn take(self) -> Option<FrameId> {
        // SAFETY: the caches are the class's, which lives.
        self.0.and_then(|sections| unsafe { sections.pop() })
    }

    /// Lays an id down in this CPU's cache, by its last step (P3); `false` if it is still the
    /// caller's: the cache took none, or there are no caches.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, which is the class's, and keeps it if it is not laid down.
    #[inline(always)]
    pub(crate) unsafe fn lay(self, id: FrameId) -> bool {
        // SAFETY: the caller's id keeps the pool, and so the caches, until the push has committed
        // (P2).
        self.0.is_some_and(|sections| unsafe { sections.push(id) })
    }
}

/// Ids that found every place closed: still their caller's, who has to count them as home.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Homeless(pub(crate) usize);

impl Homeless {
    pub(crate) const NONE: Self = Self(0);
}

/// What a class is made from.
pub(crate) struct Shape {
    /// Ids are below this number.
    pub(crate) ids: u32,
    /// The depot has magazines for so many.
    pub(crate) in_magazines: u32,
    /// Caches or shards.
    pub(crate) cpus: u32,
    /// For the rseq front, if it is to be had.
    pub(crate) rseq: Option<(Area, Arc<Process>)>,
    /// Its caches are moved by so many cache lines, so that those of different classes fall into
    /// different sets of the cache.
    pub(crate) colour: u32,
    pub(crate) transfer: Transfer,
}

/// What the slow paths go by.
#[derive(Clone, Copy)]
pub(crate) struct Transfer {
    /// The ids of one transfer.
    batch: usize,
    /// A cache or shard that would hold more than this gives a batch to the depot first.
    limit: usize,
    /// A depot that holds as many ends a dry time.
    rich: u32,
    zero_on_free: bool,
}

impl Transfer {
    /// For a class of `buffers` buffers, used by `cpus` CPUs, of which each keeps up to `wanted`.
    pub(crate) fn new(buffers: u32, cpus: u32, wanted: u32, zero_on_free: bool) -> Self {
        // All together hold at most half of the buffers, so that not all of them are cached.
        let most = (buffers / (2 * cpus)).max(2);
        let limit = wanted.min(most);
        let batch = (limit / 2).clamp(1, MAX_BATCH);
        Self {
            batch: batch as usize,
            limit: limit as usize,
            rich: (cpus * batch).min(buffers / 4).max(1),
            zero_on_free,
        }
    }

    /// The ids of one transfer.
    pub(crate) fn batch(&self) -> u32 {
        self.batch as u32
    }
}

impl<B: Back> Class<B> {
    /// Makes a class without an id at rest.
    pub(crate) fn new(back: B, shape: &Shape) -> Result<Box<Self>, Refused> {
        let mut class = Box::new_uninit();
        Self::make(&mut class, back, shape)?;
        // SAFETY: it was made just now.
        Ok(unsafe { class.assume_init() })
    }

    /// Makes a class without an id at rest where it shall lie; if that is refused nothing is there.
    pub(crate) fn make(
        place: &mut MaybeUninit<Self>,
        back: B,
        shape: &Shape,
    ) -> Result<(), Refused> {
        let at = place.as_mut_ptr();
        // SAFETY: the field's place in the class's.
        let front = unsafe { &raw mut (*at).front };
        // SAFETY: as above.
        let depot = unsafe { &raw mut (*at).depot };
        // SAFETY: the place is this call's alone, and need not hold a value yet.
        let front = unsafe { &mut *front.cast::<MaybeUninit<AnyFront>>() };
        // SAFETY: as above.
        let depot = unsafe { &mut *depot.cast::<MaybeUninit<Depot>>() };
        Self::make_front(front, shape)?;
        if let Err(refused) = Self::make_depot(depot, shape) {
            // SAFETY: it was made just now.
            unsafe { front.assume_init_drop() };
            return Err(refused);
        }
        lay_out!(at, Self {
            back: Unprotected::new(back),
            transfer: Unprotected::new(shape.transfer),
        } made front, depot);
        Ok(())
    }

    /// Out of line, here and below: the stack that it takes for moving is free again before the
    /// rest is made.
    #[inline(never)]
    fn make_front(place: &mut MaybeUninit<AnyFront>, shape: &Shape) -> Result<(), Refused> {
        let (cpus, limit) = (shape.cpus, shape.transfer.limit as u32);
        // Every free of a buffer that is to be zeroed takes the slow path, where that is done.
        let singles = !shape.transfer.zero_on_free;
        place.write(match &shape.rseq {
            Some((area, process)) => AnyFront::rseq(
                Caches::new(*area, cpus, shape.colour, limit, singles, process)
                    .map_err(Refused::of(Caches::bytes_for(cpus)))?,
            ),
            None => {
                let limit = if singles { limit } else { 0 };
                AnyFront::portable(Portable::new(shape.ids, cpus, limit))
            }
        });
        Ok(())
    }

    #[inline(never)]
    fn make_depot(place: &mut MaybeUninit<Depot>, shape: &Shape) -> Result<(), Refused> {
        let (most, batch) = (shape.in_magazines, shape.transfer.batch());
        let depot = Depot::new(shape.ids, most, batch);
        place.write(depot.map_err(Refused::of(Depot::bytes_for(most, batch)))?);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn back(&self) -> &B {
        &self.back
    }

    /// Takes an id from this CPU's cache; it is the caller's (P1).
    #[inline(always)]
    pub(crate) fn take(&self) -> Option<FrameId> {
        // SAFETY: `self` is borrowed, so the pool lives.
        unsafe { self.near().take() }
    }

    /// What the hot path needs.
    #[inline(always)]
    pub(crate) fn near(&self) -> Near {
        Near(self.front.sections())
    }

    /// Takes an id from this CPU's shard, on the portable front; it is the caller's (P1).
    #[inline]
    pub(crate) fn take_from_shard(&self) -> Option<FrameId> {
        match_front!(self.front, front => front.pop_here(self))
    }

    /// Takes 1 to `most` ids into the empty batch; `false` if the class is exhausted. They are the
    /// caller's (P1). `moving` is its note that it may give them back, made when the own shard has
    /// none.
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
            .is_ok()
    }

    /// Appends up to `most` ids of this CPU's cache; they are the caller's (P1).
    #[inline(always)]
    pub(crate) fn take_near<const N: usize>(&self, most: usize, batch: &mut Batch<N>) {
        if let Some(sections) = self.front.sections() {
            // SAFETY: as in `take`.
            unsafe { sections.pop_many(most, batch) };
        }
    }

    /// As `take_from_shard`, for many.
    #[inline(never)]
    fn take_some_from_shard(&self, most: usize, batch: &mut Batch) {
        match_front!(self.front, front => front.pop_many_here(self, most, batch));
    }

    /// Lays ids down in this CPU's cache, all or none, by its last step (P3); `false` if they are
    /// still the caller's.
    ///
    /// # Safety
    ///
    /// - As for [`Near::lay`], for every id.
    #[inline(always)]
    pub(crate) unsafe fn lay_many(&self, ids: &[FrameId]) -> bool {
        for id in ids {
            self.back.wrote(*id);
        }
        match self.front.sections() {
            // SAFETY: as in `Near::lay`.
            Some(sections) => !self.transfer.zero_on_free && unsafe { sections.push_many(ids) },
            None => false,
        }
    }

    /// Closes the lists for good. How many ids are out: neither at rest nor counted by those who
    /// found a place closed; `None` if the kernel refuses the fence, without which nobody can tell.
    pub(crate) fn close(&self) -> Option<u32> {
        let links = self.back.links();
        let in_front = match_front!(self.front, front => front.close_lists(self))?;
        Some(self.back.carved() - in_front - self.depot.close(links) - self.back.resting())
    }

    /// Counts an event of the slow paths.
    #[cold]
    pub(crate) fn count(&self, event: Event) {
        self.front.count(event);
    }

    pub(crate) fn counted(&self, event: Event) -> u64 {
        self.front.counted(event)
    }

    /// Ids at rest in each cache or shard.
    pub(crate) fn resting_per_cpu(&self) -> Vec<usize> {
        match_front!(self.front, front => front.resting_per_cpu(self).collect())
    }

    /// Ids at rest, but for what was never carved.
    pub(crate) fn resting(&self) -> usize {
        let in_front: usize = match_front!(self.front, front => front.resting_per_cpu(self).sum());
        in_front + self.resting_in_depot() + self.back.resting() as usize
    }

    /// Ids at rest in the depot.
    pub(crate) fn resting_in_depot(&self) -> usize {
        self.depot.resting(self.back.links()) as usize
    }

    pub(crate) fn front_kind(&self) -> FrontKind {
        match_front!(self.front, front => front.kind())
    }

    /// The bytes that the front reserves.
    pub(crate) fn front_bytes(&self) -> usize {
        match_front!(self.front, front => front.bytes())
    }

    /// The most ids of one transfer.
    pub(crate) fn batch(&self) -> usize {
        self.transfer.batch
    }

    /// The most ids that rest in one cache or shard.
    pub(crate) fn cache(&self) -> usize {
        self.transfer.limit
    }
}
