//! Counts the work of one call on a cell by the blocks that it frees. It is no more for handles
//! that came and went while a snapshot was held.

#![cfg(not(loom))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use framewell::{Frame, FrameCell, Pool, Writer};

thread_local! {
    /// The number of blocks that the calling thread has freed.
    static FREED: Cell<usize> = const { Cell::new(0) };
    /// The number of bytes that the calling thread has allocated, less those that it has freed.
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

// SAFETY: all memory that it hands out is the system allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.set(LIVE.get() + layout.size() as isize);
        // SAFETY: the caller promises what the system allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get() - layout.size() as isize);
        FREED.set(FREED.get() + 1);
        // SAFETY: the caller promises what the system allocator asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The size of a node of the collector's queue, or of a participant.
const BLOCK: isize = 4 << 10;

/// Returns the number of blocks that a call frees.
fn freed_by(call: impl FnOnce()) -> usize {
    let before = FREED.get();
    call();
    FREED.get() - before
}

fn put(pool: &Pool, writer: &Writer<'_, Frame>) {
    writer.swap(pool.get(60).unwrap()).unwrap();
}

/// Lets handles come and go, up to `at_once` at a time, while a snapshot is held. Then one swap
/// brings all of it back, and frees few blocks. No more stays in memory than that many handles
/// need.
fn come_and_go(at_once: usize, handles: fn(&FrameCell<Frame>, usize)) {
    let pool = Pool::builder().frames(64).build().unwrap();
    let cell = FrameCell::new(2);
    let (reader, writer) = (cell.reader(), cell.writer());
    put(&pool, &writer);
    let seen = reader.read().unwrap();
    put(&pool, &writer);
    let before = LIVE.get();
    for _ in 0..20_000 / at_once {
        handles(&cell, at_once);
    }
    let kept = LIVE.get() - before;
    assert_ne!(pool.stats().retired, 0, "the snapshot is held");
    drop(seen);
    let freed = freed_by(|| put(&pool, &writer));
    println!("{at_once} at once: {kept} bytes kept, {freed} blocks freed by one swap");
    let stats = pool.stats();
    assert_eq!((stats.out, stats.retired), (1, 0), "{stats}");
    assert!(freed <= 64, "{freed} blocks freed by one swap");
    assert!(kept <= (at_once as isize + 2) * BLOCK, "{kept} bytes kept");
}

#[test]
fn readers_that_came_and_went_are_no_work() {
    for at_once in [1, 10, 100] {
        come_and_go(at_once, |cell, n| {
            let readers: Vec<_> = (0..n).map(|_| cell.reader()).collect();
            assert!(readers.iter().all(|reader| reader.read().is_some()));
        });
    }
}

#[test]
fn handles_that_were_not_used_are_no_work() {
    for at_once in [1, 10, 100] {
        come_and_go(at_once, |cell, n| {
            let _readers: Vec<_> = (0..n / 2).map(|_| cell.reader()).collect();
            let _writers: Vec<_> = (n / 2..n).map(|_| cell.writer()).collect();
        });
    }
}

#[test]
fn writers_that_cleared_are_no_work() {
    for at_once in [1, 10] {
        come_and_go(at_once, |cell, n| {
            let writers: Vec<_> = (0..n).map(|_| cell.writer()).collect();
            assert!(writers.iter().all(Writer::clear), "one place is free");
        });
    }
}

#[test]
fn many_retired_come_home_by_one_swap() {
    let pool = Pool::builder().frames(128).build().unwrap();
    let cell = FrameCell::new(63);
    let (reader, writer) = (cell.reader(), cell.writer());
    for _ in 0..100 {
        put(&pool, &writer);
        let seen = reader.read();
        (0..63).for_each(|_| put(&pool, &writer));
        drop(seen);
        let freed = freed_by(|| put(&pool, &writer));
        let stats = pool.stats();
        assert_eq!((stats.out, stats.retired), (1, 0), "{stats}");
        assert!(freed <= 256, "{freed} blocks freed by one swap");
    }
}
