//! What the integration tests share.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod churn;
pub(crate) mod ledger;
#[cfg(target_os = "linux")]
pub(crate) mod linux;
pub(crate) mod model;

use std::collections::BTreeSet;
use std::iter;

use framewell::{Frame, Pool};

/// A pool of default frames.
pub(crate) fn pool(frames: usize) -> Pool {
    Pool::builder().frames(frames).build().unwrap()
}

/// Every frame that one thread can get.
pub(crate) fn take_all(pool: &Pool) -> Vec<Frame> {
    iter::from_fn(|| pool.get(usize::MAX).ok()).collect()
}

/// The pool has every frame at rest, and one thread can get each of them exactly once.
#[track_caller]
pub(crate) fn assert_whole(pool: &Pool) {
    let stats = pool.stats();
    assert_eq!((stats.free, stats.out), (stats.capacity, 0), "{stats}");
    let frames = take_all(pool);
    assert_eq!(frames.len(), stats.capacity, "frames handed out");
    assert_distinct(&frames, stats.capacity);
}

/// The frames are pairwise different, with ids below `capacity`.
#[track_caller]
pub(crate) fn assert_distinct(frames: &[Frame], capacity: usize) {
    let ids: BTreeSet<usize> = frames.iter().map(|frame| frame.id().index()).collect();
    assert_eq!(ids.len(), frames.len(), "ids are unique");
    assert!(ids.last().is_none_or(|last| *last < capacity));
}

/// Says which check this machine could not make.
pub(crate) fn not_run(what: &str) {
    eprintln!("not run: {what}");
}

/// How much longer the long form of a test is: 10 with `FRAMEWELL_LONG=1`, else 1.
pub(crate) fn scale() -> u64 {
    let long = std::env::var_os("FRAMEWELL_LONG").is_some_and(|value| value == "1");
    if long { 10 } else { 1 }
}

/// The CPUs that this process may run on; those that it cannot tell apart are one.
pub(crate) fn cpus() -> Vec<usize> {
    #[cfg(target_os = "linux")]
    return linux::cpus();
    #[cfg(not(target_os = "linux"))]
    vec![0]
}

/// Moves the calling thread to a CPU out of [`cpus`].
pub(crate) fn pin(cpu: usize) {
    #[cfg(target_os = "linux")]
    linux::pin(cpu);
    #[cfg(not(target_os = "linux"))]
    assert_eq!(cpu, 0);
}

/// A pseudo-random sequence (xorshift64), the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}
