//! Tests the end of a pool: its memory goes with the last handle and the last frame, not before,
//! and not later.

use std::sync::Barrier;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::common::{arena, assert_mapped, counted, scale, take_all};
use framewell::{Burst, Frame};

#[test]
fn memory_goes_with_the_last_handle_if_no_frame_is_out() {
    let pool = arena(101);
    let clone = pool.clone();
    drop(take_all(&pool));
    drop(pool);
    assert_mapped(101, 1);
    assert_eq!(take_all(&clone).len(), 101);
    drop(clone);
    assert_mapped(101, 0);
}

#[test]
fn memory_goes_with_the_last_frame_if_no_handle_is_left() {
    let pool = arena(103);
    let mut frames = take_all(&pool);
    drop(pool);
    for frame in &mut frames {
        let fill = frame.id().index() as u8;
        frame.fill(fill);
    }
    while let Some(frame) = frames.pop() {
        assert_mapped(103, 1);
        assert_eq!(*frame, [frame.id().index() as u8; 1500]);
        drop(frame);
    }
    assert_mapped(103, 0);
}

#[test]
fn memory_goes_with_the_last_frame_of_a_used_pool() {
    // Some frames are with CPUs, in the depot and uncarved, and three are out.
    let pool = counted(131).shards(3).cache_size(12).build().unwrap();
    let mut burst: Burst<110> = Burst::new();
    pool.get_bulk(&mut burst, 110).unwrap();
    burst.truncate(3);
    let stats = pool.stats();
    assert!(stats.depot > 0 && stats.uncarved > 0, "{stats}");
    assert!(stats.per_cpu.iter().sum::<usize>() > 0, "{stats}");
    drop(pool);
    burst[2].fill(7);
    burst.truncate(1);
    assert_mapped(131, 1);
    drop(burst);
    assert_mapped(131, 0);
}

#[test]
fn memory_goes_with_the_last_frame_on_another_thread() {
    let pool = arena(107);
    let mut frames = take_all(&pool);
    let last = frames.pop().unwrap();
    drop(pool);
    thread::spawn(move || drop(frames)).join().unwrap();
    assert_mapped(107, 1);
    assert_eq!(last.len(), 1500);
    thread::spawn(move || drop(last)).join().unwrap();
    assert_mapped(107, 0);
}

#[test]
fn memory_goes_with_the_last_burst() {
    let pool = arena(109);
    let mut burst: Burst<109> = Burst::new();
    pool.get_bulk(&mut burst, 109).unwrap();
    drop(pool);
    burst.truncate(30);
    assert_mapped(109, 1);
    drop(burst);
    assert_mapped(109, 0);
}

#[test]
fn memory_of_a_zeroing_pool_goes_with_its_last_frame() {
    let pool = counted(113).zero_on_free(true).build().unwrap();
    let mut frames = take_all(&pool);
    drop(pool);
    frames.truncate(1);
    assert_mapped(113, 1);
    drop(frames);
    assert_mapped(113, 0);
}

#[test]
fn forgotten_frame_is_lost_alone_and_keeps_the_memory() {
    let pool = arena(127);
    let mut frames = take_all(&pool);
    let forgotten = frames.swap_remove(60);
    let id = forgotten.id();
    std::mem::forget(forgotten);
    drop(frames);
    let frames = take_all(&pool);
    assert_eq!(frames.len(), 126);
    assert!(frames.iter().all(|frame| frame.id() != id));
    drop(frames);
    drop(pool);
    assert_mapped(127, 1);
}

/// Runs rounds in which a pool's handle and its frames are dropped at once, each on a thread of its
/// own.
fn race(frames: usize, threads: usize, rounds: u64, divide: fn(Vec<Frame>, usize) -> Vec<Load>) {
    let start = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let inboxes: Vec<_> = (0..threads)
            .map(|_| {
                let (sender, inbox) = sync_channel::<Load>(1);
                let start = &start;
                scope.spawn(move || {
                    while let Ok(load) = inbox.recv() {
                        start.wait();
                        drop(load);
                    }
                });
                sender
            })
            .collect();
        for round in 0..rounds {
            let pool = arena(frames);
            // Some frames stay free, and some are uncarved.
            let mut out: Vec<Frame> = (0..frames - 5).map(|_| pool.get(60).unwrap()).collect();
            out.truncate(frames - 5 - (round % 7) as usize);
            out.iter_mut().for_each(|frame| frame[0] = 1);
            if round == 0 {
                assert_mapped(frames, 1);
            }
            for (inbox, load) in inboxes.iter().zip(divide(out, threads)) {
                inbox.send(load).unwrap();
            }
            start.wait();
            drop(pool);
        }
    });
    assert_mapped(frames, 0);
}

/// What a thread of [`race`] drops.
enum Load {
    Singles(#[allow(dead_code, reason = "to be dropped")] Vec<Frame>),
    IdBatch(#[allow(dead_code, reason = "to be dropped")] Box<Burst<200>>),
}

#[test]
fn last_handle_races_frees_of_single_frames() {
    race(67, 4, scale() * 5000, |mut frames, threads| {
        let share = frames.len() / threads;
        let mut loads: Vec<_> = (1..threads)
            .map(|_| Load::Singles(frames.split_off(frames.len() - share)))
            .collect();
        loads.push(Load::Singles(frames));
        loads
    });
}

#[test]
fn last_handle_races_frees_of_bursts_and_flushes() {
    race(173, 3, scale() * 3000, |mut frames, threads| {
        let share = frames.len() / threads;
        let mut loads: Vec<_> = (1..threads)
            .map(|_| {
                let mut burst = Box::new(Burst::new());
                burst.extend(frames.split_off(frames.len() - share));
                Load::IdBatch(burst)
            })
            .collect();
        loads.push(Load::Singles(frames));
        loads
    });
}

#[test]
fn clones_dropped_at_once_end_the_pool_once() {
    for _ in 0..scale() * 1000 {
        let pool = arena(139);
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                let (pool, start) = (pool.clone(), &start);
                scope.spawn(move || {
                    let frame = pool.get(60).unwrap();
                    start.wait();
                    drop(pool);
                    drop(frame);
                });
            }
            drop(pool);
        });
    }
    assert_mapped(139, 0);
}
