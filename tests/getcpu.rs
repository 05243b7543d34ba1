//! Tests that without restartable sequences the front is the portable one, and the shard is chosen
//! by `getcpu`.
//!
//! It needs a process of its own, since libc decides on sequences when it starts.

#![cfg(all(not(loom), target_os = "linux", target_env = "gnu"))]

mod common;

use std::env;
use std::process::Command;

use common::churn::Churn;
use common::linux::rseq_registered;
use common::{SEQUENCES, cpus, not_run, pin, take_all};
use framewell::{FrontKind, NoRseq, Pool};

/// The variable that is set in the process that runs without restartable sequences.
const CHILD: &str = "FRAMEWELL_TEST_WITHOUT_RSEQ";

#[test]
fn pool_without_rseq_passes_the_same_stress() {
    if rseq_registered() != Some(true) {
        return not_run("a process without rseq beside one with it: libc registers none");
    }
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env("GLIBC_TUNABLES", "glibc.pthread.rseq=0")
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    let error = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{text}\n{error}");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "run by pool_without_rseq_passes_the_same_stress, in a process without rseq"]
fn child() {
    if env::var_os(CHILD).is_some() {
        assert_ne!(rseq_registered(), Some(true), "the tunable took effect");
    }
    let pool = Pool::builder().frames(600).build().unwrap();
    let stats = pool.stats();
    assert_eq!(stats.front, FrontKind::Portable);
    let why = if SEQUENCES {
        NoRseq::Unregistered
    } else {
        NoRseq::Target
    };
    assert_eq!(stats.no_rseq, Some(why));
    let outcome = Churn {
        threads: 16,
        calls: 300_000,
        keep: 20,
        flip: true,
    }
    .run(&pool);
    assert!(outcome.frames_got > 10_000, "{outcome:?}");

    for cpu in cpus() {
        pin(cpu);
        let pool = Pool::builder().frames(100).build().unwrap();
        drop(take_all(&pool));
        let at = pool.stats().per_cpu;
        assert!(at[cpu % at.len()] > 0, "freed on CPU {cpu}: {at:?}");
    }
}
