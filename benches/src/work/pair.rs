//! The pair workload: get a buffer, write one byte, free it.

use super::{Timed, Workload, time, touch};
use crate::contestant::Contestant;

pub(super) struct Pair<C: 'static>(pub(super) &'static C);

impl<C: Contestant> Workload for Pair<C> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, 1, || step(self.0))
    }
}

#[inline(always)]
pub(super) fn step<C: Contestant>(contestant: &C) {
    let mut buffer = contestant.get();
    touch::write_byte(&mut buffer, 1);
}
