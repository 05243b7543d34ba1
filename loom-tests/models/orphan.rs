//! The end of a pool on the rseq front: edges #cpu-fence, #mode-change and #returned-count. Two
//! CPUs with caches of 2, batches of 1.
//!
//! A modelled pool that is not given back is reported as leaked; one that is used beside or after
//! its end, or ended twice, as an access that nothing orders.

use loom::thread;

use super::fw::percpu::refuse_fences_after;
use super::fw::sys::run_on;
use super::fw::{Burst, Frame, Front, Pool};
use crate::harness::explore;

fn pool(frames: usize) -> Pool {
    let builder = Pool::builder().frames(frames).front(Front::Rseq);
    builder.build().unwrap()
}

/// Frees a frame, written to before, on CPU 0.
fn free(mut frame: Frame) {
    run_on(0);
    frame[0] = 1;
    drop(frame);
}

/// All frames of a pool are out; so many of them are freed to the cache of CPU 0, which is open
/// then.
fn with_resting(frames: usize, free_count: usize) -> (Pool, Vec<Frame>) {
    let pool = pool(frames);
    run_on(0);
    let mut out: Vec<_> = (0..frames).map(|_| pool.get(1).unwrap()).collect();
    out.truncate(frames - free_count);
    assert_eq!(pool.stats().per_cpu, [free_count, 0]);
    (pool, out)
}

pub fn last_handle_races_free_by_section() {
    explore(Some(4), || {
        let (pool, mut out) = with_resting(2, 1);
        let frame = out.pop().unwrap();
        let thread = thread::spawn(move || free(frame));
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn last_handle_races_free_that_opens() {
    explore(Some(3), || {
        let (pool, mut out) = with_resting(1, 0);
        let frame = out.pop().unwrap();
        let thread = thread::spawn(move || free(frame));
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn free_to_a_cache_that_is_opened_comes_before_the_last_handle() {
    explore(Some(2), || {
        // One free opens the cache, the other frees its frame there meanwhile; the opener finds its
        // gate marked.
        let (pool, mut out) = with_resting(2, 0);
        let (first, second) = (out.pop().unwrap(), out.pop().unwrap());
        let thread = thread::spawn(move || free(first));
        free(second);
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn last_handle_races_free_that_opens_that_fails_weakly() {
    crate::harness::within(1, || super::fw::sync::weakly(last_handle_races_free_that_opens));
}

pub fn last_handle_races_free_that_flushes() {
    explore(Some(2), || {
        let (pool, mut out) = with_resting(3, 2);
        let frame = out.pop().unwrap();
        let thread = thread::spawn(move || free(frame));
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn last_handle_races_burst() {
    explore(Some(2), || {
        let pool = pool(3);
        let mut burst: Burst<3> = Burst::new();
        pool.get_bulk(&mut burst, 3).unwrap();
        let thread = thread::spawn(move || {
            run_on(0);
            drop(burst);
        });
        drop(pool);
        thread.join().unwrap();
    });
}

pub fn last_handle_races_drain() {
    explore(Some(2), || {
        let (pool, out) = with_resting(2, 1);
        let other = pool.clone();
        let thread = thread::spawn(move || {
            run_on(1);
            let got = other.get(1);
            drop(other);
            drop(got);
        });
        drop(pool);
        drop(out);
        thread.join().unwrap();
    });
}

pub fn last_handle_races_free_that_may_not_fence() {
    explore(Some(3), || {
        // The cache is shut, and stays so: nothing is left behind in it.
        let (pool, mut out) = with_resting(1, 0);
        let frame = out.pop().unwrap();
        let thread = thread::spawn(move || {
            refuse_fences_after(0);
            free(frame);
        });
        drop(pool);
        thread.join().unwrap();
    });
}
