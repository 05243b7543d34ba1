//! Code that the tests of the sections share: the sections as the compiler placed them, and a
//! thread of a child process that is stopped at will.

#![allow(dead_code, reason = "each test file uses its own part")]

#[cfg(target_arch = "x86_64")]
pub(crate) mod breakpoint;
#[cfg_attr(target_arch = "aarch64", path = "check_aarch64.rs")]
pub(crate) mod check;
pub(crate) mod descriptor;
#[path = "../harness/environment.rs"]
mod environment;
#[path = "../../../../tests/common/linux.rs"]
pub(crate) mod linux;
#[cfg(target_arch = "x86_64")]
pub(crate) mod section;
pub(crate) mod shared;
#[cfg(target_arch = "x86_64")]
pub(crate) mod tracee;

use std::sync::{Mutex, MutexGuard, PoisonError};

#[allow(unused_imports, reason = "each test file uses its own part")]
pub(crate) use environment::{long, not_run, short};

/// Locks out other tests: tests that fork and keep every CPU busy run one at a time.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
