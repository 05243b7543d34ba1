//! Runs many threads at once: no frame has two owners, and none is lost.
//!
//! `FRAMEWELL_LONG=1` makes every run four times longer, and the longest sixteen times. With
//! `FRAMEWELL_SHORT=1` the longest is half as long as normally.

use crate::common::churn::{Churn, Outcome};
use crate::common::{builder, cpus, not_run, pool, repeated, scale};
use framewell::Pool;

const MILLION: u64 = 1_000_000;

fn churn(pool: &Pool, churn: Churn) -> Outcome {
    let started = std::time::Instant::now();
    let outcome = churn.run(pool);
    let took = started.elapsed();
    eprintln!("{} threads, {outcome:?}, {took:.1?}", churn.threads);
    outcome
}

fn small(threads: usize) -> Churn {
    Churn {
        threads,
        calls: scale() * MILLION / 5,
        keep: 16,
        flip: false,
    }
}

#[test]
fn calls_of_64_threads_leave_the_pool_whole() {
    let outcome = churn(
        &pool(4096),
        Churn {
            threads: 64,
            calls: repeated(10 * MILLION),
            keep: 40,
            flip: false,
        },
    );
    // How many it is depends on how often threads take turns: frames are out of reach in the
    // inbox of one that does not run.
    assert!(outcome.frames_got > 1000, "{outcome:?}");
    assert!(outcome.frames_received > 1000, "{outcome:?}");
}

#[test]
fn threads_that_move_between_cpus_leave_the_pool_whole() {
    if cpus().len() < 2 {
        not_run("moves between CPUs: there is one alone");
    }
    let outcome = churn(
        &pool(512),
        Churn {
            threads: 16,
            calls: scale() * MILLION,
            keep: 30,
            flip: true,
        },
    );
    // On one CPU the frames are mostly with threads that do not run.
    assert!(outcome.frames_got > 1000, "{outcome:?}");
}

#[test]
fn pools_of_few_frames_with_many_threads_stay_whole() {
    for frames in [1, 2, 3, 7] {
        // A thread that kept a frame would starve the others while it does not run.
        let outcome = churn(
            &pool(frames),
            Churn {
                keep: 0,
                ..small(32)
            },
        );
        assert!(outcome.frames_got > 1000, "{outcome:?}");
    }
}

#[test]
fn smallest_caches_of_a_small_pool_leave_the_pool_whole() {
    // The threads keep about as many frames as there are, so most of the time nearly nothing is
    // free.
    for cache in [1, 3] {
        let pool = builder().frames(100).shards(3).cache_size(cache);
        let churned = Churn {
            keep: 6,
            flip: true,
            ..small(16)
        };
        assert!(churn(&pool.build().unwrap(), churned).frames_got > 1000);
    }
}

#[test]
fn zeroing_pool_under_stress_leaves_the_pool_whole() {
    let pool = builder().frames(300).zero_on_free(true);
    assert!(churn(&pool.build().unwrap(), small(16)).frames_got > 1000);
}
