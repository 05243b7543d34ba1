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
    static FIRST: Cell<usize> = const { Cell::new(SHORT_EXECUTIONS) };
}

/// Set in the process that runs a seeded model, to tell it from the test that judges it.
const IN_CHILD: &str = "FRAMEWELL_SEEDED";

/// The short form of a model: at most so many preemptions, and the first of the interleavings. All
/// seeded bugs are found there; with a preemption less some are not.
const SHORT_PREEMPTIONS: usize = 2;
const SHORT_EXECUTIONS: usize = 4_000;

/// After so many executions loom looks whether it has explored enough.
const INTERVAL: usize = 1_000;

/// Whether the long forms are asked for, by `FRAMEWELL_LONG=1`.
fn long() -> bool {
    env::var_os("FRAMEWELL_LONG").is_some_and(|value| value == "1")
}

/// Explores a model: every interleaving, or those with at most `preemptions` preemptions; in the
/// short form fewer.
pub(crate) fn explore(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    let short = if long() {
        usize::MAX
    } else {
        SHORT_PREEMPTIONS
    };
    let most = preemptions.unwrap_or(usize::MAX).min(MOST.get()).min(short);
    builder.preemption_bound = (most < usize::MAX).then_some(most);
    builder.max_permutations = (!long()).then_some(FIRST.get());
    builder.checkpoint_interval = INTERVAL;
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

/// Explores models whose seeded bugs show late: in the short form so many interleavings.
pub(crate) fn late(executions: usize, explore: impl FnOnce()) {
    FIRST.set(executions);
    explore();
    FIRST.set(SHORT_EXECUTIONS);
}

/// Explores a model whose threads need a larger stack than loom gives them. Making variable-length
/// buffers does, and so do some long calls, since the models are not optimised.
pub(crate) fn explore_deep(
    preemptions: Option<usize>,
    model: impl Fn() + Copy + Send + Sync + 'static,
) {
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

/// Runs a model on the seeded copy, with the bug that `choose` chooses, in a process of its own: a
/// caught bug may abort it. Demands that it fails with `cause` in its output.
pub(crate) fn is_caught(test: &str, cause: &str, choose: fn(), model: fn()) {
    if env::var_os(IN_CHILD).is_some() {
        choose();
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
