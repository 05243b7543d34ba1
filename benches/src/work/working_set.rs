//! The working set: so many live buffers, of which a random one is replaced, with one byte written.
//! It shows what the cache and the TLB make of that number.

use std::ops::Deref;

use super::{Timed, Workload, time, touch};
use crate::contestant::Contestant;

/// The workload. `S` leads to the contestant, and may own it.
pub(crate) struct WorkingSet<C: Contestant, S> {
    /// The live buffers. They are dropped before the contestant.
    live: Vec<C::Buffer>,
    source: S,
    shift: u32,
    random: u64,
}

impl<C: Contestant, S: Deref<Target = C>> WorkingSet<C, S> {
    /// Gets `live` buffers, a power of two of at least 2.
    pub(crate) fn new(source: S, live: usize) -> Self {
        assert!(live.is_power_of_two() && live > 1);
        let buffer = |_| {
            let mut buffer = source.get();
            touch::write_byte(&mut buffer, 1);
            buffer
        };
        Self {
            live: (0..live).map(buffer).collect(),
            shift: u64::BITS - live.ilog2(),
            random: 1,
            source,
        }
    }
}

/// Makes the workload with a contestant of its own if one can be made. Otherwise it takes the one
/// that is there, if that has no bound.
pub(super) fn with<C: Contestant>(
    contestant: &'static C,
    live: usize,
) -> Option<Box<dyn Workload>> {
    match contestant.fresh(2 * live) {
        Some(own) => Some(Box::new(WorkingSet::new(Box::new(own), live))),
        None if C::BOUNDED => None,
        None => Some(Box::new(WorkingSet::new(contestant, live))),
    }
}

impl<C: Contestant, S: Deref<Target = C>> Workload for WorkingSet<C, S> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let contestant = &*self.source;
        time(steps, 1, || {
            // Knuth's MMIX generator; its high bits are the random ones.
            self.random = self
                .random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let place = (self.random >> self.shift) as usize;
            // The new buffer is got before the old one is freed, as in `window`.
            let mut buffer = contestant.get();
            touch::write_byte(&mut buffer, 1);
            self.live[place] = buffer;
        })
    }
}
