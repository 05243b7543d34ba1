//! Exhaustion of a whole pool on the rseq front: two CPUs with caches of 2, batches of 1.
//!
//! Frames of a modelled pool are cells: two owners of one, or an owner that does not see what the
//! last one wrote, is reported by loom.

use loom::thread;

use super::fw::percpu::refuse_fences_after;
use super::fw::sys::run_on;
use super::fw::{Frame, Front, Pool};
use crate::harness::{explore, explore_deep, late, spawn_deep};

fn pool(frames: usize) -> Pool {
    let builder = Pool::builder().frames(frames).front(Front::Rseq);
    builder.build().unwrap()
}

fn take(pool: &Pool, n: usize) -> Vec<Frame> {
    (0..n).map(|_| pool.get(1).unwrap()).collect()
}

/// Nothing lost: all frames can be had, and no more.
fn is_whole(pool: &Pool) {
    let capacity = pool.capacity();
    assert_eq!(pool.stats().free, capacity, "lost or doubled");
    let mut frames = take(pool, capacity);
    assert!(pool.get(1).is_err(), "lost or doubled");
    for frame in &mut frames {
        frame[0] = 1;
    }
}

/// A pool of two frames: one is in the cache of CPU 1, the other is out.
fn one_in_cache_1() -> (Pool, Frame) {
    let pool = pool(2);
    run_on(1);
    let mut frames = take(&pool, 2);
    let held = frames.pop().unwrap();
    drop(frames);
    assert_eq!(pool.stats().per_cpu, [0, 1]);
    (pool, held)
}

/// A dry pool of two frames: one is in the depot, the other is out.
fn one_in_the_depot() -> (Pool, Frame) {
    let pool = pool(2);
    run_on(1);
    let mut frames = take(&pool, 2);
    assert!(pool.get(1).is_err(), "none is free");
    let held = frames.pop().unwrap();
    drop(frames);
    assert_eq!(pool.stats().depot, 1);
    (pool, held)
}

/// One frame is free, the other held. Another thread frees that on CPU 0 and then takes one on CPU
/// 1, so that at any moment one is free, until this thread's own call takes what the caches hold.
fn finds_a_frame_beside(pool: &Pool, held: Frame, other_must: bool) {
    let other = pool.clone();
    let thread = thread::spawn(move || {
        run_on(0);
        drop(held);
        run_on(1);
        let mut got = other.get(1);
        assert!(got.is_ok() || !other_must, "a frame was free all along");
        if let Ok(frame) = &mut got {
            frame[0] = 1;
        }
        got
    });
    // On a CPU without a cache: its gets find nothing but by the depot and by drains.
    run_on(2);
    let mut got = pool.get(1);
    assert!(got.is_ok(), "a frame was free all along");
    if let Ok(frame) = &mut got {
        frame[0] = 2;
    }
    drop(thread.join().unwrap());
    drop(got);
    is_whole(pool);
}

pub fn frame_at_rest_in_caches_is_always_found() {
    explore(Some(2), || {
        // The other may be refused: the drain has all frames in hand.
        let (pool, held) = one_in_cache_1();
        finds_a_frame_beside(&pool, held, false);
    });
}

pub fn frame_that_leaves_the_depot_is_always_found() {
    explore(Some(3), || {
        // The free ends the dry time and is in a cache; then the depot is emptied.
        let (pool, held) = one_in_the_depot();
        finds_a_frame_beside(&pool, held, true);
    });
}

pub fn frame_that_leaves_the_depot_is_always_found_that_fails_weakly() {
    crate::harness::within(2, || {
        super::fw::sync::weakly(frame_that_leaves_the_depot_is_always_found);
    });
}

pub fn frame_that_moves_to_the_depot_and_back_is_always_found() {
    late(8_000, explore_moves_to_the_depot_and_back);
}

fn explore_moves_to_the_depot_and_back() {
    explore(Some(2), || {
        // One call after the other, in two threads: a preemption less.
        let (pool, held) = one_in_cache_1();
        let (first, second) = (pool.clone(), pool.clone());
        let to_the_depot = thread::spawn(move || {
            // Where there is no cache, a free goes to the depot.
            run_on(2);
            drop(held);
            run_on(1);
            first.get(1).ok()
        });
        let and_back = thread::spawn(move || {
            let held = to_the_depot.join().unwrap();
            run_on(1);
            drop(held);
            run_on(2);
            second.get(1)
        });
        run_on(2);
        let got = pool.get(1);
        assert!(got.is_ok(), "a frame was free all along");
        drop(and_back.join().unwrap());
    });
}

pub fn refusals_race() {
    explore(Some(2), || {
        // One frame for two that drain: one of them gets it.
        let pool = pool(1);
        run_on(1);
        drop(pool.get(1));
        let other = pool.clone();
        let thread = thread::spawn(move || {
            run_on(0);
            other.get(1)
        });
        run_on(0);
        let mine = pool.get(1);
        let theirs = thread.join().unwrap();
        assert!(mine.is_ok() != theirs.is_ok(), "lost or doubled");
        drop((mine, theirs));
        is_whole(&pool);
    });
}

/// A get that may not fence, or is refused the fence when it has stopped the caches, beside another
/// call. That must find the frame if nothing was stopped.
fn frame_is_found_beside_a_get_without_fences(granted: u32) {
    // One frame is in the cache of CPU 1, the other is out.
    let (pool, held) = one_in_cache_1();
    let other = pool.clone();
    let thread = spawn_deep(move || {
        run_on(2);
        let got = other.get(1);
        assert!(
            got.is_ok() || granted > 0,
            "a frame was free all along"
        );
        got
    });
    run_on(0);
    refuse_fences_after(granted);
    let refused = pool.get(1).is_err();
    assert!(refused, "the other caches are not its to have");
    refuse_fences_after(u32::MAX);
    let got = thread.join().unwrap();
    assert_eq!(pool.stats().free + usize::from(got.is_ok()), 1);
    let found = got.or_else(|_| pool.get(1));
    assert!(found.is_ok(), "a frame was free all along");
    drop((found, held));
    is_whole(&pool);
}

pub fn frame_is_found_beside_a_get_that_may_not_fence() {
    explore_deep(Some(2), || frame_is_found_beside_a_get_without_fences(0));
}

pub fn frame_is_found_beside_a_get_that_is_refused_the_fence() {
    explore_deep(Some(1), || frame_is_found_beside_a_get_without_fences(1));
}
