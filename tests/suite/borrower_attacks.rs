//! Attacks on borrowers: views at the edges of frames, lists that change places, calls from unusual
//! places.

#![allow(clippy::disallowed_types, reason = "these are the test's own")]

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::common::{Random, builder, scale};
use framewell::{Borrower, Burst, IdBatch, MisuseKind, OnMisuse, Pool, Span};

const fn is_send_and_sync<T: Send + Sync>() {}
const fn is_static<T: 'static>() {}

const _: () = {
    is_send_and_sync::<Borrower>();
    is_static::<Borrower>();
    is_static::<IdBatch<'static, 32>>();
};

fn pool(frames: usize) -> Pool {
    builder().frames(frames).build().unwrap()
}

/// Tells other threads that the test is over, also if it fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn lend(nic: &Borrower) {
    nic.lend(nic.pool().get(0).unwrap()).unwrap();
}

/// A frame whose headroom is the whole frame ends where the next frame begins. Its span names it
/// all the same, and not its neighbour.
#[test]
fn span_of_an_empty_frame_at_its_end_names_that_frame() {
    for stride in [1664, 1728, 2048] {
        let pool = builder().frames(4).stride(stride).build().unwrap();
        let nic = pool.borrower("nic").unwrap();
        let mut burst: Burst<4> = Burst::new();
        pool.get_bulk(&mut burst, 4).unwrap();
        for frame in &mut burst {
            frame.put(frame.tailroom()).unwrap();
            frame.pull(frame.len()).unwrap();
            assert_eq!((frame.headroom(), frame.len()), (stride, 0));
        }
        let ids: Vec<_> = burst.iter().map(|frame| frame.id()).collect();
        let mut spans = [Span::default(); 4];
        assert_eq!(nic.lend_spans(&mut burst, &mut spans), 4);
        for (span, id) in spans.iter().zip(ids) {
            // SAFETY: this thread alone brings the frames, and nobody touches their bytes.
            assert_eq!(unsafe { nic.take_back_spans(&[*span], &mut burst) }, Ok(1));
            let frame = burst.pop().unwrap();
            assert_eq!((frame.id(), frame.len()), (id, 0));
        }
    }
}

/// Each list keeps what it has of its own pool, under whatever name it goes.
#[test]
fn owned_and_borrowed_lists_of_two_pools_change_places() {
    let (one, two) = (pool(8), pool(8));
    let mut first: IdBatch<8> = IdBatch::owned(one.clone());
    let mut second: IdBatch<8> = IdBatch::new(&two);
    first.get_bulk(3).unwrap();
    second.get_bulk(5).unwrap();
    mem::swap(&mut first, &mut second);
    assert_eq!((first.len(), second.len()), (5, 3));
    let frame = second.pop().unwrap();
    drop(one);
    let frame = first.push(frame).unwrap_err();
    first = second;
    assert_eq!(two.stats().out, 0);
    // The list is the only handle of its pool.
    first.get_bulk(5).unwrap();
    first.push(frame).unwrap();
    assert_eq!(first.len(), 8);
    first[7][0] = 1;
    let last = first.pop().unwrap();
    drop(first);
    assert_eq!(last[0], 1);
}

#[test]
fn offsets_at_the_limits_are_refused() {
    let pool = pool(4);
    let mut nic = pool.borrower("nic").unwrap();
    for _ in 0..4 {
        lend(&nic);
    }
    let end = pool.region().len() as u64;
    let mut burst: Burst<4> = Burst::new();
    for offset in [end, end + 1, 1 << 32, 1 << 63, u64::MAX - 1727, u64::MAX] {
        for len in [0, 1, u32::MAX] {
            let span = [Span { offset, len }];
            // SAFETY: the offset is no frame's.
            let refused = unsafe { nic.take_back_spans(&span, &mut burst) }.unwrap_err();
            assert_eq!(
                (refused.taken, refused.misuse.kind),
                (0, MisuseKind::Foreign)
            );
        }
    }
    let offset = end - 1;
    let whole = [Span {
        offset,
        len: u32::MAX,
    }];
    // SAFETY: this thread alone brings the frames, and nobody touches their bytes.
    let refused = unsafe { nic.take_back_spans(&whole, &mut burst) }.unwrap_err();
    let kind = MisuseKind::BeyondRoom {
        headroom: 1727,
        len: u32::MAX as usize,
        room: 1728,
    };
    assert_eq!(refused.misuse.kind, kind);
    assert_eq!((nic.lent(), burst.len()), (4, 0));
    // SAFETY: nobody touches the frames.
    assert_eq!(unsafe { nic.reclaim() }, 4);
}

/// The function may use the pool: make, ask, use and drop borrowers, and reclaim.
#[test]
fn misuse_hook_lends_and_drops_a_borrower() {
    let slot: Arc<Mutex<Option<Borrower>>> = Arc::default();
    let taken = slot.clone();
    let report = OnMisuse::Call(Arc::new(move |_| {
        let Some(nic) = taken.lock().unwrap().take() else {
            return;
        };
        let pool = nic.pool().clone();
        lend(&nic);
        lend(&pool.borrower("third").unwrap());
        let (name, id) = (nic.name(), nic.id());
        drop(nic);
        let known = pool.stats().borrowers;
        let known = known.iter().find(|known| known.id == id).unwrap();
        assert_eq!((&known.name, known.dropped, known.frames), (&name, true, 1));
        // SAFETY: nobody touches the frame.
        assert_eq!(unsafe { pool.reclaim(id) }, Ok(1));
    }));
    let pool = builder().frames(4).on_misuse(report).build().unwrap();
    let nic = pool.borrower("first").unwrap();
    *slot.lock().unwrap() = Some(pool.borrower("second").unwrap());
    let frame = pool.get(0).unwrap();
    // SAFETY: the frame is not lent.
    let refused = unsafe { nic.take_back(frame.id(), 0, 0) }.unwrap_err();
    assert_eq!(refused.kind, MisuseKind::NotLent);
    assert_eq!((nic.lent(), pool.stats().out), (0, 2));
    let third = pool.stats().borrowers.pop().unwrap();
    assert_eq!((third.name.as_str(), third.dropped), ("third", true));
    // SAFETY: nobody touches the frame.
    assert_eq!(unsafe { pool.reclaim(third.id) }, Ok(1));
}

#[test]
fn borrower_that_a_hook_owns_is_dropped_with_the_hooks_pool() {
    let other = pool(4);
    let nic = other.borrower("nic").unwrap();
    lend(&nic);
    let id = nic.id();
    let report = OnMisuse::Call(Arc::new(move |_| drop(nic.name())));
    let pool = builder()
        .frames(4)
        .on_misuse(report.clone())
        .build()
        .unwrap();
    drop(report);
    let last = pool.get(0).unwrap();
    drop(pool);
    assert!(!other.stats().borrowers[0].dropped);
    drop(last);
    assert!(other.stats().borrowers[0].dropped);
    // SAFETY: nobody touches the frame.
    assert_eq!(unsafe { other.reclaim(id) }, Ok(1));
}

/// What a borrower has is found as a whole while other threads use, lend and trim the rest.
#[test]
fn reclaim_beside_loans_and_trims_finds_all() {
    const LENGTHS: [usize; 5] = [60, 300, 2346, 65_536, 70_000];
    let pool = builder().frames(256).alloc_bytes(16 << 20).build().unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _over = Over(&over);
        scope.spawn(|| {
            let ring = pool.borrower("ring").unwrap();
            let mut random = Random::new(5);
            while !over.load(Ordering::Relaxed) {
                let len = LENGTHS[random.below(5)];
                let address = ring.lend_buf(pool.alloc(len).unwrap()).unwrap();
                let id = ring.lend(pool.get(0).unwrap()).unwrap();
                // SAFETY: this thread alone brings them, and nobody touches their bytes.
                let back = unsafe { ring.take_back_buf(address.as_ptr(), len) };
                assert_eq!(back.unwrap().len(), len);
                // SAFETY: as above.
                assert!(unsafe { ring.take_back(id, 0, 0) }.is_ok());
            }
        });
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                pool.trim();
                let _ = pool.stats();
            }
        });
        let mut random = Random::new(6);
        for round in 0..100 * scale() {
            let mut gone = pool.borrower("gone").unwrap();
            for _ in 0..20 {
                let len = LENGTHS[random.below(5)];
                gone.lend_buf(pool.alloc(len).unwrap()).unwrap();
                lend(&gone);
            }
            let id = gone.id();
            let reclaimed = if round % 2 == 0 {
                // SAFETY: nobody touches the bytes.
                unsafe { gone.reclaim() }
            } else {
                drop(gone);
                // SAFETY: as above.
                unsafe { pool.reclaim(id) }.unwrap()
            };
            assert_eq!(reclaimed, 40);
        }
    });
    let stats = pool.stats();
    let alloc = stats.alloc.unwrap();
    assert_eq!((stats.out, alloc.out, alloc.large), (0, 0, 0));
    assert_eq!((stats.misuses, stats.borrowers), (0, vec![]));
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use crate::common::linux::in_child;

    /// The list of borrowers has a lock. A pool without borrowers does not need it.
    #[test]
    fn a_child_forked_amid_statistics_reads_them() {
        let pool = pool(4);
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let _over = Over(&over);
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let _ = pool.stats();
                }
            });
            for _ in 0..300 * scale() {
                in_child(|| assert_eq!(pool.stats().borrowers, []));
            }
        });
    }
}
