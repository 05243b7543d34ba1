//! Tests the rseq front where frames run out. All of them are found, and refusals cost no fence. A
//! kernel that refuses fences, from some moment on, to all threads or to some, loses nothing.

#![cfg(all(rseq, target_env = "gnu"))]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

#[path = "../../../tests/common/mod.rs"]
mod common;
mod harness;

use std::cell::Cell;
use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::churn::Churn;
use common::ledger::Ledger;
use common::{assert_distinct, assert_whole, linux, take_all};
use framewell::{Burst, Frame, Front, OutOfBuffers, Pool};
use harness::seccomp::{Which, Whom, refuse_fences};
use harness::{after, child, has_rseq, not_run};

fn pool(frames: usize) -> Pool {
    let pool = Pool::builder().frames(frames).front(Front::Rseq);
    pool.build().unwrap()
}

/// Lets a thread on each CPU take its share of all frames at once, and then free it.
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

/// Runs a test in a process of its own, which a filter changes for good. Returns `true` there.
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
    without(whom, Which::All)
}

#[track_caller]
fn without(whom: Whom, which: Which) -> bool {
    let refused = refuse_fences(whom, which);
    if !refused {
        not_run("a kernel that refuses membarrier: it takes no filter");
    }
    refused
}

/// Returns whether an address is mapped.
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
            // There are so few that all are in caches.
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
    // Frames come back and go again. They are fewer than would end the dry time.
    for _ in 0..1000 {
        frames.pop();
        frames.push(pool.get(60).unwrap());
    }
    assert_eq!(pool.stats().fences_refused, 0);
    eprintln!("  a refusal took {each:?}");

    // Caches cannot be opened now. The pool works by the depot, and nothing is lost.
    drop(frames);
    let stats = pool.stats();
    assert!(stats.fences_refused > 0, "{stats}");
    assert_eq!(cached(&pool), 0);
    assert_whole(&pool);
    let base = pool.region().base().addr().get();
    drop(pool);
    assert!(!is_mapped(base), "no cache was open: the memory can go");
}

/// Returns what a thread gets that visits all CPUs in turn.
fn take_all_by_turns(pool: &Pool) -> Vec<Frame> {
    on_each_cpu(|| take_all(pool))
}

fn on_each_cpu<T: Send>(take_all: impl Fn() -> Vec<T> + Sync) -> Vec<T> {
    let visit = || {
        // The CPUs are listed before the thread is pinned.
        let visits = linux::cpus().into_iter().map(|cpu| {
            common::pin(cpu);
            take_all()
        });
        visits.flatten().collect()
    };
    thread::scope(|scope| scope.spawn(visit).join().unwrap())
}

#[test]
fn fences_refused_later_lose_nothing() {
    if !on_its_own("fences_refused_later_lose_nothing") {
        return;
    }
    let pool = pool(4000);
    spread(&pool);
    assert!(cached(&pool) > 0);
    if !without_fences(Whom::Everyone) {
        return;
    }
    // The cache of this CPU, the depot and the uncarved frames serve. The other caches serve their
    // CPUs.
    let frames = take_all(&pool);
    let stats = pool.stats();
    assert_eq!((stats.depot, stats.uncarved), (0, 0), "{stats}");
    assert_eq!(stats.free, 4000 - frames.len(), "{stats}");
    assert!(stats.fences_refused > 0, "{stats}");
    drop(frames);
    for _ in 0..2 {
        let frames = take_all_by_turns(&pool);
        assert_distinct(&frames, 4000);
        assert_eq!(frames.len(), 4000, "{}", pool.stats());
    }
    use_from_many_threads(&pool);
    assert_eq!(take_all_by_turns(&pool).len(), 4000);
    assert!(cached(&pool) > 0);
    let base = pool.region().base().addr().get();
    drop(pool);
    assert!(is_mapped(base), "nobody can tell who uses it");
}

/// Lets more threads than CPUs get and free.
fn use_from_many_threads(pool: &Pool) {
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
}

/// Runs something in a thread of its own on a CPU, without fences. Returns `None` if the kernel
/// takes no filter.
fn filtered<T: Send>(which: Which, cpu: usize, run: impl FnOnce() -> T + Send) -> Option<T> {
    let run = || {
        common::pin(cpu);
        without(Whom::Caller, which).then(run)
    };
    thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// Returns two CPUs, for a test in a process of its own.
fn on_two_cpus(test: &str) -> Option<[usize; 2]> {
    let [first, second, ..] = linux::cpus()[..] else {
        not_run("a cache of another CPU: there is one alone");
        return None;
    };
    on_its_own(test).then_some([first, second])
}

const AT_REST: usize = 200;

/// The time after which a frame that nobody finds is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns a pool of which 200 frames are free, this many in the cache of each CPU, and none
/// elsewhere.
fn at_rest_in_caches(caches: &[(usize, usize)]) -> (Pool, Vec<Frame>) {
    let cpus = pool(1).stats().per_cpu.len();
    let pool = pool(2000 * cpus);
    // This runs on one CPU, so that no get has to sweep.
    common::pin(caches[0].0);
    let mut frames: Vec<_> = (0..pool.capacity())
        .map(|_| pool.get(60).unwrap())
        .collect();
    for (cpu, count) in caches {
        common::pin(*cpu);
        frames.truncate(frames.len() - count);
        let stats = pool.stats();
        assert_eq!(stats.per_cpu[*cpu], *count, "{stats}");
    }
    assert_eq!(pool.stats().free, AT_REST);
    (pool, frames)
}

#[test]
fn thread_alone_without_fences_loses_nothing() {
    let test = "thread_alone_without_fences_loses_nothing";
    let Some([first, second]) = on_two_cpus(test) else {
        return;
    };
    let (pool, _out) = at_rest_in_caches(&[(first, AT_REST)]);
    let refused = filtered(Which::All, second, || {
        assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
        let stats = pool.stats();
        assert_eq!(stats.per_cpu[first], AT_REST, "{stats}");
        assert!(stats.fences_refused > 0, "{stats}");
        // The thread can have what is free where it runs.
        common::pin(first);
        drop(pool.get(60).unwrap());
    });
    if refused.is_none() {
        return;
    }
    common::pin(second);
    let ours = take_all(&pool);
    assert_eq!(ours.len(), AT_REST);
    assert_distinct(&ours, pool.capacity());
}

#[test]
fn caches_stopped_before_the_fence_is_refused_are_given_back() {
    let test = "caches_stopped_before_the_fence_is_refused_are_given_back";
    let Some([first, second]) = on_two_cpus(test) else {
        return;
    };
    let (pool, out) = at_rest_in_caches(&[(first, AT_REST / 2), (second, AT_REST / 2)]);
    let refused = filtered(Which::OfAllCpus, second, || {
        let theirs = take_all(&pool);
        let stats = pool.stats();
        assert!(stats.fences_refused > 0, "{stats}");
        assert_eq!(theirs.len(), AT_REST / 2, "{stats}");
        drop(theirs);
        let both = [first, second].map(|cpu| pool.stats().per_cpu[cpu]);
        assert_eq!(both, [AT_REST / 2; 2], "both are open as before");
    });
    if refused.is_none() {
        return;
    }
    let ours = take_all(&pool);
    assert_eq!(ours.len(), AT_REST);
    drop((ours, out));
    assert_whole(&pool);
    use_from_many_threads(&pool);
    assert_whole(&pool);
}

/// A race of threads for the free frames, round after round. A round that is over has found all of
/// them.
struct Race<'a> {
    pool: &'a Pool,
    ledger: Ledger,
    taken: AtomicUsize,
    barrier: Barrier,
    is_over: AtomicBool,
}

impl Race<'_> {
    /// Takes part until the `go_on` of one of the threads says no.
    fn run(&self, me: u32, go_on: Option<&dyn Fn() -> bool>) {
        while !self.is_over.load(Ordering::Relaxed) {
            let started = Instant::now();
            let mut frames = Vec::new();
            while self.taken.load(Ordering::Relaxed) < AT_REST {
                let stats = || self.pool.stats();
                assert!(started.elapsed() < PATIENCE, "lost:\n{}", stats());
                if let Ok(frame) = self.pool.get(60) {
                    self.ledger.got(&frame, me);
                    frames.push(frame);
                    self.taken.fetch_add(1, Ordering::Relaxed);
                }
            }
            if self.barrier.wait().is_leader() {
                self.taken.store(0, Ordering::Relaxed);
            }
            frames
                .iter()
                .for_each(|frame| self.ledger.freeing(frame, me));
            drop(frames);
            if go_on.is_some_and(|go_on| !go_on()) {
                self.is_over.store(true, Ordering::Relaxed);
            }
            self.barrier.wait();
        }
    }
}

#[test]
fn threads_without_fences_beside_others_lose_nothing() {
    let test = "threads_without_fences_beside_others_lose_nothing";
    let Some([first, second]) = on_two_cpus(test) else {
        return;
    };
    let (pool, out) = at_rest_in_caches(&[(first, AT_REST)]);
    // The filters come to some threads while the pool is in use.
    let filters = [Which::All, Which::All, Which::OfAllCpus, Which::OfAllCpus];
    let race = Race {
        pool: &pool,
        ledger: Ledger::new(&pool),
        taken: AtomicUsize::new(0),
        barrier: Barrier::new(filters.len() + 1),
        is_over: AtomicBool::new(false),
    };
    let rounds = Cell::new(0);
    let until = after(2000);
    thread::scope(|scope| {
        for (me, which) in (2..).zip(filters) {
            let race = &race;
            let cpu = [first, second][me as usize % 2];
            scope.spawn(move || {
                common::pin(cpu);
                without(Whom::Caller, which);
                race.run(me, None);
            });
        }
        race.run(
            1,
            Some(&|| {
                rounds.set(rounds.get() + 1);
                Instant::now() < until
            }),
        );
    });
    let refused = pool.stats().fences_refused;
    eprintln!("  {} rounds, {refused} fences refused", rounds.get());
    drop(out);
    assert_whole(&pool);
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
fn trim_without_a_fence_loses_nothing() {
    if !on_its_own("trim_without_a_fence_loses_nothing") {
        return;
    }
    let builder = Pool::builder().front(framewell::Front::Rseq);
    let pool = builder.alloc_bytes(4 << 20).build().unwrap();
    let take_all = || std::iter::from_fn(|| pool.alloc(2346).ok()).collect::<Vec<_>>();
    let all = take_all();
    let total = all.len();
    drop(all);
    if !without_fences(Whom::Everyone) {
        return;
    }
    let most = pool.stats().per_cpu.len() * pool.stats().alloc.unwrap().classes[0].cache;
    for _ in 0..3 {
        pool.trim();
    }
    let stats = pool.stats();
    assert!(stats.fences_refused > 0, "{stats}");
    let left = take_all();
    assert!(left.len() >= total - most, "{} of {total}", left.len());
    drop(left);
    // The missing buffers are in the caches of other CPUs.
    assert_eq!(on_each_cpu(take_all).len(), total);
    // The chunks without a buffer in a cache serve other classes.
    let kept = pool.trim().pinned;
    let large: Vec<_> = std::iter::from_fn(|| pool.alloc(65_856).ok()).collect();
    assert_eq!(large.len(), (4 - kept) * 15);
}
