//! Tests cells: what is retired is bounded, comes back after the last snapshot, and is whole while
//! it is seen.

#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

use std::iter;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, LazyLock};
use std::thread;

use crate::common::{arena, assert_mapped, assert_whole, builder, pool, scale};
use framewell::{Frame, FrameCell, Pool, Writer};

fn numbered(pool: &Pool, number: u8) -> Frame {
    pool.copy_from(&[number; 64]).unwrap()
}

fn put(pool: &Pool, writer: &Writer<'_, Frame>, number: u8) {
    writer.swap(numbered(pool, number)).unwrap();
}

/// Checks how many frames are out, and how many of them are retired.
#[track_caller]
fn assert_out(pool: &Pool, out: usize, retired: usize) {
    let stats = pool.stats();
    assert_eq!((stats.out, stats.retired), (out, retired), "{stats}");
}

#[test]
fn old_buffer_is_home_when_swap_returns_and_nobody_reads() {
    let pool = pool(64);
    let cell = FrameCell::new(1);
    let (writer, other, reader) = (cell.writer(), cell.writer(), cell.reader());
    put(&pool, &writer, 0);
    for round in 1..1000 {
        put(
            &pool,
            if round % 3 == 0 { &other } else { &writer },
            round as u8,
        );
        assert_out(&pool, 1, 0);
        assert_eq!(reader.read().unwrap()[..], [round as u8; 64]);
    }
}

#[test]
fn what_a_snapshot_shows_stays_until_it_is_dropped() {
    let pool = pool(64);
    let cell = FrameCell::new(8);
    let (reader, writer) = (cell.reader(), cell.writer());
    put(&pool, &writer, 1);
    let first = reader.read().unwrap();
    put(&pool, &writer, 2);
    let second = reader.read().unwrap();
    put(&pool, &writer, 3);
    assert_out(&pool, 3, 2);
    assert_eq!(
        (first[..].to_vec(), second[..].to_vec()),
        (vec![1; 64], vec![2; 64])
    );
    drop(first);
    put(&pool, &writer, 4);
    assert_out(&pool, 4, 3);
    assert_eq!(
        second[..],
        [2; 64],
        "the handle is pinned since the first one"
    );
    drop(second);
    put(&pool, &writer, 5);
    assert_out(&pool, 1, 0);
}

#[test]
fn swap_beyond_the_bound_hands_the_new_buffer_back() {
    for bound in [1, 2, 5, 63] {
        let pool = pool(128);
        let cell = FrameCell::new(bound);
        let (reader, writer) = (cell.reader(), cell.writer());
        put(&pool, &writer, 0);
        let seen = reader.read().unwrap();
        for number in 1..=bound {
            put(&pool, &writer, number as u8);
        }
        assert_out(&pool, bound + 1, bound);
        for _ in 0..3 {
            let refused = writer.swap(numbered(&pool, 200)).unwrap_err();
            assert_eq!(refused[..], [200; 64]);
            assert!(!writer.clear());
            assert_out(&pool, bound + 2, bound);
        }
        let current = cell.reader();
        assert_eq!(current.read().unwrap()[..], [bound as u8; 64], "unchanged");
        assert_eq!(seen[..], [0; 64]);
        drop(seen);
        put(&pool, &writer, 201);
        assert_out(&pool, 1, 0);
    }
}

#[test]
fn cell_can_be_emptied_and_filled_again_up_to_the_bound() {
    let pool = pool(64);
    let cell = FrameCell::new(2);
    let (reader, writer) = (cell.reader(), cell.writer());
    assert!(writer.clear(), "empty is empty");
    put(&pool, &writer, 1);
    let seen = reader.read().unwrap();
    assert!(writer.clear());
    assert!(cell.reader().read().is_none());
    assert_out(&pool, 1, 1);
    put(&pool, &writer, 2);
    assert!(writer.clear());
    put(&pool, &writer, 3);
    assert_out(&pool, 3, 2);
    assert!(!writer.clear());
    assert_eq!(seen[..], [1; 64]);
    drop(seen);
    assert!(writer.clear());
    assert_out(&pool, 0, 0);
}

#[test]
fn garbage_of_many_readers_does_not_keep_a_buffer() {
    let pool = pool(64);
    let cell = FrameCell::new(2);
    let (reader, writer) = (cell.reader(), cell.writer());
    put(&pool, &writer, 1);
    let seen = reader.read().unwrap();
    for _ in 0..10_000 {
        assert!(cell.reader().read().is_some());
    }
    put(&pool, &writer, 2);
    assert_out(&pool, 2, 1);
    drop(seen);
    put(&pool, &writer, 3);
    assert_out(&pool, 1, 0);
}

#[test]
fn buffers_of_a_dropped_writer_come_home_by_another() {
    let pool = pool(64);
    let cell = FrameCell::new(4);
    let (reader, other) = (cell.reader(), cell.writer());
    let writer = cell.writer();
    put(&pool, &writer, 1);
    let seen = reader.read().unwrap();
    put(&pool, &writer, 2);
    drop(writer);
    assert_out(&pool, 2, 1);
    drop(seen);
    put(&pool, &other, 3);
    assert_out(&pool, 1, 0);
}

#[test]
fn dropping_a_cell_frees_all_that_it_holds() {
    let pool = pool(64);
    let cell = FrameCell::new(4);
    {
        let (reader, writer) = (cell.reader(), cell.writer());
        put(&pool, &writer, 1);
        let _seen = reader.read();
        put(&pool, &writer, 2);
        put(&pool, &writer, 3);
    }
    assert_out(&pool, 3, 2);
    drop(cell);
    assert_out(&pool, 0, 0);
    assert_whole(&pool);
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Forgotten {
    Snapshot,
    Reader,
    Writer,
    All,
}

#[test]
fn cell_frees_what_forgotten_handles_kept() {
    for what in [
        Forgotten::Snapshot,
        Forgotten::Reader,
        Forgotten::Writer,
        Forgotten::All,
    ] {
        let pool = pool(64);
        let cell = FrameCell::new(4);
        {
            let forgotten = |one| what == one || what == Forgotten::All;
            let (reader, writer) = (cell.reader(), cell.writer());
            put(&pool, &writer, 1);
            let seen = reader.read();
            put(&pool, &writer, 2);
            if forgotten(Forgotten::Snapshot) {
                forget(seen);
            } else {
                drop(seen);
            }
            if forgotten(Forgotten::Reader) {
                forget(reader);
            }
            if forgotten(Forgotten::Writer) {
                forget(writer);
            }
        }
        put(&pool, &cell.writer(), 3);
        let kept = match what {
            Forgotten::Snapshot | Forgotten::All => 2,
            Forgotten::Reader | Forgotten::Writer => 0,
        };
        assert_out(&pool, 1 + kept, kept);
        drop(cell);
        assert_out(&pool, 0, 0);
        assert_whole(&pool);
    }
}

#[test]
fn pool_goes_with_the_last_buffer_of_a_cell() {
    let cell = FrameCell::new(4);
    {
        let (reader, writer) = (cell.reader(), cell.writer());
        for frames in [151, 157, 163] {
            put(&arena(frames), &writer, frames as u8);
            assert_mapped(frames, 1);
        }
        assert_mapped(151, 0);
        assert_mapped(157, 0);
        let seen = reader.read().unwrap();
        put(&arena(167), &writer, 167);
        assert_mapped(163, 1);
        assert_eq!(seen[..], [163; 64]);
    }
    // One buffer is retired, and one is current.
    drop(cell);
    assert_mapped(163, 0);
    assert_mapped(167, 0);
}

#[test]
fn cell_goes_to_another_thread_with_what_is_retired() {
    let pool = pool(64);
    let cell = FrameCell::new(4);
    {
        let (reader, writer) = (cell.reader(), cell.writer());
        put(&pool, &writer, 1);
        let _seen = reader.read();
        put(&pool, &writer, 2);
    }
    let mover = pool.clone();
    let cell = thread::spawn(move || {
        put(&mover, &cell.writer(), 3);
        assert_out(&mover, 1, 0);
        cell
    });
    drop(cell.join().unwrap());
    assert_out(&pool, 0, 0);
}

#[test]
fn cell_in_a_static_serves_threads_that_come_and_go() {
    static CELL: LazyLock<FrameCell<Frame>> = LazyLock::new(|| FrameCell::new(4));
    thread_local! {
        static READER: framewell::Reader<'static, Frame> = CELL.reader();
    }
    let pool = pool(64);
    for number in 0..50 {
        put(&pool, &CELL.writer(), number);
        let seen = move || READER.with(|reader| reader.read().unwrap()[0]);
        assert_eq!(thread::spawn(seen).join().unwrap(), number);
    }
    put(&pool, &CELL.writer(), 50);
    assert_out(&pool, 1, 0);
    assert!(CELL.writer().clear());
    assert_whole(&pool);
}

#[test]
fn panic_with_a_snapshot_releases_it() {
    let pool = pool(64);
    let cell = FrameCell::new(1);
    let (reader, writer) = (cell.reader(), cell.writer());
    put(&pool, &writer, 1);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let seen = reader.read().unwrap();
        put(&pool, &writer, 2);
        let _ = seen[64];
    }));
    assert!(panicked.is_err());
    put(&pool, &writer, 3);
    assert_out(&pool, 1, 0);
}

#[test]
#[should_panic(expected = "a cell for 64 retired buffers is not one for 1 to 63")]
fn cell_for_too_many_retired_buffers_is_refused() {
    let _cell: FrameCell<Frame> = FrameCell::new(64);
}

#[test]
#[should_panic(expected = "a cell for 0 retired buffers is not one for 1 to 63")]
fn cell_for_no_retired_buffer_is_refused() {
    let _cell: FrameCell<Frame> = FrameCell::new(0);
}

/// Runs writers and readers at once. Every snapshot is one whole record, and no more buffers are
/// out than allowed.
fn storm(writers: usize, readers: usize) {
    const BOUND: usize = 3;
    let swaps = scale() * 5_000 / writers as u64;
    // There are as many frames as the cell and the writers can have.
    let pool = builder().frames(BOUND + 1 + writers).build().unwrap();
    let cell = FrameCell::new(BOUND);
    put(&pool, &cell.writer(), 0);
    let (stop, start) = (AtomicBool::new(false), Barrier::new(writers + readers));
    let (refused, reads) = thread::scope(|scope| {
        let reading: Vec<_> = (0..readers)
            .map(|_| scope.spawn(|| read_until(&cell, &stop, &start)))
            .collect();
        let writing: Vec<_> = (0..writers)
            .map(|_| scope.spawn(|| write(&pool, &cell, &start, swaps)))
            .collect();
        // The readers are stopped also if a writer fails. Otherwise the test would wait for them,
        // and could not report the failure.
        let stopped = StopsAtEnd(&stop);
        let refused: u64 = writing.into_iter().map(|t| t.join().unwrap()).sum();
        drop(stopped);
        let reads: Vec<u64> = reading.into_iter().map(|t| t.join().unwrap()).collect();
        (refused, reads)
    });
    eprintln!("{writers} writers with {swaps} swaps each, {refused} refused; reads: {reads:?}");
    assert!(reads.iter().all(|reads| *reads > 0));
    put(&pool, &cell.writer(), 1);
    assert_out(&pool, 1, 0);
    drop(cell);
    assert_whole(&pool);
}

struct StopsAtEnd<'a>(&'a AtomicBool);

impl Drop for StopsAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn read_until(cell: &FrameCell<Frame>, stop: &AtomicBool, start: &Barrier) -> u64 {
    let mut reader = cell.reader();
    let mut reads = 0;
    start.wait();
    // Each reader reads at least once, however fast the writers are.
    while reads == 0 || !stop.load(Ordering::Relaxed) {
        let seen = reader.read().expect("never cleared");
        let first = seen[0];
        assert_eq!(seen[..], [first; 64], "a record is whole");
        if reads % 64 == 0 {
            thread::yield_now();
            assert_eq!(seen[..], [first; 64], "and stays");
        }
        drop(seen);
        reads += 1;
        if reads % 1000 == 0 {
            reader = cell.reader();
        }
    }
    reads
}

/// Swaps `swaps` times, and returns how often a swap was refused.
fn write(pool: &Pool, cell: &FrameCell<Frame>, start: &Barrier, swaps: u64) -> u64 {
    let writer = cell.writer();
    let mut refused = 0;
    start.wait();
    for number in 0..swaps {
        // There are as many frames as can be out. But a frame that another thread's free has in
        // hand is not free.
        let mut frame = iter::repeat_with(|| pool.get(64))
            .find_map(Result::ok)
            .unwrap();
        frame.fill(number as u8);
        while let Err(back) = writer.swap(frame) {
            assert_eq!(back[..], [number as u8; 64]);
            frame = back;
            refused += 1;
            thread::yield_now();
        }
    }
    refused
}

#[test]
fn one_writer_and_readers_leave_the_pool_whole() {
    storm(1, 3);
}

#[test]
fn three_writers_and_readers_leave_the_pool_whole() {
    storm(3, 2);
}
