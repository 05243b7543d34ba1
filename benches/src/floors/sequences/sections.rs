//! The crate's sequences, compiled from the crate's own file, with the items that this file takes
//! from the module around it.

use self::real::Sections;
use super::super::area::Area;

#[cfg(target_arch = "x86_64")]
#[allow(dead_code, reason = "no floor waits")]
#[path = "../../../../src/percpu/rseq/sections/x86_64.rs"]
mod isa;

#[cfg(target_arch = "aarch64")]
#[allow(dead_code, reason = "no floor waits")]
#[path = "../../../../src/percpu/rseq/sections/aarch64.rs"]
mod isa;

/// The words of the section that waits, as in the crate.
mod trial {
    pub(super) const CPU: usize = super::SLOT;
    pub(super) const STARTED: usize = super::SLOT + 1;
    pub(super) const FENCED: usize = super::SLOT + 2;
}

/// The words of a cache, and its size as a power of two, as in the crate.
pub(super) const COUNT: usize = 0;
pub(super) const LOW: usize = 1;
pub(super) const HIGH: usize = 2;
pub(super) const HIGH_BULK: usize = 3;
pub(super) const SLOT: usize = 4;
const SHIFT: u32 = 10;
pub(super) const WORDS: usize = 1 << SHIFT;

pub(super) mod real {
    use super::Area;

    /// The data that the sequences need.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Sections {
        pub(in super::super) area: Area,
        pub(in super::super) caches: *mut u32,
        pub(in super::super) cpus: u32,
    }
}

impl Sections {
    /// Pops an id; `None` if the cache of the running CPU is empty.
    ///
    /// # Safety
    ///
    /// - The caches are mapped, for each of the CPUs. Only the calling thread uses them, or all
    ///   threads use them by these functions alone.
    #[inline(always)]
    pub(super) unsafe fn pop(self) -> Option<u32> {
        // SAFETY: the caller guarantees it (the function's bullet).
        let id = unsafe { isa::pop(self) };
        (id != isa::NONE).then_some(id)
    }

    /// Pushes an id and returns whether there was room.
    ///
    /// # Safety
    ///
    /// - The bullet of [`pop`](Self::pop) holds, and `high` of every cache is at most the number of
    ///   its slots.
    #[inline(always)]
    pub(super) unsafe fn push(self, id: u32) -> bool {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { isa::push(self, id) }
    }

    /// Pops up to `N` ids and returns how many.
    ///
    /// # Safety
    ///
    /// - The bullet of [`pop`](Self::pop) holds, and `to` has room for `N` ids, 1 or more.
    #[inline(always)]
    pub(super) unsafe fn pop_burst<const N: usize>(self, to: *mut u32) -> usize {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { isa::pop_burst(self, to, N) }
    }

    /// Pushes `N` ids, all or none, and returns whether there was room.
    ///
    /// # Safety
    ///
    /// - The bullet of [`push`](Self::push) holds for `high_bulk`, and `from` points to `N` ids, 1
    ///   or more.
    #[inline(always)]
    pub(super) unsafe fn push_bulk<const N: usize>(self, from: *const u32) -> bool {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { isa::push_bulk(self, from, N) }
    }
}
