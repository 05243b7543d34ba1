//! What the storms share: processes of their own, signals at a rate, CPUs that are left, and whether there
//! is a rseq front at all.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

pub(crate) mod child;
pub(crate) mod cpus;
pub(crate) mod forked;
pub(crate) mod seccomp;
pub(crate) mod ticks;

use std::env;
use std::time::{Duration, Instant};

fn set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value == "1")
}

/// Says which check this machine could not make; with `FRAMEWELL_STRICT=1` that is a failure.
#[track_caller]
pub(crate) fn not_run(what: &str) {
    assert!(!set("FRAMEWELL_STRICT"), "not run: {what}");
    eprintln!("not run: {what}");
}

/// Whether this process can have pools with the rseq front; says so if it cannot.
pub(crate) fn has_rseq() -> bool {
    super::common::has_rseq("the storms over the rseq front")
}

/// Whether the long forms are asked for, by `FRAMEWELL_LONG=1`.
pub(crate) fn long() -> bool {
    set("FRAMEWELL_LONG")
}

/// When a run that shall take so many milliseconds is over; ten times later in the long form.
pub(crate) fn after(milliseconds: u64) -> Instant {
    let scale = if long() { 10 } else { 1 };
    Instant::now() + Duration::from_millis(milliseconds * scale)
}
