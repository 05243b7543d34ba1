//! The pair workload on two cores at once: get a buffer, write one byte, free it.

use super::{Timed, Workload, pair};
use crate::contestant::Contestant;
use crate::team::Partner;

/// The workload over any function that does so many pairs.
pub(crate) struct PairTwo<P> {
    pairs: P,
    partner: Partner,
}

/// Makes the workload with a contestant.
pub(super) fn with<C: Contestant>(contestant: &'static C) -> Box<dyn Workload> {
    let enter = || contestant.enter();
    Box::new(PairTwo::new(enter, |steps| pairs(contestant, steps)))
}

impl<P: Fn(u64) + Copy + Send + 'static> PairTwo<P> {
    /// Starts the second thread, which `enter` prepares.
    pub(crate) fn new(enter: impl FnOnce() + Send + 'static, pairs: P) -> Self {
        let partner = Partner::on_second_core();
        partner.start(enter);
        partner.wait();
        Self { pairs, partner }
    }
}

#[inline(never)]
fn pairs<C: Contestant>(contestant: &C, steps: u64) {
    for _ in 0..steps {
        pair::step(contestant);
    }
}

impl<P: Fn(u64) + Copy + Send + 'static> Workload for PairTwo<P> {
    fn run(&mut self, steps: u64) -> Timed {
        let each = steps.div_ceil(2);
        let pairs = self.pairs;
        let warm = move || pairs(each.div_ceil(8));
        let work = move || pairs(each);
        let elapsed = self.partner.together((warm, work), (warm, work));
        Timed {
            steps: 2 * each,
            elapsed,
        }
    }
}
