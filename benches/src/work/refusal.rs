//! The refusal: a get that a pool refuses which has nothing free anywhere.

use std::hint::black_box;

use super::{Timed, Workload, time};
use crate::contestant::Contestant;

pub(super) struct Refusal<C: Contestant> {
    contestant: &'static C,
    held: Vec<C::Buffer>,
}

impl<C: Contestant> Refusal<C> {
    /// Takes all buffers that there are.
    pub(super) fn new(contestant: &'static C) -> Self {
        let all = std::iter::from_fn(|| contestant.try_get());
        Self {
            contestant,
            held: all.collect(),
        }
    }
}

impl<C: Contestant> Workload for Refusal<C> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let mut granted = 0_u64;
        let timed = time(steps, 1, || {
            granted += u64::from(black_box(self.contestant.try_get()).is_some());
        });
        assert_eq!(granted, 0, "all {} buffers are held", self.held.len());
        timed
    }
}
