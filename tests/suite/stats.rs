//! Tests that the numbers of a snapshot add up and are exact free.

use std::thread;

use crate::common::{Random, builder, pool, take_all};
use framewell::{Burst, FrontKind, HugePages, Stats};

#[track_caller]
fn assert_adds_up(stats: &Stats, out: usize) {
    let with_cpus: usize = stats.per_cpu.iter().sum();
    assert_eq!(stats.out, out, "{stats}");
    assert_eq!(stats.free + stats.out, stats.capacity, "{stats}");
    assert_eq!(
        with_cpus + stats.depot + stats.uncarved,
        stats.free,
        "{stats}"
    );
}

#[test]
fn fresh_pool_is_uncarved() {
    let stats = pool(1000).stats();
    assert_adds_up(&stats, 0);
    assert_eq!(stats.uncarved, 1000);
    let events = [stats.refills, stats.flushes, stats.steals, stats.refusals];
    assert_eq!(events, [0; 4]);
    assert_eq!(stats.front == FrontKind::Rseq, stats.no_rseq.is_none());
    assert!(stats.metadata >= 1000 * 8);
}

#[test]
fn exhausted_pool_has_nothing_anywhere() {
    let pool = pool(1000);
    let _frames = take_all(&pool);
    let stats = pool.stats();
    assert_adds_up(&stats, 1000);
    assert_eq!(stats.uncarved, 0);
}

#[test]
fn snapshot_is_exact_after_every_call() {
    let pool = pool(700);
    let mut random = Random::new(1);
    let mut frames = Vec::new();
    let mut burst: Burst<100> = Burst::new();
    for _ in 0..5000 {
        match random.below(4) {
            0 => frames.extend(pool.get(60)),
            1 if !frames.is_empty() => drop(frames.swap_remove(random.below(frames.len()))),
            2 => drop(pool.get_burst(&mut burst, random.below(101))),
            _ => burst.truncate(random.below(100)),
        }
        assert_adds_up(&pool.stats(), frames.len() + burst.len());
    }
}

#[test]
fn snapshot_is_exact_after_frees_on_other_threads() {
    let pool = pool(2000);
    let mut frames = take_all(&pool);
    for left in [1990, 1500, 1499, 700, 0] {
        let freed = frames.split_off(left);
        thread::spawn(|| drop(freed)).join().unwrap();
        assert_adds_up(&pool.stats(), left);
    }
}

#[test]
fn frees_beyond_what_rests_with_the_cpus_go_to_the_depot() {
    for cache in [1, 2, 31, 512] {
        let pool = builder().frames(4096).cache_size(cache).build().unwrap();
        drop(take_all(&pool));
        let stats = pool.stats();
        assert_adds_up(&stats, 0);
        assert_eq!(stats.batch, (stats.cache / 2).clamp(1, 64), "{stats}");
        // A shard has a slot beside its cache.
        let most = stats.cache + usize::from(stats.front == FrontKind::Portable);
        let fit = |held: &usize| *held <= most;
        assert!(stats.per_cpu.iter().all(fit), "{stats} {:?}", stats.per_cpu);
        assert_eq!(stats.depot, 4096 - stats.per_cpu.iter().sum::<usize>());
        // One free flushes at most one batch.
        assert!(
            stats.depot <= stats.flushes as usize * stats.batch,
            "{stats}"
        );
    }
}

#[test]
fn forgotten_frames_stay_out() {
    let pool = pool(10);
    std::mem::forget(pool.get(60).unwrap());
    assert_adds_up(&pool.stats(), 1);
    assert_eq!(take_all(&pool).len(), 9);
}

#[test]
fn each_refused_call_counts_once() {
    let pool = pool(5);
    let mut burst: Burst<10> = Burst::new();
    assert_eq!(pool.get_burst(&mut burst, 10), 5);
    assert_eq!(pool.stats().refusals, 0, "a part is no refusal");
    assert!(pool.get(60).is_err());
    assert_eq!(pool.stats().refusals, 1);
    assert!(pool.copy_from(b"x").is_err());
    assert_eq!(pool.stats().refusals, 2);
    assert_eq!(pool.get_burst(&mut burst, 1), 0);
    assert_eq!(pool.stats().refusals, 3);
    assert!(pool.get_bulk(&mut burst, 1).is_err());
    assert_eq!(pool.stats().refusals, 4);
}

#[test]
fn requests_that_cannot_be_are_no_refusals() {
    let pool = pool(5);
    let mut burst: Burst<2> = Burst::new();
    assert!(pool.get_bulk(&mut burst, 3).is_err());
    assert!(pool.copy_from(&[0; 1501]).is_err());
    assert_eq!(pool.get_burst(&mut burst, 0), 0);
    assert_eq!(pool.stats().refusals, 0);
}

#[test]
fn display_is_a_table() {
    let pool = builder().frames(100).shards(1).huge_pages(HugePages::Off);
    let pool = pool.build().unwrap();
    let _frames: Vec<_> = (0..30).map(|_| pool.get(60).unwrap()).collect();
    let stats = pool.stats();
    let in_caches: usize = stats.per_cpu.iter().sum();
    assert_eq!(in_caches + stats.uncarved, 70);
    let expected = [
        ("capacity", "100"),
        ("out", "30"),
        ("  retired", "0"),
        ("free", "70"),
        ("  caches", &in_caches.to_string()),
        ("  depot", "0"),
        ("  uncarved", &stats.uncarved.to_string()),
        ("cache", &stats.cache.to_string()),
        ("batch", &stats.batch.to_string()),
        ("refills", &stats.refills.to_string()),
        ("flushes", "0"),
        ("steals", "0"),
        ("refusals", "0"),
        ("pages", "base"),
        ("front", &stats.front.to_string()),
    ];
    let text = stats.to_string();
    let mut lines = text.lines();
    for (name, value) in expected {
        assert_eq!(lines.next(), Some(&*format!("{name:<10}{value:>20}")));
    }
    if let Some(reason) = stats.no_rseq {
        assert_eq!(lines.next(), Some(&*format!("no rseq     {reason}")));
    }
    assert_eq!(
        lines.next(),
        Some(&*format!("metadata  {:>18} B", stats.metadata))
    );
    assert_eq!(lines.next(), None);
}

#[test]
fn clones_see_the_same_pool() {
    let pool = pool(10);
    let clone = pool.clone();
    let _frame = clone.get(60).unwrap();
    assert_eq!(pool.stats(), clone.stats());
    assert_eq!(pool.region(), clone.region());
    assert_adds_up(&pool.stats(), 1);
}
