//! The whole pool: refill, flush, steal and exhaustion, on two modelled CPUs.
//!
//! Frames of a modelled pool are cells: two owners of one, or an owner that does not see what the
//! last one wrote, is reported by loom.

use loom::thread;

use super::fw::sync::weakly;
use super::fw::sys::run_on;
use super::fw::{Burst, Frame, Front, Pool};
use crate::harness::{explore, explore_deep, within};

/// A pool on one shard: with 8 frames batches are of 2, and a shard holds 4.
fn one_shard(frames: usize) -> Pool {
    Pool::builder().frames(frames).shards(1).build().unwrap()
}

/// Where single frees go first: to a shard's slot, or, in a pool that zeroes, to its stack.
#[derive(Clone, Copy)]
enum Via {
    Slots,
    Stacks,
}

/// A pool on two shards with batches of 1.
fn two_shards(frames: usize, via: Via) -> Pool {
    let zero = matches!(via, Via::Stacks);
    let builder = Pool::builder().frames(frames).shards(2);
    builder.zero_on_free(zero).build().unwrap()
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

pub fn flush_races_refill() {
    explore(Some(3), || {
        let pool = one_shard(8);
        let mut frames = take(&pool, 6);
        let mine = frames.pop().unwrap();
        let other = pool.clone();
        let thread = thread::spawn(move || {
            drop(frames);
            drop(other);
        });
        drop(mine);
        let mut again = pool.get(1).unwrap();
        again[0] = 2;
        thread.join().unwrap();
        drop(again);
        is_whole(&pool);
    });
}

pub fn bulk_free_races_get() {
    explore(Some(2), || {
        let pool = one_shard(8);
        let mut burst: Burst<5> = Burst::new();
        pool.get_bulk(&mut burst, 5).unwrap();
        let other = pool.clone();
        let thread = thread::spawn(move || {
            burst[4][0] = 1;
            drop(burst);
            drop(other);
        });
        let mut frames = take(&pool, 3);
        frames[2][0] = 2;
        thread.join().unwrap();
        drop(frames);
        is_whole(&pool);
    });
}

pub fn steal_from_a_slot_races_free() {
    steal_races_free(Via::Slots);
}

pub fn steal_from_a_stack_races_free() {
    steal_races_free(Via::Stacks);
}

fn steal_races_free(via: Via) {
    explore(Some(2), move || {
        let pool = two_shards(2, via);
        let mut frames = take(&pool, 2);
        let theirs = frames.pop().unwrap();
        let other = pool.clone();
        let thread = thread::spawn(move || {
            run_on(1);
            drop(theirs);
            let again = other.get(1);
            drop(again);
        });
        run_on(0);
        let mut got = pool.get(1);
        if let Ok(frame) = &mut got {
            frame[0] = 1;
        }
        thread.join().unwrap();
        drop((got, frames));
        is_whole(&pool);
    });
}

pub fn frame_at_rest_in_slots_is_always_found() {
    frame_at_rest_is_always_found(Via::Slots);
}

pub fn frame_at_rest_in_stacks_is_always_found() {
    frame_at_rest_is_always_found(Via::Stacks);
}

fn frame_at_rest_is_always_found(via: Via) {
    explore(Some(3), move || {
        let pool = two_shards(2, via);
        let held = one_of_two_in_shard_1(&pool);
        finds_a_frame_beside(&pool, held, |other| other.get(1).ok());
    });
}

pub fn frame_is_found_beside_a_burst_taken() {
    explore(Some(3), || {
        let pool = two_shards(2, Via::Stacks);
        let held = one_of_two_in_shard_1(&pool);
        finds_a_frame_beside(&pool, held, |other| {
            let mut got: Burst<1> = Burst::new();
            (other.get_burst(&mut got, 1) == 1).then_some(got)
        });
    });
}

pub fn frame_is_found_while_the_last_is_carved() {
    explore(None, || {
        let pool = two_shards(2, Via::Stacks);
        // The other frame was never handed out.
        let held = pool.get(1).unwrap();
        finds_a_frame_beside(&pool, held, |other| other.get(1).ok());
    });
}

/// Frees one of two frames to shard 1, and returns the other.
fn one_of_two_in_shard_1(pool: &Pool) -> Frame {
    run_on(1);
    let mut frames = take(pool, 2);
    frames.pop().unwrap()
}

/// One frame is free, the other held. Another thread frees that on CPU 0 and then takes one on CPU
/// 1, so that at any moment one is free; both threads must find one.
fn finds_a_frame_beside<T: Send + 'static>(pool: &Pool, held: Frame, take: fn(&Pool) -> Option<T>) {
    let other = pool.clone();
    let thread = thread::spawn(move || {
        run_on(0);
        drop(held);
        run_on(1);
        let got = take(&other);
        assert!(got.is_some(), "a frame was free all along");
        got
    });
    run_on(0);
    let got = pool.get(1);
    assert!(got.is_ok(), "a frame was free all along");
    drop(thread.join().unwrap());
    drop(got);
    is_whole(pool);
}

pub fn frame_that_moves_on_is_always_found() {
    explore(Some(2), || {
        let pool = two_shards(2, Via::Stacks);
        run_on(1);
        let mut frames = take(&pool, 2);
        let mut held = frames.pop();
        drop(frames);
        let other = pool.clone();
        let thread = thread::spawn(move || {
            // Frees on one CPU and takes on the other, back and forth.
            for (free_on, take_on) in [(0, 1), (1, 0), (0, 1)] {
                run_on(free_on);
                drop(held.take());
                run_on(take_on);
                held = other.get(1).ok();
                assert!(held.is_some(), "a frame was free all along");
            }
        });
        run_on(0);
        let got = pool.get(1);
        assert!(got.is_ok(), "a frame was free all along");
        thread.join().unwrap();
    });
}

pub fn frame_in_the_depot_is_found() {
    explore_deep(Some(3), || {
        // Batches of 1: a shard's stack holds 2, and the next free goes to the depot.
        let pool = two_shards(3, Via::Stacks);
        run_on(1);
        let mut frames = take(&pool, 3);
        let held = frames.pop().unwrap();
        drop(frames);
        assert_eq!(pool.stats().per_cpu, [0, 2]);
        let other = pool.clone();
        let thread = thread::spawn(move || {
            // At any moment one of the three is free, here or in the depot.
            run_on(1);
            drop(held);
            (other.get(1).ok(), other.get(1).ok())
        });
        run_on(0);
        let got = pool.get(1);
        assert!(got.is_ok(), "a frame was free all along");
        drop(thread.join().unwrap());
        drop(got);
        is_whole(&pool);
    });
}

pub fn bulk_that_falls_short_gives_back() {
    explore(Some(3), || {
        let pool = two_shards(2, Via::Stacks);
        let other = pool.clone();
        let thread = thread::spawn(move || {
            run_on(1);
            let mut got = other.get(1);
            if let Ok(frame) = &mut got {
                frame[0] = 1;
            }
        });
        run_on(0);
        let mut burst: Burst<2> = Burst::new();
        if pool.get_bulk(&mut burst, 2).is_ok() {
            burst[1][0] = 2;
        } else {
            assert!(burst.is_empty());
        }
        thread.join().unwrap();
        drop(burst);
        is_whole(&pool);
    });
}

pub fn bulk_that_falls_short_gives_back_to_caches() {
    explore(Some(1), || {
        let builder = Pool::builder().frames(3).front(Front::Rseq);
        let pool = builder.build().unwrap();
        let get = |cpu, pool: &Pool| {
            run_on(cpu);
            let mut burst: Burst<2> = Burst::new();
            match pool.get_bulk(&mut burst, 2) {
                Ok(()) => burst[1][0] = 1,
                Err(_) => assert!(burst.is_empty(), "it kept some"),
            }
            burst
        };
        let other = pool.clone();
        let thread = thread::spawn(move || get(1, &other));
        let mine = get(0, &pool);
        let theirs = thread.join().unwrap();
        assert!(mine.len() + theirs.len() <= 2, "lost or doubled");
        drop((mine, theirs));
        is_whole(&pool);
    });
}

pub fn frame_at_rest_in_slots_is_always_found_that_fails_weakly() {
    within(3, || weakly(frame_at_rest_in_slots_is_always_found));
}

pub fn frame_at_rest_in_stacks_is_always_found_that_fails_weakly() {
    within(2, || weakly(frame_at_rest_in_stacks_is_always_found));
}

pub fn frame_is_found_while_the_last_is_carved_that_fails_weakly() {
    within(2, || weakly(frame_is_found_while_the_last_is_carved));
}

pub fn steal_from_a_slot_races_free_that_fails_weakly() {
    within(2, || weakly(steal_from_a_slot_races_free));
}

pub fn bulk_that_falls_short_gives_back_that_fails_weakly() {
    within(2, || weakly(bulk_that_falls_short_gives_back));
}
