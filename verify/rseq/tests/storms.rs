//! Runs storms over the rseq front, through the public surface: signals whose handlers use the
//! pool, moves between CPUs, more threads than CPUs, threads that live for a moment. Each leaves
//! the pool whole.
//!
//! `FRAMEWELL_LONG=1` makes every run four times longer, and `FRAMEWELL_SHORT=1` makes the longest
//! an eighth.

#![cfg(all(rseq, target_env = "gnu"))]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

#[path = "../../../tests/common/mod.rs"]
mod common;
mod harness;

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::assert_whole;
use common::ledger::Ledger;
use common::{Random, linux, repeated};
use framewell::{Burst, Frame, Front, Pool};
use harness::cpus::{flip, thread_id};
use harness::ticks::Ticks;
use harness::{after, has_rseq};

/// A pool, and who has which of its frames.
struct Watched {
    pool: Pool,
    ledger: Ledger,
}

impl Watched {
    fn new(frames: usize, cache: usize) -> Self {
        let pool = Pool::builder().frames(frames).cache_size(cache);
        let pool = pool.front(Front::Rseq).build().unwrap();
        Self {
            ledger: Ledger::new(&pool),
            pool,
        }
    }

    /// Notes whose the frame is, and writes that into it.
    fn got(&self, frame: &mut Frame, me: u32) {
        self.ledger.got(frame, me);
        frame[..4].copy_from_slice(&me.to_le_bytes());
        let end = frame.len() - 4;
        frame[end..].copy_from_slice(&me.to_le_bytes());
    }

    /// Checks that the frame is as its owner left it.
    fn freeing(&self, frame: &Frame, me: u32) {
        assert!(frame.starts_with(&me.to_le_bytes()), "{frame:?} of {me}");
        assert!(frame.ends_with(&me.to_le_bytes()), "{frame:?} of {me}");
        self.ledger.freeing(frame, me);
    }

    /// Gets a frame and frees it. Returns whether it got one.
    fn single(&self, me: u32) -> bool {
        let Ok(mut frame) = self.pool.get(1500) else {
            return false;
        };
        self.got(&mut frame, me);
        self.freeing(&frame, me);
        true
    }

    /// Gets up to `n` frames at once and frees them at once; with `all` it gets all or none.
    fn burst(&self, n: usize, all: bool, me: u32) -> bool {
        let mut burst: Burst<80> = Burst::new();
        if all {
            let _ = self.pool.get_bulk(&mut burst, n);
        } else {
            self.pool.get_burst(&mut burst, n);
        }
        for frame in &mut burst {
            self.got(frame, me);
        }
        for frame in &burst {
            self.freeing(frame, me);
        }
        !burst.is_empty()
    }
}

/// The settings of a storm.
#[derive(Clone, Copy)]
struct Storm {
    frames: usize,
    cache: usize,
    threads: usize,
    /// The most frames that a thread keeps.
    keep: usize,
    signals: bool,
    flip: bool,
    milliseconds: u64,
}

#[derive(Default, Debug)]
struct Outcome {
    calls: u64,
    refusals: u64,
    signals: u64,
    used_by_signals: u64,
}

impl Outcome {
    fn add(&mut self, part: &Self) {
        self.calls += part.calls;
        self.refusals += part.refusals;
        self.signals += part.signals;
        self.used_by_signals += part.used_by_signals;
    }
}

/// The time for which storms may be repeated until enough has happened.
const PATIENCE: Duration = Duration::from_secs(120);

static WATCHED: AtomicPtr<Watched> = AtomicPtr::new(ptr::null_mut());

/// The lock that allows one storm at a time: the handlers find its pool in `WATCHED`.
static ONE: Mutex<()> = Mutex::new(());

thread_local! {
    static ME: Cell<u32> = const { Cell::new(0) };
    static USED: Cell<u64> = const { Cell::new(0) };
    static STEPPED: Cell<bool> = const { Cell::new(false) };
}

/// Does what a signal does in the middle of the thread's own calls, once a call. Where frames are
/// scarce a refusal takes longer than the next signal, and the thread would never come back to what
/// it was doing.
fn interrupt() {
    if !STEPPED.replace(false) {
        return;
    }
    let watched = WATCHED.load(Ordering::Acquire);
    // SAFETY: handlers run between the start and the end of a storm's threads, and its pool lives
    // that long.
    let watched = unsafe { &*watched };
    let me = ME.get() + 1000;
    let turn = Ticks::count();
    let used = match turn % 4 {
        0 | 1 => watched.single(me),
        2 => watched.burst(1 + turn as usize % 40, false, me),
        _ => watched.burst(1 + turn as usize % 20, true, me),
    };
    USED.set(USED.get() + u64::from(used));
}

impl Storm {
    /// Repeats the storm until enough has happened. A machine that is slow or busy may do little
    /// within its time.
    #[track_caller]
    fn run_until(self, enough: impl Fn(&Outcome) -> bool) {
        let patience = Instant::now() + PATIENCE;
        let mut sum = Outcome::default();
        while !enough(&sum) {
            assert!(Instant::now() < patience, "not enough yet: {sum:?}");
            sum.add(&self.run());
        }
    }

    fn run(self) -> Outcome {
        let _one = ONE.lock();
        let watched = Box::new(Watched::new(self.frames, self.cache));
        WATCHED.store(ptr::from_ref(&*watched).cast_mut(), Ordering::Release);
        let started = Instant::now();
        let ids = Mutex::new(Vec::new());
        let everybody = Barrier::new(self.threads + 1);
        let over = AtomicBool::new(false);
        let mut sum = Outcome::default();
        thread::scope(|scope| {
            let workers: Vec<_> = (1..=self.threads as u32)
                .map(|me| {
                    let (watched, ids, everybody, over) = (&*watched, &ids, &everybody, &over);
                    scope.spawn(move || {
                        ids.lock().unwrap().push(thread_id());
                        everybody.wait();
                        self.work(watched, me, over)
                    })
                })
                .collect();
            // The time begins when all are there, however long a busy machine takes to start them.
            everybody.wait();
            let until = after(self.milliseconds);
            if self.flip {
                flip(&ids.lock().unwrap(), 7, until);
            } else {
                thread::sleep(until.saturating_duration_since(Instant::now()));
            }
            over.store(true, Ordering::Relaxed);
            for worker in workers {
                sum.add(&worker.join().unwrap());
            }
        });
        watched.ledger.assert_settled();
        let stats = watched.pool.stats();
        assert_eq!(stats.fences_refused, 0);
        assert_whole(&watched.pool);
        let took = started.elapsed();
        eprintln!(
            "  {} threads, {} frames: {sum:?}, {} steals, {took:.1?}",
            self.threads, self.frames, stats.steals
        );
        sum
    }

    fn work(self, watched: &Watched, me: u32, over: &AtomicBool) -> Outcome {
        ME.set(me);
        USED.set(0);
        let ticks = self.signals.then(|| Ticks::start(interrupt));
        let mut random = Random::new(me.into());
        let mut outcome = Outcome::default();
        let mut kept: Vec<Frame> = Vec::with_capacity(self.keep + 80);
        while !over.load(Ordering::Relaxed) {
            outcome.calls += 1;
            STEPPED.set(true);
            let done = match random.below(8) {
                0 => watched.burst(1 + random.below(80), false, me),
                1 => watched.burst(1 + random.below(60), true, me),
                2 => watched.single(me),
                3..=5 => match watched.pool.get(1500) {
                    Ok(mut frame) => {
                        watched.got(&mut frame, me);
                        kept.push(frame);
                        true
                    }
                    Err(_) => false,
                },
                _ => {
                    if !kept.is_empty() {
                        let frame = kept.swap_remove(random.below(kept.len()));
                        watched.freeing(&frame, me);
                    }
                    true
                }
            };
            outcome.refusals += u64::from(!done);
            if kept.len() > self.keep {
                free_all(watched, &mut kept, me);
            }
        }
        free_all(watched, &mut kept, me);
        outcome.signals = Ticks::count();
        drop(ticks);
        outcome.used_by_signals = USED.get();
        outcome
    }
}

/// Frees frames in bulk.
fn free_all(watched: &Watched, kept: &mut Vec<Frame>, me: u32) {
    let mut burst: Burst<200> = Burst::new();
    for frame in kept.drain(..) {
        watched.freeing(&frame, me);
        burst.extend([frame]);
    }
}

#[test]
fn signals_that_use_the_pool_leave_it_whole() {
    if !has_rseq() {
        return;
    }
    let storm = Storm {
        frames: 4096,
        cache: 512,
        threads: 4,
        keep: 100,
        signals: true,
        flip: false,
        milliseconds: 1500,
    };
    storm.run_until(|sum| sum.signals > 20 && sum.used_by_signals > 20);
}

#[test]
fn signals_on_a_nearly_empty_pool_leave_it_whole() {
    if !has_rseq() {
        return;
    }
    for (frames, keep) in [(3, 1), (40, 12), (300, 90)] {
        let storm = Storm {
            frames,
            cache: 20,
            threads: 4,
            keep,
            signals: true,
            flip: false,
            milliseconds: 800,
        };
        storm.run_until(|sum| sum.refusals > 0 && sum.used_by_signals > 0);
    }
}

#[test]
fn threads_moved_between_cpus_amid_signals_leave_the_pool_whole() {
    if !has_rseq() {
        return;
    }
    if linux::cpus().len() < 2 {
        return harness::not_run("moves between CPUs: there is one alone");
    }
    for frames in [200, 2000] {
        let storm = Storm {
            frames,
            cache: 30,
            threads: 6,
            keep: 40,
            signals: true,
            flip: true,
            milliseconds: 1200,
        };
        storm.run();
    }
}

#[test]
fn sixty_four_threads_leave_the_pool_whole() {
    if !has_rseq() {
        return;
    }
    for signals in [false, true] {
        let storm = Storm {
            frames: 1500,
            cache: 512,
            threads: 64,
            keep: 30,
            signals,
            flip: false,
            milliseconds: 1200,
        };
        storm.run_until(|sum| sum.calls > 10_000);
    }
}

/// Runs 10,000 threads. They are 40,000 in the long form, and 1,248 in the short form.
#[test]
fn ten_thousand_threads_that_live_for_a_moment_leave_the_pool_whole() {
    if !has_rseq() {
        return;
    }
    let watched = Watched::new(256, 64);
    let threads = 8 * repeated(1250) as u32;
    let used = AtomicU64::new(0);
    let started = Instant::now();
    for first in (0..threads).step_by(8) {
        thread::scope(|scope| {
            for me in first..first + 8 {
                let (watched, used) = (&watched, &used);
                let life = move || {
                    let me = me + 1;
                    let burst = watched.burst(1 + me as usize % 70, false, me);
                    let single = watched.single(me);
                    used.fetch_add(u64::from(burst) + u64::from(single), Ordering::Relaxed);
                };
                thread::Builder::new()
                    .stack_size(64 << 10)
                    .spawn_scoped(scope, life)
                    .unwrap();
            }
        });
    }
    watched.ledger.assert_settled();
    assert_whole(&watched.pool);
    let used = used.into_inner();
    let took = started.elapsed();
    eprintln!("  {threads} threads, {used} calls that got frames, {took:.1?}");
    assert!(used > u64::from(threads), "{used}");
}
