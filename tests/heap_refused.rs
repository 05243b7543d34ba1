//! Tests that allocations and trims do the same when the heap has nothing more to give as
//! when it has. A heap is like that where the system refuses memory. And a test that what has room
//! asks nothing of the heap.

#![cfg(not(loom))]

#[cfg(target_os = "linux")]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::{iter, ptr};

use framewell::{Chain, Front, Pool, Refusal, Segment, VarBuf};

const CHUNK: usize = 1 << 20;
/// The number of chunks. It is more than a stable sort handles without the heap.
const CHUNKS: usize = 24;

thread_local! {
    /// The number of allocations that the heap still serves the calling thread, if they are
    /// limited.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

struct Limited;

#[global_allocator]
static HEAP: Limited = Limited;

// SAFETY: all memory that it hands out is the system allocator's, and it only refuses more often.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match LEFT.get() {
            Some(0) => return ptr::null_mut(),
            Some(left) => LEFT.set(Some(left - 1)),
            None => {}
        }
        // SAFETY: the caller promises what the system allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller promises what the system allocator asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Lets the heap serve the calling thread only this many allocations during `f`.
fn with_heap_for<T>(allocations: usize, f: impl FnOnce() -> T) -> T {
    LEFT.set(Some(allocations));
    let answer = f();
    LEFT.set(None);
    answer
}

/// Returns how many allocations of the heap `f` takes.
fn taken_by(f: impl FnOnce()) -> usize {
    const MANY: usize = 1000;
    with_heap_for(MANY, || {
        f();
        LEFT.get().map_or(0, |left| MANY - left)
    })
}

fn all(pool: &Pool, len: usize) -> Vec<VarBuf> {
    iter::from_fn(|| pool.alloc(len).ok()).collect()
}

/// Returns a pool whose chunks all belong to one class, and the buffers that are out. In each chunk
/// some buffers are free, and in one chunk all are.
fn all_in_one_class(front: Front) -> (Pool, Vec<VarBuf>) {
    let builder = Pool::builder().front(front);
    let pool = builder.alloc_bytes(CHUNKS * CHUNK).build().unwrap();
    let mut held = all(&pool, 2000);
    let per_chunk = held.len() / CHUNKS;
    // The buffers are sorted by chunks, which matters if the thread was moved meanwhile.
    held.sort_unstable_by_key(|buffer| buffer.as_ptr().addr());
    drop(held.drain(..per_chunk));
    let mut number = 0_usize;
    held.retain(|_| {
        number += 1;
        number % 3 == 0
    });
    (pool, held)
}

/// Runs a check on each front, with a heap that serves none of the call's allocations, then one,
/// two …
fn each_shortage(mut check: impl FnMut(Front, usize)) {
    for front in [Front::Auto, Front::Portable] {
        (0..8).for_each(|allocations| check(front, allocations));
    }
}

#[track_caller]
fn assert_whole(pool: &Pool) {
    assert_eq!(pool.trim().pinned, 0);
    assert_eq!(pool.stats().alloc.unwrap().out, 0);
}

#[test]
fn allocation_that_needs_another_class_chunk_answers() {
    each_shortage(|front, allocations| {
        let (pool, held) = all_in_one_class(front);
        let answer = with_heap_for(allocations, || pool.alloc(10_000));
        assert!(answer.is_ok(), "{answer:?}");
        assert!(pool.alloc(10_000).is_ok());
        drop((held, answer));
        assert_whole(&pool);
    });
}

#[test]
fn trim_answers_and_loses_nothing() {
    each_shortage(|front, allocations| {
        let (pool, held) = all_in_one_class(front);
        let trimmed = with_heap_for(allocations, || pool.trim());
        assert_eq!((trimmed.chunks, trimmed.pinned), (1, CHUNKS - 1));
        drop(held);
        assert_whole(&pool);
    });
}

/// Asks a pool without large buffers for one, when the heap has nothing more to give.
fn refused_first_large(len: usize) -> Refusal {
    let pool = Pool::builder().frames(1).build().unwrap();
    let answer = with_heap_for(0, || pool.alloc(len).map(drop));
    assert!(pool.alloc(1 << 20).is_ok());
    answer.unwrap_err().refusal
}

#[cfg(target_os = "linux")]
#[test]
fn first_large_buffer_that_the_system_refuses_asks_nothing_of_the_heap() {
    let test = "first_large_buffer_that_the_system_refuses_asks_nothing_of_the_heap";
    common::child::alone(test, || {
        let limit = common::linux::mapped() + (1 << 30);
        common::linux::limit(libc::RLIMIT_AS, limit);
        let refusal = refused_first_large(3 << 30);
        assert!(matches!(refusal, Refusal::System { .. }), "{refusal:?}");
    });
}

#[test]
fn first_large_buffer_that_is_too_long_asks_nothing_of_the_heap() {
    // Where lengths have 32 bits, this is more than a process has addresses for.
    let refusal = refused_first_large(usize::MAX / 4 * 3);
    assert!(!matches!(refusal, Refusal::Budget { .. }), "{refusal:?}");
}

#[test]
fn chain_with_room_takes_nothing_of_the_heap() {
    let pool = Pool::builder().frames(8).build().unwrap();
    let segment = Segment::from(pool.get(60).unwrap());
    let mut short: Chain = iter::repeat_n(segment.clone(), 4).collect();
    let mut chain = Chain::with_capacity(16);
    let taken = [
        taken_by(|| chain.append(&mut short)),
        taken_by(|| (4..16).for_each(|_| chain.push_front(segment.clone()))),
        taken_by(|| chain.truncate(7 * 60)),
        taken_by(|| {
            for _ in 0..100 {
                chain.push(segment.clone());
                chain.advance(60);
            }
        }),
        taken_by(|| chain.push_front(segment.clone())),
    ];
    assert_eq!((taken, chain.len()), ([0; 5], 8 * 60));
}
