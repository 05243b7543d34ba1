//! Ownership alone on the data path of an AF_XDP socket: no kernel, and no byte of a packet.
//!
//! ```text
//!           fill ring, 1024       received, 32         TX ring, 256      completed, 32
//!   free ───► │ offset │ … ══════► │ span │ … ───────► │ span │ … ══════► │ offset │ … ───► free
//!       fill              kernel            forward              kernel            complete
//! ```
//!
//! The rings are arrays in memory, and what stands for the kernel moves 32 entries at a time. It
//! gives each packet another start and another length. A contestant says who owns what: it takes
//! free frames for the fill ring, makes owners of the packets that were received, hands them to the
//! TX ring, and frees what was sent.

use std::hint::black_box;

use framewell::Span;

use super::{Timed, Workload, time};

/// The number of packets in a burst.
pub(crate) const BURST: usize = 32;
/// The number of frames that wait in the fill ring.
const FILL: usize = 1024;
/// The number of packets that wait in the TX ring.
const SENT: usize = 256;
/// The number of frames that are out, between two bursts.
pub(crate) const OUT: usize = FILL + SENT;
/// The number of different starts and lengths.
const SHAPES: usize = 512;

/// Who owns the frames of the rings. All frames lie in one region, and are named by their offsets.
pub(crate) trait Ownership: 'static {
    /// Takes free frames and gives them to the fill ring, as the offsets of their first bytes.
    fn fill(&mut self, to: &mut [u64; BURST]);

    /// Takes packets from the kernel, and gives them to the TX ring as they are.
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]);

    /// Frees packets that were sent, of which each offset is that of the data.
    fn complete(&mut self, sent: &[u64; BURST]);

    /// Returns how many frames are out.
    fn out(&self) -> usize;
}

/// The rings, and what stands for the kernel.
struct Memory {
    fill: [[u64; BURST]; FILL / BURST],
    received: [Span; BURST],
    tx: [[Span; BURST]; SENT / BURST],
    completed: [u64; BURST],
    /// What the kernel adds to a frame's offset, and how long the packet is.
    shapes: [[Span; BURST]; SHAPES / BURST],
}

/// The workload.
pub(crate) struct Rings<O: Ownership> {
    memory: Box<Memory>,
    turn: usize,
    ownership: O,
}

impl<O: Ownership> Rings<O> {
    /// Fills both rings.
    pub(crate) fn new(ownership: O) -> Self {
        let none = Span::default();
        let mut memory = Box::new(Memory {
            fill: [[0; BURST]; FILL / BURST],
            received: [none; BURST],
            tx: [[none; BURST]; SENT / BURST],
            completed: [0; BURST],
            shapes: [[none; BURST]; SHAPES / BURST],
        });
        for (at, shape) in memory.shapes.as_flattened_mut().iter_mut().enumerate() {
            // 256 bytes are the kernel's own. The factors spread both over their ranges.
            *shape = Span {
                offset: 256 + (at as u64 * 29) % 64,
                len: 60 + (at as u32 * 613) % 1200,
            };
        }
        let mut rings = Self {
            memory,
            turn: 0,
            ownership,
        };
        for turn in 0..FILL / BURST {
            rings.ownership.fill(&mut rings.memory.fill[turn]);
        }
        for _ in 0..SENT / BURST {
            rings.receive();
            rings.refill();
        }
        rings
    }

    /// Has a burst received, and forwards it.
    #[inline(always)]
    fn receive(&mut self) {
        let memory = &mut *self.memory;
        let filled = &memory.fill[self.turn % (FILL / BURST)];
        let shapes = &memory.shapes[self.turn % (SHAPES / BURST)];
        for ((span, start), shape) in memory.received.iter_mut().zip(filled).zip(shapes) {
            *span = Span {
                offset: start + shape.offset,
                len: shape.len,
            };
        }
        // Between two steps the rings are in memory, as those of a kernel are.
        let memory = black_box(memory);
        let to = &mut memory.tx[self.turn % (SENT / BURST)];
        self.ownership.forward(&memory.received, to);
        black_box(memory);
    }

    /// Fills the place that was emptied in the fill ring.
    #[inline(always)]
    fn refill(&mut self) {
        let place = &mut self.memory.fill[self.turn % (FILL / BURST)];
        self.ownership.fill(place);
        black_box(&mut *self.memory);
        self.turn += 1;
    }

    /// Completes the burst that was sent first.
    #[inline(always)]
    fn complete(&mut self) {
        let memory = &mut *self.memory;
        let sent = &memory.tx[self.turn % (SENT / BURST)];
        for (completed, span) in memory.completed.iter_mut().zip(sent) {
            *completed = span.offset;
        }
        let memory = black_box(memory);
        self.ownership.complete(&memory.completed);
    }
}

impl<O: Ownership> Workload for Rings<O> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, BURST as u64, || {
            self.complete();
            self.receive();
            self.refill();
        })
    }
}

impl<O: Ownership> Drop for Rings<O> {
    fn drop(&mut self) {
        assert_eq!(
            self.ownership.out(),
            OUT,
            "the frames in both rings are out"
        );
    }
}

/// Checks that a burst goes through unchanged, each frame once, and that all are free in the end.
#[cfg(test)]
pub(crate) fn check(mut ownership: impl Ownership) {
    let mut filled = [0; BURST];
    ownership.fill(&mut filled);
    let received = filled.map(|start| Span {
        offset: start + 300,
        len: 61,
    });
    let mut to = [Span::default(); BURST];
    ownership.forward(&received, &mut to);
    assert_eq!(to, received);
    assert_eq!(ownership.out(), BURST);
    ownership.complete(&to.map(|span| span.offset));
    assert_eq!(ownership.out(), 0);
    filled.sort_unstable();
    assert!(filled.windows(2).all(|two| two[0] < two[1]), "{filled:?}");
}
