//! Stops a thread at every instruction of a get and a free, slow paths and drain included. Each
//! time another thread completes thousands of operations: nobody waits for a thread that does not
//! run.
//!
//! Outside the sections the victim is stepped. Within them a breakpoint brings it to each
//! instruction, since a step would never pass the first.

#![cfg(all(rseq, target_arch = "x86_64"))]

#[path = "support/script.rs"]
mod script;
mod support;
#[path = "support/suspend.rs"]
mod suspend;

use std::sync::Arc;
use std::time::Duration;

use script::SCENARIOS;
use support::tracee::Tracee;
use support::{alone, not_run};

/// The longest time that the tracee may run on its own.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest time that the worker may take, which is thousands of times what it takes.
const AT_MOST: Duration = Duration::from_secs(5);

/// The longest time that the worker may take where a seeded bug is to be caught by it. A worker
/// that is slow for another reason would pass for one that waits, and nothing worse.
const SEEDED: Duration = Duration::from_secs(1);

#[test]
fn thread_suspended_at_any_instruction_keeps_nobody_waiting() {
    let _alone = alone();
    if !sound::subject::is_available() {
        return not_run("no restartable sequences here");
    }
    let control = Arc::default();
    let theirs = Arc::clone(&control);
    match Tracee::fork(PATIENCE, || sound::subject::run(theirs)) {
        Ok(tracee) => println!(
            "{}",
            suspend::run(tracee, control, &SCENARIOS, AT_MOST).unwrap()
        ),
        Err(why) => not_run(&why),
    }
}

/// Tests that the harness finds a seeded bug, and names its cause.
macro_rules! is_caught {
    ($variant:ident, $test:ident, $cause:literal) => {
        #[test]
        fn $test() {
            let _alone = alone();
            if !$variant::subject::is_available() {
                return not_run("no restartable sequences here");
            }
            let control = Arc::default();
            let theirs = Arc::clone(&control);
            let run = || {
                $variant::choose();
                $variant::subject::run(theirs)
            };
            match Tracee::fork(PATIENCE, run) {
                Err(why) => not_run(&why),
                Ok(tracee) => {
                    let why = suspend::run(tracee, control, &["sweep"], SEEDED).unwrap_err();
                    println!("caught: {why}");
                    assert!(
                        why.contains($cause),
                        "failed, but not by {:?}: {why}",
                        $cause
                    );
                }
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/suspension.rs"));
