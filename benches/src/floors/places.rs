//! The floor of the workloads of frames, which no allocator reaches: the same writes, to frames
//! that are always there.
//!
//! A burst and the window write the frame of each place. The hand-off writes the frames in turn,
//! and bare pointers go through the ring.

use rtrb::chunks::WriteChunkUninit;

use super::frames::{Frames, Place};
use crate::lengths::Random;
use crate::work::goods::{BURST, Goods, sum_of_tags, tagged};
use crate::work::hand_off::{HandOff, RING};
use crate::work::window::{LIVE, Window};
use crate::work::{Kind, Timed, Workload, burst, time};

/// Returns the floor of a workload, if it has one.
pub(super) fn floor(kind: Kind) -> Option<Box<dyn Workload>> {
    Some(match kind {
        Kind::Burst32 => Box::new(Singles::<32>(Frames::new(32))),
        Kind::Burst256 => Box::new(Singles::<256>(Frames::new(256))),
        Kind::Window => {
            let frames: &'static Frames = Box::leak(Box::new(Frames::new(LIVE)));
            // SAFETY: a place is below `LIVE`, and its new buffer replaces the last one.
            Box::new(Window::new(|place| unsafe { frames.at(place) }))
        }
        Kind::HandOff | Kind::HandOffBulk => Box::new(HandOff::new(InTurn::new())),
        _ => return None,
    })
}

/// The frames of a burst, one for each place.
struct Singles<const N: usize>(Frames);

impl<const N: usize> Workload for Singles<N> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let frames = &self.0;
        time(steps, N as u64, || {
            // SAFETY: a place is below `N`, and the burst before has ended.
            burst::turn_of::<Place, N>(|place| unsafe { frames.at(place) });
        })
    }
}

/// The number of frames: the ring and a burst at each of its ends, in whole bursts.
const TURNS: usize = RING + 2 * BURST;

/// Frames that take turns.
struct InTurn {
    frames: Frames,
    /// The frame of each turn: all frames, shuffled. In the order of their addresses, a core's
    /// prefetcher would take the frames from the other core before they are written.
    order: Vec<u16>,
}

impl InTurn {
    fn new() -> Self {
        let mut order: Vec<u16> = (0..TURNS as u16).collect();
        let mut random = Random::new(1);
        for last in (1..TURNS).rev() {
            order.swap(last, random.below(last + 1));
        }
        Self {
            frames: Frames::new(TURNS),
            order,
        }
    }
}

impl Goods for InTurn {
    type Item = Place;

    fn enter(&self) {}

    #[inline(always)]
    fn load(&self, burst: u64, room: WriteChunkUninit<'_, Place>) {
        let start = burst as usize % (TURNS / BURST) * BURST;
        let frames = self.order[start..start + BURST].iter().map(|&place| {
            // SAFETY: the place is below `TURNS`. A whole ring of bursts has followed since this
            // frame's last turn, and there is room for one more, so its burst was read. Numbers
            // start over only when the ring is empty.
            unsafe { self.frames.at(place.into()) }
        });
        room.fill_from_iter(frames.map(|frame| tagged(frame, burst)));
    }

    #[inline(always)]
    fn unload(&self, buffers: impl Iterator<Item = Place>) -> u64 {
        sum_of_tags(buffers)
    }
}
