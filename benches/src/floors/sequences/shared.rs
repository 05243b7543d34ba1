//! The workloads of sharing: the sequences, handles, and a count for each frame beside them.
//!
//! A count is the number of further references. Making a reference adds one, and dropping one
//! subtracts one. Whoever finds that there was none sets the count back to 0, and frees.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::array;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use super::super::area::Area;
use super::super::{COUNTS, COUNTS_AT_ONCE};
use super::caches::{Shared, first};
use super::owners::sections;
use super::stock::{FRAMES, Stock};
use crate::work::sharing::{
    REFERENCES, Reference, SLICE, SLICES, Sharer, Sharing, Slicing, four_unchecked,
    slices_unchecked,
};
use crate::work::{Kind, Workload};

/// A stock with the counts of its frames.
struct Counts<const AT_ONCE: bool>(&'static Pool);

/// The data that a reference points to.
struct Pool {
    /// The shared part of a stock.
    shared: *const Shared,
    counts: Box<[AtomicU32]>,
}

// SAFETY: the same reasons hold as for `Owners`.
unsafe impl Sync for Pool {}

/// A reference of 16 bytes to a frame or to a slice.
struct Counted {
    pool: &'static Pool,
    /// The word is `│ id: 26 │ offset: 19 │ length: 19 │`, from the lowest bit up.
    word: u64,
}

const ID: u32 = 26;
const OFFSET: u32 = 19;

/// Returns the floor of this name for a workload, if the workload has it.
pub(super) fn floor(area: Area, name: &str, kind: Kind) -> Option<Box<dyn Workload>> {
    match (name, kind) {
        (COUNTS, Kind::Sharing4) => Some(four_unchecked(Counts::<false>::new(area))),
        (COUNTS_AT_ONCE, Kind::Sharing4) => Some(four_unchecked(Counts::<true>::new(area))),
        (COUNTS_AT_ONCE, Kind::Sharing44) => Some(slices_unchecked(Counts::<true>::new(area))),
        _ => None,
    }
}

impl<const AT_ONCE: bool> Counts<AT_ONCE> {
    /// Makes a source that stays for the program's life.
    fn new(area: Area) -> &'static Self {
        let pool = Pool {
            shared: Stock::new(area).shared(),
            counts: (0..FRAMES).map(|_| AtomicU32::new(0)).collect(),
        };
        Box::leak(Box::new(Self(Box::leak(Box::new(pool)))))
    }

    /// Gets a frame and has it written.
    #[inline(always)]
    fn get(&self, write: impl FnOnce(*mut u8)) -> Counted {
        let pool = self.0;
        // SAFETY: the pointer is a stock's (the field).
        let at = unsafe { sections(pool.shared) };
        // SAFETY: a stock's caches are mapped, and used by sequences alone.
        let id = unsafe { at.pop() };
        // SAFETY: a stock stays, and what its caches share is not written.
        let shared = unsafe { &*pool.shared };
        let id = id.unwrap_or_else(|| shared.spare());
        let view = u64::from(shared.headroom) << ID | u64::from(shared.payload) << (ID + OFFSET);
        let counted = Counted {
            pool,
            word: view | u64::from(id),
        };
        write(counted.first().cast_mut());
        counted
    }
}

impl Counted {
    #[inline(always)]
    fn id(&self) -> u32 {
        self.word as u32 & ((1 << ID) - 1)
    }

    #[inline(always)]
    fn count(&self) -> &AtomicU32 {
        let id = self.id() as usize;
        // SAFETY: there is a count for each frame of the stock.
        unsafe { self.pool.counts.get_unchecked(id) }
    }

    /// Returns another reference, for which the frame is counted already.
    #[inline(always)]
    fn again(&self) -> Self {
        Self { ..*self }
    }
}

impl Drop for Counted {
    #[inline(always)]
    fn drop(&mut self) {
        let count = self.count();
        // Release: pairs with the fence of the last one.
        if count.fetch_sub(1, Ordering::Release) != 0 {
            return;
        }
        fence(Ordering::Acquire);
        // Relaxed: the frame goes to its next owner by the list.
        count.store(0, Ordering::Relaxed);
        // SAFETY: the pointer is a stock's (the field).
        let at = unsafe { sections(self.pool.shared) };
        // SAFETY: a stock's caches are mapped and used by sequences alone, with as many slots as
        // `open` says.
        if !unsafe { at.push(self.id()) } {
            // SAFETY: a stock stays, and what its caches share is not written.
            unsafe { &*self.pool.shared }.keep([self.id()]);
        }
    }
}

// SAFETY: a frame has its payload. Slices lie over the frames behind it, and are not read.
unsafe impl Reference for Counted {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        // SAFETY: a stock stays, and what its caches share is not written.
        let shared = unsafe { &*self.pool.shared };
        let offset = (self.word >> ID) as usize & ((1 << OFFSET) - 1);
        // SAFETY: the id came out of this stock (the field).
        let start = unsafe { first(shared.base, shared.stride, 0, self.id()) };
        start.wrapping_add(offset)
    }

    #[inline(always)]
    fn length(&self) -> usize {
        (self.word >> (ID + OFFSET)) as usize
    }
}

impl<const AT_ONCE: bool> Sharer for Counts<AT_ONCE> {}

impl<const AT_ONCE: bool> Sharing for Counts<AT_ONCE> {
    type Reference = Counted;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Counted; REFERENCES] {
        let last = self.get(write);
        if AT_ONCE {
            // Relaxed: nobody else has a reference yet.
            last.count().store(REFERENCES as u32 - 1, Ordering::Relaxed);
        }
        let [one, two, three] = array::from_fn(|_| {
            if !AT_ONCE {
                // Relaxed: whoever gets the new reference gets it from this thread.
                last.count().fetch_add(1, Ordering::Relaxed);
            }
            last.again()
        });
        [one, two, three, last]
    }
}

impl<const AT_ONCE: bool> Slicing for Counts<AT_ONCE> {
    type Slice = Counted;

    #[inline(always)]
    fn cut(&self, write: impl FnOnce(*mut u8), mut sink: impl FnMut(Counted)) {
        let mut rest = self.get(write);
        // Relaxed: as in `share`.
        rest.count().fetch_add(SLICES as u32 - 1, Ordering::Relaxed);
        let length = (SLICE as u64) << (ID + OFFSET);
        rest.word = rest.word & ((1 << (ID + OFFSET)) - 1) | length;
        for _ in 0..SLICES - 1 {
            let next = rest.again();
            rest.word += (SLICE as u64) << ID;
            sink(next);
        }
        sink(rest);
    }
}
