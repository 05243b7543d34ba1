//! `N` singles, then `N` frees in order.

use arrayvec::ArrayVec;

use super::{Timed, Workload, time, touch};
use crate::contestant::Contestant;

pub(super) struct Singles<C: 'static, const N: usize>(pub(super) &'static C);

impl<C: Contestant, const N: usize> Workload for Singles<C, N> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, N as u64, || turn::<C, N>(self.0))
    }
}

#[inline(always)]
pub(crate) fn turn<C: Contestant, const N: usize>(contestant: &C) {
    let mut buffers: ArrayVec<C::Buffer, N> = ArrayVec::new_const();
    for _ in 0..N {
        let mut buffer = contestant.get();
        touch::write_byte(&mut buffer, 1);
        buffers.push(buffer);
    }
}
