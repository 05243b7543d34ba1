//! A size class: all buffers of one size, and the lists of those that are free.
//!
//! ```text
//!   get, free
//!     │
//!     ▼
//!   front (a cache or shard a CPU)  ◄─ refill, flush ─►  depot (magazines)     carve ── back
//!             └── steal, drain ──┘
//! ```
//!
//! The frames of a pool are one class, and each size of its variable-length buffers is another.
//! Classes differ in their *back*: where ids come from that nobody has had, and what memory an id
//! names. Front, depot and back know nothing of one another. This module takes what one of them
//! gives to the next:
//!
//! - the hot path (one pop, one push) is in this file,
//! - the transfers are in `transfer`, as far as they are the same for both fronts,
//! - what a front does in its own way is its `policy`, in `rseq` and in `portable`,
//! - the proof of exhaustion is in `exhaustion`,
//! - what shows or takes all free ids is in `gather`.
//!
//! Invariants
//!
//! - #single-owner: Every id is in exactly one place: free (in the front, in the depot, or not yet
//!   carved), in the hands of one call, or in one handle. Only the owner of an id touches the
//!   buffer's bytes.
//! - #ids-keep-pool: The pool's memory lasts until its last handle is dropped and all its ids are
//!   free (`shared`). So whoever owns an id, or borrows a handle, may touch the pool and its
//!   classes.
//! - #free-ends-access: A free gives its id up by one atomic operation, which is its last access to
//!   the class. After it #ids-keep-pool no longer covers the caller.

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
use crate::base::id::BufferId;
use crate::base::in_place::init_in_place;
use crate::base::limits::MAX_BATCH;
use crate::depot::Depot;
use crate::memory::back::Back;
use crate::percpu::{AnyFront, Caches, Event, InFlight, Portable, Process, Sections, match_front};
use crate::stats::FrontKind;
use crate::sync::Unprotected;
use crate::sys::{Area, Refused};

/// A size class. What the hot path needs comes first; see `Margin`.
#[repr(C)]
pub(crate) struct Class<B> {
    front: AnyFront,
    back: Unprotected<B>,
    depot: Depot,
    transfer: Unprotected<Transfer>,
}

/// The part of a class that the hot path needs, by value: the sequences of its caches, if it has
/// caches.
#[derive(Clone, Copy)]
pub(crate) struct FastPath(Option<Sections>);

impl FastPath {
    /// Takes an id from this CPU's cache, if there are caches. The id is the caller's then
    /// (#single-owner).
    ///
    /// # Safety
    ///
    /// - The caller keeps the class (#ids-keep-pool) until the function returns.
    #[inline(always)]
    pub(crate) unsafe fn pop(self) -> Option<BufferId> {
        // SAFETY: the caches are the class's, which the caller keeps (the function's bullet).
        self.0.and_then(|sections| unsafe { sections.pop() })
    }

    /// Pushes an id to this CPU's cache, as its last step (#free-ends-access). Returns `false` if
    /// the id is still the caller's: the cache has refused it, or there are no caches.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, which is the class's, and still owns it if the answer is `false`.
    #[inline(always)]
    pub(crate) unsafe fn push(self, id: BufferId) -> bool {
        // SAFETY: the caller's id keeps the pool (#ids-keep-pool), and so the caches, until the
        // push has committed.
        self.0.is_some_and(|sections| unsafe { sections.push(id) })
    }
}

/// The number of ids for which every list was closed. They are still their caller's, who has to
/// count them as returned.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rejected(pub(crate) usize);

impl Rejected {
    pub(crate) const NONE: Self = Self(0);
}

/// The description from which a class is made.
pub(crate) struct ClassSpec {
    /// All ids are below this number.
    pub(crate) ids: u32,
    /// The depot has magazines for this many ids.
    pub(crate) in_magazines: u32,
    /// The number of caches or shards.
    pub(crate) cpus: u32,
    /// What the rseq front needs, if it is available.
    pub(crate) rseq: Option<(Area, Arc<Process>)>,
    /// The caches are shifted by this many cache lines, so that those of different classes fall
    /// into different sets of the CPU's cache.
    pub(crate) colour: u32,
    pub(crate) transfer: Transfer,
}

/// The parameters of the slow paths.
#[derive(Clone, Copy)]
pub(crate) struct Transfer {
    /// The number of ids that one transfer moves.
    batch: usize,
    /// A cache or shard that would hold more than this gives a batch to the depot first.
    limit: usize,
    /// A depot that holds this many ids ends a dry time.
    dry_ends_at: u32,
    zero_on_free: bool,
}

impl Transfer {
    /// Returns the parameters for a class of `buffers` buffers that `cpus` CPUs use. Each CPU keeps
    /// up to `wanted` buffers.
    pub(crate) fn new(buffers: u32, cpus: u32, wanted: u32, zero_on_free: bool) -> Self {
        // All lists together hold at most half of the buffers, so that not all of them are cached.
        // Where that is less than two for each CPU, each may hold two.
        let most = (buffers / (2 * cpus)).max(2);
        let limit = wanted.min(most);
        let batch = (limit / 2).clamp(1, MAX_BATCH);
        Self {
            batch: batch as usize,
            limit: limit as usize,
            dry_ends_at: (cpus * batch).min(buffers / 4).max(1),
            zero_on_free,
        }
    }

    /// Returns the number of ids that one transfer moves.
    pub(crate) fn batch(&self) -> u32 {
        self.batch as u32
    }
}

impl<B: Back> Class<B> {
    /// Makes a class whose lists are empty.
    pub(crate) fn new(back: B, shape: &ClassSpec) -> Result<Box<Self>, Refused> {
        let mut class = Box::new_uninit();
        Self::make(&mut class, back, shape)?;
        // SAFETY: `make` has initialized it.
        Ok(unsafe { class.assume_init() })
    }

    /// Makes a class whose lists are empty, in the place where it is to lie. If that is refused,
    /// nothing is there.
    pub(crate) fn make(
        place: &mut MaybeUninit<Self>,
        back: B,
        shape: &ClassSpec,
    ) -> Result<(), Refused> {
        let at = place.as_mut_ptr();
        // SAFETY: `at` is the place of a class, so the field's place lies in it.
        let front = unsafe { &raw mut (*at).front };
        // SAFETY: as above.
        let depot = unsafe { &raw mut (*at).depot };
        // SAFETY: the place is this call's alone, and a `MaybeUninit` does not need a value yet.
        let front = unsafe { &mut *front.cast::<MaybeUninit<AnyFront>>() };
        // SAFETY: as above.
        let depot = unsafe { &mut *depot.cast::<MaybeUninit<Depot>>() };
        Self::make_front(front, shape)?;
        if let Err(refused) = Self::make_depot(depot, shape) {
            // SAFETY: `make_front` has initialized it.
            unsafe { front.assume_init_drop() };
            return Err(refused);
        }
        init_in_place!(at, Self {
            back: Unprotected::new(back),
            transfer: Unprotected::new(shape.transfer),
        } made front, depot);
        Ok(())
    }

    /// Makes the front in its place. Neither this function nor `make_depot` is inlined: the stack
    /// that one takes to move its part is free again before the rest is made.
    #[inline(never)]
    fn make_front(place: &mut MaybeUninit<AnyFront>, shape: &ClassSpec) -> Result<(), Refused> {
        let (cpus, limit) = (shape.cpus, shape.transfer.limit as u32);
        // If buffers are zeroed on free, every free takes the slow path, which zeroes them.
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
    fn make_depot(place: &mut MaybeUninit<Depot>, shape: &ClassSpec) -> Result<(), Refused> {
        let (most, batch) = (shape.in_magazines, shape.transfer.batch());
        let depot = Depot::new(shape.ids, most, batch);
        place.write(depot.map_err(Refused::of(Depot::bytes_for(most, batch)))?);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn back(&self) -> &B {
        &self.back
    }

    /// Takes an id from this CPU's cache, if there are caches. The id is the caller's then
    /// (#single-owner).
    #[inline(always)]
    pub(crate) fn get(&self) -> Option<BufferId> {
        // SAFETY: `self` is borrowed, so the pool lives (#ids-keep-pool).
        unsafe { self.fast_path().pop() }
    }

    /// Returns what the hot path needs.
    #[inline(always)]
    pub(crate) fn fast_path(&self) -> FastPath {
        FastPath(self.front.sections())
    }

    /// Takes an id from this CPU's shard, on the portable front. The id is the caller's then
    /// (#single-owner).
    #[inline]
    pub(crate) fn get_from_shard(&self) -> Option<BufferId> {
        match_front!(self.front, front => front.pop_here(self))
    }

    /// Takes 1 to `most` ids into the empty batch; they are the caller's then (#single-owner).
    /// Returns `false` if the class is exhausted.
    ///
    /// `may_return` says that the call may give ids of the batch back. Then `in_flight` becomes its
    /// note of a transfer in flight, which is made when this CPU's list has no id.
    #[inline]
    pub(crate) fn get_burst<'a>(
        &'a self,
        most: usize,
        may_return: bool,
        in_flight: &mut Option<InFlight<'a>>,
        batch: &mut Batch,
    ) -> bool {
        match self.front.sections() {
            // SAFETY: as in `get`.
            Some(sections) => unsafe { sections.pop_burst(most, batch) },
            None => self.get_burst_from_shard(most, batch),
        }
        if !batch.is_empty() {
            return true;
        }
        if may_return && in_flight.is_none() {
            *in_flight = Some(self.front.in_flight());
        }
        self.refill(most, u64::from(in_flight.is_some()), batch)
            .is_ok()
    }

    /// Appends up to `most` ids of this CPU's cache to the batch; they are the caller's then
    /// (#single-owner).
    #[inline(always)]
    pub(crate) fn get_burst_from_cache<const N: usize>(&self, most: usize, batch: &mut Batch<N>) {
        if let Some(sections) = self.front.sections() {
            // SAFETY: as in `get`.
            unsafe { sections.pop_burst(most, batch) };
        }
    }

    /// Appends up to `most` ids of this CPU's shard to the batch, on the portable front.
    #[inline(never)]
    fn get_burst_from_shard(&self, most: usize, batch: &mut Batch) {
        match_front!(self.front, front => front.pop_burst_here(self, most, batch));
    }

    /// Pushes ids to this CPU's cache, all or none, as its last step (#free-ends-access). Returns
    /// `false` if they are still the caller's.
    ///
    /// # Safety
    ///
    /// - As for [`FastPath::push`], for every id.
    #[inline(always)]
    pub(crate) unsafe fn free_bulk_to_cache(&self, ids: &[BufferId]) -> bool {
        for id in ids {
            self.back.loom_write(*id);
        }
        match self.front.sections() {
            // SAFETY: as in `FastPath::push`.
            Some(sections) => !self.transfer.zero_on_free && unsafe { sections.push_bulk(ids) },
            None => false,
        }
    }

    /// Closes the lists for good, and returns how many ids are out: neither free, nor counted by a
    /// free that found the lists closed. Returns `None` if the kernel refuses the fence, without
    /// which nobody can tell.
    pub(crate) fn close(&self) -> Option<u32> {
        let links = self.back.links();
        let in_front = match_front!(self.front, front => front.close_lists(self))?;
        Some(self.back.carved() - in_front - self.depot.close(links) - self.back.free_count())
    }

    /// Counts an event of the slow paths.
    #[cold]
    pub(crate) fn count(&self, event: Event) {
        self.front.count(event);
    }

    pub(crate) fn counted(&self, event: Event) -> u64 {
        self.front.counted(event)
    }

    /// Returns how many ids are in each cache or shard.
    pub(crate) fn free_per_cpu(&self) -> Vec<usize> {
        match_front!(self.front, front => front.free_per_cpu(self).collect())
    }

    /// Returns how many ids are free, without those that were never carved.
    pub(crate) fn free_count(&self) -> usize {
        let in_front: usize = match_front!(self.front, front => front.free_per_cpu(self).sum());
        in_front + self.free_in_depot() + self.back.free_count() as usize
    }

    /// Returns how many ids are in the depot.
    pub(crate) fn free_in_depot(&self) -> usize {
        self.depot.free_count(self.back.links()) as usize
    }

    pub(crate) fn front_kind(&self) -> FrontKind {
        match_front!(self.front, front => front.kind())
    }

    /// Returns how many bytes the front reserves.
    pub(crate) fn front_bytes(&self) -> usize {
        match_front!(self.front, front => front.bytes())
    }

    /// Returns the largest number of ids that one transfer moves.
    pub(crate) fn batch(&self) -> usize {
        self.transfer.batch
    }

    /// Returns the largest number of ids that one cache or shard keeps.
    pub(crate) fn cache(&self) -> usize {
        self.transfer.limit
    }
}
