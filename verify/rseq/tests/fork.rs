//! Tests children that are forked while other threads of the parent are amid calls. They use the
//! pool at once, by themselves, and the parent does not notice.
//!
//! `FRAMEWELL_LONG=1` makes it four times as many, and `FRAMEWELL_SHORT=1` an eighth.

#![cfg(all(rseq, target_env = "gnu"))]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

#[path = "../../../tests/common/mod.rs"]
mod common;
mod harness;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use common::ledger::Ledger;
use common::{Random, assert_distinct, assert_whole, linux, repeated, take_all};
use framewell::{Burst, Frame, Front, Pool};
use harness::child;
use harness::forked::forked;
use harness::has_rseq;

const FRAMES: usize = 1500;
const WORKERS: usize = 3;
/// The most frames of a bulk.
const BULK: usize = 64;
/// The number of frames that a worker keeps. Together they are more than there are, so that now and
/// then a call finds none.
const KEEP: usize = 520;
/// The number of frames of the thread that forks.
const OWN: usize = 16;

fn pool() -> Pool {
    let pool = Pool::builder().frames(FRAMES).cache_size(200);
    pool.front(Front::Rseq).build().unwrap()
}

/// Gets and frees in the parent until it is over.
fn work(pool: &Pool, ledger: &Ledger, me: u32, over: &AtomicBool) -> u64 {
    let mut random = Random::new(me.into());
    let mut kept: Vec<Frame> = Vec::with_capacity(KEEP + BULK);
    let mut refused = 0;
    let keep = |mut frame: Frame, kept: &mut Vec<Frame>| {
        ledger.got(&frame, me);
        frame[..4].copy_from_slice(&me.to_le_bytes());
        kept.push(frame);
    };
    while !over.load(Ordering::Relaxed) {
        let before = kept.len();
        let mut burst: Burst<BULK> = Burst::new();
        match random.below(4) {
            0 => {
                let _ = pool.get_bulk(&mut burst, 1 + random.below(BULK));
            }
            1 => {
                pool.get_burst(&mut burst, 1 + random.below(BULK));
            }
            _ => burst.extend(pool.get(1500)),
        }
        burst.drain().for_each(|frame| keep(frame, &mut kept));
        refused += u64::from(kept.len() == before);
        if kept.len() > KEEP || random.below(40) == 0 {
            free(ledger, &mut kept, me);
        } else if random.below(2) == 0 && !kept.is_empty() {
            let mut one = vec![kept.swap_remove(random.below(kept.len()))];
            free(ledger, &mut one, me);
        }
    }
    free(ledger, &mut kept, me);
    refused
}

/// Frees frames in bursts, after checking that each frame is as it was left.
fn free(ledger: &Ledger, kept: &mut Vec<Frame>, me: u32) {
    while !kept.is_empty() {
        let from = kept.len().saturating_sub(BULK);
        let mut burst: Burst<BULK> = Burst::new();
        for frame in kept.drain(from..) {
            assert_eq!(frame[..4], me.to_le_bytes(), "{frame:?}");
            ledger.freeing(&frame, me);
            burst.extend([frame]);
        }
    }
}

/// Does what a child does. The pool is its own, and what the parent's other threads had in hand is
/// lost to it.
fn in_child(pool: Pool, owned: usize) {
    let mut burst: Burst<BULK> = Burst::new();
    let _ = pool.get_bulk(&mut burst, 40);
    burst.extend(pool.get(1500));
    drop(burst);

    let mut frames = take_all(&pool);
    assert_distinct(&frames, FRAMES);
    // One call holds at most a bulk and the rest of the batch that it brings.
    let in_flight = WORKERS * (BULK + pool.stats().batch);
    let least = FRAMES.saturating_sub(owned + in_flight);
    assert!(frames.len() >= least, "{} of {least}", frames.len());
    for frame in frames.iter_mut().step_by(16) {
        frame.fill(0xCC);
    }
    let count = frames.len();
    assert!(pool.get(60).is_err());
    drop(frames);

    let stats = pool.stats();
    assert_eq!((stats.free, stats.out), (count, FRAMES - count), "{stats}");
    assert_eq!(stats.fences_refused, 0);
    let mut frames = take_all(&pool);
    assert_distinct(&frames, FRAMES);
    assert_eq!(frames.len(), count);
    frames.truncate(count / 2);
    drop(pool);
    drop(frames);
}

/// Ends the work when it is dropped, also by a panic.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn children_forked_amid_calls_use_the_pool_at_once() {
    if !has_rseq() {
        return;
    }
    let forks = repeated(400);
    let pool = pool();
    let ledger = Ledger::new(&pool);
    let over = AtomicBool::new(false);
    let started = Instant::now();
    let mut least = FRAMES;
    let mut own: Vec<Frame> = (0..OWN).map(|_| pool.get(1500).unwrap()).collect();
    for frame in &mut own {
        ledger.got(frame, 99);
        frame.fill(0xAA);
    }
    let refused: u64 = thread::scope(|scope| {
        let ended = Ended(&over);
        let workers: Vec<_> = (1..=WORKERS as u32)
            .map(|me| {
                let (pool, ledger, over) = (&pool, &ledger, &over);
                scope.spawn(move || work(pool, ledger, me, over))
            })
            .collect();
        for _ in 0..forks {
            forked(|| {
                let owned = ledger.owned();
                for frame in &mut own {
                    frame.fill(0xDD);
                }
                // SAFETY: the child ends without dropping the handle that this is the copy of.
                in_child(unsafe { std::ptr::read(&pool) }, owned);
            });
            assert!(
                own.iter()
                    .all(|frame| frame.iter().all(|byte| *byte == 0xAA))
            );
            least = least.min(FRAMES - ledger.owned());
        }
        drop(ended);
        workers.into_iter().map(|w| w.join().unwrap()).sum()
    });
    own.iter().for_each(|frame| ledger.freeing(frame, 99));
    drop(own);
    ledger.assert_settled();
    let steals = pool.stats().steals;
    assert_whole(&pool);
    let took = started.elapsed();
    eprintln!(
        "  {forks} forks, {refused} calls refused and {steals} sweeps in the parent, \
         {least} frames free at the least, {took:.1?}"
    );
}

/// Tests that a child takes over what a sweep of the parent owns. The variant pauses in a sweep.
macro_rules! holds {
    ($variant:ident, $test:ident) => {
        #[test]
        fn $test() {
            if !has_rseq() {
                return;
            }
            let [first, second, ..] = linux::cpus()[..] else {
                return harness::not_run("a sweep from another CPU: there is one alone");
            };
            if !child::here() {
                return child::run(stringify!($test), &[]).assert_passed();
            }
            $variant::choose();
            $variant::subject::child_takes_over([first, second]);
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/fork.rs"));
