//! The sequences as safe functions over the caches.

use super::{WORDS, isa};
use crate::batch::Batch;
use crate::id::{CpuId, FrameId};
use crate::sync::{AtomicU32, Unprotected};
use crate::sys::Area;

/// The CPUs on which sections run.
pub(crate) struct Cpus(Unprotected<Parts>);

struct Parts {
    area: Area,
    count: u32,
}

/// What a sequence needs, by value: nothing of the pool is touched after the commit.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) area: Area,
    /// The first CPU's cache.
    pub(super) caches: *mut u32,
    /// How many caches there are.
    pub(super) cpus: u32,
}

impl Cpus {
    pub(crate) fn new(area: Area, count: u32) -> Self {
        Self(Unprotected::new(Parts { area, count }))
    }

    /// The caches that the words hold.
    #[inline(always)]
    fn at(&self, words: &[AtomicU32]) -> At {
        let Parts { area, count } = *self.0;
        debug_assert!(words.len() >= count as usize * WORDS);
        At {
            area,
            caches: words.as_ptr().cast_mut().cast(),
            cpus: count,
        }
    }

    #[inline(always)]
    pub(crate) fn pop(&self, words: &[AtomicU32]) -> Option<FrameId> {
        // SAFETY: `at` names a cache for each of its CPUs, atomics that are written through shared references;
        // a section reads slots below the count only.
        let id = unsafe { isa::pop(self.at(words)) };
        (id != isa::NONE).then_some(FrameId(id))
    }

    #[inline(always)]
    pub(crate) fn push(&self, words: &[AtomicU32], id: FrameId) -> bool {
        // SAFETY: as in `pop`; `high` is at most the number of slots, so the slot that is written is one.
        unsafe { isa::push(self.at(words), id.0) }
    }

    /// Takes up to `most` ids and appends them to the batch.
    #[inline(always)]
    pub(crate) fn pop_many(&self, words: &[AtomicU32], most: usize, batch: &mut Batch) {
        let most = most.min(batch.room());
        if most == 0 {
            return;
        }
        let at = self.at(words);
        let pop = |to| {
            // SAFETY: as in `pop`; `to` has room for `most` ids, 1 or more.
            unsafe { isa::pop_many(at, to, most) }
        };
        // SAFETY: the sequence returns how many ids it wrote, `most` at the most.
        unsafe { batch.extend_by(pop) };
    }

    /// Lays ids down, all or none.
    #[inline(always)]
    pub(crate) fn push_many(&self, words: &[AtomicU32], ids: &[FrameId]) -> bool {
        // SAFETY: as in `push`; `FrameId` is a `u32` by its representation, and `ids` are as many.
        ids.is_empty() || unsafe { isa::push_many(self.at(words), ids.as_ptr().cast(), ids.len()) }
    }

    /// The CPU that the caller runs on, or did a moment ago.
    #[inline(always)]
    pub(crate) fn here(&self) -> CpuId {
        CpuId(self.0.area.cpu())
    }

    /// The fence of a CPU, or with `None` of all. `false` if the kernel refuses it.
    pub(crate) fn fence(&self, cpu: Option<CpuId>) -> bool {
        self.0.area.fence(cpu.map(|cpu| cpu.0))
    }
}
