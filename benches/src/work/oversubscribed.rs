//! Bursts of singles on 64 threads, many more than cores.

use std::time::{Duration, Instant};

use super::{Timed, Workload, burst};
use crate::contestant::Contestant;
use crate::team::Partner;

const THREADS: u64 = 64;
const BURST: usize = 32;

pub(super) struct Oversubscribed<C: 'static> {
    contestant: &'static C,
    threads: Vec<Partner>,
}

impl<C: Contestant> Oversubscribed<C> {
    pub(super) fn new(contestant: &'static C) -> Self {
        let thread = |_| {
            let thread = Partner::anywhere();
            thread.start(move || contestant.enter());
            thread.wait();
            thread
        };
        Self {
            contestant,
            threads: (0..THREADS).map(thread).collect(),
        }
    }
}

#[inline(never)]
fn bursts<C: Contestant>(contestant: &C, bursts: u64) {
    for _ in 0..bursts {
        burst::turn::<C, BURST>(contestant);
    }
}

impl<C: Contestant> Workload for Oversubscribed<C> {
    fn run(&mut self, steps: u64) -> Timed {
        let each = steps.div_ceil(THREADS * BURST as u64);
        let contestant = self.contestant;
        let mut elapsed = Duration::ZERO;
        // The warm-up, then the work. Waking 64 threads is part of the time: it is part of having them.
        for each in [each.div_ceil(8), each] {
            let start = Instant::now();
            for thread in &self.threads {
                thread.start(move || bursts(contestant, each));
            }
            for thread in &self.threads {
                thread.wait();
            }
            elapsed = start.elapsed();
        }
        Timed {
            steps: each * THREADS * BURST as u64,
            elapsed,
        }
    }
}
