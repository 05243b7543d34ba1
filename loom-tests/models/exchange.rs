//! What the facade makes of a compare-and-swap that fails, in a model that runs weakly: a load with
//! the failure ordering.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use loom::thread;

use super::fw::sync::{AtomicU64, Ordering, Tracks, weakly};
use crate::harness::explore;

struct World {
    word: AtomicU64,
    is_newest: AtomicU64,
    thing: Tracks,
}

/// A word becomes 1 and then 2, and is known to be 2. What an exchange reads then that fails.
fn read_by_failed_exchanges(publish: Ordering, learn: Ordering) -> BTreeSet<u64> {
    let read = Arc::new(Mutex::new(BTreeSet::new()));
    let answers = Arc::clone(&read);
    weakly(|| {
        explore(None, move || {
            let world = Arc::new(World {
                word: AtomicU64::new(0),
                is_newest: AtomicU64::new(0),
                thing: Tracks::new(1),
            });
            let other = Arc::clone(&world);
            let thread = thread::spawn(move || {
                other.word.store(1, Ordering::Relaxed);
                other.word.store(2, Ordering::Relaxed);
                other.is_newest.store(1, publish);
            });
            if world.is_newest.load(learn) == 1 {
                let word = &world.word;
                let answer = word.compare_exchange(9, 9, Ordering::Relaxed, Ordering::Relaxed);
                answers.lock().unwrap().extend(answer.err());
            }
            thread.join().unwrap();
        });
    });
    let read = read.lock().unwrap();
    read.clone()
}

pub fn failed_exchange_reads_older_values() {
    let read = read_by_failed_exchanges(Ordering::Relaxed, Ordering::Relaxed);
    assert_eq!(read, [0, 1, 2].into(), "older values, too");
}

pub fn failed_exchange_reads_no_value_older_than_one_it_knows() {
    let read = read_by_failed_exchanges(Ordering::Release, Ordering::Acquire);
    assert_eq!(read, [2].into(), "no older value");
}

pub fn failed_exchange_acquires() {
    weakly(|| {
        explore(None, || {
            let world = Arc::new(World {
                word: AtomicU64::new(0),
                is_newest: AtomicU64::new(0),
                thing: Tracks::new(1),
            });
            let other = Arc::clone(&world);
            let thread = thread::spawn(move || {
                other.thing.write(0);
                other.word.store(1, Ordering::Release);
                other.word.swap(2, Ordering::Relaxed);
            });
            let word = &world.word;
            match word.compare_exchange(0, 0, Ordering::Relaxed, Ordering::Acquire) {
                Ok(_) => {}
                Err(_) => world.thing.read(0),
            }
            thread.join().unwrap();
        });
    });
}

pub fn exchange_that_fails_is_tried_again_until_it_succeeds() {
    weakly(|| {
        explore(None, || {
            let world = Arc::new(AtomicU64::new(0));
            let count = |word: &AtomicU64| {
                let mut seen = word.load(Ordering::Relaxed);
                while let Err(now) =
                    word.compare_exchange_weak(seen, seen + 1, Ordering::Relaxed, Ordering::Relaxed)
                {
                    assert!(now > seen, "each failure brings a later value");
                    seen = now;
                }
            };
            let other = Arc::clone(&world);
            let thread = thread::spawn(move || {
                count(&other);
                count(&other);
            });
            count(&world);
            thread.join().unwrap();
            assert_eq!(world.load(Ordering::Relaxed), 3, "lost or doubled");
        });
    });
}
