//! Tests the raw boundary: pointers that go out, come back, and are misused.

#![allow(clippy::disallowed_types, reason = "these are the test's own")]

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::{hint, thread};

use crate::common::{builder, scale};
use framewell::{BufferKind, Misuse, MisuseKind, OnMisuse, Pool};

fn pool() -> Pool {
    builder().frames(64).build().unwrap()
}

#[track_caller]
fn refused_frame(pool: &Pool, pointer: *mut u8) -> Misuse {
    // SAFETY: the tests only bring pointers that stand for nothing that is out.
    unsafe { pool.from_raw(pointer) }.unwrap_err()
}

#[track_caller]
fn refused_buf(pool: &Pool, pointer: *mut u8) -> Misuse {
    // SAFETY: the tests only bring pointers that stand for nothing that is out.
    unsafe { pool.buf_from_raw(pointer) }.unwrap_err()
}

#[test]
fn a_frame_comes_back_with_its_view() {
    let pool = pool();
    let mut frame = pool.copy_from(b"abcdefgh").unwrap();
    frame.pull(3).unwrap();
    frame.trim(4).unwrap();
    let id = frame.id();
    let pointer = frame.into_raw();
    assert_eq!(pool.stats().out, 1);
    // SAFETY: the buffer was handed out just now.
    let frame = unsafe { pool.from_raw(pointer.as_ptr()) }.unwrap();
    assert_eq!(
        (&*frame, frame.headroom(), frame.id()),
        (&b"defg"[..], 131, id)
    );
    drop(frame);
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn every_view_of_a_frame_comes_back() {
    let pool = builder().frames(2).build().unwrap();
    let room = pool.get(0).unwrap().capacity();
    for offset in 0..=room {
        let mut frame = pool.get(0).unwrap();
        let headroom = frame.headroom();
        frame.push(headroom).unwrap();
        let rest = frame.tailroom();
        frame.put(rest).unwrap();
        frame.pull(offset).unwrap();
        let pointer = frame.into_raw().as_ptr();
        // SAFETY: the buffer was handed out just now.
        let frame = unsafe { pool.from_raw(pointer) }.unwrap();
        assert_eq!(frame.as_ptr().cast_mut(), pointer);
        assert_eq!(frame.len(), room - offset);
    }
}

#[test]
fn a_buffer_comes_back_with_its_length() {
    let pool = pool();
    for len in [0, 1, 2346, 65_856, 65_857, 3 << 20] {
        let pointer = pool.alloc(len).unwrap().into_raw().as_ptr();
        let carried = pointer.addr();
        let back = thread::scope(|scope| {
            let come_back = || {
                // SAFETY: the buffer was handed out just now.
                unsafe { pool.buf_from_raw(ptr::without_provenance_mut(carried)) }.unwrap()
            };
            scope.spawn(come_back).join().unwrap()
        });
        assert_eq!(back.len(), len);
        drop(back);
        assert_eq!(refused_buf(&pool, pointer).kind, expected_after_free(len));
    }
}

/// Returns what a pointer to a freed buffer is. The memory of a large buffer no longer belongs to
/// the pool.
fn expected_after_free(len: usize) -> MisuseKind {
    if len > 65_856 {
        MisuseKind::Foreign
    } else {
        MisuseKind::NotRaw
    }
}

#[test]
fn misused_pointers_are_refused_by_kind_and_nothing_changes() {
    let pool = pool();
    let frame = pool.get(100).unwrap().into_raw().as_ptr();
    let small = pool.alloc(100).unwrap().into_raw().as_ptr();
    let large = pool.alloc(1 << 20).unwrap().into_raw().as_ptr();
    let safe_frame = pool.get(100).unwrap();
    let safe_small = pool.alloc(100).unwrap();
    let safe_large = pool.alloc(1 << 20).unwrap();
    let mut stranger = [0_u8; 4];
    use MisuseKind::{Foreign, Interior, NotRaw, Null, OtherKind};
    let cases: [(*mut u8, MisuseKind, MisuseKind); 13] = [
        (ptr::null_mut(), Null, Null),
        (stranger.as_mut_ptr(), Foreign, Foreign),
        (ptr::without_provenance_mut(usize::MAX), Foreign, Foreign),
        (frame.wrapping_add(1), Interior, OtherKind),
        (frame.wrapping_sub(1), Interior, OtherKind),
        (safe_frame.as_ptr().cast_mut(), NotRaw, OtherKind),
        (small, OtherKind, Interior),
        (small.wrapping_add(16), OtherKind, Interior),
        (safe_small.as_ptr().cast_mut(), OtherKind, NotRaw),
        (large, OtherKind, Interior),
        (large.wrapping_add(4096), OtherKind, Interior),
        (safe_large.as_ptr().cast_mut(), OtherKind, NotRaw),
        (frame, Interior, OtherKind),
    ];
    let before = pool.stats();
    let mut misuses = 0;
    for (number, (pointer, as_frame, as_buf)) in cases.into_iter().enumerate() {
        // The pointers themselves come back below.
        if pointer != frame {
            assert_eq!(
                refused_frame(&pool, pointer).kind,
                as_frame,
                "case {number}"
            );
            misuses += 1;
        }
        if pointer != small && pointer != large {
            let refused = refused_buf(&pool, pointer);
            assert_eq!(
                (refused.kind, refused.address),
                (as_buf, pointer.addr()),
                "case {number}"
            );
            misuses += 1;
        }
    }
    let after = pool.stats();
    assert_eq!((after.out, after.misuses), (before.out, misuses));
    // SAFETY: the buffer was handed out above.
    drop(unsafe { pool.from_raw(frame) }.unwrap());
    // SAFETY: the buffer was handed out above.
    drop(unsafe { pool.buf_from_raw(small) }.unwrap());
    // SAFETY: the buffer was handed out above.
    drop(unsafe { pool.buf_from_raw(large) }.unwrap());
}

#[test]
fn a_pointer_into_a_chunk_that_changed_hands_is_refused() {
    let pool = builder().alloc_bytes(1 << 20).build().unwrap();
    let old: Vec<_> = (0..200)
        .map(|_| pool.alloc(1000).unwrap().into_raw().as_ptr())
        .collect();
    for pointer in &old {
        // SAFETY: the buffer was handed out above.
        drop(unsafe { pool.buf_from_raw(*pointer) }.unwrap());
    }
    pool.trim();
    let new: Vec<_> = (0..200)
        .map(|_| pool.alloc(500).unwrap().into_raw().as_ptr())
        .collect();
    for pointer in old.iter().filter(|pointer| !new.contains(pointer)) {
        let refused = refused_buf(&pool, *pointer);
        assert!(matches!(
            refused.kind,
            MisuseKind::Interior | MisuseKind::NotRaw
        ));
    }
    for pointer in new {
        // SAFETY: the buffer was handed out above, and others were refused.
        drop(unsafe { pool.buf_from_raw(pointer) }.unwrap());
    }
}

#[test]
fn misuse_is_reported_as_asked_for() {
    let seen = Arc::new(AtomicUsize::new(0));
    let note = seen.clone();
    let report = OnMisuse::Call(Arc::new(move |misuse| {
        note.store(misuse.address, Ordering::Relaxed);
    }));
    let pool = builder().frames(1).on_misuse(report).build().unwrap();
    let mut stranger = 0_u8;
    let refused = refused_frame(&pool, &raw mut stranger);
    assert_eq!(seen.load(Ordering::Relaxed), (&raw const stranger).addr());
    assert_eq!(
        refused.to_string(),
        format!(
            "invalid pointer {:#x}: no memory of this pool lies there",
            refused.address
        )
    );
    assert_eq!(pool.stats().misuses, 1);
}

#[test]
fn find_tells_start_capacity_and_state() {
    let pool = pool();
    let mut frame = pool.get(100).unwrap();
    frame.pull(10).unwrap();
    let found = pool.find(frame.as_ptr().wrapping_add(20)).unwrap();
    assert_eq!(
        (found.kind, found.capacity, found.is_raw),
        (BufferKind::Frame, 1728, false)
    );
    let pointer = frame.into_raw();
    let found = pool.find(pointer.as_ptr().wrapping_add(20)).unwrap();
    assert_eq!(
        (found.start, found.capacity, found.is_raw),
        (pointer, 1590, true)
    );
    // SAFETY: the buffer was handed out above.
    drop(unsafe { pool.from_raw(pointer.as_ptr()) }.unwrap());
    for (len, capacity) in [(2346, 2368), (70_000, 73_728)] {
        let buffer = pool.alloc(len).unwrap();
        let inside = buffer.as_ptr().wrapping_add(1234);
        let pointer = buffer.into_raw();
        let found = pool.find(inside).unwrap();
        assert_eq!((found.kind, found.start), (BufferKind::VarBuf, pointer));
        assert_eq!((found.capacity, found.is_raw), (capacity, true));
        // SAFETY: the buffer was handed out above.
        let buffer = unsafe { pool.buf_from_raw(pointer.as_ptr()) }.unwrap();
        assert!(!pool.find(inside).unwrap().is_raw);
        drop(buffer);
    }
    assert!(pool.find(&0).is_none());
}

#[test]
fn of_two_threads_that_free_the_same_pointer_one_succeeds() {
    let rounds = 100_000 * scale();
    let pool = builder().frames(RUN).build().unwrap();
    let frame = || pool.get(60).unwrap().into_raw();
    let take_frame = |pointer| {
        // SAFETY: it was handed out for this run, and nothing is handed out before both threads
        // have tried.
        unsafe { pool.from_raw(pointer) }.is_ok()
    };
    race(rounds, frame, take_frame);
    for len in [2346, 70_000] {
        let rounds = if len > 65_856 { rounds / 100 } else { rounds };
        let buffer = || pool.alloc(len).unwrap().into_raw();
        let take_buffer = |pointer| {
            // SAFETY: it was handed out for this run, and nothing is handed out before both threads
            // have tried.
            unsafe { pool.buf_from_raw(pointer) }.is_ok()
        };
        race(rounds, buffer, take_buffer);
    }
    let alloc = pool.stats().alloc.unwrap();
    assert_eq!((pool.stats().out, alloc.out, alloc.large), (0, 0, 0));
}

/// The number of pointers that are out at the same time.
const RUN: usize = 500;

/// Lets two threads bring the same pointers back, neck and neck, and checks that for each pointer
/// one of them succeeds.
fn race(
    rounds: u64,
    hand_out: impl Fn() -> NonNull<u8>,
    take_back: impl Fn(*mut u8) -> bool + Sync,
) {
    let pointers: Vec<AtomicUsize> = (0..RUN).map(|_| AtomicUsize::new(0)).collect();
    let at = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let meet = Barrier::new(2);
    let runs = rounds.div_ceil(RUN as u64);
    let bring = |own: usize| {
        let mut taken = [false; RUN];
        for (number, pointer) in pointers.iter().enumerate() {
            at[own].store(number, Ordering::Relaxed);
            // The threads go neck and neck, unless the other has lost its CPU.
            for _ in 0..200 {
                if at[1 - own].load(Ordering::Relaxed) >= number {
                    break;
                }
                hint::spin_loop();
            }
            let address = pointer.load(Ordering::Relaxed);
            taken[number] = take_back(ptr::without_provenance_mut(address));
        }
        taken
    };
    let mut wins = [0_u64; 2];
    thread::scope(|scope| {
        let (other, results) = mpsc::channel();
        let (meet, bring) = (&meet, &bring);
        scope.spawn(move || {
            for _ in 0..runs {
                meet.wait();
                let taken = bring(1);
                other.send(taken).unwrap();
                meet.wait();
            }
        });
        for _ in 0..runs {
            for at in &at {
                at.store(0, Ordering::Relaxed);
            }
            for pointer in &pointers {
                pointer.store(hand_out().as_ptr().addr(), Ordering::Relaxed);
            }
            meet.wait();
            let own = bring(0);
            meet.wait();
            let others = results.recv().unwrap();
            for (own, other) in own.into_iter().zip(others) {
                assert!(
                    own != other,
                    "freed by {}",
                    if own { "both" } else { "neither" }
                );
                wins[usize::from(other)] += 1;
            }
        }
    });
    println!("{rounds} rounds, won by either thread: {wins:?}");
}
