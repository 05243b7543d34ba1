//! The burst workload: `N` single gets, then `N` frees in order.

use arrayvec::ArrayVec;

use super::{Timed, Workload, time, touch};
use crate::contestant::{Buffer, Contestant};

pub(super) struct Singles<C: 'static, const N: usize>(pub(super) &'static C);

impl<C: Contestant, const N: usize> Workload for Singles<C, N> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, N as u64, || turn::<C, N>(self.0))
    }
}

#[inline(always)]
pub(crate) fn turn<C: Contestant, const N: usize>(contestant: &C) {
    turn_of::<C::Buffer, N>(|_| contestant.get());
}

/// Runs a turn with any function that gets a buffer for a place in the burst.
#[inline(always)]
pub(crate) fn turn_of<B: Buffer, const N: usize>(mut get: impl FnMut(usize) -> B) {
    let mut buffers: ArrayVec<B, N> = ArrayVec::new_const();
    for place in 0..N {
        let mut buffer = get(place);
        touch::write_byte(&mut buffer, 1);
        buffers.push(buffer);
    }
}
