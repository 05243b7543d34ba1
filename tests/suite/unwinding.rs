//! Makes calls from places where calls are rarely made: drops, panics, threads that end.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock};
use std::{panic, thread};

use crate::common::{assert_whole, pool, scale, take_all};
use framewell::{Burst, Frame, OutOfBuffers, Pool};

/// A value that gets and frees frames when it is dropped.
struct Getter<'a>(&'a Pool);

impl Drop for Getter<'_> {
    fn drop(&mut self) {
        let mut frame = self.0.get(60).unwrap();
        frame.fill(1);
        let mut burst: Burst<4> = Burst::new();
        self.0.get_bulk(&mut burst, 4).unwrap();
    }
}

/// Runs a function that panics, and stops the unwinding.
fn panics(f: impl FnOnce()) {
    catch_unwind(AssertUnwindSafe(f)).unwrap_err();
}

#[test]
fn get_in_a_drop_succeeds() {
    let pool = pool(5);
    drop(Getter(&pool));
    assert_eq!(pool.stats().uncarved, 0, "the drop got frames");
    assert_whole(&pool);
}

#[test]
fn get_in_a_drop_during_unwinding_succeeds() {
    let pool = pool(5);
    panics(|| {
        let _getter = Getter(&pool);
        panic!("unwinding");
    });
    assert_eq!(pool.stats().uncarved, 0, "the drop got frames");
    assert_whole(&pool);
}

#[test]
fn get_in_a_panic_hook_succeeds() {
    static POOL: OnceLock<Pool> = OnceLock::new();
    static GOT: Mutex<Vec<Result<Frame, OutOfBuffers>>> = Mutex::new(Vec::new());
    thread_local!(static HOOKED: Cell<bool> = const { Cell::new(false) });

    let pool = POOL.get_or_init(|| pool(3));
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // All tests share the hook, and the panics of other tests are not meant.
        if !HOOKED.get() {
            return before(info);
        }
        let got = POOL.get().unwrap().get(60);
        GOT.lock().unwrap().push(got);
    }));
    HOOKED.set(true);
    for _ in 0..4 {
        panics(|| {
            let _frame = pool.get(60);
            panic!("into the hook");
        });
    }
    HOOKED.set(false);
    let got = std::mem::take(&mut *GOT.lock().unwrap());
    let answers: Vec<bool> = got.iter().map(Result::is_ok).collect();
    assert_eq!(answers, [true, true, false, false]);
    drop(got);
    assert_whole(pool);
}

#[test]
fn panic_with_frames_in_hand_loses_none() {
    let pool = pool(300);
    panics(|| {
        let _frames: Vec<_> = (0..100).map(|_| pool.get(60).unwrap()).collect();
        let mut burst: Burst<150> = Burst::new();
        pool.get_bulk(&mut burst, 150).unwrap();
        panic!("with 250 frames in hand");
    });
    assert_whole(&pool);
}

#[test]
fn panic_in_a_drain_loses_none() {
    let pool = pool(64);
    let mut burst: Burst<64> = Burst::new();
    pool.get_bulk(&mut burst, 64).unwrap();
    panics(|| {
        burst.drain().enumerate().for_each(|(i, _)| assert!(i < 20));
    });
    assert!(burst.is_empty());
    assert_whole(&pool);
}

#[test]
fn panic_in_retain_loses_none() {
    let pool = pool(64);
    let mut burst: Burst<64> = Burst::new();
    pool.get_bulk(&mut burst, 64).unwrap();
    let mut looked_at = 0;
    panics(|| {
        burst.retain(|_| {
            looked_at += 1;
            assert!(looked_at <= 20);
            looked_at % 2 == 0
        });
    });
    assert_eq!(burst.len(), 54, "10 of the first 20, and the rest");
    assert_eq!(pool.stats().out, 54);
    drop(burst);
    assert_whole(&pool);
}

#[test]
fn panic_in_an_extending_iterator_loses_none() {
    let pool = pool(64);
    let mut burst: Burst<64> = Burst::new();
    panics(|| {
        burst.extend((0..64).map(|i| {
            assert!(i < 20);
            pool.get(60).unwrap()
        }));
    });
    assert_eq!((burst.len(), pool.stats().out), (20, 20));
    drop(burst);
    assert_whole(&pool);
}

#[test]
fn panicking_threads_lose_none() {
    let pool = pool(64);
    for _ in 0..20 {
        let pool = pool.clone();
        let thread = thread::spawn(move || {
            let _frames = take_all(&pool);
            panic!("a thread dies with all frames");
        });
        thread.join().unwrap_err();
    }
    assert_whole(&pool);
}

#[test]
fn ten_thousand_short_threads_lose_none() {
    let pool = pool(500);
    let mut got = 0;
    for wave in 0..scale() * 200 {
        let threads: Vec<_> = (0..50)
            .map(|i| {
                let pool = pool.clone();
                thread::spawn(move || {
                    let mut burst: Burst<9> = Burst::new();
                    let bulk = pool.get_burst(&mut burst, i % 10);
                    let single = pool.get(60);
                    bulk + usize::from(single.is_ok())
                })
            })
            .collect();
        for thread in threads {
            got += thread.join().unwrap();
        }
        let stats = pool.stats();
        assert_eq!(stats.out, 0, "after wave {wave}: {stats}");
    }
    assert!(got > 10_000, "{got}");
    assert_whole(&pool);
}

#[test]
fn frames_in_thread_locals_come_home_when_their_threads_end() {
    thread_local!(static KEPT: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) });
    let pool = pool(640);
    for _ in 0..20 {
        let threads: Vec<_> = (0..32)
            .map(|_| {
                let pool = pool.clone();
                thread::spawn(move || {
                    let frames = (0..20).map(|_| pool.get(60).unwrap());
                    KEPT.with_borrow_mut(|kept| kept.extend(frames));
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(pool.stats().out, 0);
    }
    assert_whole(&pool);
}

#[test]
fn last_handle_in_a_thread_local_can_be_used_while_its_thread_ends() {
    struct Last(Pool);
    impl Drop for Last {
        fn drop(&mut self) {
            let frames = take_all(&self.0);
            COUNTED.lock().unwrap().push(frames.len());
        }
    }
    static COUNTED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    for _ in 0..100 {
        let last = Last(pool(9));
        thread::spawn(|| LAST.set(Some(last))).join().unwrap();
    }
    assert_eq!(*COUNTED.lock().unwrap(), [9; 100]);
}
