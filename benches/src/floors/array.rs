//! The floor of the workloads of varying lengths: the same writes, to buffers that are always
//! there.
//!
//! The buffers lie about the mix's mean length apart, so that as many pages are touched. A longer
//! buffer is cut to that length: the workloads touch no more than its start.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::ARRAY;
use crate::varying::{VaryingBuffer, VaryingContestant};
use crate::work::Workload;
use crate::work::dot11_mix::{LIVE, Mix};

/// The number of chunks: more than the hand-off's ring and the bursts at its ends hold.
const TURNS: usize = 2048;
/// The bytes of a chunk: the mean of the lengths, in whole cache lines.
const STRIDE: usize = 33 * 64;

#[derive(Clone)]
#[repr(align(64))]
struct Chunk {
    #[expect(dead_code, reason = "used by its address")]
    bytes: [u8; STRIDE],
}

/// An array of buffers that are always there.
pub(super) struct Array {
    /// The first of `TURNS` chunks.
    first: NonNull<Chunk>,
    turn: AtomicUsize,
}

// SAFETY: the chunks are used through `Place`s alone.
unsafe impl Sync for Array {}

impl Array {
    fn new() -> &'static Self {
        let chunks = vec![Chunk { bytes: [1; STRIDE] }; TURNS];
        Box::leak(Box::new(Self {
            first: NonNull::from(Box::leak(chunks.into_boxed_slice())).cast(),
            turn: AtomicUsize::new(0),
        }))
    }

    #[inline(always)]
    fn at(&self, place: usize, length: usize) -> Place {
        assert!(place < TURNS);
        Place {
            // SAFETY: `place` is below `TURNS`, so this is one of the chunks.
            first: unsafe { self.first.add(place) }.cast(),
            length: length.min(STRIDE),
        }
    }
}

/// A buffer of the array.
pub(super) struct Place {
    first: NonNull<u8>,
    length: usize,
}

// SAFETY: nothing in a place belongs to one thread.
unsafe impl Send for Place {}

// SAFETY: a chunk has STRIDE bytes. The mix gives a chunk to the successor of the buffer that has
// it, and does not touch that buffer again. In the hand-off a chunk's turn comes after its buffer
// was freed.
unsafe impl VaryingBuffer for Place {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.first.as_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.length
    }
}

impl VaryingContestant for Array {
    type Buffer = Place;

    fn name(&self) -> &'static str {
        ARRAY
    }

    /// Returns the chunk whose turn it is. One thread alone calls it.
    #[inline(always)]
    fn get(&self, length: usize) -> Place {
        // Relaxed: one thread alone uses the turn.
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn.store(turn + 1, Ordering::Relaxed);
        self.at(turn % TURNS, length)
    }
}

/// Returns the array for the hand-off, whose chunks take turns.
pub(super) fn in_turn() -> &'static Array {
    Array::new()
}

/// Returns the mix over an array with a chunk for each live buffer.
pub(super) fn mix() -> Box<dyn Workload> {
    const { assert!(LIVE <= TURNS) };
    let array = Array::new();
    Box::new(Mix::new(|place, length| array.at(place, length)))
}
