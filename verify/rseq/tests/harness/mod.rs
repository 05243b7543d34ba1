//! What the storms share: processes of their own, signals at a rate, CPUs that are left, and whether there
//! is a rseq front at all.

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

/// Whether this process can have pools with the rseq front; says so if it cannot.
pub(crate) fn has_rseq() -> bool {
    super::common::has_rseq("the storms over the rseq front")
}

/// When a run that shall take so many milliseconds is over; four times later in the long form.
pub(crate) fn after(milliseconds: u64) -> Instant {
    let scale = if long() { 4 } else { 1 };
    Instant::now() + Duration::from_millis(milliseconds * scale)
}
