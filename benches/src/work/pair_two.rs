//! Get, write one byte, free: on two cores at once.

use super::{Timed, Workload, pair};
use crate::contestant::Contestant;
use crate::team::Partner;

pub(super) struct PairTwo<C: 'static> {
    contestant: &'static C,
    partner: Partner,
}

impl<C: Contestant> PairTwo<C> {
    pub(super) fn new(contestant: &'static C) -> Self {
        let partner = Partner::on_second_core();
        partner.start(move || contestant.enter());
        partner.wait();
        Self {
            contestant,
            partner,
        }
    }
}

#[inline(never)]
fn pairs<C: Contestant>(contestant: &C, steps: u64) {
    for _ in 0..steps {
        pair::step(contestant);
    }
}

impl<C: Contestant> Workload for PairTwo<C> {
    fn run(&mut self, steps: u64) -> Timed {
        let each = steps.div_ceil(2);
        let contestant = self.contestant;
        let warm = move || pairs(contestant, each.div_ceil(8));
        let work = move || pairs(contestant, each);
        let elapsed = self.partner.together((warm, work), (warm, work));
        Timed {
            steps: 2 * each,
            elapsed,
        }
    }
}
