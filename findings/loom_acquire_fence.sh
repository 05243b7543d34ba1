#!/usr/bin/env bash
# loom 0.7.3 (crates.io): an acquire fence also synchronises with a release store that its own
# thread has never read. It is enough that another thread has read the store, relaxed, and happens
# before the fence. So a model passes where the C++ memory model has a data race.
#
# Input:    one thread writes a cell, and stores X with release. A second reads X relaxed, and then
#           stores Y with release. A third reads Y with acquire, issues an acquire fence, and reads
#           the cell. It never reads X.
# Expected: loom reports the race between the write and the read of the cell: a fence synchronises
#           with a release store only if its own thread read that store before
#           ([atomics.fences]). Without the fence loom does report it.
# Seen:     with the fence loom finds nothing, and explores all of the model.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init --quiet --name finding --vcs none .
cargo add --quiet loom@=0.7.3
cat > src/main.rs <<'RUST'
use std::panic::{catch_unwind, set_hook};

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering, fence};
use loom::thread;

struct State {
    cell: UnsafeCell<u32>,
    x: AtomicUsize,
    y: AtomicUsize,
}

// SAFETY: loom tracks the cell, and the answer is what it says of it. The value is never used.
unsafe impl Sync for State {}

/// Returns whether loom reports a race on the cell.
fn is_reported(with_fence: bool) -> bool {
    let model = move || {
        loom::model(move || {
            let state = Arc::new(State {
                cell: UnsafeCell::new(0),
                x: AtomicUsize::new(0),
                y: AtomicUsize::new(0),
            });
            let writer = state.clone();
            let first = thread::spawn(move || {
                writer.cell.with_mut(|_| ());
                writer.x.store(1, Ordering::Release);
            });
            let between = state.clone();
            let second = thread::spawn(move || {
                if between.x.load(Ordering::Relaxed) == 1 {
                    between.y.store(1, Ordering::Release);
                }
            });
            if state.y.load(Ordering::Acquire) == 1 {
                if with_fence {
                    fence(Ordering::Acquire);
                }
                state.cell.with(|_| ());
            }
            first.join().unwrap();
            second.join().unwrap();
        });
    };
    catch_unwind(model).is_err()
}

fn main() {
    set_hook(Box::new(|_| ()));
    let without = is_reported(false);
    let with = is_reported(true);
    println!("loom 0.7.3: the race is reported without the fence: {without}, with it: {with}");
    std::process::exit(i32::from(!without || with));
}
RUST
cargo run --quiet
