//! Tests drains against sections. Threads pop and push, two threads empty all caches and open them
//! again all the time, the handlers of signals pop and push, and all threads are moved between the
//! CPUs. No id is lost or doubled.
//!
//! The same is done on sections that take a microsecond, with caches that are opened from any CPU.
//! There the windows that the fences close are wide. Without one of the fences, or with two owners
//! of a cache, the bug is found in no time.
//!
//! Some drains are refused the fence when they have stopped the caches, and give them back.
//!
//! `FRAMEWELL_LONG=1` makes it 400 million operations.

#![cfg(all(rseq, target_env = "gnu"))]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

#[path = "../../../tests/common/mod.rs"]
mod common;
mod harness;

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use harness::{child, has_rseq, long};

/// How much a run does.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) threads: u32,
    /// The number of threads that drain, and to which the kernel refuses the fence of all CPUs when
    /// they have stopped the caches.
    pub(crate) refused: u32,
    pub(crate) time: Duration,
    pub(crate) least_operations: u64,
}

/// The number of sections that were aborted, in the variant that counts them.
#[unsafe(no_mangle)]
static framewell_sections_aborted: AtomicU64 = AtomicU64::new(0);

/// Says why, and ends the process. It allocates nothing and takes no lock.
pub(crate) fn give_up(why: &'static str) -> ! {
    // SAFETY: the bytes are those of `why`.
    unsafe { libc::write(2, why.as_ptr().cast(), why.len()) };
    process::abort()
}

fn drain(test: &str, refused: u32, milliseconds: u64, operations: u64, stress: fn(Run)) {
    if !has_rseq() {
        return;
    }
    if !child::here() {
        return child::run(test, &[]).assert_passed();
    }
    stress(Run {
        threads: 8,
        refused,
        time: Duration::from_millis(milliseconds),
        least_operations: if long() { operations } else { 0 },
    });
    let aborted = framewell_sections_aborted.load(Ordering::Relaxed);
    if aborted > 0 {
        eprintln!("  {aborted} sections aborted");
    }
}

#[test]
fn drains_against_sections_lose_no_id() {
    drain(
        "drains_against_sections_lose_no_id",
        0,
        5000,
        400_000_000,
        sound::subject::run,
    );
}

#[test]
fn drains_that_are_refused_the_fence_lose_no_id() {
    drain(
        "drains_that_are_refused_the_fence_lose_no_id",
        2,
        5000,
        40_000_000,
        sound::subject::run,
    );
}

macro_rules! holds {
    ($variant:ident, $test:ident) => {
        #[test]
        fn $test() {
            drain(
                stringify!($test),
                1,
                5000,
                5_000_000,
                $variant::subject::run,
            );
        }
    };
}

macro_rules! is_caught {
    ($variant:ident, $test:ident, $cause:literal) => {
        #[test]
        fn $test() {
            if !has_rseq() {
                return;
            }
            let test = stringify!($test);
            if !child::here() {
                return child::run(test, &[]).assert_caught(test, $cause);
            }
            $variant::subject::run(Run {
                threads: 8,
                refused: 0,
                time: Duration::from_secs(60),
                least_operations: 0,
            });
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/drain.rs"));
