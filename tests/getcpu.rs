//! Without restartable sequences the shard is chosen by `getcpu`; nothing else changes.

#![cfg(all(not(loom), target_os = "linux", target_env = "gnu"))]

mod common;

use std::env;
use std::process::Command;

use common::churn::Churn;
use common::{cpus, not_run, pin, take_all};
use framewell::Pool;

/// Set in the process that runs without.
const CHILD: &str = "FRAMEWELL_TEST_WITHOUT_RSEQ";

/// Whether libc registered restartable sequences; `None` before glibc 2.35.
fn registered() -> Option<bool> {
    // SAFETY: the name is a C string; RTLD_DEFAULT asks the objects loaded already.
    let size = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__rseq_size".as_ptr()) };
    if size.is_null() {
        return None;
    }
    // SAFETY: glibc documents `__rseq_size` as a `const unsigned int`, set before main.
    Some(unsafe { size.cast::<libc::c_uint>().read() } > 0)
}

#[test]
fn pool_without_rseq_passes_the_same_stress() {
    if registered() != Some(true) {
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
        assert_ne!(registered(), Some(true), "the tunable took effect");
    }
    let pool = Pool::builder().frames(600).build().unwrap();
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
