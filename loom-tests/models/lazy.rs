//! What is made when it is first needed: edge #lazy-publish.

use std::convert::Infallible;
use std::sync::Arc;

use loom::thread;

use super::fw::Pool;
use super::fw::base::lazy::Lazy;
use super::fw::sync::{AtomicU32, LeakCheck, Ordering, Tracks, weakly};
use super::fw::sys::run_on;
use crate::harness::{explore, explore_deep, spawn_deep};

struct Made {
    by: u32,
    tracks: Tracks,
    _leak_check: LeakCheck,
}

/// Finds or makes it, reads it, and answers with its maker.
fn come(lazy: &Lazy<Made>, by: u32) -> u32 {
    let make = || {
        let tracks = Tracks::new(1);
        tracks.write(0);
        Ok::<_, Infallible>(Made {
            by,
            tracks,
            _leak_check: LeakCheck::new(),
        })
    };
    let Ok(made) = lazy.get_or_make(make);
    made.tracks.read(0);
    made.by
}

pub fn two_come_first() {
    explore(None, || {
        let lazy = Arc::new(Lazy::new());
        let other = lazy.clone();
        let thread = thread::spawn(move || come(&other, 1));
        let maker = come(&lazy, 0);
        assert_eq!(thread.join().unwrap(), maker, "one was kept");
    });
}

pub fn one_looks_while_it_is_made() {
    explore(None, || {
        let lazy = Arc::new(Lazy::new());
        let other = lazy.clone();
        let thread = thread::spawn(move || come(&other, 1));
        if let Some(made) = lazy.get() {
            made.tracks.read(0);
        }
        thread.join().unwrap();
    });
}

pub fn maker_that_is_refused_finds_what_another_makes() {
    explore(Some(3), || {
        // There is memory for one.
        let memory = Arc::new(AtomicU32::new(1));
        let lazy = Arc::new(Lazy::new());
        let come = |lazy: &Lazy<u32>, memory: &AtomicU32| {
            let take = || memory.compare_exchange(1, 0, Ordering::AcqRel, Ordering::Relaxed);
            lazy.get_or_make(take).is_ok()
        };
        let other = (lazy.clone(), memory.clone());
        let thread = thread::spawn(move || come(&other.0, &other.1));
        let mine = come(&lazy, &memory);
        assert!(thread.join().unwrap() && mine, "refused what was on its way");
    });
}

pub fn two_take_the_first_buffers_of_a_pool() {
    explore_deep(Some(1), || {
        let pool = Pool::builder().frames(1).shards(1).build().unwrap();
        let other = pool.clone();
        let thread = spawn_deep(move || other.alloc(4096).unwrap());
        run_on(0);
        let mine = pool.alloc(4096).unwrap();
        let theirs = thread.join().unwrap();
        assert_ne!(mine.as_ptr(), theirs.as_ptr(), "lost or doubled");
        assert!(pool.alloc(4096).is_err(), "lost or doubled");
    });
}

pub fn two_come_first_that_fails_weakly() {
    weakly(two_come_first);
}
