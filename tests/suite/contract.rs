//! Tests the rows of docs/contract.md that the Rust side has, by name.

#![allow(clippy::disallowed_types, reason = "these are the test's own")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{iter, ptr, thread};

use crate::common::builder;
use framewell::{MisuseKind, OnMisuse, OutOfBuffers, Pool, Refusal};

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
    // A few frames are with each CPU and the others in the depot, so frames are in several places.
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
    let contract = include_str!("../../docs/contract.md");
    let here = include_str!("contract.rs");
    // The last column is for C, and the C library's tests check it.
    let rows = contract.lines().filter_map(|line| line.strip_suffix(" |"));
    let in_rust = rows.filter_map(|row| row.rsplit_once(" | "));
    let named: Vec<&str> = in_rust
        .flat_map(|(row, _in_c)| row.split('`'))
        .filter(|word| {
            let mut letters = word.chars();
            matches!(letters.next(), Some('a' | 'c' | 'r'))
                && letters.next().is_some_and(|second| second.is_ascii_digit())
        })
        .collect();
    assert_eq!(named.len(), 17);
    for name in named {
        assert!(here.contains(&format!("fn {name}()")), "{name} is missing");
    }
}

#[test]
fn r8_invalid_pointers_are_refused_and_nothing_changes() {
    let pool = pool();
    let pointer = pool.get(60).unwrap().into_raw().as_ptr();
    let mut stranger = 0_u8;
    let invalid = [ptr::null_mut(), &raw mut stranger, pointer.wrapping_add(1)];
    for pointer in invalid {
        // SAFETY: none of them stands for a frame.
        assert!(unsafe { pool.from_raw(pointer) }.is_err());
    }
    // SAFETY: the buffer was handed out above.
    drop(unsafe { pool.from_raw(pointer) }.unwrap());
    // SAFETY: the frame was not handed out again.
    let twice = unsafe { pool.from_raw(pointer) };
    assert_eq!(twice.unwrap_err().kind, MisuseKind::NotRaw);
    assert_eq!((pool.stats().free, pool.stats().misuses), (FRAMES, 4));
}

#[test]
fn r9_a_dot11_buffer_is_no_frame() {
    let pool = pool();
    let pointer = pool.dot11(60).unwrap().into_raw().as_ptr();
    // SAFETY: the pointer stands for no frame.
    let refused = unsafe { pool.from_raw(pointer) };
    assert_eq!(refused.unwrap_err().kind, MisuseKind::OtherKind);
    // SAFETY: the buffer was handed out above.
    drop(unsafe { pool.dot11_from_raw(pointer) }.unwrap());
}

#[test]
fn a1_allocate_gives_at_least_n_bytes_aligned_to_16() {
    let pool = pool();
    for n in [1, 24, 1500, 1501, 2346, 11_454, 65_536, 1 << 20] {
        let buffer = pool.dot11(n).unwrap();
        assert!(buffer.len() == n && buffer.capacity() >= n);
        assert_eq!(buffer.as_ptr().addr() % 16, 0);
    }
}

#[test]
fn a1_four_gibibytes_less_one_byte_are_served_when_memory_allows() {
    match pool().dot11(u32::MAX as usize) {
        Ok(mut buffer) => {
            // Only the ends are touched, so that the rest is never committed.
            buffer[0] = 1;
            buffer[u32::MAX as usize - 1] = 1;
            assert_eq!(buffer.len(), u32::MAX as usize);
        }
        Err(refused) => assert!(matches!(refused.refusal, Refusal::System { .. })),
    }
}

#[test]
fn a2_allocate_zero_gives_an_empty_buffer() {
    assert!(pool().dot11(0).unwrap().is_empty());
}

#[test]
fn a4_no_memory_is_an_ordinary_answer() {
    let pool = builder().dot11_bytes(1 << 20).build().unwrap();
    let all: Vec<_> = iter::from_fn(|| pool.dot11(60_000).ok()).collect();
    let refused = pool.dot11(60_000).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Budget { limit: 1 << 20 });
    assert!(!matches!(
        pool.dot11(usize::MAX).unwrap_err().refusal,
        Refusal::Budget { .. }
    ));
    drop(all);
    assert!(pool.dot11(60_000).is_ok());
}

#[test]
fn a5_null_is_told_from_every_other_pointer() {
    // SAFETY: null stands for no buffer.
    let refused = unsafe { pool().dot11_from_raw(ptr::null_mut()) };
    assert_eq!(refused.unwrap_err().kind, MisuseKind::Null);
}

#[test]
fn a6_freed_on_any_thread_also_when_the_allocating_one_is_gone() {
    let pool = pool();
    for n in [24, 2346, 1 << 20] {
        let allocate = || pool.dot11(n).unwrap().into_raw().as_ptr().addr();
        let address = thread::scope(|scope| scope.spawn(allocate).join().unwrap());
        // SAFETY: the buffer was handed out above, by a thread that is gone.
        drop(unsafe { pool.dot11_from_raw(ptr::without_provenance_mut(address)) }.unwrap());
    }
    let dot11 = pool.stats().alloc.unwrap();
    assert_eq!((dot11.out, dot11.large), (0, 0));
}

#[test]
fn a7_invalid_pointers_are_refused_counted_and_reported() {
    let reported = Arc::new(AtomicU64::new(0));
    let count = reported.clone();
    let report = OnMisuse::Call(Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    let pool = builder().on_misuse(report).build().unwrap();
    let pointer = pool.dot11(2346).unwrap().into_raw().as_ptr();
    let frame = pool.get(60).unwrap().into_raw().as_ptr();
    let mut stranger = 0_u8;
    let invalid = [
        (&raw mut stranger, MisuseKind::Foreign),
        (pointer.wrapping_add(16), MisuseKind::Interior),
        (frame, MisuseKind::OtherKind),
    ];
    for (pointer, kind) in invalid {
        // SAFETY: none of them stands for an 802.11 buffer.
        let refused = unsafe { pool.dot11_from_raw(pointer) };
        assert_eq!(refused.unwrap_err().kind, kind);
    }
    // SAFETY: the buffer was handed out above.
    drop(unsafe { pool.dot11_from_raw(pointer) }.unwrap());
    // SAFETY: the buffer was not handed out again.
    let twice = unsafe { pool.dot11_from_raw(pointer) };
    assert_eq!(twice.unwrap_err().kind, MisuseKind::NotRaw);
    assert_eq!(
        (pool.stats().misuses, reported.load(Ordering::Relaxed)),
        (4, 4)
    );
    // SAFETY: the buffer was handed out above.
    drop(unsafe { pool.from_raw(frame) }.unwrap());
}
