//! The cold start, from nothing to the first buffer: a pool is made, a buffer got, and one byte of
//! it written.

use std::time::{Duration, Instant};

use super::{Timed, Workload, touch};
use crate::contestant::Contestant;

/// The number of steps for which a run builds one pool, since building takes long.
const STEPS: u64 = 256;

pub(super) struct Cold<C: 'static, const FRAMES: usize>(&'static C);

impl<C: Contestant, const FRAMES: usize> Cold<C, FRAMES> {
    /// Returns the workload; `None` if another such contestant cannot be made.
    pub(super) fn with(like: &'static C) -> Option<Self> {
        like.fresh(1).map(|_| Self(like))
    }
}

impl<C: Contestant, const FRAMES: usize> Workload for Cold<C, FRAMES> {
    /// Builds pools. A step is a pool, and fewer are made than are asked for.
    fn run(&mut self, steps: u64) -> Timed {
        let steps = steps.div_ceil(STEPS);
        let _ = first(self.0, FRAMES);
        let elapsed = (0..steps).map(|_| first(self.0, FRAMES)).sum();
        Timed { steps, elapsed }
    }
}

/// Returns the time to the first buffer. Giving all back is not counted.
fn first<C: Contestant>(like: &C, frames: usize) -> Duration {
    let start = Instant::now();
    let pool = like.fresh(frames).expect("a pool");
    let mut buffer = pool.get();
    touch::write_byte(&mut buffer, 1);
    let elapsed = start.elapsed();
    // The buffer is freed before its pool.
    drop(buffer);
    drop(pool);
    elapsed
}
