//! Cells, with the real crossbeam-epoch: edges U, V and E.
//!
//! The frames of a modelled pool are cells, and so are the places of a modelled `FrameCell`: who looks at a frame that is freed, or was handed out
//! again, is reported, and so is who uses a place that nothing orders.
//!
//! Registering with a collector, the first pinning, which collects, and leaving it take many steps. Where a model is not about them the
//! handles are made and dropped by the first thread, and lent to others.

use loom::sync::Arc;
use loom::thread;

use super::fw::{Frame, FrameCell, Pool, Reader, Writer};
use crate::harness::explore;

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
fn look(reader: &Reader<'_, Frame>) -> Option<u8> {
    let seen = reader.read()?;
    assert_eq!(seen[0], seen[1], "a record is whole");
    Some(seen[0])
}

/// Nothing is retired, and so many frames are out.
fn is_settled(pool: &Pool, out: usize) {
    let stats = pool.stats();
    assert_eq!((stats.out, stats.retired), (out, 0), "not home, or not counted");
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
    look(reader);
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
            let thread = thread::spawn(move || seen(look(lent.get())));
            work(&pool, &writer);
            thread.join().unwrap();
            put(&pool, &writer, 9);
        }
        is_settled(&pool, 1);
        drop(cell);
        is_settled(&pool, 0);
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
            // While one of them was in its call, the other could not bring its buffer home.
            assert!(pool.stats().retired <= 2, "more are retired than may be");
            put(&pool, &one, 9);
        }
        is_settled(&pool, 1);
        drop(cell);
        is_settled(&pool, 0);
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
        is_settled(&pool, 0);
    });
}

pub fn reader_comes_and_goes_during_a_swap() {
    explore(Some(1), || {
        let pool = pool(3);
        let cell = Arc::new(FrameCell::new(1));
        put(&pool, &cell.writer(), 1);
        let other = Arc::clone(&cell);
        let thread = thread::spawn(move || {
            assert!(matches!(look(&other.reader()), Some(1 | 2)));
        });
        put(&pool, &cell.writer(), 2);
        thread.join().unwrap();
        put(&pool, &cell.writer(), 9);
        is_settled(&pool, 1);
        drop(cell);
        is_settled(&pool, 0);
    });
}
