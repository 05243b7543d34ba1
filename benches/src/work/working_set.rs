//! So many live buffers, of which a random one is replaced, with one byte written: what the cache and the TLB make of it.

use super::{Timed, Workload, time, touch};
use crate::contestant::Contestant;

/// The workload, with a number of buffers that is a power of two.
pub(crate) struct WorkingSet<C: Contestant> {
    contestant: &'static C,
    live: Vec<C::Buffer>,
    shift: u32,
    random: u64,
}

impl<C: Contestant> WorkingSet<C> {
    /// Gets `live` buffers, rounded up to a power of two of at least 2.
    pub(crate) fn new(contestant: &'static C, live: usize) -> Self {
        let live = live.next_power_of_two().max(2);
        let buffer = |_| {
            let mut buffer = contestant.get();
            touch::write_byte(&mut buffer, 1);
            buffer
        };
        Self {
            contestant,
            live: (0..live).map(buffer).collect(),
            shift: u64::BITS - live.ilog2(),
            random: 1,
        }
    }
}

impl<C: Contestant> Workload for WorkingSet<C> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, 1, || {
            // Knuth's MMIX generator; its high bits are the random ones.
            self.random = self
                .random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let place = (self.random >> self.shift) as usize;
            // The new one is got before the old is freed, as in `window`.
            let mut buffer = self.contestant.get();
            touch::write_byte(&mut buffer, 1);
            self.live[place] = buffer;
        })
    }
}
