//! The bulk workload: `N` buffers at once, by the contestant's bulk calls where it has them.

use super::{Timed, Workload, time, touch};
use crate::contestant::Contestant;

pub(super) struct Bulk<C: 'static, const N: usize>(pub(super) &'static C);

impl<C: Contestant, const N: usize> Workload for Bulk<C, N> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, N as u64, || {
            // SAFETY: this is a byte of a buffer, and there are no references to it.
            self.0
                .bulk::<N>(|first| unsafe { touch::write_at(first, 1) });
        })
    }
}
