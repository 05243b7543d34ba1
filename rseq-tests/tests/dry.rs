//! The rseq front where frames run out: all of them are found, refusals cost no fence, and a kernel that
//! refuses fences from some moment on loses what the caches held, and nothing else.

#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

#[path = "../../tests/common/mod.rs"]
mod common;
mod harness;

use std::fs;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use common::churn::Churn;
use common::ledger::Ledger;
use common::{assert_distinct, assert_whole, linux, take_all};
use framewell::{Burst, Frame, Front, OutOfBuffers, Pool};
use harness::seccomp::{Whom, refuse_fences};
use harness::{child, has_rseq, not_run};

fn pool(frames: usize) -> Pool {
    let pool = Pool::builder().frames(frames).front(Front::Rseq);
    pool.build().unwrap()
}

/// Has a thread on each CPU take its share of all frames at once, and then free it.
fn spread(pool: &Pool) {
    let cpus = linux::cpus();
    let all_taken = Barrier::new(cpus.len());
    let share = pool.capacity() / cpus.len();
    thread::scope(|scope| {
        for cpu in cpus {
            let all_taken = &all_taken;
            scope.spawn(move || {
                common::pin(cpu);
                let frames: Vec<_> = (0..share).map(|_| pool.get(60).unwrap()).collect();
                all_taken.wait();
                drop(frames);
            });
        }
    });
}

fn cached(pool: &Pool) -> usize {
    pool.stats().per_cpu.iter().sum()
}

/// Runs a test in a process of its own, which a filter changes for good; `true` there.
fn on_its_own(test: &str) -> bool {
    if !has_rseq() {
        return false;
    }
    if !child::here() {
        child::run(test, &[]).assert_passed();
    }
    child::here()
}

#[track_caller]
fn without_fences(whom: Whom) -> bool {
    let refused = refuse_fences(whom);
    if !refused {
        not_run("a kernel that refuses membarrier: it takes no filter");
    }
    refused
}

/// Whether an address is mapped.
fn is_mapped(address: usize) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().any(|line| {
        let (range, _) = line.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let number = |text| usize::from_str_radix(text, 16).unwrap();
        (number(from)..number(to)).contains(&address)
    })
}

#[test]
fn one_thread_gets_what_rests_in_all_caches() {
    if !has_rseq() {
        return;
    }
    let cpus = pool(1).stats().per_cpu.len();
    for frames in [2 * cpus, 100 * cpus, 5000 * cpus] {
        let pool = pool(frames);
        spread(&pool);
        let stats = pool.stats();
        if frames == 2 * cpus && linux::cpus().len() == cpus {
            // So few are all in caches.
            assert_eq!((stats.depot, stats.uncarved), (0, 0), "{stats}");
            assert!(stats.per_cpu.iter().all(|here| *here == 2), "{stats}");
        }
        assert!(stats.per_cpu.iter().any(|here| *here > 0), "{stats}");
        assert_eq!(stats.out, 0, "{stats}");
        let frames = (0..frames).map(|_| pool.get(60).unwrap());
        let frames: Vec<Frame> = frames.collect();
        assert_distinct(&frames, pool.capacity());
        assert_eq!(pool.stats().refusals, stats.refusals);
        assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
        drop(frames);
        assert_whole(&pool);
    }
}

#[test]
fn dry_pool_refuses_without_a_fence() {
    if !on_its_own("dry_pool_refuses_without_a_fence") {
        return;
    }
    let pool = pool(2000);
    spread(&pool);
    let mut frames = take_all(&pool);
    if !without_fences(Whom::Everyone) {
        return;
    }
    let started = Instant::now();
    for _ in 0..100_000 {
        assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
    }
    let each = started.elapsed() / 100_000;
    let mut burst: Burst<8> = Burst::new();
    assert_eq!(pool.get_burst(&mut burst, 8), 0);
    assert!(pool.get_bulk(&mut burst, 8).is_err());
    // Frames that come back and go again, fewer than would end the dry time.
    for _ in 0..1000 {
        frames.pop();
        frames.push(pool.get(60).unwrap());
    }
    assert_eq!(pool.stats().fences_refused, 0);
    eprintln!("  a refusal took {each:?}");

    // Caches cannot be opened now: the pool works by the depot, and nothing is lost.
    drop(frames);
    let stats = pool.stats();
    assert!(stats.fences_refused > 0, "{stats}");
    assert_eq!(cached(&pool), 0);
    assert_whole(&pool);
    let base = pool.region().base().addr().get();
    drop(pool);
    assert!(!is_mapped(base), "no cache was open: the memory can go");
}

#[test]
fn fences_refused_later_lose_what_the_caches_held_alone() {
    if !on_its_own("fences_refused_later_lose_what_the_caches_held_alone") {
        return;
    }
    let pool = pool(4000);
    spread(&pool);
    let held = cached(&pool);
    assert!(held > 0);
    if !without_fences(Whom::Everyone) {
        return;
    }
    // The cache of this CPU serves until the sweep.
    let frames = take_all(&pool);
    assert_distinct(&frames, 4000);
    assert!(
        (4000 - held..=4000).contains(&frames.len()),
        "{}",
        frames.len()
    );
    let stats = pool.stats();
    assert!(stats.fences_refused > 0, "{stats}");
    let count = frames.len();
    drop(frames);
    let again = take_all(&pool);
    assert_distinct(&again, 4000);
    assert_eq!(again.len(), count);
    drop(again);
    use_from_many_threads(&pool, count);
    eprintln!("  {count} of 4000 left, {held} were in caches");
    let base = pool.region().base().addr().get();
    drop(pool);
    assert!(is_mapped(base), "nobody can tell who uses it");
}

/// More threads than CPUs get and free; as many frames as before can be got afterwards.
fn use_from_many_threads(pool: &Pool, count: usize) {
    let ledger = Ledger::new(pool);
    thread::scope(|scope| {
        for me in 1..=6 {
            let ledger = &ledger;
            scope.spawn(move || {
                for round in 0..2000 {
                    let mut burst: Burst<700> = Burst::new();
                    pool.get_burst(&mut burst, if round % 10 == 0 { 700 } else { 20 });
                    burst.iter().for_each(|frame| ledger.got(frame, me));
                    burst.iter().for_each(|frame| ledger.freeing(frame, me));
                }
            });
        }
    });
    assert_eq!(take_all(pool).len(), count);
}

#[test]
fn thread_alone_without_fences_stops_nobody() {
    if !on_its_own("thread_alone_without_fences_stops_nobody") {
        return;
    }
    let pool = pool(1000);
    spread(&pool);
    let held = cached(&pool);
    let taken = thread::scope(|scope| {
        let filtered = || without_fences(Whom::Caller).then(|| take_all(&pool));
        scope.spawn(filtered).join().unwrap()
    });
    let Some(taken) = taken else {
        return;
    };
    let count = taken.len();
    assert!(pool.stats().fences_refused > 0);
    assert!(count >= 1000 - held);
    drop(taken);
    // The others can fence: their caches are not those that were lost.
    let ours = take_all(&pool);
    assert_distinct(&ours, 1000);
    assert!(ours.len() >= count, "{} of {count}", ours.len());
    let count = ours.len();
    drop(ours);
    use_from_many_threads(&pool, count);
}

#[test]
fn pool_closed_without_fences_stays_mapped() {
    if !on_its_own("pool_closed_without_fences_stays_mapped") {
        return;
    }
    let pool = pool(1000);
    let outcome = Churn {
        threads: 4,
        calls: 100_000,
        keep: 30,
        flip: true,
    }
    .run(&pool);
    assert!(outcome.frames_got > 10_000);
    spread(&pool);
    let frame = pool.get(60).unwrap();
    if !without_fences(Whom::Everyone) {
        return;
    }
    let base = pool.region().base().addr().get();
    drop(pool);
    drop(frame);
    assert!(is_mapped(base), "nobody can tell who uses it");
}

macro_rules! holds {
    ($variant:ident, $test:ident) => {
        #[test]
        fn frame_freed_to_a_cache_that_a_suspended_call_opens_is_in_its_hands() {
            let test = "frame_freed_to_a_cache_that_a_suspended_call_opens_is_in_its_hands";
            let [first, second, ..] = linux::cpus()[..] else {
                return not_run("a cache opened on another CPU: there is one alone");
            };
            if on_its_own(test) {
                $variant::subject::freed_to_a_cache_being_opened([first, second]);
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/dry.rs"));

#[test]
fn trim_without_a_fence_loses_what_caches_hold_and_no_more() {
    if !on_its_own("trim_without_a_fence_loses_what_caches_hold_and_no_more") {
        return;
    }
    let builder = Pool::builder().front(framewell::Front::Rseq);
    let pool = builder.dot11_bytes(4 << 20).build().unwrap();
    let take_all = || std::iter::from_fn(|| pool.dot11(2346).ok()).collect::<Vec<_>>();
    let all = take_all();
    let total = all.len();
    drop(all);
    if !without_fences(Whom::Everyone) {
        return;
    }
    let most = pool.stats().per_cpu.len() * pool.stats().dot11.unwrap().classes[0].cache;
    for _ in 0..3 {
        pool.trim();
    }
    let stats = pool.stats();
    assert!(stats.fences_refused > 0, "{stats}");
    let left = take_all();
    assert!(
        left.len() < total && left.len() >= total - most,
        "{} of {total}",
        left.len()
    );
    drop(left);
    // The chunks without a lost buffer serve other classes.
    let kept = pool.trim().pinned;
    let large: Vec<_> = std::iter::from_fn(|| pool.dot11(65_600).ok()).collect();
    assert_eq!(large.len(), (4 - kept) * 15);
}
