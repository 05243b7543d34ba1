//! 4096 live buffers, of which a random one is replaced.

use super::{Timed, Workload, time, touch};
use crate::contestant::Contestant;

const LIVE: usize = 4096;

pub(super) struct Window<C: Contestant> {
    contestant: &'static C,
    /// Each holds the tag that it was written with.
    live: Vec<(C::Buffer, u64)>,
    random: u64,
}

impl<C: Contestant> Window<C> {
    pub(super) fn new(contestant: &'static C) -> Self {
        let live = (0..LIVE as u64).map(|tag| tagged(contestant, tag));
        Self {
            contestant,
            live: live.collect(),
            random: 1,
        }
    }
}

#[inline(always)]
fn tagged<C: Contestant>(contestant: &C, tag: u64) -> (C::Buffer, u64) {
    let mut buffer = contestant.get();
    touch::write_head(&mut buffer, tag);
    (buffer, tag)
}

impl<C: Contestant> Workload for Window<C> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, 1, || {
            // Knuth's MMIX generator; its high bits are the random ones.
            self.random = self
                .random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let slot = (self.random >> 52) as usize;
            // The new one is got before the old is freed: it is never the same memory.
            self.live[slot] = tagged(self.contestant, self.random);
        })
    }
}

impl<C: Contestant> Drop for Window<C> {
    fn drop(&mut self) {
        for (buffer, tag) in &mut self.live {
            // SAFETY: `tagged` wrote it.
            let found = unsafe { touch::read_tag(buffer) };
            assert_eq!(found, *tag, "a live buffer lost what was written to it");
        }
    }
}
