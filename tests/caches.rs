//! Tests what only the rseq front has: a cache for each CPU, sweeps, and dry times.

#![cfg(all(not(loom), target_os = "linux"))]

mod common;

use common::{assert_distinct, assert_whole, cpus, has_rseq, not_run, on, take_all};
use framewell::{Frame, Front, OutOfBuffers, Pool, Stats};

/// Returns a pool on the rseq front, or `None` after saying that there is none.
fn cached(frames: usize, cache: usize) -> Option<Pool> {
    let builder = Pool::builder().front(Front::Rseq).frames(frames);
    has_rseq("caches by restartable sequences")
        .then(|| builder.cache_size(cache).build().expect("it is to be had"))
}

fn get(pool: &Pool, count: usize) -> Vec<Frame> {
    (0..count).map(|_| pool.get(60).unwrap()).collect()
}

fn in_caches(stats: &Stats) -> usize {
    stats.per_cpu.iter().sum()
}

/// Returns how many frames in the depot end a dry time.
fn rich(stats: &Stats) -> usize {
    let one_batch_a_cpu = stats.per_cpu.len() * stats.batch;
    one_batch_a_cpu.min(stats.capacity / 4).max(1)
}

#[test]
fn free_rests_in_the_cache_of_its_cpu() {
    for cpu in cpus() {
        let Some(pool) = cached(400, 20) else { return };
        let frames = take_all(&pool);
        on(cpu, || drop(frames));
        let stats = pool.stats();
        for (at, held) in stats.per_cpu.iter().enumerate() {
            assert_eq!(*held > 0, at == cpu, "CPU {cpu}: {:?}", stats.per_cpu);
            assert!(*held <= stats.cache, "CPU {cpu}: {stats}");
        }
        assert_eq!(stats.depot + in_caches(&stats), 400);
    }
}

#[test]
fn get_that_finds_frames_with_other_cpus_alone_sweeps_them_all() {
    if cpus().len() < 2 {
        return not_run("frames with another CPU: there is one alone");
    }
    let capacity = 400.max(8 * cpus().len());
    for cache in [1, 2, 7, 64] {
        let Some(pool) = cached(capacity, cache) else {
            return;
        };
        // No call is refused, so the caches stay open. Then each cache is filled, and no frame is
        // anywhere else.
        let mut frames = get(&pool, capacity);
        let cache = pool.stats().cache;
        for cpu in cpus() {
            let back = frames.split_off(frames.len() - cache);
            on(cpu, || drop(back));
        }
        let stats = pool.stats();
        assert_eq!(in_caches(&stats), cpus().len() * cache, "{stats}");
        assert_eq!((stats.depot, stats.uncarved, stats.steals), (0, 0, 0));

        let rest = on(cpus()[0], || get(&pool, in_caches(&stats)));
        let stats = pool.stats();
        assert_eq!((stats.out, stats.steals), (capacity, 1), "{stats}");
        assert_eq!(stats.fences_refused, 0);
        assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
        frames.extend(rest);
        assert_distinct(&frames, capacity);
        drop(frames);
        assert_whole(&pool);
    }
}

#[test]
fn dry_pool_frees_to_the_depot_until_that_is_rich() {
    for cache in [2, 8, 64] {
        let Some(pool) = cached(400, cache) else {
            return;
        };
        // This runs on one CPU: a free that is moved to another CPU after it opened its cache finds
        // the other cache shut.
        on(cpus()[0], || frees_to_the_depot_until_it_is_rich(&pool));
        assert_whole(&pool);
    }
}

fn frees_to_the_depot_until_it_is_rich(pool: &Pool) {
    let mut frames = take_all(pool);
    let rich = rich(&pool.stats());
    assert_eq!(pool.stats().out, 400, "refused, so dry");
    for freed in 1..=rich {
        drop(frames.pop());
        let stats = pool.stats();
        assert_eq!((in_caches(&stats), stats.depot), (0, freed), "{stats}");
    }
    drop(frames.pop());
    let stats = pool.stats();
    assert_eq!(
        in_caches(&stats),
        1,
        "the first beyond opens a cache: {stats}"
    );
}

#[test]
fn dry_pool_serves_every_frame_that_comes_home_to_any_cpu() {
    for cache in [1, 2, 8] {
        let Some(pool) = cached(40, cache) else {
            return;
        };
        let mut frames = take_all(&pool);
        for round in 0..200 {
            let cpus = cpus();
            let back = frames.split_off(frames.len() - 1 - round % 5);
            let count = back.len();
            on(cpus[round % cpus.len()], || drop(back));
            frames.extend(get(&pool, count));
            assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers, "round {round}");
            assert_distinct(&frames, 40);
        }
        drop(frames);
        assert_whole(&pool);
    }
}
