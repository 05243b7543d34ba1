//! The sequences as methods of the caches' memory, and of a copy of what they need.

use std::io;

use super::{WORDS, isa};
use crate::base::batch::Batch;
use crate::base::id::{BufferId, CpuId};
use crate::sync::{AtomicU32, Table, Unprotected};
use crate::sys::Area;

/// The number of words in a cache line.
const LINE: usize = 16;

/// The memory of the caches, which are stopped and empty at first.
pub(crate) struct Slab {
    sections: Unprotected<Sections>,
    /// The first CPU's cache begins at the word of this number.
    first: Unprotected<usize>,
    words: Unprotected<Table<AtomicU32>>,
}

/// What the sequences need, by value, so that nothing of the pool is touched after a commit.
#[derive(Clone, Copy)]
pub(crate) struct Sections {
    pub(super) area: Area,
    /// The first word of the first CPU's cache.
    pub(super) caches: *mut u32,
    /// The number of caches.
    pub(super) cpus: u32,
}

impl Slab {
    pub(crate) fn new(area: Area, cpus: u32, colour: u32) -> io::Result<Self> {
        let first = colour as usize * LINE;
        let words: Table<AtomicU32> = Table::zeroed(first + cpus as usize * WORDS)?;
        let caches = words[first..].as_ptr().cast_mut().cast();
        Ok(Self {
            sections: Unprotected::new(Sections { area, caches, cpus }),
            first: Unprotected::new(first),
            words: Unprotected::new(words),
        })
    }

    /// Returns all words of the caches, those of the first CPU's cache first.
    pub(crate) fn words(&self) -> &[AtomicU32] {
        &self.words[*self.first..]
    }

    #[inline(always)]
    pub(crate) fn sections(&self) -> Sections {
        *self.sections
    }

    /// Returns the CPU that the caller runs on, or did a moment ago.
    pub(crate) fn here(&self) -> CpuId {
        CpuId(self.sections.area.cpu())
    }

    /// Fences a CPU, or with `None` all of them. Returns `false` if the kernel refuses that.
    pub(crate) fn fence(&self, cpu: Option<CpuId>) -> bool {
        self.sections.area.fence(cpu.map(|cpu| cpu.0))
    }

    /// Returns whether the kernel lets the caller fence, at the moment. It tries a fence of the
    /// caller's own CPU, which interrupts no other.
    pub(crate) fn may_fence(&self) -> bool {
        self.fence(Some(self.here()))
    }

    /// Pops ids, as [`Sections::pop_burst`] does.
    pub(crate) fn pop_burst(&self, most: usize, batch: &mut Batch) {
        // SAFETY: the memory is that of `self`, which lives until the function returns.
        unsafe { self.sections().pop_burst(most, batch) }
    }

    /// Pushes ids, as [`Sections::push_bulk`] does.
    pub(crate) fn push_bulk(&self, ids: &[BufferId]) -> bool {
        // SAFETY: as above; whoever keeps `self` keeps it until the ids are given up
        // (#ids-keep-pool).
        unsafe { self.sections().push_bulk(ids) }
    }
}

impl Sections {
    /// Pops the id that was pushed last on the running CPU.
    ///
    /// # Safety
    ///
    /// - The slab lives until the function returns; for a push, until it has committed.
    #[inline(always)]
    pub(crate) unsafe fn pop(self) -> Option<BufferId> {
        // SAFETY: `self` names a cache for each of its CPUs, in memory that lives (the function's
        // bullet). Its words are atomics, which are written through shared references, and from
        // outside with the cache stopped (#gate-owns-cache).
        let id = unsafe { isa::pop(self) };
        (id != isa::NONE).then_some(BufferId(id))
    }

    /// Pushes an id, unless the cache is full or stopped, and returns whether it did.
    ///
    /// # Safety
    ///
    /// - As for [`pop`](Self::pop).
    #[inline(always)]
    pub(crate) unsafe fn push(self, id: BufferId) -> bool {
        // SAFETY: as in `pop`; `high` is at most the number of slots.
        unsafe { isa::push(self, id.0) }
    }

    /// Pops up to `most` ids at once, and appends them to the batch.
    ///
    /// # Safety
    ///
    /// - As for [`pop`](Self::pop).
    #[inline(always)]
    pub(crate) unsafe fn pop_burst<const N: usize>(self, most: usize, batch: &mut Batch<N>) {
        let most = most.min(batch.room());
        if most == 0 {
            return;
        }
        let pop = |to| {
            // SAFETY: as in `pop`; `to` has room for `most` ids, 1 or more.
            unsafe { isa::pop_burst(self, to, most) }
        };
        // SAFETY: the sequence returns how many ids it wrote, `most` at the most.
        unsafe { batch.extend_by(pop) };
    }

    /// Pushes ids at once, all or none, and returns whether it did.
    ///
    /// # Safety
    ///
    /// - As for [`pop`](Self::pop).
    #[inline(always)]
    pub(crate) unsafe fn push_bulk(self, ids: &[BufferId]) -> bool {
        // SAFETY: as in `push`; `BufferId` is a `u32` by its representation, and `ids` are as many.
        ids.is_empty() || unsafe { isa::push_bulk(self, ids.as_ptr().cast(), ids.len()) }
    }
}
