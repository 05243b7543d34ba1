//! The window workload: 4096 live buffers, of which a random one is replaced.

use super::{Timed, Workload, time, touch};
use crate::contestant::{Buffer, Contestant};

pub(crate) const LIVE: usize = 4096;

/// The workload over any function that gets a buffer for a place among the live ones.
pub(crate) struct Window<B: Buffer, G> {
    get: G,
    /// The live buffers, each with the tag that it was written with.
    live: Vec<(B, u64)>,
    random: Random,
}

/// A generator of the places that are replaced, one after another.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        Self(1)
    }

    /// Returns the next place, and a tag.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> (usize, u64) {
        // Knuth's MMIX generator; its high bits are the random ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 52) as usize, self.0)
    }
}

/// Makes the workload with a contestant.
pub(super) fn with<C: Contestant>(contestant: &'static C) -> Box<dyn Workload> {
    Box::new(Window::new(|_| contestant.get()))
}

impl<B: Buffer, G: FnMut(usize) -> B> Window<B, G> {
    pub(crate) fn new(mut get: G) -> Self {
        let live = (0..LIVE).map(|place| tagged(&mut get, place, place as u64));
        Self {
            live: live.collect(),
            get,
            random: Random::new(),
        }
    }
}

#[inline(always)]
fn tagged<B: Buffer>(get: &mut impl FnMut(usize) -> B, place: usize, tag: u64) -> (B, u64) {
    let mut buffer = get(place);
    touch::write_head(&mut buffer, tag);
    (buffer, tag)
}

impl<B: Buffer, G: FnMut(usize) -> B> Workload for Window<B, G> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, 1, || {
            let (place, tag) = self.random.next();
            // The new buffer is got before the old one is freed, so it is never the same memory.
            self.live[place] = tagged(&mut self.get, place, tag);
        })
    }
}

impl<B: Buffer, G> Drop for Window<B, G> {
    fn drop(&mut self) {
        for (buffer, tag) in &mut self.live {
            // SAFETY: `tagged` wrote the first bytes.
            let found = unsafe { touch::read_tag(buffer) };
            assert_eq!(found, *tag, "a live buffer lost what was written to it");
        }
    }
}
