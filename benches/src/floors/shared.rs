//! The floors of sharing without sequences: buffers that are always there, with a count for each or
//! without, and a list of the free ones that one thread keeps by hand.
//!
//! A count is the number of further references. With a `LIST`, the buffer that was freed last is
//! taken; otherwise they are taken in turn, and were freed long before.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::array;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use super::frames::{Frames, HEADROOM, STRIDE};
use super::{ARRAY, ARRAY_COUNTS, LIST_COUNTS};
use crate::contestant::BYTES;
use crate::work::sharing::{
    MERGED, REFERENCES, Reference, SLICE, SLICES, Sharer, Sharing, Slicing, four_across_unchecked,
    four_unchecked, slices_across_unchecked, slices_unchecked,
};
use crate::work::{Kind, Workload};

/// The number of buffers of one frame: four times those that a ring holds.
const FRAMES: u32 = 4096;
/// The number of buffers of many frames.
const LARGE: u32 = 128;
/// The number of frames of such a buffer.
const LONG: usize = 39;
const _: () = assert!(HEADROOM + MERGED <= LONG * STRIDE);

/// Returns the floor of this name.
pub(super) fn floor(name: &str, kind: Kind) -> Option<Box<dyn Workload>> {
    type Nobody = Places<false, false>;
    type Counts = Places<false, true>;
    type List = Places<true, true>;
    Some(match (name, kind) {
        (ARRAY, Kind::Sharing4) => four_unchecked(Nobody::new(1, 1)),
        (ARRAY, Kind::Sharing4Across) => four_across_unchecked(Nobody::new(FRAMES, 1)),
        (ARRAY, Kind::Sharing44) => slices_unchecked(Nobody::new(1, LONG)),
        (ARRAY, Kind::Sharing44Across) => slices_across_unchecked(Nobody::new(LARGE, LONG)),
        (ARRAY_COUNTS, Kind::Sharing4) => four_unchecked(Counts::new(1, 1)),
        (ARRAY_COUNTS, Kind::Sharing4Across) => four_across_unchecked(Counts::new(FRAMES, 1)),
        (ARRAY_COUNTS, Kind::Sharing44) => slices_unchecked(Counts::new(1, LONG)),
        (ARRAY_COUNTS, Kind::Sharing44Across) => slices_across_unchecked(Counts::new(LARGE, LONG)),
        (LIST_COUNTS, Kind::Sharing4) => four_unchecked(List::new(FRAMES, 1)),
        _ => return None,
    })
}

/// The buffers, and what is known of each.
struct Table {
    frames: Frames,
    /// The distance from one buffer to the next.
    stride: usize,
    counts: Box<[AtomicU32]>,
    /// The free buffers, from the bottom of a stack up, or the number of each in its place.
    free: Box<[AtomicU32]>,
    /// How many are free, or which one is taken next.
    top: AtomicU32,
}

struct Places<const LIST: bool, const COUNTED: bool>(&'static Table);

/// A reference of 16 bytes.
struct Place<const LIST: bool, const COUNTED: bool> {
    table: &'static Table,
    number: u32,
    start: u16,
    length: u16,
}

impl<const LIST: bool, const COUNTED: bool> Places<LIST, COUNTED> {
    /// Makes a source that stays for the program's life.
    fn new(count: u32, frames: usize) -> &'static Self {
        let table = Table {
            frames: Frames::new(count as usize * frames),
            // The compiler must not know it, as it does not know a pool's.
            stride: black_box(frames * STRIDE),
            counts: (0..count).map(|_| AtomicU32::new(0)).collect(),
            free: (0..count).map(AtomicU32::new).collect(),
            top: AtomicU32::new(if LIST { count } else { 0 }),
        };
        Box::leak(Box::new(Self(Box::leak(Box::new(table)))))
    }

    /// Takes a buffer and has it written.
    #[inline(always)]
    fn take(&self, write: impl FnOnce(*mut u8)) -> Place<LIST, COUNTED> {
        let table = self.0;
        // Relaxed, here and below: one thread takes, and with a list the same frees.
        let top = table.top.load(Ordering::Relaxed);
        let at = if LIST { top - 1 } else { top };
        let count = table.free.len() as u32;
        let next = if LIST || at + 1 < count { at + 1 } else { 0 };
        table
            .top
            .store(if LIST { at } else { next }, Ordering::Relaxed);
        let place = Place {
            table,
            number: table.free[at as usize].load(Ordering::Relaxed),
            start: 0,
            length: BYTES as u16,
        };
        write(place.first().cast_mut());
        place
    }
}

impl<const LIST: bool, const COUNTED: bool> Place<LIST, COUNTED> {
    #[inline(always)]
    fn count(&self) -> &AtomicU32 {
        &self.table.counts[self.number as usize]
    }

    /// Counts so many further references.
    #[inline(always)]
    fn add(&self, more: u32) {
        if COUNTED {
            // Relaxed: whoever gets the new reference gets it from this thread.
            self.count().fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Returns another reference, for which the buffer is counted already.
    #[inline(always)]
    fn again(&self) -> Self {
        Self { ..*self }
    }
}

impl<const LIST: bool, const COUNTED: bool> Drop for Place<LIST, COUNTED> {
    #[inline(always)]
    fn drop(&mut self) {
        if COUNTED {
            // Release: pairs with the fence of the last one.
            if self.count().fetch_sub(1, Ordering::Release) != 0 {
                return;
            }
            fence(Ordering::Acquire);
            self.count().store(0, Ordering::Relaxed);
        }
        if LIST {
            let top = self.table.top.load(Ordering::Relaxed);
            self.table.free[top as usize].store(self.number, Ordering::Relaxed);
            self.table.top.store(top + 1, Ordering::Relaxed);
        }
    }
}

// SAFETY: a place is within the table's frames, which stay. It is taken again when it was freed
// long before, or from the list.
unsafe impl<const LIST: bool, const COUNTED: bool> Reference for Place<LIST, COUNTED> {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        let offset = self.number as usize * self.table.stride + HEADROOM + usize::from(self.start);
        self.table.frames.base().wrapping_add(offset)
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.length.into()
    }
}

impl<const LIST: bool, const COUNTED: bool> Sharer for Places<LIST, COUNTED> {}

impl<const LIST: bool, const COUNTED: bool> Sharing for Places<LIST, COUNTED> {
    type Reference = Place<LIST, COUNTED>;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Self::Reference; REFERENCES] {
        let last = self.take(write);
        let [one, two, three] = array::from_fn(|_| {
            last.add(1);
            last.again()
        });
        [one, two, three, last]
    }
}

impl<const LIST: bool, const COUNTED: bool> Slicing for Places<LIST, COUNTED> {
    type Slice = Place<LIST, COUNTED>;

    #[inline(always)]
    fn cut(&self, write: impl FnOnce(*mut u8), mut sink: impl FnMut(Self::Slice)) {
        let mut rest = self.take(write);
        rest.add(SLICES as u32 - 1);
        rest.length = SLICE as u16;
        for _ in 0..SLICES - 1 {
            let next = rest.again();
            rest.start += SLICE as u16;
            sink(next);
        }
        sink(rest);
    }
}
