//! Attacks on variable-length buffers and the raw boundary: trims beside everything else, chunks
//! that change hands, pointers to edges.

#![allow(clippy::disallowed_types, reason = "these are the test's own")]

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::common::{Random, builder, scale};
use framewell::{Misuse, MisuseKind, OnMisuse, Pool, Refusal, VarBuf};

const CHUNK: usize = 1 << 20;

fn take_all(pool: &Pool, len: usize) -> Vec<VarBuf> {
    std::iter::from_fn(|| pool.alloc(len).ok()).collect()
}

/// Fills a buffer's whole capacity with a word of its owner's.
fn sign(buffer: &mut VarBuf, word: u64) {
    let capacity = buffer.capacity();
    buffer.resize(capacity).unwrap();
    for bytes in buffer.chunks_exact_mut(8) {
        bytes.copy_from_slice(&word.to_ne_bytes());
    }
}

#[track_caller]
fn assert_signed(buffer: &VarBuf, word: u64) {
    let signed = |bytes: &[u8]| bytes == word.to_ne_bytes();
    assert!(buffer.chunks_exact(8).all(signed), "{word:#x}");
}

/// Checks that every chunk is idle, can be taken back, and serves one class as a whole.
#[track_caller]
fn assert_whole(pool: &Pool, chunks: usize) {
    pool.trim();
    let stats = pool.stats().alloc.unwrap();
    assert_eq!((stats.out, stats.chunks, stats.large), (0, 0, 0));
    for len in [64, 2368, 65_856] {
        assert_eq!(take_all(pool, len).len(), chunks * (CHUNK / len));
    }
}

/// Takes, signs, checks and frees buffers of several classes, on the safe and on the raw path.
fn churn(pool: &Pool, seed: u64, rounds: u64, tag: &AtomicU64) {
    const LENGTHS: [usize; 6] = [60, 300, 2346, 11_454, 65_536, 70_000];
    let mut random = Random::new(seed);
    let mut held: Vec<(VarBuf, u64)> = Vec::new();
    for _ in 0..rounds {
        if held.len() < 40 && random.below(2) == 0 {
            // Mappings are slow, so only one buffer in 48 has one.
            let kinds = if random.below(8) == 0 { 6 } else { 5 };
            let len = LENGTHS[random.below(kinds)];
            if let Ok(mut buffer) = pool.alloc(len) {
                let word = tag.fetch_add(1, Ordering::Relaxed);
                sign(&mut buffer, word);
                held.push((buffer, word));
            }
        } else if !held.is_empty() {
            let (buffer, word) = held.swap_remove(random.below(held.len()));
            assert_signed(&buffer, word);
            if random.below(2) == 0 {
                let len = buffer.len();
                let pointer = buffer.into_raw().as_ptr();
                // SAFETY: the buffer was handed out just now.
                let back = unsafe { pool.buf_from_raw(pointer) }.unwrap();
                assert_eq!(back.len(), len);
                assert_signed(&back, word);
            }
        }
    }
    for (buffer, word) in held {
        assert_signed(&buffer, word);
    }
}

fn trims_race_churn(zero_on_free: bool) {
    let chunks = 6;
    let pool = builder().zero_on_free(zero_on_free);
    let pool = pool.alloc_bytes(chunks * CHUNK).build().unwrap();
    let tag = AtomicU64::new(1 << 32);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (pool, tag, over) = (&pool, &tag, &over);
        let trimmer = || {
            while !over.load(Ordering::Relaxed) {
                pool.trim();
                thread::yield_now();
            }
        };
        scope.spawn(trimmer);
        scope.spawn(trimmer);
        let churners: Vec<_> = (0..3)
            .map(|seed| scope.spawn(move || churn(pool, seed, 3000 * scale(), tag)))
            .collect();
        for churner in churners {
            churner.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_whole(&pool, chunks);
}

#[test]
fn trims_race_each_other_and_all_else_and_nothing_is_lost_or_doubled() {
    trims_race_churn(false);
}

#[test]
fn trims_race_frees_that_zero() {
    trims_race_churn(true);
}

#[test]
fn a_class_with_buffers_at_rest_serves_while_another_is_refused() {
    let pool = builder().alloc_bytes(8 * CHUNK).build().unwrap();
    // Every second buffer is free, so no chunk is idle.
    let out: Vec<_> = take_all(&pool, 100).into_iter().step_by(2).collect();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let asks = scope.spawn(|| {
            let mut asked = 0;
            while !over.load(Ordering::Relaxed) || asked == 0 {
                assert!(pool.alloc(2346).is_err());
                asked += 1;
            }
            asked
        });
        // This is more than a cache holds.
        let served = |_| {
            let held: Vec<_> = (0..600).map(|_| pool.alloc(100)).collect();
            held.iter().all(Result::is_ok)
        };
        let served = (0..2000 * scale()).all(served);
        over.store(true, Ordering::Relaxed);
        println!("{} refusals meanwhile", asks.join().unwrap());
        assert!(served, "half of the class is at rest");
    });
    drop(out);
    assert_whole(&pool, 8);
}

#[test]
fn pointers_to_every_edge_of_a_chunk_are_defined() {
    let pool = builder().alloc_bytes(3 * CHUNK).build().unwrap();
    let classes = [64, 112, 2368, 3904, 11_456, 65_856];
    for stride in classes {
        let buffers = take_all(&pool, stride);
        let base = buffers.iter().map(|b| b.as_ptr().addr()).min().unwrap();
        let mut pointers: Vec<_> = buffers.into_iter().map(VarBuf::into_raw).collect();
        let per_chunk = CHUNK / stride;
        for chunk in 0..3 {
            let start = base + chunk * CHUNK;
            let behind = start + per_chunk * stride;
            let at = |address| {
                let pointer = ptr::without_provenance_mut(address);
                // SAFETY: no address that is asked for here was handed out.
                unsafe { pool.buf_from_raw(pointer) }.unwrap_err().kind
            };
            assert_eq!(at(behind - 1), MisuseKind::Interior);
            assert_eq!(at(start + 1), MisuseKind::Interior);
            if per_chunk * stride < CHUNK {
                assert_eq!(at(behind), MisuseKind::NotRaw);
                assert_eq!(at(start + CHUNK - 1), MisuseKind::NotRaw);
                assert!(pool.find(ptr::without_provenance(behind)).is_none());
            }
            let last = pool.find(ptr::without_provenance(behind - 1)).unwrap();
            assert_eq!(last.start.as_ptr().addr(), behind - stride);
            assert!(last.is_raw);
        }
        let at = |address: usize| {
            let pointer = ptr::without_provenance_mut(address);
            // SAFETY: no address that is asked for here was handed out.
            unsafe { pool.buf_from_raw(pointer) }.unwrap_err().kind
        };
        assert_eq!(at(base - 1), MisuseKind::Foreign);
        assert_eq!(at(base + 3 * CHUNK), MisuseKind::Foreign);
        for pointer in pointers.drain(..) {
            // SAFETY: the buffer was handed out above.
            drop(unsafe { pool.buf_from_raw(pointer.as_ptr()) }.unwrap());
        }
    }
    assert_whole(&pool, 3);
}

#[test]
fn pointers_of_an_older_class_of_a_chunk_are_refused_or_name_the_new_buffer_there() {
    let pool = builder().alloc_bytes(CHUNK).build().unwrap();
    let mut old: Vec<usize> = Vec::new();
    for stride in [64, 80, 2368, 96, 65_856, 64, 4416] {
        let buffers = take_all(&pool, stride);
        let starts: Vec<usize> = buffers.iter().map(|b| b.as_ptr().addr()).collect();
        for address in &old {
            let pointer = ptr::without_provenance_mut(*address);
            // SAFETY: nothing is out as a pointer.
            let refused = unsafe { pool.buf_from_raw(pointer) }.unwrap_err();
            assert_eq!(refused.kind, MisuseKind::NotRaw);
            assert!(!pool.find(pointer).is_some_and(|found| found.is_raw));
        }
        for buffer in buffers {
            let pointer = buffer.into_raw().as_ptr();
            // SAFETY: the buffer was handed out just now.
            drop(unsafe { pool.buf_from_raw(pointer) }.unwrap());
        }
        old.extend(starts);
    }
}

#[test]
fn a_report_that_panics_or_misuses_the_pool_itself_changes_nothing() {
    let slot: Arc<std::sync::OnceLock<Pool>> = Arc::default();
    let own = slot.clone();
    let report = move |misuse: &Misuse| {
        let pool = own.get().unwrap();
        drop(pool.alloc(2346).unwrap());
        drop(pool.alloc(1 << 20).unwrap());
        pool.trim();
        if misuse.kind != MisuseKind::Null {
            // SAFETY: null is refused.
            assert!(unsafe { pool.buf_from_raw(ptr::null_mut()) }.is_err());
            panic!("said {misuse}");
        }
    };
    let pool = builder().on_misuse(OnMisuse::Call(Arc::new(report)));
    let pool = slot.get_or_init(|| pool.build().unwrap());
    for len in [100, 1 << 20] {
        let pointer = pool.alloc(len).unwrap().into_raw().as_ptr();
        let beside = pointer.wrapping_add(1);
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            // SAFETY: this address was not handed out.
            drop(unsafe { pool.buf_from_raw(beside) });
        }));
        assert!(told.is_err());
        // SAFETY: the buffer was handed out above, and it is still out.
        assert_eq!(unsafe { pool.buf_from_raw(pointer) }.unwrap().len(), len);
    }
    assert_eq!(pool.stats().misuses, 4);
}

#[test]
fn last_handle_races_the_last_buffers_of_all_kinds() {
    for round in 0..400 * scale() as usize {
        let pool = builder().frames(4).alloc_bytes(4 * CHUNK).build().unwrap();
        let lengths = [100, 2346, 65_856, 70_000];
        let (first, second): (Vec<_>, Vec<_>) = lengths
            .iter()
            .map(|len| (pool.alloc(*len).unwrap(), pool.alloc(*len).unwrap()))
            .unzip();
        let frame = pool.get(1).unwrap();
        thread::scope(|scope| {
            scope.spawn(move || {
                first.into_iter().skip(round % 4).for_each(drop);
                drop(frame);
            });
            scope.spawn(move || drop(second));
            drop(pool);
        });
    }
}

#[test]
fn a_forgotten_buffer_pins_its_chunk_alone() {
    let pool = builder().alloc_bytes(4 * CHUNK).build().unwrap();
    let mut all = take_all(&pool, 2346);
    std::mem::forget(all.swap_remove(700));
    drop(all);
    let trimmed = pool.trim();
    assert_eq!((trimmed.chunks, trimmed.pinned), (3, 1));
    assert_eq!(take_all(&pool, 65_856).len(), 3 * 15);
}

#[test]
fn a_budget_of_nothing_is_one_chunk() {
    let pool = builder().alloc_bytes(0).build().unwrap();
    assert_eq!(take_all(&pool, 65_856).len(), 15);
    let pool = builder()
        .alloc_bytes(1)
        .size_class(256 << 10)
        .build()
        .unwrap();
    let all = take_all(&pool, 256 << 10);
    assert_eq!(all.len(), 4);
    let refused = pool.alloc(1).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Budget { limit: CHUNK });
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use crate::common::linux::in_child;

    #[test]
    fn a_child_forked_amid_trims_uses_the_pool() {
        let chunks = 8;
        let pool = builder().alloc_bytes(chunks * CHUNK).build().unwrap();
        let tag = AtomicU64::new(1 << 40);
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let trimmer = scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    pool.trim();
                }
            });
            let churner = scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    churn(&pool, 7, 200, &tag);
                }
            });
            for _ in 0..30 * scale() {
                in_child(|| {
                    for seed in 0..3 {
                        churn(&pool, seed, 500, &tag);
                        pool.trim();
                    }
                    drop(take_all(&pool, 2346));
                    assert!(pool.stats().alloc.unwrap().chunks <= chunks);
                });
            }
            over.store(true, Ordering::Relaxed);
            trimmer.join().unwrap();
            churner.join().unwrap();
        });
        assert_whole(&pool, chunks);
    }
}
