//! Tests that a pool says that it is empty only when it is.

#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::common::{
    Random, assert_distinct, assert_whole, builder, cpus, held_by_sweeps, not_run, on, pin, scale,
    take_all,
};
use crossbeam_utils::CachePadded;
use framewell::{BulkError, Burst, FrontKind, OutOfBuffers, Pool, Stats};

const SHARDS: usize = 8;

/// The cache sizes. Small caches leave most of a pool to the depot, and large ones leave most of it
/// to sweeps and steals.
const CACHES: [usize; 3] = [1, 10, 1020];

/// Returns a pool with free frames with every CPU, in the depot and, if asked for, uncarved.
fn scattered(frames: usize, uncarved: usize, cache: usize) -> Pool {
    let pool = builder().frames(frames).shards(SHARDS).cache_size(cache);
    let pool = pool.build().unwrap();
    let mut taken: Vec<_> = (0..frames - uncarved)
        .map(|_| pool.get(60).unwrap())
        .collect();
    let mut random = Random::new(frames as u64);
    for i in (1..taken.len()).rev() {
        taken.swap(i, random.below(i + 1));
    }
    let cpus = cpus();
    let last = cpus.len() - 1;
    for (i, cpu) in cpus.into_iter().enumerate() {
        let left = taken.len() * (last - i) / (last + 1);
        on(cpu, || taken.truncate(left));
    }
    pool
}

/// Returns the number of CPUs whose frames are in places of their own. On the rseq front these are
/// all CPUs, on the portable one those with different shards.
fn apart(stats: &Stats) -> usize {
    let places = match stats.front {
        FrontKind::Portable => SHARDS,
        _ => usize::MAX,
    };
    let reachable: BTreeSet<usize> = cpus().iter().map(|cpu| cpu % places).collect();
    reachable.len()
}

/// Checks that the frames of the pool are spread as far as this machine can spread them.
#[track_caller]
fn assert_scattered(pool: &Pool) {
    let stats = pool.stats();
    assert_eq!(stats.out, 0);
    assert!(stats.depot > 0, "{stats}");
    let places = stats.per_cpu.iter().filter(|frames| **frames > 0).count();
    if apart(&stats) > 1 {
        assert!(places > 1, "{:?}", stats.per_cpu);
    } else {
        not_run("frames with several CPUs: there is one, or no affinity");
    }
}

#[test]
fn one_thread_gets_every_frame_of_all_cpus_and_the_depot() {
    for cache in CACHES {
        for frames in [100, 1000, 4096, 10_007] {
            let frames = frames.max(8 * cpus().len());
            let pool = scattered(frames, 0, cache);
            assert_scattered(&pool);
            // This runs on one CPU: a thread that was moved meanwhile could find what rests with
            // both CPUs without a steal.
            on(cpus()[0], || assert_whole(&pool));
            if apart(&pool.stats()) > 1 {
                assert!(pool.stats().steals > 0, "{}", pool.stats());
            }
            // The frames that were freed just now rest where a pool that was just empty puts them.
            assert_whole(&pool);
        }
    }
}

#[test]
fn one_thread_gets_every_frame_where_some_are_uncarved() {
    for cache in CACHES {
        let pool = scattered(10_007, 3000, cache);
        assert_scattered(&pool);
        // Frames are carved in batches, so fewer may be left.
        assert!(pool.stats().uncarved > 2900, "{}", pool.stats());
        assert_whole(&pool);
    }
}

#[test]
fn only_the_call_after_the_last_frame_is_refused() {
    for cache in CACHES {
        let pool = scattered(1000, 0, cache);
        let before = pool.stats().refusals;
        let frames: Vec<_> = (0..1000).map(|_| pool.get(60).unwrap()).collect();
        assert_eq!(pool.stats().refusals, before);
        assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
        assert_eq!(pool.stats().refusals, before + 1);
        assert_distinct(&frames, 1000);
    }
}

#[test]
fn get_burst_of_all_scattered_frames_gets_all() {
    for cache in CACHES {
        let pool = scattered(3000, 500, cache);
        assert_scattered(&pool);
        let mut burst: Box<Burst<3001>> = Box::new(Burst::new());
        assert_eq!(pool.get_burst(&mut burst, 3001), 3000);
        assert_distinct(&burst, 3000);
    }
}

#[test]
fn get_bulk_of_all_scattered_frames_gets_all() {
    for cache in CACHES {
        let pool = scattered(3000, 500, cache);
        assert_scattered(&pool);
        let mut burst: Box<Burst<3001>> = Box::new(Burst::new());
        pool.get_bulk(&mut burst, 3000).unwrap();
        assert_distinct(&burst, 3000);
    }
}

#[test]
fn get_bulk_of_one_more_than_all_leaves_all_available() {
    for (uncarved, cache) in [(0, 1), (0, 1020), (500, 10), (3000, 1020)] {
        let pool = scattered(3000, uncarved, cache);
        let mut burst: Box<Burst<3001>> = Box::new(Burst::new());
        for _ in 0..3 {
            let refused = pool.get_bulk(&mut burst, 3001);
            assert_eq!(refused, Err(BulkError::OutOfBuffers));
            assert!(burst.is_empty());
            assert_eq!(pool.stats().out, 0);
        }
        pool.get_bulk(&mut burst, 3000).unwrap();
        drop(burst);
        assert_whole(&pool);
    }
}

#[test]
fn frames_freed_on_one_cpu_are_got_on_the_next() {
    // There are fewer frames than a batch, or than CPUs, so each get has to look everywhere,
    // however often.
    for (frames, cache) in [(1, 1), (1, 1020), (2, 1), (5, 2), (40, 10)] {
        let pool = builder().frames(frames).shards(SHARDS).cache_size(cache);
        let pool = pool.build().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                let cpus = cpus();
                for round in 0..scale() as usize * 300 {
                    pin(cpus[round % cpus.len()]);
                    let held: Vec<_> = (0..frames).map(|_| pool.get(60).unwrap()).collect();
                    if round % 3 == 0 {
                        assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
                    }
                    drop(held);
                }
            });
        });
        assert_whole(&pool);
    }
}

const THREADS: usize = 64;

/// How a pool's frames are divided among CPUs: the number of shards of the portable front, and the
/// number of frames that are with a CPU on either front.
#[derive(Clone, Copy, Debug)]
struct Division {
    shards: usize,
    cache: usize,
}

const DIVISIONS: [Division; 3] = [
    Division {
        shards: 1,
        cache: 1020,
    },
    Division {
        shards: 2,
        cache: 8,
    },
    Division {
        shards: 64,
        cache: 1,
    },
];

/// Returns a pool whose frames take one cache line, so that 32 bits have address space for a
/// million of them too.
fn divided(frames: usize, by: Division) -> Pool {
    let pool = builder().frames(frames).shards(by.shards);
    let pool = pool.headroom(0).payload(60).tailroom(0);
    pool.cache_size(by.cache).build().unwrap()
}

/// Returns a pool with the least number of frames that suffices for threads that hold one frame at
/// most. That is a batch for each call in progress, and on the rseq front what the caches hold,
/// which a sweep may have stopped.
fn sufficient(by: Division) -> Pool {
    let mut frames = 1 << 20;
    loop {
        let pool = divided(frames, by);
        let stats = pool.stats();
        let enough = THREADS + THREADS * stats.batch + held_by_sweeps(&stats);
        assert!(enough <= frames);
        if enough == frames {
            return pool;
        }
        frames = enough;
    }
}

#[test]
fn holders_of_one_frame_are_never_refused_where_batches_fit() {
    for by in DIVISIONS {
        let pool = sufficient(by);
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (pool, start) = (&pool, &start);
                scope.spawn(move || {
                    let mut random = Random::new(number as u64);
                    start.wait();
                    for call in 0..scale() * 5000 {
                        let mut frame = pool.get(60).unwrap_or_else(|refused| {
                            panic!("call {call}: {refused}; {}", pool.stats())
                        });
                        frame[0] = number as u8;
                        if random.below(16) == 0 {
                            thread::yield_now();
                        }
                        assert_eq!(frame[0], number as u8);
                    }
                });
            }
        });
        assert_eq!(pool.stats().refusals, 0);
        assert_whole(&pool);
    }
}

/// A number for each thread that is odd while the thread is in a call of the pool.
struct Calls(Vec<CachePadded<AtomicU64>>);

impl Calls {
    fn new() -> Self {
        Self((0..THREADS).map(|_| CachePadded::default()).collect())
    }

    // SeqCst, here and in the loads below, pairs with itself: conclusions from the numbers must
    // follow from the order in which they were seen.
    fn during<T>(&self, me: usize, call: impl FnOnce() -> T) -> T {
        self.0[me].fetch_add(1, Ordering::SeqCst);
        let answer = call();
        self.0[me].fetch_add(1, Ordering::SeqCst);
        answer
    }

    fn read(&self, numbers: &mut [u64; THREADS]) {
        for (number, call) in numbers.iter_mut().zip(&self.0) {
            *number = call.load(Ordering::SeqCst);
        }
    }

    /// Returns whether another thread was in a call at some time since `before` was read.
    fn others_since(&self, me: usize, before: &[u64; THREADS]) -> bool {
        let overlaps = |other: usize| {
            let was = before[other];
            was % 2 == 1 || was != self.0[other].load(Ordering::SeqCst)
        };
        (0..THREADS).any(|other| other != me && overlaps(other))
    }
}

/// Holds one frame most of the time, so that few are free. Every refusal must overlap another
/// thread's call. Returns how many refusals there were. With `bulks` it also asks for all frames at
/// once, and keeps them no longer than the call.
fn hold_one_at_most(pool: &Pool, calls: &Calls, me: usize, bulks: bool) -> u64 {
    let mut random = Random::new(me as u64);
    let mut refusals = 0;
    let mut before = [0; THREADS];
    let mut held = None;
    for _ in 0..scale() * 25_000 {
        if held.is_some() {
            if random.below(32) == 0 {
                calls.during(me, || held = None);
            } else if random.below(32) == 0 {
                thread::yield_now();
            }
            continue;
        }
        if bulks && random.below(2) == 0 {
            let mut all: Burst<THREADS> = Burst::new();
            calls.during(me, || {
                let _answer = pool.get_bulk(&mut all, THREADS);
                all.clear();
            });
        }
        calls.read(&mut before);
        match calls.during(me, || pool.get(60)) {
            Ok(frame) => held = Some(frame),
            Err(OutOfBuffers) => {
                refusals += 1;
                assert!(
                    calls.others_since(me, &before),
                    "refused while nobody else was in a call: {}",
                    pool.stats()
                );
            }
        }
    }
    calls.during(me, || drop(held));
    refusals
}

/// Returns the number of refusals of 64 threads with a frame for each.
fn refusals(by: Division, bulks: bool) -> u64 {
    let pool = divided(THREADS, by);
    let calls = Calls::new();
    let refusals = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|me| {
                let (pool, calls) = (&pool, &calls);
                scope.spawn(move || hold_one_at_most(pool, calls, me, bulks))
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    let steals = pool.stats().steals;
    eprintln!("{by:?}: {refusals} refusals, {steals} steals");
    assert_whole(&pool);
    refusals
}

#[test]
fn refusal_of_a_pool_with_a_frame_for_each_overlaps_a_call() {
    let seen: u64 = DIVISIONS.map(|by| refusals(by, false)).iter().sum();
    if seen == 0 {
        not_run("refusals beside single calls: none happened");
    }
}

#[test]
fn refusal_overlaps_the_bulk_that_holds_the_frames() {
    let seen: u64 = DIVISIONS.map(|by| refusals(by, true)).iter().sum();
    if seen == 0 {
        not_run("refusals during a bulk: none happened");
    }
}

#[test]
fn after_a_barrier_one_thread_gets_what_many_have_freed() {
    for by in DIVISIONS {
        let pool = divided(THREADS, by);
        let barrier = Barrier::new(THREADS);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (pool, barrier) = (&pool, &barrier);
                scope.spawn(move || {
                    for round in 0..scale() as usize * 50 {
                        drop(pool.get(60));
                        barrier.wait();
                        if round % THREADS == number {
                            assert_eq!(take_all(pool).len(), THREADS, "{by:?}, round {round}");
                        }
                        barrier.wait();
                    }
                });
            }
        });
        assert_whole(&pool);
    }
}
