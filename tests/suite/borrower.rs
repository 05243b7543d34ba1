//! Tests borrowers: buffers that are lent, come back, and are misused.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use crate::common::builder;
use framewell::{
    Borrower, BufferId, Burst, Frame, IdBatch, Misuse, MisuseKind, OnMisuse, Pool, ReclaimError,
    Span,
};

fn pool(frames: usize) -> Pool {
    builder().frames(frames).build().unwrap()
}

/// Takes a frame back; the tests bring a frame on one thread at a time, and touch no bytes of what
/// is lent.
fn bring(nic: &Borrower, id: BufferId, headroom: usize, len: usize) -> Result<Frame, Misuse> {
    // SAFETY: as above.
    unsafe { nic.take_back(id, headroom, len) }
}

fn lend(nic: &Borrower) -> BufferId {
    nic.lend(nic.pool().get(0).unwrap()).unwrap()
}

fn reclaim(nic: &mut Borrower) -> usize {
    // SAFETY: as for `bring`.
    unsafe { nic.reclaim() }
}

#[test]
fn a_frame_comes_back_with_the_view_that_the_borrower_left() {
    let pool = pool(4);
    let nic = pool.borrower("nic").unwrap();
    let mut frame = pool.copy_from(b"abcdef").unwrap();
    frame.push(2).unwrap().copy_from_slice(b"XY");
    let id = nic.lend(frame).unwrap();
    let room = pool.get(0).unwrap().capacity();
    for (headroom, len) in [
        (126, 8),
        (0, 0),
        (0, room),
        (room, 0),
        (1, room - 1),
        (room - 1, 1),
    ] {
        let frame = bring(&nic, id, headroom, len).unwrap();
        assert_eq!((frame.headroom(), frame.len()), (headroom, len));
        assert_eq!(frame.id(), id);
        if headroom == 126 {
            assert_eq!(*frame, *b"XYabcdef");
        }
        assert_eq!(nic.lend(frame).unwrap(), id);
    }
    assert_eq!(bring(&nic, id, 126, 8).unwrap()[..], *b"XYabcdef");
}

#[test]
fn a_view_beyond_the_room_is_refused_and_the_frame_is_still_lent() {
    let pool = pool(4);
    let nic = pool.borrower("nic").unwrap();
    let id = lend(&nic);
    let most = usize::MAX;
    for (headroom, len) in [
        (0, 1729),
        (1729, 0),
        (1, 1728),
        (most, 1),
        (1, most),
        (most, most),
    ] {
        let refused = bring(&nic, id, headroom, len).unwrap_err();
        let kind = MisuseKind::BeyondRoom {
            headroom,
            len,
            room: 1728,
        };
        assert_eq!(refused.kind, kind);
        assert_eq!(nic.lent(), 1);
    }
    assert_eq!(pool.stats().misuses, 6);
    assert_eq!(bring(&nic, id, 0, 1728).unwrap().len(), 1728);
}

#[test]
fn misuse_is_refused_with_these_texts_and_nothing_changes() {
    let pool = pool(4);
    let (rx, tx) = (pool.borrower("rx").unwrap(), pool.borrower("tx").unwrap());
    let base = pool.region().base().as_ptr().addr();
    let at = |id: BufferId| base + id.index() * 1728;
    let text =
        |kind: &str, address: usize, why: &str| format!("invalid {kind} {address:#x}: {why}");
    let of_loan = "return of the buffer at";
    let lent = lend(&rx);
    let safe = pool.get(0).unwrap();
    let raw = pool.get(0).unwrap();
    let raw_id = raw.id();
    let raw = raw.into_raw();
    let larger = self::pool(64);
    let foreign = (0..64).map(|_| larger.get(0).unwrap()).collect::<Vec<_>>();
    let foreign = foreign.iter().map(Frame::id).find(|id| id.index() == 60);
    let foreign = foreign.expect("64 frames are numbered 0 to 63");
    let before = pool.stats();
    let refused = |nic: &Borrower, id, headroom, len| bring(nic, id, headroom, len).unwrap_err();
    assert_eq!(
        refused(&tx, lent, 5, 0).to_string(),
        text(
            of_loan,
            at(lent) + 5,
            "it is lent to another borrower, number 0"
        )
    );
    assert_eq!(
        refused(&rx, safe.id(), 0, 0).to_string(),
        text(
            of_loan,
            at(safe.id()),
            "it was taken back already, or not lent in this way"
        )
    );
    assert_eq!(
        refused(&rx, raw_id, 0, 0).to_string(),
        text(
            of_loan,
            at(raw_id),
            "it was taken back already, or not lent in this way"
        )
    );
    assert_eq!(
        refused(&rx, foreign, 0, 0).to_string(),
        text("pointer", at(foreign), "no memory of this pool lies there")
    );
    assert_eq!(
        refused(&rx, lent, 100, 1700).to_string(),
        text(
            of_loan,
            at(lent) + 100,
            "a headroom of 100 and 1700 bytes exceed its room of 1728; it is still lent: bring it \
             with a view that fits"
        )
    );
    // A view that is too large says nothing of a frame that is not the borrower's.
    assert_eq!(
        refused(&tx, lent, 0, 1729).kind,
        MisuseKind::LentToOther { borrower: 0 }
    );
    assert_eq!(refused(&rx, safe.id(), 0, 1729).kind, MisuseKind::NotLent);
    assert_eq!(refused(&rx, foreign, 0, 1729).kind, MisuseKind::Foreign);
    // A pointer does not bring back what is lent, wherever it points.
    for offset in [0, 1, 2, 128, 1727] {
        let pointer = ptr::without_provenance_mut(at(lent) + offset);
        // SAFETY: the pointer stands for nothing that is out.
        let refused = unsafe { pool.from_raw(pointer) }.unwrap_err();
        assert_eq!(
            refused.to_string(),
            text(
                "pointer",
                at(lent) + offset,
                "the buffer there is lent to a borrower"
            )
        );
    }
    assert_eq!(pool.stats().misuses, 13);
    let mut after = pool.stats();
    after.misuses = before.misuses;
    assert_eq!(after, before);
    let found = pool.find(ptr::without_provenance(at(lent) + 9)).unwrap();
    assert_eq!((found.is_raw, found.is_lent), (false, true));
    let found = pool.find(raw.as_ptr()).unwrap();
    assert_eq!((found.is_raw, found.is_lent), (true, false));
    // SAFETY: it was handed out above.
    drop(unsafe { pool.from_raw(raw.as_ptr()) }.unwrap());
    bring(&rx, lent, 0, 0).unwrap();
    let twice = refused(&rx, lent, 0, 0);
    assert_eq!(twice.kind, MisuseKind::NotLent);
}

#[test]
fn a_frame_or_buffer_of_another_pool_is_given_back() {
    let (pool, other) = (pool(4), pool(4));
    let nic = pool.borrower("nic").unwrap();
    let frame = other.copy_from(b"theirs").unwrap();
    assert_eq!(*nic.lend(frame).unwrap_err(), *b"theirs");
    for len in [100, 100_000] {
        let buffer = other.alloc(len).unwrap();
        assert_eq!(nic.lend_buf(buffer).unwrap_err().len(), len);
    }
    assert_eq!((other.stats().out, nic.lent()), (0, 0));
}

#[test]
fn what_is_lent_is_out_named_and_counted() {
    let pool = pool(8);
    let rx = pool.borrower("eth0 rx").unwrap();
    let tx = pool.borrower("line\nbreak").unwrap();
    let ids = [lend(&rx), lend(&rx)];
    let small = tx.lend_buf(pool.alloc(100).unwrap()).unwrap();
    let large = tx.lend_buf(pool.alloc(100_000).unwrap()).unwrap();
    let id = lend(&tx);
    let stats = pool.stats();
    assert_eq!(stats.out, 3);
    let counts: Vec<_> = stats.borrowers.iter().map(|b| (b.frames, b.bufs)).collect();
    assert_eq!(counts, [(2, 0), (1, 2)]);
    let text = stats.to_string();
    assert!(text.contains("2 frames lent to eth0 rx\n"), "{text}");
    assert!(
        text.contains("1 frame, 2 buffers lent to line\\nbreak\n"),
        "{text}"
    );
    let number = tx.id();
    drop(tx);
    let text = pool.stats().to_string();
    assert!(
        text.contains("lent to line\\nbreak (dropped; number 1)\n"),
        "{text}"
    );
    // SAFETY: nobody touches what is lent.
    assert_eq!(unsafe { pool.reclaim(number) }, Ok(3));
    assert_eq!(pool.stats().borrowers.len(), 1);
    let alloc = pool.stats().alloc.unwrap();
    assert_eq!((alloc.out, alloc.large), (0, 0));
    assert!(pool.find(small.as_ptr()).is_none_or(|found| !found.is_lent));
    assert!(pool.find(large.as_ptr()).is_none());
    for id in ids {
        bring(&rx, id, 0, 0).unwrap();
    }
    let _ = id;
}

#[test]
fn reclaim_frees_what_one_borrower_has() {
    let pool = pool(300);
    let mut gone = pool.borrower("gone").unwrap();
    let stays = pool.borrower("stays").unwrap();
    let kept: Vec<_> = (0..100).map(|_| (lend(&gone), lend(&stays)).1).collect();
    let safe: Vec<_> = (0..50).map(|_| pool.get(0).unwrap()).collect();
    assert_eq!(reclaim(&mut gone), 100);
    assert_eq!((gone.lent(), stays.lent(), pool.stats().out), (0, 100, 150));
    assert_eq!(reclaim(&mut gone), 0);
    // The handle can be used again.
    let id = lend(&gone);
    bring(&gone, id, 0, 0).unwrap();
    for id in kept {
        bring(&stays, id, 0, 0).unwrap();
    }
    drop(safe);
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn a_number_is_used_again_when_nothing_is_lent_under_it() {
    let pool = pool(8);
    let first = pool.borrower("first").unwrap();
    let id = lend(&first);
    let first_id = first.id();
    // SAFETY: nobody touches what is lent.
    let reclaim = |id| unsafe { pool.reclaim(id) };
    assert_eq!(reclaim(first_id), Err(ReclaimError::InUse));
    drop(first);
    let second = pool.borrower("second").unwrap();
    assert_eq!((first_id.index(), second.id().index()), (0, 1));
    assert!(bring(&second, id, 0, 0).is_err());
    assert_eq!(reclaim(first_id), Ok(1));
    assert_eq!(reclaim(first_id), Err(ReclaimError::Unknown));
    let third = pool.borrower("third").unwrap();
    assert_eq!(third.id().index(), 0);
    assert_ne!(third.id(), first_id);
    // The old name does not reach the new borrower.
    let id = lend(&third);
    assert_eq!(reclaim(first_id), Err(ReclaimError::Unknown));
    assert_eq!(third.lent(), 1);
    bring(&third, id, 0, 0).unwrap();
    let third_id = third.id();
    drop(third);
    assert_eq!(reclaim(third_id), Err(ReclaimError::Unknown));
    let other = self::pool(1);
    assert_eq!(
        // SAFETY: as above.
        unsafe { other.reclaim(second.id()) }
            .unwrap_err()
            .to_string(),
        "the pool has no such borrower: nothing is lent to it any more, or it is of another pool"
    );
}

#[test]
fn borrowers_beyond_the_limit_are_refused_until_one_goes() {
    let pool = pool(2);
    let mut borrowers: Vec<_> = (0..4096).map(|_| pool.borrower("one").unwrap()).collect();
    lend(&borrowers[7]);
    let left = borrowers[7].id();
    drop(borrowers.remove(7));
    let refused = pool.borrower("more").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "too many borrowers: the pool has 4096 already; drop some, or reclaim the buffers of the 1 \
         that were dropped with buffers still lent"
    );
    drop(borrowers.pop());
    let last = pool.borrower("last").unwrap();
    // The largest number has a word of its own, too.
    assert_eq!(last.id().index(), 4095);
    let id = lend(&last);
    assert!(bring(&borrowers[0], id, 0, 0).is_err());
    bring(&last, id, 0, 0).unwrap();
    // SAFETY: nobody touches what is lent.
    assert_eq!(unsafe { pool.reclaim(left) }, Ok(1));
}

#[test]
fn lent_frames_outlive_the_handles() {
    let pool = pool(4);
    let nic = pool.borrower("nic").unwrap();
    let mut frame = pool.copy_from(b"kept").unwrap();
    frame.trim(4).unwrap();
    let (id, headroom) = (frame.id(), frame.headroom());
    nic.lend(frame).unwrap();
    drop(pool);
    let frame = bring(&nic, id, headroom, 4).unwrap();
    drop(nic);
    assert_eq!(*frame, *b"kept");
}

#[test]
fn many_go_out_by_id_and_by_offset_and_come_back() {
    let pool = pool(64);
    let nic = pool.borrower("nic").unwrap();
    let mut batch: IdBatch<32> = IdBatch::owned(pool.clone());
    batch.get_bulk(32).unwrap();
    let mut ids = [batch.ids()[0]; 20];
    assert_eq!(nic.lend_ids(&mut batch, &mut ids), 20);
    assert_eq!((batch.len(), nic.lent()), (12, 20));
    let mut offsets = [u64::MAX; 20];
    assert_eq!(nic.lend_offsets(&mut batch, &mut offsets), 12);
    assert_eq!((batch.len(), nic.lent(), offsets[12]), (0, 32, u64::MAX));
    let mut small: IdBatch<8> = IdBatch::new(&pool);
    // SAFETY: as for `bring`, here and below.
    assert_eq!(unsafe { nic.take_back_ids(&ids, &mut small) }, Ok(8));
    // SAFETY: as above.
    assert_eq!(unsafe { nic.take_back_ids(&ids[8..], &mut small) }, Ok(0));
    // SAFETY: as above.
    assert_eq!(unsafe { nic.take_back_ids(&ids[8..], &mut batch) }, Ok(12));
    for offset in &mut offsets {
        *offset = offset.saturating_add(1500);
    }
    // SAFETY: as above.
    let refused = unsafe { nic.take_back_offsets(&offsets, &mut batch) }.unwrap_err();
    assert_eq!(
        (refused.taken, refused.misuse.kind),
        (12, MisuseKind::Foreign)
    );
    assert_eq!(batch.len(), 24);
    drop(small);
    assert_eq!((nic.lent(), pool.stats().out), (0, 24));
    drop(batch);
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn many_stop_at_the_first_that_is_refused() {
    let pool = pool(64);
    let (nic, other) = (
        pool.borrower("nic").unwrap(),
        pool.borrower("other").unwrap(),
    );
    let mut ids: Vec<_> = (0..5).map(|_| lend(&nic)).collect();
    let theirs = lend(&other);
    ids.insert(3, theirs);
    let mut batch: IdBatch<8> = IdBatch::new(&pool);
    // SAFETY: as for `bring`.
    let refused = unsafe { nic.take_back_ids(&ids, &mut batch) }.unwrap_err();
    assert_eq!((refused.taken, batch.len(), nic.lent()), (3, 3, 2));
    let stride = pool.region().stride();
    assert_eq!(
        refused.to_string(),
        format!(
            "entry 3 was refused: invalid return of the buffer at {:#x}: it is lent to another \
             borrower, number 1",
            pool.region().base().as_ptr().addr() + theirs.index() * stride
        )
    );
    // SAFETY: as above.
    assert_eq!(unsafe { nic.take_back_ids(&ids[4..], &mut batch) }, Ok(2));
    bring(&other, theirs, 0, 0).unwrap();
}

#[test]
fn spans_keep_order_and_views() {
    let pool = pool(64);
    let nic = pool.borrower("nic").unwrap();
    let mut burst: Burst<8> = Burst::new();
    for n in 1..=5 {
        burst
            .push(pool.copy_from(&vec![n; n.into()]).unwrap())
            .unwrap();
    }
    let other = self::pool(4);
    burst.push(other.get(9).unwrap()).unwrap();
    burst.push(pool.get(6).unwrap()).unwrap();
    let mut spans = [Span::default(); 8];
    assert_eq!(
        nic.lend_spans(&mut burst, &mut spans),
        5,
        "it stops before the other pool's"
    );
    assert_eq!(
        burst.iter().map(|frame| frame.len()).collect::<Vec<_>>(),
        [9, 6]
    );
    let lens: Vec<_> = spans[..5].iter().map(|span| span.len).collect();
    assert_eq!(lens, [1, 2, 3, 4, 5]);
    spans[2].len = 2000;
    burst.clear();
    // SAFETY: as for `bring`.
    let refused = unsafe { nic.take_back_spans(&spans[..5], &mut burst) }.unwrap_err();
    let room = 1728;
    let kind = MisuseKind::BeyondRoom {
        headroom: 128,
        len: 2000,
        room,
    };
    assert_eq!(
        (refused.taken, refused.misuse.kind, nic.lent()),
        (2, kind, 3)
    );
    spans[2].len = 3;
    // SAFETY: as above.
    let taken = unsafe { nic.take_back_spans(&spans[2..5], &mut burst) };
    assert_eq!(taken, Ok(3));
    for (n, frame) in (1..).zip(&burst) {
        assert_eq!(**frame, vec![n; n.into()]);
    }
}

#[test]
fn a_batch_of_another_pool_panics_and_loses_nothing() {
    let (pool, other) = (pool(8), pool(8));
    let nic = pool.borrower("nic").unwrap();
    let mut batch: IdBatch<8> = IdBatch::new(&other);
    batch.get_bulk(2).unwrap();
    let mut ids = [batch.ids()[0]; 2];
    let lent = catch_unwind(AssertUnwindSafe(|| nic.lend_ids(&mut batch, &mut ids)));
    let message = *lent.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(
        message,
        "the batch is of another pool than the borrower \"nic\"; make it with \
         IdBatch::new(borrower.pool())"
    );
    assert_eq!((batch.len(), nic.lent()), (2, 0));
}

#[test]
fn a_panic_of_the_misuse_hook_loses_nothing() {
    let report = OnMisuse::Call(Arc::new(|_| panic!("reported")));
    let pool = builder().frames(8).on_misuse(report).build().unwrap();
    let nic = pool.borrower("nic").unwrap();
    let mut ids = [lend(&nic), lend(&nic), lend(&nic)];
    ids.swap(1, 2);
    let twice = [ids[0], ids[0], ids[1]];
    let mut batch: IdBatch<8> = IdBatch::new(&pool);
    let took = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as for `bring`.
        let _ = unsafe { nic.take_back_ids(&twice, &mut batch) };
    }));
    assert!(took.is_err());
    assert_eq!((batch.len(), nic.lent(), pool.stats().out), (1, 2, 3));
    // SAFETY: as above.
    assert_eq!(unsafe { nic.take_back_ids(&ids[1..], &mut batch) }, Ok(2));
}

#[test]
fn variable_length_buffers_are_lent_and_misused() {
    let pool = pool(8);
    let (ring, other) = (
        pool.borrower("ring").unwrap(),
        pool.borrower("other").unwrap(),
    );
    // SAFETY: as for `bring`.
    let bring = |ring: &Borrower, address, len| unsafe { ring.take_back_buf(address, len) };
    for len in [100, 65_536, 100_000, 3 << 20] {
        let mut buffer = pool.alloc(len).unwrap();
        let capacity = buffer.capacity();
        buffer[len - 1] = 0xa5;
        let address = ring.lend_buf(buffer).unwrap().as_ptr();
        let kind = |refused: Result<framewell::VarBuf, Misuse>| refused.unwrap_err().kind;
        assert_eq!(
            kind(bring(&ring, address.wrapping_add(1), 0)),
            MisuseKind::Interior
        );
        assert_eq!(
            kind(bring(&other, address, 0)),
            MisuseKind::LentToOther { borrower: 0 }
        );
        let beyond = MisuseKind::BeyondRoom {
            headroom: 0,
            len: capacity + 1,
            room: capacity,
        };
        assert_eq!(kind(bring(&ring, address, capacity + 1)), beyond);
        // SAFETY: the pointer stands for nothing that is out.
        let as_pointer = unsafe { pool.buf_from_raw(address) };
        assert_eq!(kind(as_pointer), MisuseKind::Lent);
        assert!(pool.find(address).unwrap().is_lent);
        let back = bring(&ring, address, len).unwrap();
        assert_eq!((back.len(), back[len - 1]), (len, 0xa5));
        assert_eq!(
            kind(bring(&ring, back.as_ptr().cast_mut(), 0)),
            MisuseKind::NotLent
        );
        let raw = back.into_raw().as_ptr();
        assert_eq!(kind(bring(&ring, raw, 0)), MisuseKind::NotLent);
        // SAFETY: it was handed out just now.
        drop(unsafe { pool.buf_from_raw(raw) }.unwrap());
    }
    let frame = lend(&ring);
    let first = pool.region().base().as_ptr().addr() + frame.index() * pool.region().stride();
    let refused = |address| bring(&ring, address, 0).unwrap_err().kind;
    assert_eq!(
        refused(ptr::without_provenance_mut(first)),
        MisuseKind::OtherKind
    );
    assert_eq!(refused(ptr::null_mut()), MisuseKind::Null);
    assert_eq!(refused(ptr::without_provenance_mut(8)), MisuseKind::Foreign);
    self::bring(&ring, frame, 0, 0).unwrap();
}

#[test]
fn lent_buffers_pin_their_chunk_and_are_reclaimed() {
    let pool = pool(8);
    let mut ring = pool.borrower("ring").unwrap();
    for _ in 0..1000 {
        ring.lend_buf(pool.alloc(2346).unwrap()).unwrap();
    }
    for _ in 0..3 {
        ring.lend_buf(pool.alloc(1 << 20).unwrap()).unwrap();
    }
    assert_eq!(pool.trim().chunks, 0);
    assert_eq!(reclaim(&mut ring), 1003);
    let alloc = pool.stats().alloc.unwrap();
    assert_eq!((alloc.out, alloc.large), (0, 0));
    assert!(pool.trim().chunks >= 3);
}
