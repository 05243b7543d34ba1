//! What the tracer, the victim and the worker of the suspension tests agree on.

#![allow(
    clippy::disallowed_types,
    reason = "the harness watches the crate from outside; it is not modelled"
)]

use std::env;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::shared::Zeroed;

/// The states of the pool from which the victim calls.
pub(crate) const SCENARIOS: [&str; 9] = [
    "fast", "carve", "flush", "refill", "burst", "bulk", "sweep", "refused", "dry",
];

/// What the calls of a scenario must have done at least: refills, flushes, steals and refusals.
pub(crate) const EFFECTS: [[u64; 4]; 9] = [
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 0],
    [1, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
    [0, 1, 0, 0],
];

/// Returns the number of operations that the worker completes while the victim is stopped: 10,000
/// with `FRAMEWELL_LONG=1`, else 2,000.
pub(crate) fn operations() -> usize {
    let long = env::var_os("FRAMEWELL_LONG").is_some_and(|value| value == "1");
    if long { 10_000 } else { 2_000 }
}

/// The time between two looks. On a busy machine a thread that sleeps is run again sooner than one
/// that spins.
const A_MOMENT: Duration = Duration::from_micros(20);

/// The values that are shared with the child.
pub(crate) struct Control {
    pub(crate) scenario: AtomicU32,
    /// The number of rounds of operations that were demanded of the worker, and of those that it
    /// has completed.
    demanded: AtomicU64,
    answered: AtomicU64,
    /// What the last calls did.
    pub(crate) effect: [AtomicU64; 4],
}

// SAFETY: all fields are atomics, for which zero is a value.
unsafe impl Zeroed for Control {}

impl Control {
    pub(crate) fn demand_and_wait(&self) {
        self.demand();
        while !self.is_answered() {
            thread::sleep(A_MOMENT);
        }
    }

    /// Demands operations, and returns `false` if they are not completed in time.
    pub(crate) fn is_met_within(&self, patience: Duration) -> bool {
        self.demand();
        let started = Instant::now();
        while !self.is_answered() {
            if started.elapsed() > patience {
                return false;
            }
            thread::sleep(A_MOMENT);
        }
        true
    }

    fn demand(&self) {
        self.demanded.fetch_add(1, Ordering::SeqCst);
    }

    fn is_answered(&self) -> bool {
        self.answered.load(Ordering::SeqCst) == self.demanded.load(Ordering::SeqCst)
    }

    pub(crate) fn wait_for_demand(&self) {
        while self.is_answered() {
            thread::sleep(A_MOMENT);
        }
    }

    pub(crate) fn answer(&self) {
        self.answered.fetch_add(1, Ordering::SeqCst);
    }
}
