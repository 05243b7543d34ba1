//! What the tests of the sequences share: sections as the compiler laid them down, and a thread of a
//! child process that is stopped at will.

#![allow(dead_code, reason = "each test file uses its own part")]

#[cfg(target_arch = "x86_64")]
pub(crate) mod breakpoint;
#[cfg_attr(target_arch = "aarch64", path = "check_aarch64.rs")]
pub(crate) mod check;
pub(crate) mod descriptor;
#[path = "../../../tests/common/linux.rs"]
pub(crate) mod linux;
#[cfg(target_arch = "x86_64")]
pub(crate) mod section;
pub(crate) mod shared;
#[cfg(target_arch = "x86_64")]
pub(crate) mod tracee;

use std::env;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Says which check this machine could not make; with `FRAMEWELL_STRICT=1` that is a failure.
#[track_caller]
pub(crate) fn not_run(what: &str) {
    assert!(!is_set("FRAMEWELL_STRICT"), "not run: {what}");
    eprintln!("not run: {what}");
}

/// Whether to run the long form of a test.
pub(crate) fn long() -> bool {
    is_set("FRAMEWELL_LONG")
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value == "1")
}

/// Tests that fork and keep every CPU busy run one at a time.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
