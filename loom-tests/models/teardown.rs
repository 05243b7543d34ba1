//! The end of a pool: edges #returned-count and #last-handle.
//!
//! A modelled pool that is not given back is reported as leaked; one that is used beside or after
//! its end, or ended twice, as an access that nothing orders.

use loom::thread;

use super::fw::sync::weakly;
use super::fw::{Burst, Pool};
use crate::harness::{explore, explore_deep, spawn_deep, within};

fn pool(frames: usize) -> Pool {
    Pool::builder().frames(frames).shards(1).build().unwrap()
}

pub fn last_frame_to_a_slot_races_last_handle() {
    last_frame_races_last_handle(false);
}

pub fn last_frame_to_a_stack_races_last_handle() {
    // In a pool that zeroes, the slots are closed.
    last_frame_races_last_handle(true);
}

fn last_frame_races_last_handle(zero: bool) {
    explore(None, move || {
        let builder = Pool::builder().frames(2).shards(1);
        let pool = builder.zero_on_free(zero).build().unwrap();
        let mut frame = pool.get(1).unwrap();
        let thread = thread::spawn(move || {
            frame[0] = 1;
            drop(frame);
        });
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn two_frames_come_home_to_an_orphan() {
    explore(Some(3), || {
        let pool = pool(2);
        let first = pool.get(1).unwrap();
        let second = pool.get(1).unwrap();
        let one = thread::spawn(move || drop(first));
        let two = thread::spawn(move || drop(second));
        drop(pool);
        one.join().unwrap();
        two.join().unwrap();
    });
}

pub fn two_handles_are_dropped_at_once() {
    explore(None, || {
        let pool = pool(2);
        let other = pool.clone();
        let thread = thread::spawn(move || {
            // Reads the pool, and releases nothing but the handle.
            assert_eq!(other.stats().free, 2);
            drop(other);
        });
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn flush_races_last_handle() {
    explore(None, || {
        // Batches of 2: a shard holds one in its slot and 4 in its stack. Carving for five has left
        // one there, four more fill it, and the next flushes.
        let pool = pool(8);
        let mut frames: Vec<_> = (0..5).map(|_| pool.get(1).unwrap()).collect();
        frames.truncate(1);
        assert_eq!(pool.stats().per_cpu, [5]);
        let thread = thread::spawn(move || drop(frames));
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn burst_comes_home_to_an_orphan() {
    explore(None, || {
        // Batches of 2, and a shard holds 4: a burst of 7 fills it and goes on to the depot.
        let pool = pool(8);
        let mut burst: Burst<7> = Burst::new();
        pool.get_bulk(&mut burst, 7).unwrap();
        let thread = thread::spawn(move || drop(burst));
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn allocated_buffer_races_last_handle() {
    explore_deep(None, || {
        let pool = pool(1);
        let mut buffer = pool.alloc(2048).unwrap();
        let thread = spawn_deep(move || drop(pool));
        buffer[0] = 1;
        drop(buffer);
        thread.join().unwrap();
    });
}

pub fn buffers_of_two_classes_and_a_frame_come_home_to_an_orphan() {
    explore_deep(Some(1), || {
        let pool = pool(1);
        let frame = pool.get(1).unwrap();
        let small = pool.alloc(2048).unwrap();
        let whole = pool.alloc(4096).unwrap();
        let one = spawn_deep(move || drop(small));
        let two = spawn_deep(move || {
            drop(whole);
            drop(frame);
        });
        drop(pool);
        one.join().unwrap();
        two.join().unwrap();
    });
}

pub fn large_buffer_races_last_handle() {
    explore_deep(None, || {
        let pool = pool(1);
        let buffer = pool.alloc(5000).unwrap();
        let thread = spawn_deep(move || drop(pool));
        drop(buffer);
        thread.join().unwrap();
    });
}

pub fn large_buffers_and_one_of_a_class_come_home_to_an_orphan() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let small = pool.alloc(2048).unwrap();
        let large = [pool.alloc(5000).unwrap(), pool.alloc(5000).unwrap()];
        let thread = spawn_deep(move || drop(pool));
        drop(large);
        drop(small);
        thread.join().unwrap();
    });
}

pub fn handle_and_frame_go_together() {
    explore(Some(3), || {
        let pool = pool(2);
        let frame = pool.get(1).unwrap();
        let other = pool.clone();
        let one = thread::spawn(move || {
            let got = other.get(1);
            drop(other);
            drop(got);
        });
        let two = thread::spawn(move || drop(frame));
        drop(pool);
        one.join().unwrap();
        two.join().unwrap();
    });
}

pub fn last_frame_to_a_slot_races_last_handle_that_fails_weakly() {
    weakly(last_frame_to_a_slot_races_last_handle);
}

pub fn two_frames_come_home_to_an_orphan_that_fails_weakly() {
    within(1, || weakly(two_frames_come_home_to_an_orphan));
}

pub fn burst_comes_home_to_an_orphan_that_fails_weakly() {
    within(2, || weakly(burst_comes_home_to_an_orphan));
}
