//! Models in which another thread waits for pointers while they are handed out, and then ends the
//! pool.
//!
//! Run them with `RUSTFLAGS="--cfg loom" cargo test --test loom_raw --release`. Without the cfg
//! this file is empty.

#![cfg(loom)]

use std::ptr;

use framewell::Pool;
use loom::thread;

fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

fn pool() -> Pool {
    Pool::builder().frames(2).shards(1).build().unwrap()
}

#[test]
fn frame_that_is_handed_out_races_its_return_and_the_last_handle() {
    explore(|| {
        let pool = pool();
        let frame = pool.get(1).unwrap();
        let address = frame.as_ptr().addr();
        let waits = thread::spawn(move || {
            // SAFETY: at this address only that frame is handed out, if it is handed out already.
            match unsafe { pool.from_raw(ptr::without_provenance_mut(address)) } {
                Ok(_) => None,
                Err(_) => Some(pool),
            }
        });
        let pointer = frame.into_raw();
        if let Some(pool) = waits.join().unwrap() {
            // SAFETY: the frame was handed out above, and it was not taken back.
            drop(unsafe { pool.from_raw(pointer.as_ptr()) }.unwrap());
        }
    });
}

#[test]
fn buffer_that_is_handed_out_races_its_return_and_the_last_handle() {
    explore(|| {
        let pool = pool();
        let buffer = pool.alloc(1).unwrap();
        let address = buffer.as_ptr().addr();
        let waits = thread::spawn(move || {
            // SAFETY: at this address only that buffer is handed out, if it is handed out already.
            match unsafe { pool.buf_from_raw(ptr::without_provenance_mut(address)) } {
                Ok(_) => None,
                Err(_) => Some(pool),
            }
        });
        let pointer = buffer.into_raw();
        if let Some(pool) = waits.join().unwrap() {
            // SAFETY: the buffer was handed out above, and it was not taken back.
            drop(unsafe { pool.buf_from_raw(pointer.as_ptr()) }.unwrap());
        }
    });
}
