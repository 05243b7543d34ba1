//! The variable-length buffers of a pool: `trim`, and allocations that take idle chunks, beside
//! what goes on in the classes.
//!
//! Under loom a chunk holds two buffers of 2048 bytes, or one of 4096.

use super::fw::sys::run_on;
use super::fw::{Pool, VarBuf};
use crate::harness::{explore_deep, spawn_deep};

const SMALL: usize = 2048;
const WHOLE: usize = 4096;

fn pool(chunks: usize) -> Pool {
    let builder = Pool::builder().frames(1).shards(1);
    builder.alloc_bytes(chunks * WHOLE).build().unwrap()
}

/// A buffer that nobody else writes to: its ends tell if somebody did, of whatever class.
struct Marked(VarBuf, u8);

impl Marked {
    fn take(pool: &Pool, len: usize, mark: u8) -> Option<Self> {
        let mut buffer = pool.alloc(len).ok()?;
        buffer[0] = mark;
        buffer[len - 1] = mark;
        Some(Self(buffer, mark))
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let ends = (self.0.first(), self.0.last());
            assert_eq!(ends, (Some(&self.1), Some(&self.1)), "two owners");
        }
    }
}

/// With nothing in use each class can have all chunks, and no more.
fn is_whole(pool: &Pool, chunks: usize) {
    for (len, per_chunk) in [(SMALL, 2), (WHOLE, 1)] {
        let all: Vec<_> = std::iter::from_fn(|| Marked::take(pool, len, 9)).collect();
        assert_eq!(all.len(), chunks * per_chunk, "lost or doubled");
    }
    pool.trim();
    let alloc = pool.stats().alloc.unwrap();
    assert_eq!((alloc.chunks, alloc.out), (0, 0), "lost or doubled");
}

pub fn trim_races_free_and_allocation() {
    explore_deep(Some(1), || {
        let pool = pool(1);
        let pair = [1, 2].map(|mark| Marked::take(&pool, SMALL, mark));
        let other = pool.clone();
        let thread = spawn_deep(move || {
            run_on(0);
            drop(pair);
            drop(Marked::take(&other, SMALL, 3));
        });
        run_on(0);
        pool.trim();
        drop(Marked::take(&pool, WHOLE, 4));
        thread.join().unwrap();
        is_whole(&pool, 1);
    });
}

pub fn trim_races_allocation_of_the_rest() {
    explore_deep(Some(2), || {
        // One buffer of the chunk is in use, the other was never carved.
        let pool = pool(1);
        let first = Marked::take(&pool, SMALL, 1);
        let other = pool.clone();
        let thread = spawn_deep(move || {
            run_on(0);
            let second = Marked::take(&other, SMALL, 2);
            drop(first);
            second
        });
        run_on(0);
        pool.trim();
        drop(thread.join().unwrap());
        is_whole(&pool, 1);
    });
}

pub fn trim_races_free_and_another_class() {
    explore_deep(Some(1), || {
        let pool = pool(1);
        let pair = [1, 2].map(|mark| Marked::take(&pool, SMALL, mark));
        let whole = pool.clone();
        let one = spawn_deep(move || {
            run_on(0);
            drop(pair);
        });
        let two = spawn_deep(move || {
            run_on(0);
            drop(Marked::take(&whole, WHOLE, 3));
        });
        run_on(0);
        pool.trim();
        one.join().unwrap();
        two.join().unwrap();
        is_whole(&pool, 1);
    });
}

pub fn trim_races_trim() {
    explore_deep(Some(1), || {
        let pool = pool(1);
        let pair = [1, 2].map(|mark| Marked::take(&pool, SMALL, mark));
        drop(pair);
        let other = pool.clone();
        let thread = spawn_deep(move || {
            run_on(0);
            other.trim();
        });
        run_on(0);
        pool.trim();
        drop(Marked::take(&pool, WHOLE, 3));
        thread.join().unwrap();
        is_whole(&pool, 1);
    });
}

pub fn two_classes_want_an_idle_chunk() {
    explore_deep(Some(1), || {
        let pool = pool(1);
        drop([1, 2].map(|mark| Marked::take(&pool, SMALL, mark)));
        let other = pool.clone();
        let thread = spawn_deep(move || {
            run_on(0);
            Marked::take(&other, SMALL, 3)
        });
        run_on(0);
        let mine = Marked::take(&pool, WHOLE, 4);
        let theirs = thread.join().unwrap();
        assert!(mine.is_none() || theirs.is_none(), "two owners");
        drop((mine, theirs));
        is_whole(&pool, 1);
    });
}
