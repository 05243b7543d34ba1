//! Cells, with the real crossbeam-epoch: edges #cell-publish, #place-handover
//! and #grace-period.
//!
//! The frames of a modelled pool are cells, and so are the places of a modelled `FrameCell`: who
//! looks at a frame that is freed, or was handed out again, is reported, and so is who uses a place
//! that nothing orders.
//!
//! Registering with a collector, the first pinning, which collects, and leaving it take many steps.
//! Where a model is not about them the handles are made and dropped by the first thread, and lent
//! to others.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;

use loom::sync::Arc;
use loom::thread;

use super::fw::{Frame, FrameCell, OnMisuse, Pool, Reader, Writer};
use crate::harness::{explore, explore_deep};

fn pool(frames: usize) -> Pool {
    Pool::builder().frames(frames).shards(1).build().unwrap()
}

fn record(pool: &Pool, number: u8) -> Frame {
    pool.copy_from(&[number; 2]).expect("a frame was lost")
}

fn put(pool: &Pool, writer: &Writer<'_, Frame>, number: u8) {
    let refused = writer.swap(record(pool, number)).is_err();
    assert!(!refused, "refused below the bound");
}

/// Looks at the cell, and demands a whole record.
fn peek(reader: &Reader<'_, Frame>) -> Option<u8> {
    let seen = reader.read()?;
    assert_eq!(seen[0], seen[1], "a record is whole");
    Some(seen[0])
}

/// Nothing is retired, and so many frames are out.
fn may_refuse(pool: &Pool, out: usize) {
    let stats = pool.stats();
    assert_eq!((stats.out, stats.retired), (out, 0), "not freed, or not counted");
}

/// A handle that the first thread lends to another one.
struct Lent<T>(*const T);

// SAFETY: the lender does not use the handle, and keeps it, until it has joined the borrower.
unsafe impl<T> Send for Lent<T> {}

impl<T> Lent<T> {
    fn get(&self) -> &T {
        // SAFETY: as for Send.
        unsafe { &*self.0 }
    }
}

fn lend_reader(reader: &Reader<'_, Frame>) -> Lent<Reader<'static, Frame>> {
    // The first pinning.
    peek(reader);
    Lent((&raw const *reader).cast())
}

fn lend_writer(writer: &Writer<'_, Frame>) -> Lent<Writer<'static, Frame>> {
    Lent((&raw const *writer).cast())
}

/// A cell with record 1 in it, a reader on another thread, and `work` on this one.
fn beside_a_reader(preemptions: usize, work: fn(&Pool, &Writer<'_, Frame>), seen: fn(Option<u8>)) {
    explore(Some(preemptions), move || {
        let pool = pool(3);
        let cell = FrameCell::new(1);
        {
            let (reader, writer) = (cell.reader(), cell.writer());
            put(&pool, &writer, 1);
            let lent = lend_reader(&reader);
            let thread = thread::spawn(move || seen(peek(lent.get())));
            work(&pool, &writer);
            thread.join().unwrap();
            put(&pool, &writer, 9);
        }
        may_refuse(&pool, 1);
        drop(cell);
        may_refuse(&pool, 0);
    });
}

pub fn swap_races_read() {
    beside_a_reader(
        3,
        |pool, writer| put(pool, writer, 2),
        |seen| assert!(matches!(seen, Some(1 | 2))),
    );
}

pub fn clear_races_read() {
    beside_a_reader(
        3,
        |_, writer| assert!(writer.clear()),
        |seen| assert!(matches!(seen, None | Some(1))),
    );
}

pub fn swap_at_the_bound_races_read() {
    beside_a_reader(
        3,
        |pool, writer| {
            put(pool, writer, 2);
            if let Err(refused) = writer.swap(record(pool, 3)) {
                assert_eq!(*refused, [3, 3]);
            }
            assert!(pool.stats().retired <= 1, "more are retired than may be");
        },
        |seen| assert!(matches!(seen, Some(1..=3))),
    );
}

pub fn two_writers_swap() {
    explore(Some(1), || {
        let pool = pool(4);
        let cell = FrameCell::new(2);
        {
            let (one, two) = (cell.writer(), cell.writer());
            put(&pool, &one, 1);
            put(&pool, &two, 2);
            let (lent, frame) = (lend_writer(&two), record(&pool, 3));
            let thread = thread::spawn(move || assert!(lent.get().swap(frame).is_ok()));
            put(&pool, &one, 4);
            thread.join().unwrap();
            // While one of them was in its call, the other could not bring its buffer back.
            assert!(pool.stats().retired <= 2, "more are retired than may be");
            put(&pool, &one, 9);
        }
        may_refuse(&pool, 1);
        drop(cell);
        may_refuse(&pool, 0);
    });
}

pub fn first_swap_races_clear() {
    explore(Some(2), || {
        let pool = pool(2);
        let cell = FrameCell::new(1);
        {
            let (one, two) = (cell.writer(), cell.writer());
            put(&pool, &one, 1);
            assert!(one.clear() && two.clear());
            let lent = lend_writer(&two);
            let thread = thread::spawn(move || lent.get().clear());
            put(&pool, &one, 2);
            assert!(thread.join().unwrap());
            assert!(one.clear());
        }
        may_refuse(&pool, 0);
    });
}

pub fn clear_races_swap() {
    explore(Some(1), || {
        let pool = pool(4);
        let cell = FrameCell::new(2);
        {
            let (one, two) = (cell.writer(), cell.writer());
            put(&pool, &two, 1);
            assert!(one.clear());
            put(&pool, &one, 2);
            let (lent, frame) = (lend_writer(&two), record(&pool, 3));
            let thread = thread::spawn(move || assert!(lent.get().swap(frame).is_ok()));
            assert!(one.clear());
            thread.join().unwrap();
            put(&pool, &two, 9);
            // With both handles still there: what one of them has retired is not left in its hands.
            may_refuse(&pool, 1);
        }
        drop(cell);
        may_refuse(&pool, 0);
    });
}

/// Swaps a record into a cell when it is dropped, and panics.
struct SwapsAndPanics {
    pool: Pool,
    cell: std::sync::Weak<FrameCell<Frame>>,
    /// Whether the cell took the record.
    swapped: std::sync::Arc<OnceLock<bool>>,
}

impl Drop for SwapsAndPanics {
    fn drop(&mut self) {
        let cell = self.cell.upgrade().expect("the cell is there");
        let swapped = cell.writer().swap(record(&self.pool, 3)).is_ok();
        self.swapped.set(swapped).expect("dropped once");
        // Not by `panic!`, which would say so in each execution.
        resume_unwind(Box::new("the end of a pool"));
    }
}

/// The last frame of a pool whose end does that.
fn last_frame(owned: SwapsAndPanics) -> Frame {
    let report = OnMisuse::Call(std::sync::Arc::new(move |_| {
        let _owned = &owned;
    }));
    let pool = Pool::builder().frames(1).shards(1).on_misuse(report);
    record(&pool.build().unwrap(), 1)
}

pub fn end_of_a_pool_swaps_and_panics() {
    explore_deep(Some(3), || {
        let pool = pool(4);
        let cell = std::sync::Arc::new(FrameCell::new(1));
        let swapped = std::sync::Arc::default();
        let owned = SwapsAndPanics {
            pool: pool.clone(),
            cell: std::sync::Arc::downgrade(&cell),
            swapped: std::sync::Arc::clone(&swapped),
        };
        {
            let (reader, writer) = (cell.reader(), cell.writer());
            assert!(writer.swap(last_frame(owned)).is_ok());
            let lent = lend_reader(&reader);
            let thread = thread::spawn(move || peek(lent.get()));
            let swap = |number| {
                let swap = || writer.swap(record(&pool, number)).is_ok();
                catch_unwind(AssertUnwindSafe(swap)).expect("the panic goes no further")
            };
            assert!(swap(2), "refused below the bound");
            thread.join().unwrap();
            // Refused if the pool ends amid this: the swap there has retired record 2.
            swap(4);
            assert!(swap(9), "refused below the bound");
            let swapped = swapped.get().expect("the pool has ended");
            assert!(swapped, "refused below the bound");
        }
        may_refuse(&pool, 1);
        drop(cell);
        may_refuse(&pool, 0);
    });
}

pub fn handles_are_made_at_once() {
    explore(Some(2), || {
        let pool = pool(2);
        let cell = Arc::new(FrameCell::new(1));
        let other = Arc::clone(&cell);
        let thread = thread::spawn(move || {
            assert!(matches!(peek(&other.reader()), None | Some(1)));
        });
        put(&pool, &cell.writer(), 1);
        thread.join().unwrap();
        put(&pool, &cell.writer(), 9);
        may_refuse(&pool, 1);
        drop(cell);
        may_refuse(&pool, 0);
    });
}

pub fn reader_comes_and_goes_during_a_swap() {
    explore(Some(2), || {
        let pool = pool(3);
        let cell = Arc::new(FrameCell::new(1));
        put(&pool, &cell.writer(), 1);
        let other = Arc::clone(&cell);
        let thread = thread::spawn(move || {
            assert!(matches!(peek(&other.reader()), Some(1 | 2)));
        });
        put(&pool, &cell.writer(), 2);
        thread.join().unwrap();
        put(&pool, &cell.writer(), 9);
        may_refuse(&pool, 1);
        drop(cell);
        may_refuse(&pool, 0);
    });
}
