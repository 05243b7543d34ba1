//! Code that the storms share: processes of their own, signals at a rate, moves between CPUs, and
//! whether there is a rseq front at all.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

pub(crate) mod child;
pub(crate) mod cpus;
mod environment;
pub(crate) mod forked;
pub(crate) mod seccomp;
pub(crate) mod ticks;

use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "each test file uses its own part")]
pub(crate) use environment::{long, not_run};

/// Returns whether this process can have pools with the rseq front, and says so if it cannot.
pub(crate) fn has_rseq() -> bool {
    super::common::has_rseq("the storms over the rseq front")
}

/// Returns when a run is over that shall take this many milliseconds. In the long form it takes
/// four times as long.
pub(crate) fn after(milliseconds: u64) -> Instant {
    let scale = if long() { 4 } else { 1 };
    Instant::now() + Duration::from_millis(milliseconds * scale)
}
