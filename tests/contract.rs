//! The rows of docs/contract.md that the Rust side has, by name.

#![cfg(not(loom))]

mod common;

use common::builder;
use framewell::{OutOfBuffers, Pool};

const FRAMES: usize = 64;

fn pool() -> Pool {
    builder().frames(FRAMES).build().unwrap()
}

#[test]
fn r1_get_returns_a_frame() {
    let pool = pool();
    for n in [1, 60, 1499, 1500] {
        assert_eq!(pool.get(n).unwrap().len(), n);
    }
}

#[test]
fn r2_all_of_the_payload_can_be_used() {
    let mut frame = pool().get(60).unwrap();
    frame.put(1500 - 60).unwrap().fill(1);
    assert_eq!(frame.len(), 1500);
    let rest = frame.tailroom();
    frame.put(rest).unwrap().fill(1);
    let rest = frame.headroom();
    frame.push(rest).unwrap().fill(1);
    assert_eq!(frame.len(), frame.capacity());
}

#[test]
fn r3_request_is_capped() {
    let pool = pool();
    for n in [1501, 4000, 65_536, usize::MAX] {
        assert_eq!(pool.get(n).unwrap().len(), 1500);
    }
}

#[test]
fn r4_get_zero_succeeds() {
    let frame = pool().get(0).unwrap();
    assert_eq!((frame.len(), frame.capacity()), (0, 1728));
}

#[test]
fn r5_refused_only_when_nothing_is_at_rest() {
    // A few frames with each CPU, the others in the depot: frames rest in several places.
    let pool = builder().frames(FRAMES).shards(8).cache_size(4);
    let pool = pool.build().unwrap();
    for _ in 0..3 {
        let frames: Vec<_> = (0..FRAMES).map(|_| pool.get(1500).unwrap()).collect();
        assert_eq!(pool.get(1500).unwrap_err(), OutOfBuffers);
        drop(frames);
    }
}

#[test]
fn r7_freed_on_any_thread() {
    let pool = pool();
    let frames: Vec<_> = (0..FRAMES).map(|_| pool.get(1).unwrap()).collect();
    std::thread::scope(|scope| {
        for frame in frames {
            scope.spawn(move || drop(frame));
        }
    });
    assert_eq!(pool.stats().free, FRAMES);
}

#[test]
fn c1_zeroed_on_free() {
    let builder = builder().frames(1).zero_on_free(true);
    let pool = builder.build().unwrap();
    pool.get(1500).unwrap().fill(0xa5);
    assert_eq!(*pool.get(1500).unwrap(), [0; 1500]);
}

#[test]
fn c1_recycled_bytes_are_visible_by_default() {
    let pool = builder().frames(1).build().unwrap();
    assert_eq!(*pool.get(1500).unwrap(), [0; 1500], "never used");
    pool.get(1500).unwrap().fill(0xa5);
    assert_eq!(*pool.get(1500).unwrap(), [0xa5; 1500]);
}

#[test]
fn every_test_that_the_contract_names_is_here() {
    let contract = include_str!("../docs/contract.md");
    let here = include_str!("contract.rs");
    let named: Vec<&str> = contract
        .split('`')
        .filter(|word| {
            let mut letters = word.chars();
            matches!(letters.next(), Some('a' | 'c' | 'r'))
                && letters.next().is_some_and(|second| second.is_ascii_digit())
        })
        .collect();
    assert_eq!(named.len(), 8);
    for name in named {
        assert!(here.contains(&format!("fn {name}()")), "{name} is missing");
    }
}
