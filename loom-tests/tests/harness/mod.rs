//! Runs models, and finds out whether loom catches a seeded bug.

#![allow(
    clippy::disallowed_types,
    reason = "counts executions across them, outside of what is modelled"
)]

use std::cell::Cell;
use std::env;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use loom::thread::JoinHandle;

thread_local! {
    static EXECUTIONS: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Set in the process that runs a seeded model, to tell it from the test that judges it.
const IN_CHILD: &str = "FRAMEWELL_SEEDED";

/// Explores a model: every interleaving, or those with at most `preemptions` preemptions.
pub(crate) fn explore(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    let most = preemptions.unwrap_or(usize::MAX).min(MOST.get());
    builder.preemption_bound = (most < usize::MAX).then_some(most);
    builder.max_branches = 10_000;
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        model();
    });
    EXECUTIONS.set(executions.load(Ordering::Relaxed));
}

/// Explores models with at most so many preemptions, if they would explore more.
pub(crate) fn within(preemptions: usize, explore: impl FnOnce()) {
    MOST.set(preemptions);
    explore();
    MOST.set(usize::MAX);
}

/// Explores a model whose threads need a larger stack than loom gives them: making the 802.11 buffers takes more.
pub(crate) fn explore_deep(preemptions: Option<usize>, model: fn()) {
    explore(preemptions, move || spawn_deep(model).join().unwrap());
}

/// Spawns a modelled thread with such a stack.
pub(crate) fn spawn_deep<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    const WORDS: usize = 1 << 15;
    let builder = loom::thread::Builder::new().stack_size(WORDS);
    builder.spawn(run).expect("loom spawns threads")
}

/// Runs a model on the sound crate.
pub(crate) fn passes(name: &str, model: fn()) {
    let start = Instant::now();
    model();
    let executions = EXECUTIONS.get();
    println!("{name}: {executions} executions in {:.1?}", start.elapsed());
    assert!(executions > 1, "{name}: loom explored one execution alone");
}

/// Runs a model on a seeded variant, in a process of its own since a caught bug may abort it, and
/// demands that it fails with `cause` in its output.
pub(crate) fn is_caught(test: &str, cause: &str, model: fn()) {
    if env::var_os(IN_CHILD).is_some() {
        return model();
    }
    let start = Instant::now();
    let child = Command::new(env::current_exe().expect("the test binary has a path"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(IN_CHILD, "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the test binary runs again");
    let output = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(
        !child.status.success(),
        "{test}: loom did not catch the bug:\n{output}"
    );
    assert!(
        output.contains(cause),
        "{test}: failed, but not by {cause:?}:\n{output}"
    );
    println!("{test}: caught in {:.1?}", start.elapsed());
}
