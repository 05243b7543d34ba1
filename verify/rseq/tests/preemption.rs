//! Preempts every instruction of every section: by a stop, by a signal whose handler uses the
//! sections, and by a move to another CPU. Meanwhile others pop, push and drain.
//!
//! The victim is the first thread of a child process. A hardware breakpoint brings it to an
//! instruction. A stop there aborts the section: the thread must be seen at the section's abort
//! next, and in the end every id must be in one place. Outside the section, at the arming code and
//! behind the commit, a stop must not repeat anything.
//!
//! A breakpoint in a loop always stops its first round. Later rounds are reached by watchpoints,
//! behind each instruction that reads or writes an id. With `FRAMEWELL_SHORT=1` they are left out,
//! because an emulated processor does not stop at every watchpoint.

#![cfg(all(rseq, target_arch = "x86_64"))]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/control.rs"]
mod control;
mod support;
#[path = "support/world.rs"]
mod world;

use support::tracee::Event;
use support::{alone, not_run, short};

#[test]
fn section_preempted_at_any_instruction_happens_exactly_once() {
    let _alone = alone();
    let Some(subject) = sound::subject::new(world::CACHE) else {
        return not_run("no restartable sequences here");
    };
    match cases::run(subject, !short()) {
        Ok(table) => println!("{table}"),
        Err(cases::Failure::NotPermitted(why)) => not_run(&why),
        Err(cases::Failure::Wrong(why)) => panic!("{why}"),
    }
}

/// Returns whether a failure is by this cause. A transfer of wild length may end before any id is
/// missed: at the assertion of the crate's own batch, or where there is no memory.
fn is_by(cause: &str, why: &str) -> bool {
    let crash = |signal| why.contains(&format!("{:?}", Event::Signal(signal)));
    why.contains(cause) || why.contains("/batch.rs:") || crash(libc::SIGSEGV) || crash(libc::SIGBUS)
}

/// Tests that the harness finds a seeded bug, and names its cause.
macro_rules! is_caught {
    ($variant:ident, $test:ident, $cause:literal) => {
        #[test]
        fn $test() {
            let _alone = alone();
            let Some(subject) = $variant::subject::new(world::CACHE) else {
                return not_run("no restartable sequences here");
            };
            match cases::run(subject, false) {
                Ok(_) => panic!("the harness did not catch the bug"),
                Err(cases::Failure::NotPermitted(why)) => not_run(&why),
                Err(cases::Failure::Wrong(why)) => {
                    println!("caught: {why}");
                    assert!(
                        is_by($cause, &why),
                        "failed, but not by {:?}: {why}",
                        $cause
                    );
                }
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/preemption.rs"));
