//! The traits of the crate `bytes`. The feature is on in tests.

use std::io::IoSlice;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::buf::{BufMut, Chain as Both};
use bytes::{Buf, Bytes};
use framewell::{Chain, CopyError, Frame, Segment};

use crate::common::pool;

/// Runs what panics, and returns what it says.
fn refused(run: impl FnOnce()) -> String {
    let told = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    *told.downcast::<String>().unwrap()
}

/// Reads whatever is read by steps that differ from its chunks, and returns what it was.
fn read(mut source: impl Buf) -> Vec<u8> {
    let mut bytes = Vec::new();
    for step in [1, 2, 3].into_iter().cycle() {
        let left = source.remaining();
        assert_eq!(source.has_remaining(), left > 0);
        assert_eq!(source.chunk().is_empty(), left == 0);
        if left == 0 {
            break;
        }
        let mut some = [0; 3];
        let some = &mut some[..step.min(left)];
        source.copy_to_slice(some);
        bytes.extend_from_slice(some);
    }
    bytes
}

/// Appends until the tailroom is full.
fn fill(mut owner: impl BufMut + std::ops::Deref<Target = [u8]>) {
    let room = owner.remaining_mut();
    let before = owner.to_vec();
    assert!(room > 8);
    assert_eq!(owner.chunk_mut().len(), room, "all room is one chunk");
    owner.put_u32(0x0102_0304);
    BufMut::put(&mut owner, &[5; 4][..]);
    assert_eq!(owner.remaining_mut(), room - 8);
    owner.put_bytes(6, room - 8);
    assert_eq!((owner.remaining_mut(), owner.chunk_mut().len()), (0, 0));
    assert_eq!(owner.len(), before.len() + room);
    assert!(owner.starts_with(&before));
    assert!(owner[before.len()..].starts_with(&[1, 2, 3, 4, 5, 5, 5, 5, 6]));
    assert!(owner.ends_with(&[6]));
    // SAFETY: no byte is added, which is always allowed.
    unsafe { owner.advance_mut(0) };
    // SAFETY: there are none to add; the call panics.
    let beyond = refused(|| unsafe { owner.advance_mut(1) });
    let due = "1 bytes exceed the tailroom of 0 left";
    assert!(beyond.starts_with(due), "{beyond}");
    assert!(refused(|| owner.put_u8(1)).contains("out of bounds"));
}

#[test]
fn owners_are_read_from_the_front_and_filled_at_the_end() {
    let pool = pool(2);
    let mut packet = pool.copy_from(b"headerpayload").unwrap();
    let room = (packet.headroom(), packet.tailroom());
    assert_eq!(read(&mut packet), b"headerpayload");
    assert_eq!(
        (packet.headroom(), packet.tailroom()),
        (room.0 + 13, room.1)
    );
    packet.push(7).unwrap();
    let beyond = refused(|| Buf::advance(&mut packet, 8));
    assert!(
        beyond.starts_with("8 bytes exceed the data of 7 left"),
        "{beyond}"
    );
    assert_eq!(*packet, *b"payload");
    fill(packet);
    assert_eq!(pool.stats().out, 0);
    for len in [9000, 1 << 20] {
        let mut buffer = pool.alloc_with_room(64, len, 100).unwrap();
        buffer[len - 7..].copy_from_slice(b"payload");
        Buf::advance(&mut buffer, len - 7);
        assert_eq!(buffer.headroom(), 64 + len - 7);
        assert_eq!(read(&mut buffer), b"payload");
        let beyond = refused(|| Buf::advance(&mut buffer, 1));
        assert!(
            beyond.starts_with("1 bytes exceed the data of 0 left"),
            "{beyond}"
        );
        fill(buffer);
    }
    let stats = pool.stats().alloc.unwrap();
    assert_eq!((stats.out, stats.large), (0, 0));
}

#[test]
fn references_and_chains_are_read_from_the_front() {
    let pool = pool(16);
    let packet = pool.copy_from(b"headerpayload").unwrap().share();
    assert_eq!(read(packet.clone()), b"headerpayload");
    assert_eq!(read(Segment::from(packet.slice(6..))), b"payload");
    for n in [1, 6, 9] {
        let chain: Chain = (0..n).map(|_| packet.clone()).collect();
        assert_eq!(read(chain), b"headerpayload".repeat(n));
    }
    assert_eq!(read(Chain::new()), b"");
    assert_eq!(packet.references(), 1);
    let mut chain = Chain::from_iter([packet.slice(..6)]);
    let beyond = refused(|| Buf::advance(&mut chain, 7));
    assert_eq!(beyond, "7 bytes exceed a chain of 6");
}

#[test]
fn chunks_of_a_chain_are_its_segments() {
    let pool = pool(1);
    let packet = pool.copy_from(b"abcdef").unwrap().share();
    let chain: Chain = packet.split_every(2).collect();
    let behind: Both<&[u8], Chain> = Buf::chain(&b"__"[..], chain);
    let mut slices = [IoSlice::new(&[]); 8];
    let n = behind.chunks_vectored(&mut slices);
    assert!(
        slices[..n]
            .iter()
            .map(|one| &**one)
            .eq([b"__", b"ab", b"cd", b"ef"])
    );
}

#[test]
fn bytes_of_pool_memory_free_it_with_their_last_clone() {
    let pool = pool(2);
    let frame = pool.copy_from(b"headerpayload").unwrap();
    let first = frame.as_ptr();
    let bytes = Bytes::from(frame);
    let payload = bytes.slice(6..);
    assert_eq!((bytes.as_ptr(), &*payload), (first, &b"payload"[..]));
    drop(bytes);
    assert_eq!(pool.stats().out, 1);
    std::thread::spawn(|| drop(payload)).join().unwrap();
    assert_eq!(pool.stats().out, 0);

    let packet = pool.copy_from(b"headerpayload").unwrap().share();
    let first = packet.as_ptr();
    let all = [packet.clone().into(), Segment::from(packet.clone()).into()];
    assert!(all.iter().all(|bytes: &Bytes| bytes.as_ptr() == first));
    assert_eq!(packet.references(), 3);
    drop(all);
    assert_eq!(packet.references(), 1);
    let large = Bytes::from(pool.alloc(1 << 20).unwrap());
    assert_eq!(large.len(), 1 << 20);
    drop(large);
    assert_eq!(pool.stats().alloc.unwrap().large, 0);
}

#[test]
fn bytes_are_taken_without_a_copy_where_they_lie_together() {
    let pool = pool(2);
    let mut packet = pool.copy_from(b"headerpayload").unwrap().share();
    let first = packet.as_ptr();
    let mut chain = Chain::from_iter([packet.slice(..6), packet.slice(6..)]);
    let header = packet.copy_to_bytes(6);
    assert_eq!((header.as_ptr(), &*packet), (first, &b"payload"[..]));
    assert_eq!(packet.copy_to_bytes(0).len(), 0);
    assert!(refused(|| drop(packet.copy_to_bytes(8))).contains("do not lie in a part of 7 bytes"));

    assert_eq!(chain.copy_to_bytes(2).as_ptr(), first);
    let across = chain.copy_to_bytes(6);
    assert_eq!((&*across, chain.len()), (&b"aderpa"[..], 5));
    assert_eq!(chain.copy_to_bytes(5).as_ptr(), first.wrapping_add(8));
    assert_eq!(chain.copy_to_bytes(0).len(), 0);
    drop((packet, header));
    assert_eq!(pool.stats().out, 0, "what lay across was copied");
}

#[test]
fn copy_of_a_buf_takes_all_of_it_or_nothing() {
    let pool = pool(2);
    let packet = pool.copy_from(b"headerpayload").unwrap().share();
    let mut chain: Chain = packet.split_every(5).collect();
    let copy: Frame = pool.copy_from_buf(&mut chain).unwrap();
    assert_eq!((&*copy, chain.len()), (&b"headerpayload"[..], 0));
    let mut long = &[7; 1501][..];
    let refused = pool.copy_from_buf(&mut long).unwrap_err();
    let due = CopyError::TooLong {
        len: 1501,
        payload: 1500,
    };
    assert_eq!((refused, long.len()), (due, 1501));
}

/// Says that it has so many bytes, and has others.
struct Liar<'a> {
    says: usize,
    has: &'a [u8],
}

impl Buf for Liar<'_> {
    fn remaining(&self) -> usize {
        self.says
    }

    fn chunk(&self) -> &[u8] {
        self.has
    }

    fn advance(&mut self, n: usize) {
        self.has = &self.has[n.min(self.has.len())..];
        assert!(!self.has.is_empty(), "not the {} bytes", self.says);
    }
}

#[test]
fn buf_that_lies_loses_no_frame_and_writes_in_the_room() {
    let pool = pool(1);
    for (says, has) in [(10, &[1; 5][..]), (1500, &[1; 1499])] {
        let told = refused(|| drop(pool.copy_from_buf(Liar { says, has })));
        assert!(told.starts_with("not the"), "{told}");
        assert_eq!(pool.stats().out, 0);
    }
    let has = &[1; 3000][..];
    assert_eq!(
        pool.copy_from_buf(Liar { says: 10, has }).unwrap().len(),
        10
    );
    let says = usize::MAX;
    let refused = pool.copy_from_buf(Liar { says, has }).unwrap_err();
    assert!(matches!(refused, CopyError::TooLong { .. }));
    let mut frame = pool.get(0).unwrap();
    let room = frame.tailroom();
    let lies = Liar { says: room, has };
    BufMut::put(&mut frame, lies.take(room));
    assert_eq!((frame.len(), frame.tailroom()), (room, 0));
}
