//! The oversubscribed workload: bursts of singles on so many threads; 64 are many more than cores.

use std::time::{Duration, Instant};

use super::{Timed, Workload, burst};
use crate::contestant::Contestant;
use crate::team::Partner;

pub(crate) const THREADS: usize = 64;
pub(crate) const BURST: usize = 32;

/// The workload over any function that does so many bursts.
pub(crate) struct Oversubscribed<B> {
    bursts: B,
    threads: Vec<Partner>,
}

/// Makes the workload with a contestant.
pub(crate) fn with<C: Contestant>(contestant: &'static C, threads: usize) -> Box<dyn Workload> {
    let enter = || contestant.enter();
    let bursts = |count| bursts(contestant, count);
    Box::new(Oversubscribed::new(threads, enter, bursts))
}

impl<B: Fn(u64) + Copy + Send + 'static> Oversubscribed<B> {
    /// Starts the threads, which `enter` prepares.
    pub(crate) fn new(threads: usize, enter: impl Fn() + Copy + Send + 'static, bursts: B) -> Self {
        let thread = |_| {
            let thread = Partner::anywhere();
            thread.start(enter);
            thread.wait();
            thread
        };
        Self {
            bursts,
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

impl<B: Fn(u64) + Copy + Send + 'static> Workload for Oversubscribed<B> {
    fn run(&mut self, steps: u64) -> Timed {
        let threads = self.threads.len() as u64;
        let each = steps.div_ceil(threads * BURST as u64);
        let bursts = self.bursts;
        let mut elapsed = Duration::ZERO;
        // The warm-up comes first, then the work. Waking the threads is part of the time, since it
        // is part of having them.
        for each in [each.div_ceil(8), each] {
            let start = Instant::now();
            for thread in &self.threads {
                thread.start(move || bursts(each));
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
