//! Tests what happens when a misuse callback's own data is dropped. That is done with the last
//! buffer of its pool, in the middle of whatever call frees that buffer. The drop may panic, and
//! may call the pool.

#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use crate::common::{assert_whole, builder, pool};
use framewell::{Burst, Frame, FrameCell, Misuse, OnMisuse, Pool, VarBuf, Writer};

/// Calls a function when it is dropped.
struct AtDrop<F: Fn()>(F);

impl<F: Fn()> Drop for AtDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Returns a pool whose callback owns what calls `at_end` when it is dropped.
fn ending(frames: usize, at_end: impl Fn() + Send + Sync + 'static) -> Pool {
    let owned = AtDrop(at_end);
    let report = move |_: &Misuse| {
        let _owned = &owned;
    };
    let builder = builder().frames(frames).alloc_bytes(1 << 20);
    let builder = builder.on_misuse(OnMisuse::Call(Arc::new(report)));
    builder.build().unwrap()
}

/// Counts the ends of pools, which panic.
#[derive(Clone, Default)]
struct Ends(Arc<AtomicUsize>);

impl Ends {
    fn pool(&self) -> Pool {
        let ends = self.0.clone();
        ending(1, move || {
            ends.fetch_add(1, Ordering::Relaxed);
            panic!("at the end of a pool");
        })
    }

    /// Returns a frame with which a pool ends.
    fn frame(&self) -> Frame {
        self.pool().get(60).unwrap()
    }

    #[track_caller]
    fn are(&self, expected: usize) {
        assert_eq!(self.0.load(Ordering::Relaxed), expected, "ends of pools");
    }
}

/// Runs a call in whose middle pools end with a panic. Checks that it returns, and that each pool
/// has ended once.
#[track_caller]
fn ends_amid<T>(ends: &Ends, expected: usize, call: impl FnOnce() -> T) -> T {
    let before = ends.0.load(Ordering::Relaxed);
    let answer = catch_unwind(AssertUnwindSafe(call));
    ends.are(before + expected);
    answer.expect("the panic goes no further")
}

fn put(writer: &Writer<'_, Frame>, frame: Frame) {
    writer.swap(frame).unwrap();
}

#[test]
fn end_amid_clearing_a_cell_comes_once() {
    let ends = Ends::default();
    let cell = FrameCell::new(1);
    {
        let writer = cell.writer();
        put(&writer, ends.frame());
        assert!(ends_amid(&ends, 1, || writer.clear()));
    }
    drop(cell);
    ends.are(1);
}

#[test]
fn end_amid_a_swap_leaves_the_cell_in_order() {
    let (ends, other) = (Ends::default(), pool(2));
    let cell = FrameCell::new(1);
    let writer = cell.writer();
    put(&writer, ends.frame());
    for number in 0..10 {
        let frame = other.copy_from(&[number]).unwrap();
        let expected = usize::from(number == 0);
        ends_amid(&ends, expected, || put(&writer, frame));
        assert_eq!(cell.reader().read().unwrap()[..], [number]);
        assert_eq!((other.stats().out, other.stats().retired), (1, 0));
    }
}

#[test]
fn end_amid_dropping_a_cell_costs_nothing_else_that_it_holds() {
    let (ends, other) = (Ends::default(), pool(3));
    let cell = FrameCell::new(8);
    {
        let (reader, writer) = (cell.reader(), cell.writer());
        put(&writer, ends.frame());
        let _seen = reader.read();
        put(&writer, other.get(60).unwrap());
        put(&writer, ends.frame());
        put(&writer, other.get(60).unwrap());
        put(&writer, ends.frame());
        put(&writer, other.get(60).unwrap());
        assert!(writer.clear());
    }
    ends_amid(&ends, 3, || drop(cell));
    assert_eq!(other.stats().retired, 0);
    assert_whole(&other);
}

#[test]
fn end_amid_dropping_a_cell_with_a_forgotten_snapshot_costs_nothing_else() {
    let (ends, other) = (Ends::default(), pool(2));
    let cell = FrameCell::new(8);
    {
        let (reader, writer) = (cell.reader(), cell.writer());
        put(&writer, ends.frame());
        std::mem::forget(reader.read());
        put(&writer, other.get(60).unwrap());
        put(&writer, ends.frame());
        put(&writer, other.get(60).unwrap());
    }
    ends_amid(&ends, 2, || drop(cell));
    assert_eq!(other.stats().retired, 0);
    assert_whole(&other);
}

#[test]
fn end_amid_a_read_or_a_handle_comes_once() {
    let ends = Ends::default();
    let cell = FrameCell::new(1);
    let (reader, writer) = (cell.reader(), cell.writer());
    put(&writer, ends.frame());
    let other = cell.reader();
    {
        let _seen = reader.read();
        assert!(writer.clear());
        ends.are(0);
    }
    let answer = catch_unwind(AssertUnwindSafe(|| {
        for _ in 0..1000 {
            assert!(other.read().is_none());
            assert!(cell.reader().read().is_none());
        }
    }));
    assert!(answer.is_ok(), "the panic goes no further");
    ends.are(1);
}

#[test]
fn end_amid_a_swap_may_use_the_same_cell() {
    static CELL: LazyLock<FrameCell<Frame>> = LazyLock::new(|| FrameCell::new(1));
    let other = pool(4);
    let own = other.clone();
    let first = ending(1, move || {
        let writer = CELL.writer();
        assert!(CELL.reader().read().is_none());
        put(&writer, own.copy_from(b"amid 1").unwrap());
        put(&writer, own.copy_from(b"amid 2").unwrap());
        assert_eq!(CELL.reader().read().unwrap()[..], *b"amid 2");
        assert_eq!(own.stats().retired, 1, "the call amid which this runs");
    });
    {
        let writer = CELL.writer();
        put(&writer, first.get(60).unwrap());
        drop(first);
        assert!(writer.clear());
        assert_eq!(CELL.reader().read().unwrap()[..], *b"amid 2");
        put(&writer, other.copy_from(b"after").unwrap());
        assert_eq!((other.stats().out, other.stats().retired), (1, 0));
        assert!(writer.clear());
    }
    assert_whole(&other);
}

#[test]
fn swaps_amid_a_swap_do_not_keep_it_going() {
    static CELL: LazyLock<FrameCell<Frame>> = LazyLock::new(|| FrameCell::new(4));
    static SWAPPED: AtomicUsize = AtomicUsize::new(0);

    /// Returns a frame whose end swaps another such frame in, which retires the one that is there.
    fn link(left: usize) -> Frame {
        let pool = ending(1, move || {
            if left > 0 {
                SWAPPED.fetch_add(1, Ordering::Relaxed);
                put(&CELL.writer(), link(left - 1));
            }
        });
        pool.get(60).unwrap()
    }

    let writer = CELL.writer();
    put(&writer, link(100));
    put(&writer, link(100));
    let swapped = SWAPPED.load(Ordering::Relaxed);
    assert!((2..=32).contains(&swapped), "{swapped} swaps amid one");
    // What is left ends with one of the next calls.
    while CELL.reader().read().is_some() {
        assert!(writer.clear());
    }
}

/// Returns frames of pools that end with a panic, with others among them.
fn mixed(ends: &Ends, other: &Pool) -> Vec<Frame> {
    let others = std::iter::from_fn(|| other.get(60).ok());
    others.flat_map(|frame| [frame, ends.frame()]).collect()
}

fn mixed_burst(ends: &Ends, other: &Pool) -> Burst<16> {
    let mut burst = Burst::new();
    burst.extend(mixed(ends, other));
    burst
}

#[test]
fn ends_amid_a_burst_cost_no_other_frame() {
    let ways: [fn(Burst<16>); 7] = [
        drop,
        |mut burst| burst.clear(),
        |mut burst| burst.truncate(1),
        |mut burst| drop(burst.drain()),
        |mut burst| burst.drain().for_each(drop),
        |mut burst| burst.retain(|_| false),
        |mut burst| while burst.pop().is_some() {},
    ];
    for way in ways {
        let (ends, other) = (Ends::default(), pool(4));
        let burst = mixed_burst(&ends, &other);
        ends_amid(&ends, 4, || way(burst));
        assert_whole(&other);
    }
}

#[test]
fn ends_amid_an_unfinished_drain_cost_no_other_frame() {
    let (ends, other) = (Ends::default(), pool(4));
    let mut burst = mixed_burst(&ends, &other);
    ends_amid(&ends, 4, || {
        let mut drain = burst.drain();
        let (first, last) = (drain.next().unwrap(), drain.next_back().unwrap());
        assert_eq!(drain.len(), 6);
        drop(drain);
        drop((first, last));
    });
    assert!(burst.is_empty());
    assert_whole(&other);
}

#[test]
fn ends_amid_an_overflow_cost_no_other_frame() {
    let (ends, other) = (Ends::default(), pool(4));
    let frames = mixed(&ends, &other);
    let mut burst: Burst<5> = Burst::new();
    let overflow = catch_unwind(AssertUnwindSafe(|| burst.extend(frames))).unwrap_err();
    let said = overflow.downcast::<String>().unwrap();
    assert!(said.starts_with("frames exceed"), "{said}");
    assert_eq!((burst.len(), other.stats().out), (5, 3));
    ends.are(2);
    ends_amid(&ends, 2, || drop(burst));
    assert_whole(&other);
}

#[test]
fn ends_amid_unwinding_do_not_end_the_process() {
    let (ends, other) = (Ends::default(), pool(4));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _burst = mixed_burst(&ends, &other);
        let cell = FrameCell::new(1);
        put(&cell.writer(), ends.frame());
        panic!("with all of them in hand");
    }));
    let said = unwound.unwrap_err();
    assert_eq!(said.downcast_ref(), Some(&"with all of them in hand"));
    ends.are(5);
    assert_whole(&other);
}

#[test]
fn every_buffer_and_handle_may_be_the_last() {
    let ends = Ends::default();
    for len in [100, 1 << 20] {
        let buffer: VarBuf = ends.pool().alloc(len).unwrap();
        ends_amid(&ends, 1, || drop(buffer));
    }
    let pool = ends.pool();
    ends_amid(&ends, 1, || drop(pool));
    let pool = ends.pool();
    let frame = pool.get(60).unwrap();
    drop(pool.clone());
    drop(frame);
    let mut bulk: framewell::IdBatch<'_, 1> = framewell::IdBatch::new(&pool);
    bulk.get_bulk(1).unwrap();
    let frame = bulk.pop().unwrap();
    drop(bulk);
    drop(pool);
    ends_amid(&ends, 1, || drop(frame));
}

#[test]
fn panic_that_panics_when_it_is_dropped_is_forgotten() {
    struct Twice;
    impl Drop for Twice {
        fn drop(&mut self) {
            panic!("and again");
        }
    }
    let pool = ending(1, || panic_any(Twice));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(pool))).is_ok());
}

#[test]
fn users_own_copy_of_a_callback_drops_as_ever() {
    let owned = AtDrop(|| panic!("nobody else's"));
    let report = OnMisuse::Call(Arc::new(move |_| {
        let _owned = &owned;
    }));
    let pool = builder().on_misuse(report.clone()).build().unwrap();
    drop(pool);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(report))).is_err());
}
