//! Bursts of singles on so many threads; 64 are many more than cores.

use std::time::{Duration, Instant};

use super::{Timed, Workload, burst};
use crate::contestant::Contestant;
use crate::team::Partner;

pub(super) const THREADS: usize = 64;
const BURST: usize = 32;

pub(crate) struct Oversubscribed<C: 'static> {
    contestant: &'static C,
    threads: Vec<Partner>,
}

impl<C: Contestant> Oversubscribed<C> {
    pub(crate) fn new(contestant: &'static C, threads: usize) -> Self {
        let thread = |_| {
            let thread = Partner::anywhere();
            thread.start(move || contestant.enter());
            thread.wait();
            thread
        };
        Self {
            contestant,
            threads: (0..threads).map(thread).collect(),
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
        let threads = self.threads.len() as u64;
        let each = steps.div_ceil(threads * BURST as u64);
        let contestant = self.contestant;
        let mut elapsed = Duration::ZERO;
        // The warm-up, then the work. Waking the threads is part of the time: it is part of having them.
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
            steps: each * threads * BURST as u64,
            elapsed,
        }
    }
}
