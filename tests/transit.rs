//! Tests that no allocation is refused for chunks that another call takes back from their class
//! while the budget is free, on both fronts.

#![cfg(not(loom))]
#![allow(clippy::disallowed_types, reason = "these are the test's own")]

mod common;

use std::iter;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::{Random, cpus, scale};
use framewell::{Front, Pool, VarBuf};

/// The classes that take the budget from one another. Each fills it.
const LENGTHS: [usize; 4] = [352, 2368, 1600, 11_456];

/// Lets one class fill the budget and give all of it back. Then `threads` share half of it in
/// another class, which nobody else needs. Returns the number of allocations that were refused, and
/// that of all.
fn hand_over(pool: &Pool, threads: usize, [from, to]: [usize; 2]) -> (usize, usize) {
    drop(iter::from_fn(|| pool.alloc(from).ok()).collect::<Vec<_>>());
    let alloc = pool.stats().alloc.unwrap();
    assert_eq!((alloc.out, alloc.chunks), (0, alloc.budget >> 20));
    let share = alloc.budget / 2 / threads / to;
    let refused = AtomicUsize::new(0);
    let start = Barrier::new(threads);
    let one = || {
        let mut held: Vec<VarBuf> = Vec::with_capacity(share);
        start.wait();
        for _ in 0..share {
            match pool.alloc(to) {
                Ok(buffer) => held.push(buffer),
                Err(_) => _ = refused.fetch_add(1, Ordering::Relaxed),
            }
        }
        // Nothing comes back before all are done.
        start.wait();
    };
    thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(one)));
    (refused.into_inner(), share * threads)
}

/// Returns the refusals of all turns, with one class after the other.
fn turns(front: Front, bytes: usize, threads: usize, turns: usize) -> usize {
    let builder = Pool::builder().frames(1).front(front);
    let pool = builder.alloc_bytes(bytes).build().unwrap();
    let mut sum = (0, 0);
    for turn in 0..turns {
        let lengths = [turn, turn + 1].map(|turn| LENGTHS[turn % LENGTHS.len()]);
        let (refused, all) = hand_over(&pool, threads, lengths);
        sum = (sum.0 + refused, sum.1 + all);
    }
    println!(
        "{} front, {} MiB, {threads} threads: {} of {} refused",
        pool.stats().front,
        bytes >> 20,
        sum.0,
        sum.1
    );
    sum.0
}

#[test]
fn no_allocation_is_refused_while_chunks_go_to_another_class() {
    for front in [Front::Auto, Front::Portable] {
        for (bytes, rounds) in [(16 << 20, 16 * scale()), (256 << 20, 2 * scale())] {
            for threads in [1, 2, 4, 8] {
                let refused = turns(front, bytes, threads, rounds as usize);
                // With more threads than CPUs a call can be stopped with buffers in hand, so
                // refusals are only counted.
                if threads <= cpus().len() {
                    assert_eq!(refused, 0, "{threads} threads");
                }
            }
        }
    }
}

/// Returns how many of `rounds` allocations were refused. The lengths are up to 8000 at random, and
/// about half a megabyte is live.
fn churned(front: Front, bytes: usize, rounds: usize) -> usize {
    const LIVE: usize = 125;
    let builder = Pool::builder().frames(1).front(front);
    let pool = builder.alloc_bytes(bytes).build().unwrap();
    let mut random = Random::new(7);
    let mut held: Vec<Option<VarBuf>> = Vec::new();
    held.resize_with(LIVE, || None);
    let mut refused = 0;
    for _ in 0..rounds {
        let at = random.below(LIVE);
        held[at] = None;
        held[at] = pool.alloc(1 + random.below(8000)).ok();
        refused += usize::from(held[at].is_none());
    }
    println!(
        "{} front, {} MiB: {refused} of {rounds} refused",
        pool.stats().front,
        bytes >> 20
    );
    refused
}

#[test]
fn lengths_at_random_need_few_chunks() {
    for front in [Front::Auto, Front::Portable] {
        let rounds = 20_000 * scale() as usize;
        // Each chunk belongs to one class, so with as many chunks as classes there is one for each.
        assert!(churned(front, 16 << 20, rounds) < rounds / 1000);
        assert_eq!(churned(front, 24 << 20, rounds), 0);
    }
}

#[test]
fn larger_class_serves_where_no_chunk_is_left() {
    for front in [Front::Auto, Front::Portable] {
        let builder = Pool::builder().frames(1).front(front);
        let pool = builder.alloc_bytes(1 << 20).build().unwrap();
        let first = pool.alloc(1600).unwrap();
        let small = pool.alloc(100).unwrap();
        assert_eq!((small.len(), small.capacity()), (100, first.capacity()));
        assert_eq!(pool.alloc_aligned(100).unwrap().as_ptr().addr() % 64, 0);
        assert!(pool.alloc(3000).is_err());
        drop((first, small));
        // With nothing in use the chunk goes where it is wanted.
        assert_eq!(pool.alloc(3000).unwrap().len(), 3000);
        assert_eq!(pool.trim().pinned, 0);
    }
}
