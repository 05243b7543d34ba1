//! The floors of the rings: the list of free offsets that a driver keeps by hand, the same list
//! with a word for each frame that says who has it, and the rings alone.
//!
//! A driver has frames of 2048 bytes, so that a mask leads from an offset to its frame. The list
//! with words has frames of any size, as a pool has, and multiplies.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use framewell::Span;

use super::frames::STRIDE;
use super::{ARRAY, LIST, LIST_BULK, WORDS};
use crate::work::Workload;
use crate::work::rings::{BURST, OUT, Ownership, Rings};

const CHUNK: u64 = 2048;
/// The number of frames, as in the pools beside it.
const FRAMES: usize = 16_384;

/// Returns the floor of this name.
pub(super) fn floor(name: &str) -> Option<Box<dyn Workload>> {
    Some(match name {
        ARRAY => Box::new(Rings::new(Nobody(0))),
        LIST => Box::new(Rings::new(FreeList::new())),
        LIST_BULK => Box::new(Rings::new(InBulk(FreeList::new()))),
        WORDS => Box::new(Rings::new(Words::new())),
        _ => return None,
    })
}

/// Frames that are always in the same places of the rings.
struct Nobody(u64);

impl Ownership for Nobody {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        for to in to {
            *to = self.0;
            self.0 = (self.0 + CHUNK) % (FRAMES as u64 * CHUNK);
        }
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        *to = *received;
    }

    #[inline(always)]
    fn complete(&mut self, _: &[u64; BURST]) {}

    fn out(&self) -> usize {
        OUT
    }
}

/// A list of the offsets of free frames.
struct FreeList(Vec<u64>);

impl FreeList {
    fn new() -> Self {
        Self((0..FRAMES as u64).map(|frame| frame * CHUNK).collect())
    }
}

impl Ownership for FreeList {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        for to in to {
            *to = self.0.pop().expect("a frame");
        }
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        for (span, to) in received.iter().zip(to) {
            *to = *span;
        }
    }

    #[inline(always)]
    fn complete(&mut self, sent: &[u64; BURST]) {
        for offset in sent {
            self.0.push(offset & !(CHUNK - 1));
        }
    }

    fn out(&self) -> usize {
        FRAMES - self.0.len()
    }
}

/// The same list, with calls for many.
struct InBulk(FreeList);

impl Ownership for InBulk {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        let list = &mut self.0.0;
        let from = list.len().checked_sub(BURST).expect("frames");
        to.copy_from_slice(&list[from..]);
        list.truncate(from);
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        *to = *received;
    }

    #[inline(always)]
    fn complete(&mut self, sent: &[u64; BURST]) {
        self.0
            .0
            .extend(sent.iter().map(|offset| offset & !(CHUNK - 1)));
    }

    fn out(&self) -> usize {
        self.0.out()
    }
}

/// The two sides, and nobody.
const RX: u32 = 1;
const TX: u32 = 2;
const FREE: u32 = 0;

/// A list of the numbers of free frames, in bulk, and a word for each frame that says who has it. A
/// frame goes from one side to the other by a single store.
struct Words {
    list: Vec<u32>,
    words: Vec<AtomicU32>,
    stride: u64,
    /// 2⁶⁴ / stride, rounded up.
    reciprocal: u64,
}

impl Words {
    fn new() -> Self {
        // The compiler must not know it, as it does not know a pool's.
        let stride = black_box(STRIDE as u64);
        Self {
            list: (0..FRAMES as u32).collect(),
            words: (0..FRAMES).map(|_| AtomicU32::new(FREE)).collect(),
            stride,
            reciprocal: u64::MAX / stride + 1,
        }
    }
}

/// Moves a frame from one side to another, by an offset in it, and returns its number.
#[inline(always)]
fn hand_over(words: &[AtomicU32], reciprocal: u64, offset: u64, [from, to]: [u32; 2]) -> u32 {
    let number = ((u128::from(offset) * u128::from(reciprocal)) >> 64) as usize;
    // Acquire and Release: the sides may be on two threads.
    assert_eq!(words[number].load(Ordering::Acquire), from, "whose it is");
    words[number].store(to, Ordering::Release);
    number as u32
}

impl Ownership for Words {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        let (words, stride) = (&self.words[..], self.stride);
        let from = self.list.len().checked_sub(BURST).expect("frames");
        for (number, to) in self.list[from..].iter().zip(to) {
            words[*number as usize].store(RX, Ordering::Release);
            *to = u64::from(*number) * stride;
        }
        self.list.truncate(from);
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        let (words, reciprocal) = (&self.words[..], self.reciprocal);
        for (span, to) in received.iter().zip(to) {
            hand_over(words, reciprocal, span.offset, [RX, TX]);
            *to = *span;
        }
    }

    #[inline(always)]
    fn complete(&mut self, sent: &[u64; BURST]) {
        let (words, reciprocal) = (&self.words[..], self.reciprocal);
        let number = |offset: &u64| hand_over(words, reciprocal, *offset, [TX, FREE]);
        self.list.extend(sent.iter().map(number));
    }

    fn out(&self) -> usize {
        FRAMES - self.list.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::rings::check;

    #[test]
    fn bursts_go_through_unchanged_and_come_back() {
        check(FreeList::new());
        check(InBulk(FreeList::new()));
        check(Words::new());
    }
}
