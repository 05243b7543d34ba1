//! `trim` on the rseq front: it stops the caches of the classes and takes what is in them, beside
//! sections, and lets them be opened again.
//!
//! Under loom a chunk holds two buffers of 2048 bytes, or one of 4096.

use super::fw::sys::run_on;
use super::fw::{Front, Pool, VarBuf};
use crate::harness::{explore_deep, spawn_deep};

const SMALL: usize = 2048;
const WHOLE: usize = 4096;

/// A pool of one chunk.
fn pool() -> Pool {
    let builder = Pool::builder().frames(1).front(Front::Rseq);
    builder.alloc_bytes(WHOLE).build().unwrap()
}

/// A buffer with a mark at either end, which nobody else writes to.
fn take(pool: &Pool, len: usize) -> Option<VarBuf> {
    let mut buffer = pool.alloc(len).ok()?;
    (buffer[0], buffer[len - 1]) = (1, 1);
    Some(buffer)
}

/// With nothing in use either class can have the chunk, and no more.
fn is_whole(pool: &Pool) {
    run_on(0);
    for (len, all) in [(SMALL, 2), (WHOLE, 1)] {
        let buffers: Vec<_> = std::iter::from_fn(|| take(pool, len)).collect();
        assert_eq!(buffers.len(), all, "lost or doubled");
    }
    pool.trim();
    let alloc = pool.stats().alloc.unwrap();
    assert_eq!((alloc.chunks, alloc.out), (0, 0), "lost or doubled");
}

pub fn trim_races_free_by_section() {
    explore_deep(Some(1), || {
        // The cache of CPU 0 is open, and one of the two buffers is in it.
        let pool = pool();
        run_on(0);
        let (first, second) = (take(&pool, SMALL), take(&pool, SMALL));
        drop(first);
        assert!(pool.stats().alloc.unwrap().out == 1);
        let thread = spawn_deep(move || {
            run_on(0);
            drop(second);
        });
        run_on(1);
        pool.trim();
        thread.join().unwrap();
        is_whole(&pool);
    });
}

pub fn trim_races_allocation_by_section() {
    explore_deep(Some(1), || {
        // Both are free in the cache of CPU 0.
        let pool = pool();
        run_on(0);
        drop([take(&pool, SMALL), take(&pool, SMALL)]);
        let other = pool.clone();
        let thread = spawn_deep(move || {
            run_on(0);
            take(&other, SMALL)
        });
        run_on(1);
        pool.trim();
        drop(thread.join().unwrap());
        is_whole(&pool);
    });
}

pub fn trim_races_trim_of_caches() {
    explore_deep(Some(1), || {
        let pool = pool();
        run_on(0);
        drop([take(&pool, SMALL), take(&pool, SMALL)]);
        let other = pool.clone();
        let thread = spawn_deep(move || {
            run_on(1);
            other.trim();
        });
        run_on(2);
        pool.trim();
        thread.join().unwrap();
        is_whole(&pool);
    });
}
