//! Tests what `trim` gives back after a peak, as the system counts it, while other threads allocate
//! and free, on both fronts.

#![cfg(all(not(loom), target_os = "linux"))]
#![allow(clippy::disallowed_types, reason = "these are the test's own")]

mod common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use common::linux::resident_at;
use common::{Random, scale};
use framewell::{Front, Pool, VarBuf};

const CHUNK: usize = 1 << 20;
/// The lengths of the peak. Each of them fills its class.
const LENGTHS: [usize; 6] = [352, 1600, 2368, 3904, 11_456, 65_856];
/// The most buffers that a thread of the churn has.
const HELD: usize = 2;

fn chunk_of(buffer: &VarBuf) -> usize {
    buffer.as_ptr().addr() / CHUNK
}

/// Returns as many bytes of each length as of any other, with every page touched.
fn peak(pool: &Pool, bytes: usize) -> Vec<VarBuf> {
    let mut peak = Vec::new();
    for len in LENGTHS {
        for _ in 0..bytes / LENGTHS.len() / len {
            let mut buffer = pool.alloc(len).unwrap();
            buffer.fill(len as u8);
            peak.push(buffer);
        }
    }
    peak
}

/// Frees all buffers but about one in `of`, at random. Returns the bytes of the buffers that were
/// in chunks of which none is left.
fn free_most(peak: &mut Vec<VarBuf>, of: usize, random: &mut Random) -> usize {
    let all: Vec<_> = peak.iter().map(|b| (chunk_of(b), b.capacity())).collect();
    // The buffers are in no order, so neighbours do not come back together.
    for at in (1..peak.len()).rev() {
        peak.swap(at, random.below(at + 1));
    }
    peak.retain(|_| random.below(of) == 0);
    let pinned = pinned_by(peak);
    let free = all.iter().filter(|(chunk, _)| !pinned.contains(chunk));
    free.map(|(_, capacity)| capacity).sum()
}

fn pinned_by(live: &[VarBuf]) -> BTreeSet<usize> {
    live.iter().map(chunk_of).collect()
}

/// Ends the churn when it is dropped, also when a check has failed.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Allocates and frees buffers of a length of the peak until told to stop.
fn churn(pool: &Pool, len: usize, rounds: &AtomicUsize, stop: &AtomicBool) {
    let mut held: Vec<VarBuf> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if held.len() == HELD {
            held.remove(0);
        }
        let mut buffer = pool.alloc(len).unwrap();
        buffer[0] = 1;
        held.push(buffer);
        rounds.fetch_add(1, Ordering::Relaxed);
    }
}

/// Trims under churn. Checks what the system has got back, and that the threads went on meanwhile.
fn trim_under_churn(pool: &Pool, live: &mut Vec<VarBuf>, of: usize, random: &mut Random) {
    let rounds = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let _stop = StopAtEnd(&stop);
        for (rounds, len) in rounds.iter().zip([2368, 11_456]) {
            let stop = &stop;
            scope.spawn(move || churn(pool, len, rounds, stop));
        }
        let so_far = || rounds.each_ref().map(|n| n.load(Ordering::Relaxed));
        let wait_for = |more: [usize; 2]| {
            while so_far().iter().zip(more).any(|(n, more)| *n < more) {
                thread::yield_now();
            }
        };
        wait_for([1000; 2]);
        let address = live[0].as_ptr().addr();
        let before = resident_at(address);
        let free = free_most(live, of, random);
        let pinned = pinned_by(live).len();
        // What a thread has in hand when a trim comes counts as in use. That is a buffer or two,
        // and seldom a batch that it moves, for which the trim is repeated.
        let expected = (free - 2 * HELD * CHUNK) / 100 * 95;
        for attempt in 1.. {
            let trimmed = pool.trim();
            let given_back = before.saturating_sub(resident_at(address));
            println!(
                "1 in {of} live, trim {attempt}: {} MiB free in whole chunks, {} MiB given back, {trimmed:?}",
                free >> 20,
                given_back >> 20
            );
            assert!(trimmed.pinned >= pinned, "{trimmed:?}, {pinned} live");
            if given_back >= expected {
                break;
            }
            assert!(attempt < 5, "{given_back} of {expected} bytes");
        }
        // The trims have not stopped the threads.
        wait_for(so_far().map(|n| n + 1000));
    });
}

// This test is alone in its file, because a peak of other tests would be in its way.
#[test]
fn trim_gives_back_the_chunks_that_a_peak_leaves_free() {
    let bytes = if scale() > 1 { 200 << 20 } else { 64 << 20 };
    for front in [Front::Auto, Front::Portable] {
        let builder = Pool::builder().frames(64).front(front);
        let pool = builder.alloc_bytes(bytes + 32 * CHUNK).build().unwrap();
        println!("{} front", pool.stats().front);
        for of in [100, 1000] {
            let mut live = peak(&pool, bytes);
            trim_under_churn(&pool, &mut live, of, &mut Random::new(of as u64));
            // With no other thread there it is exact.
            let pinned = pinned_by(&live).len();
            assert_eq!(pool.trim().pinned, pinned);
            let alloc = pool.stats().alloc.unwrap();
            assert_eq!((alloc.chunks, alloc.out), (pinned, live.len()));
            for buffer in &live {
                assert!(buffer.iter().all(|byte| *byte == buffer.len() as u8));
            }
        }
        assert_eq!(pool.trim().pinned, 0);
        assert_eq!(pool.stats().alloc.unwrap().chunks, 0);
    }
}
