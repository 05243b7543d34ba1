//! Tests the trial whether the kernel aborts sections. It passes here, whatever else the machine
//! does, and it does not pass by any stand-in for a kernel that does not abort.
//!
//! `FRAMEWELL_LONG=1` makes it four times as many.

#![cfg(all(rseq, target_env = "gnu"))]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

#[path = "../../../tests/common/mod.rs"]
mod common;
mod harness;

use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use common::linux::cpus;
use common::pin;
use harness::child;
use harness::forked::forked;
use harness::seccomp::{Whom, refuse_threads};
use harness::ticks::Ticks;
use harness::{after, has_rseq, not_run};

const PASSED: &str = "Ok(())";
const UNABORTED: &str = "Err(Unaborted)";
const UNTESTED: &str = "Err(Untested)";

/// The variable that turns libc's registration off.
const WITHOUT: (&str, &str) = ("GLIBC_TUNABLES", "glibc.pthread.rseq=0");

/// Keeps all CPUs busy while something is done.
fn under_load(work: impl FnOnce()) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 * cpus().len() {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        work();
        over.store(true, Ordering::Relaxed);
    });
}

/// Makes trials for a while. Each of them must pass.
fn pass_for(milliseconds: u64) {
    let until = after(milliseconds);
    let (mut trials, mut longest) = (0, Duration::ZERO);
    let began = Instant::now();
    while Instant::now() < until {
        let began = Instant::now();
        assert_eq!(sound::subject::verdict(), PASSED, "after {trials}");
        longest = longest.max(began.elapsed());
        trials += 1;
    }
    let mean = began.elapsed() / trials;
    eprintln!("  {trials} trials, {mean:.0?} each, {longest:.0?} at most");
}

/// Runs the rest of a test in a process of its own, where it may do as it likes, one at a time.
/// Returns `false` in the process that only starts that one.
#[track_caller]
fn in_child(test: &str, variables: &[(&str, &str)]) -> bool {
    static ALONE: Mutex<()> = Mutex::new(());
    if child::here() {
        return true;
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    if has_rseq() {
        child::run(test, variables).assert_passed();
    }
    false
}

/// Returns whether there are two CPUs, and says so if there is only one.
fn has_two_cpus() -> bool {
    let two = cpus().len() > 1;
    if !two {
        not_run("a fence from another CPU: there is one alone");
    }
    two
}

#[test]
fn trial_passes_every_time() {
    if in_child("trial_passes_every_time", &[]) {
        pass_for(300);
        assert_eq!(sound::subject::fronts(), ["rseq None"; 2]);
    }
}

#[test]
fn trial_passes_under_load() {
    if in_child("trial_passes_under_load", &[]) {
        under_load(|| pass_for(1000));
    }
}

#[test]
fn trial_passes_on_one_cpu() {
    if in_child("trial_passes_on_one_cpu", &[]) {
        for cpu in cpus() {
            pin(cpu);
            pass_for(300);
        }
    }
}

#[test]
fn trial_passes_on_one_cpu_under_load() {
    if in_child("trial_passes_on_one_cpu_under_load", &[]) {
        let last = *cpus().last().unwrap();
        under_load(|| {
            pin(last);
            pass_for(1000);
        });
    }
}

#[test]
fn trial_passes_amid_signals() {
    if in_child("trial_passes_amid_signals", &[]) {
        let _ticks = Ticks::start(|| ());
        pass_for(300);
        assert!(Ticks::count() > 0, "signals came between the trials");
    }
}

#[test]
fn trial_passes_on_a_small_stack() {
    if in_child("trial_passes_on_a_small_stack", &[]) {
        let thread = thread::Builder::new().stack_size(16 << 10);
        let thread = thread.spawn(|| pass_for(100)).unwrap();
        thread.join().unwrap();
    }
}

#[test]
fn trials_at_the_same_time_pass() {
    if in_child("trials_at_the_same_time_pass", &[]) {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| pass_for(500));
            }
        });
    }
}

#[test]
fn child_that_is_forked_amid_trials_makes_its_own() {
    if !in_child("child_that_is_forked_amid_trials_makes_its_own", &[]) {
        return;
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(sound::subject::verdict(), PASSED);
            }
        });
        for _ in 0..100 {
            forked(|| assert_eq!(sound::subject::fronts(), ["rseq None"; 2]));
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn without_a_thread_there_are_no_sequences() {
    if !in_child("without_a_thread_there_are_no_sequences", &[]) {
        return;
    }
    if !refuse_threads(Whom::Everyone) {
        return not_run("threads that are refused: the kernel takes no filter");
    }
    let began = Instant::now();
    assert_eq!(sound::subject::verdict(), UNTESTED);
    assert!(began.elapsed() < Duration::from_millis(500), "at once");
    assert_no_rseq(sound::subject::fronts(), "Untested");
}

/// Checks that pools of the process get the portable front for this reason, and that none is built
/// where sequences are demanded.
#[track_caller]
fn assert_no_rseq(fronts: [String; 2], reason: &str) {
    let [auto, demanded] = fronts;
    assert_eq!(auto, format!("portable Some({reason})"));
    let says = match reason {
        "Unaborted" => "the kernel does not abort sequences",
        _ => "a trial whether the kernel aborts sequences got no thread",
    };
    let refusal = format!("the rseq front is not available: {says}");
    assert!(demanded.starts_with(&refusal), "{demanded}");
}

/// Tests what the trial finds on a variant, by what the variant stands for.
macro_rules! holds {
    (unregistered, $test:ident) => {
        #[test]
        fn $test() {
            if !in_child(stringify!($test), &[WITHOUT]) {
                return;
            }
            unregistered::choose();
            assert_ne!(common::linux::rseq_registered(), Some(true));
            for _ in 0..100 {
                assert_eq!(unregistered::subject::verdict(), UNABORTED);
            }
            pin(cpus()[0]);
            for _ in 0..100 {
                assert_eq!(unregistered::subject::verdict(), UNABORTED, "on one CPU");
            }
            under_load(|| assert_eq!(unregistered::subject::verdict(), UNABORTED));
            assert_no_rseq(unregistered::subject::fronts(), "Unaborted");
        }
    };
    (fences_are_not_made, $test:ident) => {
        #[test]
        fn $test() {
            if !in_child(stringify!($test), &[]) || !has_two_cpus() {
                return;
            }
            fences_are_not_made::choose();
            assert_no_rseq(fences_are_not_made::subject::fronts(), "Unaborted");
            for _ in 0..100 {
                assert_eq!(fences_are_not_made::subject::verdict(), UNABORTED);
            }
        }
    };
    (helper_stays_away, $test:ident) => {
        #[test]
        fn $test() {
            if !in_child(stringify!($test), &[]) {
                return;
            }
            helper_stays_away::choose();
            let began = Instant::now();
            assert_no_rseq(helper_stays_away::subject::fronts(), "Untested");
            let took = began.elapsed();
            assert!(took >= Duration::from_secs(2), "{took:?}: it was awaited");
            assert!(took < Duration::from_secs(30), "{took:?}: not for ever");
        }
    };
    (helper_comes_late, $test:ident) => {
        #[test]
        fn $test() {
            if !in_child(stringify!($test), &[]) {
                return;
            }
            helper_comes_late::choose();
            let cpu = cpus()[0];
            let over = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        pin(cpu);
                        while !over.load(Ordering::Relaxed) {
                            hint::spin_loop();
                        }
                    });
                }
                let caller = scope.spawn(|| {
                    pin(cpu);
                    helper_comes_late::subject::verdict()
                });
                let verdict = caller.join();
                over.store(true, Ordering::Relaxed);
                assert_eq!(verdict.unwrap(), PASSED, "it has not waited often");
            });
        }
    };
    (suspect, $test:ident) => {
        #[test]
        fn $test() {
            if !in_child(stringify!($test), &[]) || !has_two_cpus() {
                return;
            }
            suspect::choose();
            assert_eq!(suspect::subject::verdict(), PASSED);
            pin(cpus()[0]);
            assert_eq!(suspect::subject::verdict(), UNTESTED, "on one CPU");
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/trial.rs"));
