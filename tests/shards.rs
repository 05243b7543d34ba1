//! Tests what only the portable front has: shards, as many as the builder says.

#![cfg(not(loom))]

mod common;

use common::churn::Churn;
use common::{assert_whole, cpus, not_run, pin, scale, take_all};
use framewell::{Front, Pool, PoolBuilder};

fn sharded(frames: usize, shards: usize) -> PoolBuilder {
    let builder = Pool::builder().front(Front::Portable);
    builder.frames(frames).shards(shards)
}

fn churn() -> Churn {
    Churn {
        threads: 16,
        calls: scale() * 200_000,
        keep: 16,
        flip: false,
    }
}

#[test]
fn shards_at_the_limits_serve_every_frame() {
    for shards in [1, 4096] {
        for frames in [1, 100] {
            let pool = sharded(frames, shards).build().unwrap();
            assert_eq!(pool.stats().per_cpu.len(), shards);
            assert_whole(&pool);
            assert_whole(&pool);
        }
    }
}

#[test]
fn free_rests_in_the_shard_of_its_cpu() {
    if cpus().len() < 2 {
        not_run("frees on several CPUs: there is one alone");
    }
    for cpu in cpus() {
        let pool = sharded(100, 8).build().unwrap();
        let frames = take_all(&pool);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                pin(cpu);
                drop(frames);
            });
        });
        let stats = pool.stats();
        for (shard, held) in stats.per_cpu.iter().enumerate() {
            assert_eq!(*held > 0, shard == cpu % 8, "CPU {cpu}, shard {shard}");
        }
    }
}

#[test]
fn frees_beyond_a_shards_limit_go_to_the_depot_by_whole_batches() {
    let pool = sharded(4096, 1).build().unwrap();
    drop(take_all(&pool));
    let stats = pool.stats();
    assert_eq!((stats.batch, stats.cache), (64, 128));
    assert!(stats.per_cpu[0] <= 2 * stats.batch, "{stats}");
    assert!(stats.depot >= 4096 - 2 * stats.batch, "{stats}");
    assert_eq!(stats.flushes as usize * stats.batch, stats.depot, "{stats}");
    assert_eq!(stats.refills, 64, "carved batch by batch: {stats}");
}

#[test]
fn one_shard_for_all_threads_leaves_the_pool_whole() {
    let pool = sharded(300, 1).build().unwrap();
    assert!(churn().run(&pool).frames_got > 1000);
}

#[test]
fn more_shards_than_cpus_leave_the_pool_whole() {
    let pool = sharded(300, 64).build().unwrap();
    assert_eq!(pool.stats().per_cpu.len(), 64);
    assert!(churn().run(&pool).frames_got > 1000);
}
