//! An `IdBatch`: it goes to another thread, and its requests in bulk are refused. On the rseq front
//! two CPUs have caches of 2, and batches are of 1.
//!
//! Frames of a modelled pool are cells: two owners of one, or an owner that does not see what the
//! last one wrote, is reported by loom.

use loom::thread;

use super::fw::sys::run_on;
use super::fw::{Front, IdBatch, Pool};
use crate::harness::explore;

/// A pool that is lent to modelled threads, which have no scopes.
struct Lent(*mut Pool);

impl Lent {
    fn new(frames: usize, front: Front) -> Self {
        let builder = Pool::builder().frames(frames).shards(1).front(front);
        Self(Box::into_raw(Box::new(builder.build().unwrap())))
    }

    /// The caller joins who has the answer before the pool is dropped.
    fn pool(&self) -> &'static Pool {
        // SAFETY: the box lives until this value is dropped, by a model that has joined its
        // threads.
        unsafe { &*self.0 }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: `new` has made the box, and nobody borrows it any more.
            drop(unsafe { Box::from_raw(self.0) });
        }
    }
}

/// Nothing lost: all frames can be had at once, and no more.
fn is_whole(pool: &Pool) {
    let capacity = pool.capacity();
    assert_eq!(pool.stats().free, capacity, "lost or doubled");
    let mut batch: IdBatch<8> = IdBatch::new(pool);
    assert_eq!(batch.get_burst(8), capacity, "lost or doubled");
    batch.iter_mut().for_each(|bytes| bytes[0] = 9);
}

/// An `IdBatch` with frames goes to another thread, which writes to them, keeps one, and drops it
/// there.
fn goes_to_another_thread_beside_gets(front: Front) {
    let lent = Lent::new(3, front);
    let pool = lent.pool();
    run_on(0);
    let mut batch: IdBatch<2> = IdBatch::new(pool);
    batch.get_bulk(2).unwrap();
    batch[0][0] = 1;
    let thread = thread::spawn(move || {
        run_on(0);
        batch.iter_mut().for_each(|bytes| bytes[0] = 2);
        batch.pop().unwrap()
    });
    let mut mine: IdBatch<2> = IdBatch::new(pool);
    mine.get_burst(2);
    mine.iter_mut().for_each(|bytes| bytes[0] = 3);
    let kept = thread.join().unwrap();
    assert_eq!(kept[0], 2, "two owners");
    drop(mine);
    drop(kept);
    is_whole(pool);
}

pub fn batch_is_dropped_on_another_thread_beside_gets() {
    explore(Some(2), || {
        goes_to_another_thread_beside_gets(Front::Portable)
    });
}

pub fn batch_is_dropped_on_another_thread_beside_gets_by_sections() {
    explore(Some(1), || goes_to_another_thread_beside_gets(Front::Rseq));
}

/// Two calls want two frames each, and there are three: one of them at least is refused, and gives
/// back what it has got.
fn two_want_more_than_there_is(front: Front) {
    let lent = Lent::new(3, front);
    let pool = lent.pool();
    let get = |cpu| {
        run_on(cpu);
        let mut batch: IdBatch<2> = IdBatch::new(pool);
        match batch.get_bulk(2) {
            Ok(()) => batch.iter_mut().for_each(|bytes| bytes[0] = 1),
            Err(_) => assert!(batch.is_empty(), "it kept some"),
        }
        batch
    };
    let thread = thread::spawn(move || get(1));
    let mine = get(0);
    let theirs = thread.join().unwrap();
    assert!(mine.len() + theirs.len() <= 2, "lost or doubled");
    drop((mine, theirs));
    is_whole(pool);
}

pub fn bulk_that_falls_short_gives_back() {
    explore(Some(1), || two_want_more_than_there_is(Front::Portable));
}

pub fn bulk_that_falls_short_gives_back_to_caches() {
    explore(Some(1), || two_want_more_than_there_is(Front::Rseq));
}
