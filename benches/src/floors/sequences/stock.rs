//! Caches that several threads use at once, and the ids that no cache has.
//!
//! ```text
//!   all ids ──► spare ── a cache is empty ──► whoever got ── free ──► cache of the running CPU
//!                 ▲───────────────────────── it is full ─────────────────┘
//! ```
//!
//! The caches are empty at first. Once a workload has had its first turn, they have what it needs,
//! as long as no thread is moved. All that is beside the sequences then is a branch that is not
//! taken.
//!
//! Nothing but the sequences writes a cache, so threads are as safe from one another as in the
//! crate.

use super::super::area::Area;
use super::caches::{Caches, HEADROOM, STRIDE, Shared, first};
use super::sections::real::Sections;
use crate::work::{oversubscribed, window};

/// The number of frames: what the window, or all threads together, have live, and what caches have
/// besides.
pub(super) const FRAMES: u32 = 8192;
const _: () = assert!(2 * window::LIVE <= FRAMES as usize);
const _: () = assert!(2 * oversubscribed::THREADS * oversubscribed::BURST <= FRAMES as usize);

/// The caches, whose shared part has the spare ids.
pub(super) struct Stock(Caches);

impl Stock {
    /// Makes a stock that stays for the program's life.
    pub(super) fn new(area: Area) -> &'static Self {
        let mut caches = Caches::of(area, FRAMES);
        caches.open();
        let stock: &'static Self = Box::leak(Box::new(Self(caches)));
        stock.in_registers().shared.keep((0..FRAMES).rev());
        stock
    }

    pub(super) fn shared(&'static self) -> *const Shared {
        self.0.shared()
    }

    pub(super) fn in_registers(&'static self) -> Registers {
        Registers {
            // SAFETY: what the caches share lives as long as they do, and is never written once it
            // is made.
            shared: unsafe { &*self.0.shared() },
            at: self.0.sections(),
            base: self.0.base(),
        }
    }
}

/// All that the sequences need, by value. An id that it got is owned.
#[derive(Clone, Copy)]
pub(super) struct Registers {
    shared: &'static Shared,
    at: Sections,
    base: *mut u8,
}

// SAFETY: once the caches are made, their words change by the sequences alone, each CPU's on that
// CPU. What the caches share does not change but for the spare ids, which a lock guards. All of it
// stays.
unsafe impl Send for Registers {}

impl Registers {
    #[inline(always)]
    pub(super) fn get(self) -> u32 {
        // SAFETY: a stock's caches are mapped, and used by sequences alone.
        unsafe { self.at.pop() }.unwrap_or_else(|| self.shared.spare())
    }

    #[inline(always)]
    pub(super) fn free(self, id: u32) {
        // SAFETY: a stock's caches are mapped and used by sequences alone, with as many slots as
        // `open` says.
        if !unsafe { self.at.push(id) } {
            self.shared.keep([id]);
        }
    }

    /// Returns where the payload of a frame starts.
    ///
    /// # Safety
    ///
    /// - The id came out of `get`.
    #[inline(always)]
    pub(super) unsafe fn first(self, id: u32) -> *mut u8 {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { first(self.base, STRIDE, HEADROOM, id) }
    }
}
