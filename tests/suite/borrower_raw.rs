//! Tests loans of buffers that are out as pointers.

use std::ptr;

use crate::common::builder;
use framewell::{Borrower, BufferId, Misuse, MisuseKind, Pool};

fn pool() -> Pool {
    builder().frames(64).build().unwrap()
}

/// Lends what is out at an address; the tests touch no bytes of what is lent.
fn lend(nic: &Borrower, address: usize) -> Result<BufferId, Misuse> {
    // SAFETY: as above, and no test hands a pointer out again that it has brought.
    unsafe { nic.lend_raw(ptr::without_provenance_mut(address)) }
}

fn lend_buf(nic: &Borrower, address: usize) -> Result<(), Misuse> {
    // SAFETY: as for `lend`.
    unsafe { nic.lend_raw_buf(ptr::without_provenance_mut(address)) }
}

#[test]
fn a_pointer_is_lent_and_comes_back_by_any_address_of_its_frame() {
    let pool = pool();
    let nic = pool.borrower("nic").unwrap();
    let mut pointer = pool.copy_from(b"abcdef").unwrap().into_raw();
    for (headroom, len) in [(128, 6), (0, 1728), (1727, 1), (1727, 0), (130, 4)] {
        let found = pool.find(pointer.as_ptr()).unwrap();
        let first = found.start.as_ptr().addr() + found.capacity - 1728;
        let id = lend(&nic, pointer.as_ptr().addr()).unwrap();
        assert_eq!((nic.lent(), pool.stats().out), (1, 1));
        let start = ptr::without_provenance_mut(first + headroom);
        // SAFETY: nobody else brings the frame.
        let frame = unsafe { nic.take_back_address(start, len) }.unwrap();
        assert_eq!(
            (frame.id(), frame.headroom(), frame.len()),
            (id, headroom, len)
        );
        if headroom == 130 {
            assert_eq!(*frame, *b"cdef");
        }
        pointer = frame.into_raw();
    }
    // SAFETY: it was handed out above.
    drop(unsafe { pool.from_raw(pointer.as_ptr()) }.unwrap());
    assert_eq!((pool.stats().out, pool.stats().misuses), (0, 0));
}

#[test]
fn a_buffer_of_any_length_is_lent_by_its_pointer() {
    let pool = pool();
    let ring = pool.borrower("ring").unwrap();
    for len in [1, 2346, 65_536, 100_000] {
        let pointer = pool.alloc(len).unwrap().into_raw().as_ptr();
        lend_buf(&ring, pointer.addr()).unwrap();
        assert_eq!(ring.lent(), 1);
        let again = lend_buf(&ring, pointer.addr()).unwrap_err();
        assert_eq!(again.kind, MisuseKind::Lent);
        // SAFETY: nobody touches what is lent.
        let raw = unsafe { pool.buf_from_raw(pointer) }.unwrap_err();
        assert_eq!(raw.kind, MisuseKind::Lent);
        // SAFETY: nobody else brings the buffer.
        let back = unsafe { ring.take_back_buf(pointer, 1) }.unwrap();
        assert_eq!(back.len(), 1);
    }
    let alloc = pool.stats().alloc.unwrap();
    assert_eq!((alloc.out, alloc.large, ring.lent()), (0, 0, 0));
}

#[test]
fn a_pointer_that_is_not_out_is_not_lent_and_nothing_changes() {
    let pool = pool();
    let mut nic = pool.borrower("nic").unwrap();
    let frame = pool.get(0).unwrap().into_raw().as_ptr().addr();
    let safe = pool.get(0).unwrap();
    let small = pool.alloc(2346).unwrap().into_raw().as_ptr().addr();
    let large = pool.alloc(100_000).unwrap().into_raw().as_ptr().addr();
    let lent = nic.lend(pool.get(0).unwrap()).unwrap();
    let region = pool.region();
    let lent = region.base().as_ptr().addr() + lent.index() * region.stride();
    let before = pool.stats();
    use MisuseKind::{Foreign, Interior, Lent, NotRaw, Null, OtherKind};
    for (address, as_frame, as_buf) in [
        (0, Null, Null),
        (&raw const pool as usize, Foreign, Foreign),
        (frame + 1, Interior, OtherKind),
        (safe.as_ptr().addr(), NotRaw, OtherKind),
        (lent + 128, Lent, OtherKind),
        (small + 1, OtherKind, Interior),
        (large + 1, OtherKind, Interior),
    ] {
        assert_eq!(lend(&nic, address).unwrap_err().kind, as_frame);
        assert_eq!(lend_buf(&nic, address).unwrap_err().kind, as_buf);
    }
    assert_eq!(lend(&nic, small).unwrap_err().kind, OtherKind);
    assert_eq!(lend_buf(&nic, frame).unwrap_err().kind, OtherKind);
    let mut after = pool.stats();
    assert_eq!(after.misuses, before.misuses + 16);
    after.misuses = before.misuses;
    assert_eq!(after, before);
    lend(&nic, frame).unwrap();
    lend_buf(&nic, small).unwrap();
    lend_buf(&nic, large).unwrap();
    assert_eq!(nic.lent(), 4);
    // SAFETY: nobody touches the buffers.
    assert_eq!(unsafe { nic.reclaim() }, 4);
}

#[test]
fn an_address_that_is_not_lent_does_not_come_back() {
    let pool = pool();
    let (mut nic, other) = (pool.borrower("nic").unwrap(), pool.borrower("x").unwrap());
    let lent = pool.get(0).unwrap().into_raw().as_ptr().addr();
    lend(&nic, lent).unwrap();
    let raw = pool.get(0).unwrap().into_raw().as_ptr().addr();
    let small = pool.alloc(2346).unwrap().into_raw().as_ptr().addr();
    let refused = |nic: &Borrower, address, len| {
        // SAFETY: nobody else brings the frames.
        unsafe { nic.take_back_address(ptr::without_provenance_mut(address), len) }
            .unwrap_err()
            .kind
    };
    assert_eq!(refused(&nic, 0, 0), MisuseKind::Null);
    assert_eq!(refused(&nic, 1, 0), MisuseKind::Foreign);
    assert_eq!(refused(&nic, small, 0), MisuseKind::OtherKind);
    assert_eq!(refused(&nic, raw, 0), MisuseKind::NotLent);
    assert_eq!(
        refused(&other, lent, 0),
        MisuseKind::LentToOther { borrower: 0 }
    );
    let kind = MisuseKind::BeyondRoom {
        headroom: 128,
        len: 1601,
        room: 1728,
    };
    assert_eq!(refused(&nic, lent, 1601), kind);
    assert_eq!((nic.lent(), pool.stats().misuses), (1, 6));
    lend(&nic, raw).unwrap();
    lend_buf(&nic, small).unwrap();
    // SAFETY: nobody touches the buffers.
    assert_eq!(unsafe { nic.reclaim() }, 3);
}
