//! `trim` on the rseq front: it stops the caches of the classes and takes what is in them, beside
//! sections, and lets them be opened again.
//!
//! Under loom a chunk holds two buffers of 2048 bytes, or one of 4096.

use loom::thread::JoinHandle;

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

/// CPU 0 has a cache that is open. A thread goes on there or elsewhere, and `cpu` trims.
fn trim_races<T: 'static>(cpu: u32, start: fn(&Pool) -> JoinHandle<T>) {
    explore_deep(Some(1), move || {
        let pool = pool();
        run_on(0);
        let thread = start(&pool);
        run_on(cpu);
        pool.trim();
        drop(thread.join().unwrap());
        is_whole(&pool);
    });
}

pub fn trim_races_free_by_section() {
    trim_races(1, |pool| {
        // One of the two buffers is in the cache.
        let (first, second) = (take(pool, SMALL), take(pool, SMALL));
        drop(first);
        assert!(pool.stats().alloc.unwrap().out == 1);
        spawn_deep(move || {
            run_on(0);
            drop(second);
        })
    });
}

pub fn trim_races_allocation_by_section() {
    trim_races(1, |pool| {
        // Both are free in the cache.
        drop([take(pool, SMALL), take(pool, SMALL)]);
        let other = pool.clone();
        spawn_deep(move || {
            run_on(0);
            take(&other, SMALL)
        })
    });
}

pub fn trim_races_trim_of_caches() {
    trim_races(2, |pool| {
        drop([take(pool, SMALL), take(pool, SMALL)]);
        let other = pool.clone();
        spawn_deep(move || {
            run_on(1);
            other.trim();
        })
    });
}
