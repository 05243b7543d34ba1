//! Tests where the data of a variable-length buffer lies, and the calls that make it lie there.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::{builder, pool};
use framewell::{MisuseKind, Pool, Refusal, Room, VarBuf};

/// Lengths of buffers of size classes and of mappings of their own.
const LENGTHS: [usize; 5] = [1, 2346, 65_856, 65_857, 3 << 20];

fn out(pool: &Pool) -> usize {
    let stats = pool.stats().alloc.unwrap();
    stats.out + stats.large
}

#[test]
fn refused_moves_name_the_room_and_change_nothing() {
    let pool = pool(1);
    for len in LENGTHS {
        let mut buffer = pool.alloc_with_room(16, len, 8).unwrap();
        let (tailroom, capacity) = (buffer.tailroom(), buffer.capacity());
        let refusals = [
            (buffer.push(17).map(drop), Room::Headroom, 17, 16),
            (buffer.pull(len + 1), Room::Data, len + 1, len),
            (
                buffer.put(tailroom + 1).map(drop),
                Room::Tailroom,
                tailroom + 1,
                tailroom,
            ),
            (buffer.trim(len + 1), Room::Data, len + 1, len),
            (
                buffer.resize(capacity - 15),
                Room::Capacity,
                capacity - 15,
                capacity - 16,
            ),
            (
                buffer.set_view(capacity, 1),
                Room::Capacity,
                capacity + 1,
                capacity,
            ),
            (
                buffer.set_view(usize::MAX, usize::MAX),
                Room::Capacity,
                usize::MAX,
                capacity,
            ),
        ];
        for (refused, room, asked, left) in refusals {
            let refused = refused.unwrap_err();
            assert_eq!(
                (refused.room, refused.asked, refused.left),
                (room, asked, left)
            );
        }
        assert_eq!((buffer.headroom(), buffer.len()), (16, len));
    }
    let refused = pool
        .alloc_with_room(16, 100, 0)
        .unwrap()
        .push(17)
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "17 bytes exceed the headroom of 16 left; raise it with PoolBuilder::headroom or \
         Pool::alloc_with_room"
    );
}

#[test]
fn every_view_of_a_buffer_comes_back() {
    let pool = pool(1);
    for len in [64, 2368, 70_000] {
        let mut buffer = pool.alloc(len).unwrap();
        let (first, capacity) = (buffer.as_ptr().addr(), buffer.capacity());
        let ends = [1, 4095, 4096, 4097, capacity - 1, capacity];
        for offset in (0..=capacity).filter(|at| *at < 70 || ends.contains(at)) {
            for len in [0, 1, capacity].map(|len| len.min(capacity - offset)) {
                buffer.set_view(offset, len).unwrap();
                let pointer = buffer.into_raw().as_ptr();
                let expected = offset.min(capacity - 1);
                assert_eq!(pointer.addr() - first, expected);
                // SAFETY: the pointer was handed out just now.
                buffer = unsafe { pool.buf_from_raw(pointer) }.unwrap();
                assert_eq!((buffer.headroom(), buffer.len()), (expected, len));
            }
        }
    }
}

#[test]
fn empty_view_at_the_very_end_does_not_name_the_next_buffer() {
    let pool = pool(1);
    let mut buffers: Vec<VarBuf> = (0..8).map(|_| pool.alloc(64).unwrap()).collect();
    buffers.sort_by_key(|buffer| buffer.as_ptr().addr());
    let firsts: Vec<usize> = buffers
        .iter()
        .map(|buffer| buffer.as_ptr().addr())
        .collect();
    let are_neighbours = |pair: &[usize]| pair[0] + 64 == pair[1];
    assert!(firsts.windows(2).any(are_neighbours));
    for buffer in &mut buffers {
        buffer.set_view(64, 0).unwrap();
    }
    let pointers: Vec<*mut u8> = buffers
        .into_iter()
        .map(|buffer| buffer.into_raw().as_ptr())
        .collect();
    for (pointer, first) in pointers.into_iter().zip(firsts) {
        // SAFETY: the pointer was handed out above.
        let mut buffer = unsafe { pool.buf_from_raw(pointer) }.unwrap();
        assert_eq!(buffer.head().as_ptr().addr(), first);
        assert_eq!((buffer.headroom(), buffer.len()), (63, 0));
        buffer.put(1).unwrap();
    }
    assert_eq!(out(&pool), 0);
}

#[test]
fn pointer_into_a_buffer_is_interior_unless_it_is_the_one_that_is_out() {
    let pool = pool(1);
    for len in LENGTHS {
        let pointer = pool
            .alloc_with_room(5000, len, 5000)
            .unwrap()
            .into_raw()
            .as_ptr();
        for near in [
            usize::MAX,
            1,
            4096,
            4096_usize.wrapping_neg(),
            5000_usize.wrapping_neg(),
        ] {
            // SAFETY: nothing was handed out at this address.
            let refused = unsafe { pool.buf_from_raw(pointer.wrapping_add(near)) }.unwrap_err();
            assert_eq!(refused.kind, MisuseKind::Interior, "{len} {near}");
        }
        // SAFETY: the pointer was handed out above.
        let buffer = unsafe { pool.buf_from_raw(pointer) }.unwrap();
        assert_eq!((buffer.headroom(), buffer.len()), (5000, len));
        // SAFETY: nothing is out at this address any more.
        let refused = unsafe { pool.buf_from_raw(pointer) }.unwrap_err();
        assert_eq!(refused.kind, MisuseKind::NotRaw);
    }
}

#[test]
fn room_is_allocated_as_asked() {
    let pool = pool(1);
    for len in LENGTHS {
        for (headroom, tailroom) in [(0, 0), (64, 0), (0, 64), (1000, 1000)] {
            let buffer = pool.alloc_with_room(headroom, len, tailroom).unwrap();
            assert_eq!((buffer.headroom(), buffer.len()), (headroom, len));
            assert!(buffer.tailroom() >= tailroom);
            let whole = pool.alloc(headroom + len + tailroom).unwrap();
            assert_eq!(buffer.capacity(), whole.capacity());
        }
    }
    for (headroom, len, tailroom) in [(usize::MAX, 1, 0), (1, usize::MAX, 1), (0, 1, usize::MAX)] {
        let refused = pool.alloc_with_room(headroom, len, tailroom).unwrap_err();
        assert_eq!(refused.requested, usize::MAX);
        assert!(!matches!(refused.refusal, Refusal::Budget { .. }));
    }
    let copy = pool.alloc_copy_from(3, b"payload").unwrap();
    assert_eq!((copy.headroom(), &copy[..]), (3, &b"payload"[..]));
}

#[test]
fn merged_packets_have_a_size_class() {
    let pool = pool(1);
    let merged = pool.alloc_merged().unwrap();
    assert_eq!((merged.headroom(), merged.len()), (128, Pool::MERGED));
    assert_eq!((merged.tailroom(), merged.capacity()), (183, 65_856));
    assert_eq!(pool.stats().alloc.unwrap().large, 0);
    let of_headroom = |headroom| {
        let pool = builder().frames(1).headroom(headroom).build().unwrap();
        let merged = pool.alloc_merged().unwrap();
        assert_eq!((merged.headroom(), merged.len()), (headroom, Pool::MERGED));
        assert!(merged.tailroom() >= 100);
        pool.stats().alloc.unwrap().large
    };
    assert_eq!([0, 211, 212].map(of_headroom), [0, 0, 1]);
}

#[test]
fn burst_gives_as_many_as_there_are() {
    let pool = builder().frames(1).alloc_bytes(1 << 20).build().unwrap();
    let mut all = Vec::new();
    assert_eq!(pool.alloc_burst(2346, 0, &mut all), 0);
    assert_eq!(pool.alloc_burst(2346, 100, &mut all), 100);
    assert_eq!(pool.alloc_burst(2346, usize::MAX, &mut all), 342);
    assert_eq!((all.len(), pool.alloc_burst(0, 1, &mut all)), (442, 0));
    let mut firsts: Vec<usize> = all.iter().map(|buffer| buffer.as_ptr().addr()).collect();
    firsts.sort_unstable();
    firsts.dedup();
    assert_eq!(firsts.len(), 442);
    assert!(
        all.iter()
            .all(|buffer| (buffer.headroom(), buffer.len()) == (0, 2346))
    );
    all.clear();
    assert_eq!(pool.alloc_burst(0, 3, &mut all), 3);
    assert_eq!(pool.alloc_burst(100_000, 3, &mut all), 3);
    assert_eq!(pool.stats().alloc.unwrap().large, 3);
    drop(all);
    assert_eq!(out(&pool), 0);
}

/// Takes so many buffers of each run, and panics if it is to.
struct Taker {
    most: usize,
    panics: bool,
    taken: Vec<VarBuf>,
}

impl Extend<VarBuf> for Taker {
    fn extend<I: IntoIterator<Item = VarBuf>>(&mut self, buffers: I) {
        let mut buffers = buffers.into_iter();
        self.taken.extend(buffers.by_ref().take(self.most));
        assert!(!self.panics);
    }
}

#[test]
fn burst_loses_nothing_that_is_not_taken() {
    let pool = builder().frames(1).alloc_bytes(4 << 20).build().unwrap();
    let mut taker = Taker {
        most: 10,
        panics: false,
        taken: Vec::new(),
    };
    assert_eq!(pool.alloc_burst(2346, 100, &mut taker), 10);
    assert_eq!((taker.taken.len(), out(&pool)), (10, 10));
    taker.panics = true;
    for len in [2346, 100_000] {
        taker.taken.clear();
        let burst = AssertUnwindSafe(|| pool.alloc_burst(len, 100, &mut taker));
        catch_unwind(burst).unwrap_err();
        assert_eq!(taker.taken.len(), out(&pool));
    }
    drop(taker);
    assert_eq!(out(&pool), 0);
}

#[test]
fn view_that_a_borrower_left_lies_in_the_buffer() {
    let pool = pool(1);
    let ring = pool.borrower("ring").unwrap();
    for len in LENGTHS {
        let buffer = pool.alloc_with_room(16, len, 0).unwrap();
        let (first, capacity) = (buffer.head().as_ptr(), buffer.capacity());
        let address = ring.lend_buf(buffer).unwrap().as_ptr();
        assert_eq!(address.cast_const(), first);
        for (headroom, len) in [(0, capacity + 1), (capacity, 1), (usize::MAX, usize::MAX)] {
            // SAFETY: the borrower has the buffer, and nobody touches it.
            let back = unsafe { ring.take_back_buf_view(address, headroom, len) };
            let room = capacity;
            assert_eq!(
                back.unwrap_err().kind,
                MisuseKind::BeyondRoom {
                    headroom,
                    len,
                    room
                }
            );
        }
        // SAFETY: as above.
        let back = unsafe { ring.take_back_buf_view(address, capacity, 0) }.unwrap();
        assert_eq!(
            (back.headroom(), back.len(), back.tailroom()),
            (capacity, 0, 0)
        );
    }
}
