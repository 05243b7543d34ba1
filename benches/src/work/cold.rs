//! From nothing to the first buffer: a pool is made, a buffer got, one byte of it written, and all is given back.

use super::{Timed, Workload, time_after, touch};
use crate::contestant::Contestant;

/// A run builds a pool for so many of the steps that it is asked for: building takes long.
const STEPS: u64 = 256;

pub(super) struct Cold<C: 'static, const FRAMES: usize>(pub(super) &'static C);

impl<C: Contestant, const FRAMES: usize> Workload for Cold<C, FRAMES> {
    /// A step is a pool, and fewer are made than are asked for.
    fn run(&mut self, steps: u64) -> Timed {
        time_after(1, steps.div_ceil(STEPS), 1, || {
            let pool = self.0.fresh(FRAMES).expect("a pool");
            touch::write_byte(&mut pool.get(), 1);
        })
    }
}
