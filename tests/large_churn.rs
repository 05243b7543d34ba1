//! Tests that what a pool notes of its large buffers goes when they go. The test has a process to
//! itself, because all of the process's memory is measured.

#![cfg(all(target_os = "linux", not(loom)))]

mod common;

use common::linux::resident;
use framewell::{Front, Pool};

fn churn(pool: &Pool, rounds: usize) {
    for _ in 0..rounds {
        let pointer = pool.alloc(70_000).unwrap().into_raw().as_ptr();
        // SAFETY: the buffer was handed out just now.
        drop(unsafe { pool.buf_from_raw(pointer) }.unwrap());
    }
}

#[test]
fn what_is_noted_of_large_buffers_does_not_pile_up() {
    for front in [Front::Auto, Front::Portable] {
        let pool = Pool::builder().front(front).build().unwrap();
        churn(&pool, 1000);
        let before = resident();
        churn(&pool, 10_000);
        let grown = resident().saturating_sub(before);
        // One participant of the collector for each buffer would take 20 MB.
        assert!(grown < 4 << 20, "{grown} bytes");
    }
}
