//! The workloads of singles, with handles.
//!
//! What the sequences need is loaded from memory at each get and free. A handle is an owner, whose
//! frame is freed when it is dropped.

use super::super::HANDLES;
use super::super::area::Area;
use super::caches::{Shared, first};
use super::sections::real::Sections;
use super::stock::Stock;
use crate::contestant::{Buffer, Contestant};
use crate::work::{Kind, Workload};

/// The sequences as a contestant.
pub(super) struct Owners {
    /// The shared part of a stock.
    shared: *const Shared,
}

/// A frame's owner, as any API that hands out owners has it.
pub(super) struct Owner {
    /// The shared part of a stock.
    shared: *const Shared,
    /// The word is `│ id: 32 │ offset: 16 │ length: 16 │`, from the lowest bit up. The id came out
    /// of that stock.
    word: u64,
}

/// Returns the floor of a workload in which no handle is stored.
pub(super) fn loads(area: Area, kind: Kind) -> Option<Box<dyn Workload>> {
    match kind {
        Kind::PairTwo => kind.with(Owners::new(area)),
        _ => None,
    }
}

/// Returns the floor of a workload in which handles are stored.
pub(super) fn handles(area: Area, kind: Kind) -> Option<Box<dyn Workload>> {
    match kind {
        Kind::Burst32 | Kind::Burst256 | Kind::Window | Kind::Oversubscribed => {
            kind.with(Owners::new(area))
        }
        _ => None,
    }
}

impl Owners {
    /// Makes a contestant that stays for the program's life.
    pub(super) fn new(area: Area) -> &'static Self {
        let shared = Stock::new(area).shared();
        Box::leak(Box::new(Self { shared }))
    }
}

// SAFETY: the same reasons hold as for `Registers`, which has the same by value.
unsafe impl Sync for Owners {}

// SAFETY: the same reasons hold as for `Owners`.
unsafe impl Send for Owner {}

/// Returns the caches as they are in memory now.
///
/// # Safety
///
/// - `shared` points to the shared part of a stock.
#[inline(always)]
pub(super) unsafe fn sections(shared: *const Shared) -> Sections {
    // SAFETY: a stock stays, and what its caches share is not written.
    unsafe { (*shared).sections }
}

impl Contestant for Owners {
    type Buffer = Owner;

    fn name(&self) -> &'static str {
        HANDLES
    }

    #[inline(always)]
    fn get(&self) -> Owner {
        let shared = self.shared;
        // SAFETY: the pointer is a stock's (the field).
        let at = unsafe { sections(shared) };
        // SAFETY: a stock's caches are mapped, and used by sequences alone.
        let id = unsafe { at.pop() };
        // SAFETY: a stock stays, and what its caches share is not written.
        let shared = unsafe { &*shared };
        let id = id.unwrap_or_else(|| shared.spare());
        let view = u64::from(shared.headroom) << 32 | u64::from(shared.payload) << 48;
        Owner {
            shared,
            word: view | u64::from(id),
        }
    }
}

// SAFETY: the payload of a frame holds BYTES. Its id was got and is freed by `drop`, and a stock's
// frames stay mapped.
unsafe impl Buffer for Owner {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        // SAFETY: a stock stays, and what its caches share is not written.
        let shared = unsafe { &*self.shared };
        let offset = (self.word >> 32) as u16;
        // SAFETY: the id came out of this stock (the field).
        unsafe { first(shared.base, shared.stride, offset.into(), self.word as u32) }
    }
}

impl Drop for Owner {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the pointer is a stock's (the field).
        let at = unsafe { sections(self.shared) };
        let id = self.word as u32;
        // SAFETY: a stock's caches are mapped and used by sequences alone, with as many slots as
        // `open` says.
        if !unsafe { at.push(id) } {
            // SAFETY: a stock stays, and what its caches share is not written.
            unsafe { &*self.shared }.keep([id]);
        }
    }
}
