//! References that share a buffer.

use std::num::NonZeroUsize;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::thread;

use framewell::{Exclusive, Frame, FrameCell, MisuseKind, Pool, Shared, VarBuf};

use crate::common::pool;

fn many(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

/// Runs what panics.
fn caught(run: impl FnOnce()) -> thread::Result<()> {
    catch_unwind(AssertUnwindSafe(run))
}

fn packet(pool: &Pool) -> Shared<Frame> {
    pool.copy_from(b"headerpayload").unwrap().share()
}

#[test]
fn handle_is_as_large_as_an_owner() {
    assert_eq!(size_of::<Shared<Frame>>(), size_of::<Frame>());
    assert_eq!(size_of::<Option<Shared<Frame>>>(), size_of::<Frame>());
}

#[test]
fn last_reference_frees_the_frame_in_any_order() {
    let pool = pool(1);
    for keep in 0..4 {
        let first = packet(&pool);
        let mut all: Vec<_> = (0..3).map(|_| first.clone()).collect();
        all.push(first);
        let last = all.remove(keep);
        drop(all);
        assert_eq!((pool.stats().out, last.references()), (1, 1));
        assert_eq!(*last, *b"headerpayload");
        drop(last);
        assert_eq!(pool.stats().out, 0);
    }
}

#[test]
fn reference_outlives_the_pool_s_handles_on_another_thread() {
    let pool = pool(4);
    let packet = packet(&pool);
    drop(pool);
    let same = packet.clone();
    let thread = thread::spawn(move || assert_eq!(*same, *b"headerpayload"));
    drop(packet);
    thread.join().unwrap();
}

#[test]
fn parts_name_what_was_asked() {
    let pool = pool(1);
    let packet = packet(&pool);
    assert_eq!(*packet.slice(..6), *b"header");
    assert_eq!(*packet.slice(6..), *b"payload");
    assert_eq!(*packet.slice(6..=8), *b"pay");
    assert_eq!(
        *packet.slice((Bound::Excluded(5), Bound::Unbounded)),
        *b"payload"
    );
    assert_eq!(*packet.slice(13..), *b"");
    assert_eq!(packet.references(), 1, "each part was dropped");
    let mut rest = packet.clone();
    let header = rest.split_to(6);
    let load = rest.split_off(3);
    assert_eq!(
        (&*header, &*rest, &*load),
        (&b"header"[..], &b"pay"[..], &b"load"[..])
    );
    let rooms = (rest.headroom(), rest.tailroom());
    assert_eq!(rooms, (128 + 6, 1728 - 128 - 9));
    rest.truncate(7);
    rest.advance(1);
    rest.truncate(1);
    assert_eq!(*rest, *b"a");
    assert_eq!(packet.references(), 4);
}

#[test]
fn parts_beyond_the_bytes_panic_and_change_nothing() {
    let pool = pool(1);
    let mut packet = packet(&pool);
    #[allow(clippy::reversed_empty_ranges, reason = "it is what is refused")]
    for (start, end) in [(0, 14), (14, 14), (5, 4), (usize::MAX, usize::MAX)] {
        let refused = caught(|| drop(packet.slice(start..end)));
        let told = refused.unwrap_err().downcast::<String>().unwrap();
        let due = format!("the bytes {start} to {end} do not lie in a part of 13 bytes");
        assert_eq!(*told, due);
    }
    let up_to = (Bound::Unbounded, Bound::Included(usize::MAX));
    assert!(caught(|| drop(packet.slice(up_to))).is_err());
    assert!(caught(|| packet.advance(14)).is_err());
    assert!(caught(|| drop(packet.split_to(14))).is_err());
    assert_eq!((&*packet, packet.references()), (&b"headerpayload"[..], 1));
}

#[test]
fn only_the_last_reference_writes_or_becomes_the_owner() {
    let pool = pool(1);
    let mut first = packet(&pool);
    let payload = first.slice(6..);
    assert!(first.get_mut().is_none());
    let mut first = first.try_into_owned().unwrap_err();
    drop(payload);
    first.get_mut().unwrap()[0] = b'H';
    first.advance(2);
    let mut owner = first.try_into_owned().unwrap();
    assert_eq!(
        (owner.headroom(), owner.len(), owner.tailroom()),
        (130, 11, 1728 - 141)
    );
    owner.push(2).unwrap();
    assert_eq!(*owner, *b"Headerpayload");
    assert_eq!(owner.share().references(), 1);
}

#[test]
fn many_references_are_counted_at_once() {
    let pool = pool(1);
    let mut four = Shared::share_many(packet(&pool).try_into_owned().unwrap(), many(4));
    let first = four.next().unwrap();
    assert_eq!((four.len(), first.references()), (3, 4));
    drop(four);
    assert_eq!(first.references(), 1);
    drop(Shared::share_many(first.try_into_owned().unwrap(), many(1)));
    assert_eq!(pool.stats().out, 0);
    let frame = pool.get(0).unwrap();
    let too_many = many((1 << 30) + 1);
    assert!(
        catch_unwind(AssertUnwindSafe(|| drop(Shared::share_many(
            frame, too_many
        ))))
        .is_err()
    );
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn pieces_cover_the_part_once() {
    let pool = pool(1);
    for len in 1..15 {
        let pieces: Vec<_> = packet(&pool).split_every(len).collect();
        let due: Vec<&[u8]> = b"headerpayload".chunks(len).collect();
        assert_eq!(pieces.iter().map(|piece| &**piece).collect::<Vec<_>>(), due);
        assert_eq!(pieces[0].references(), due.len());
        drop(pieces);
        assert_eq!(pool.stats().out, 0);
    }
    let mut some = packet(&pool).split_every(5);
    let one = some.next().unwrap();
    assert_eq!((some.len(), one.references()), (2, 3));
    drop(some);
    assert_eq!(one.references(), 1);
    assert_eq!(one.split_every(usize::MAX).len(), 1);
    assert_eq!(packet(&pool).slice(..0).split_every(1).len(), 0);
    assert_eq!(pool.stats().out, 0);
    let whole = packet(&pool);
    assert!(caught(|| drop(whole.split_every(0))).is_err());
    assert_eq!(pool.stats().out, 0);
}

/// Brings a pointer that stands for a reference.
fn bring(pool: &Pool, pointer: NonNull<[u8]>) -> Result<Shared<Frame>, MisuseKind> {
    // SAFETY: each pointer that stands for a reference is brought once. The others are refused.
    unsafe { pool.shared_from_raw(pointer) }.map_err(|misuse| misuse.kind)
}

fn part(pointer: NonNull<[u8]>, from: isize, len: usize) -> NonNull<[u8]> {
    let first = pointer.cast::<u8>().as_ptr().wrapping_offset(from);
    NonNull::slice_from_raw_parts(NonNull::new(first).unwrap(), len)
}

#[test]
fn pointers_come_back_as_any_part_of_their_frame() {
    let pool = pool(2);
    let first = packet(&pool);
    let pointer = first.clone().into_raw();
    assert_eq!(first.references(), 2);
    let payload = bring(&pool, part(pointer, 6, 7)).unwrap();
    assert_eq!((&*payload, payload.headroom()), (&b"payload"[..], 134));
    let room_left = 1728 - 128;
    let refused = bring(&pool, part(pointer, 0, room_left + 1));
    let past = MisuseKind::PastEnd {
        len: room_left + 1,
        left: room_left,
    };
    assert_eq!(refused.unwrap_err(), past);
    drop(first);
    let again = payload.into_raw();
    let last = bring(&pool, again).unwrap();
    drop(last);
    assert_eq!(bring(&pool, again).unwrap_err(), MisuseKind::NotShared);
    assert_eq!(pool.stats().out, 0);
    assert_eq!(pool.stats().misuses, 2);
}

/// The address behind the last byte of a frame is its neighbour's.
#[test]
fn pointer_to_nothing_at_the_end_names_its_frame() {
    let pool = pool(2);
    let mut frame = pool.get(0).unwrap();
    let id = frame.id();
    frame.set_view(1728, 0).unwrap();
    let pointer = frame.share().into_raw();
    let back = bring(&pool, pointer).unwrap();
    assert_eq!((back.id(), back.len(), back.headroom()), (id, 0, 1727));
}

#[test]
fn exclusive_and_shared_pointers_refuse_each_other() {
    let pool = pool(2);
    let shared = packet(&pool).into_raw();
    // SAFETY: no exclusive owner has made a pointer: it is refused.
    let refused = unsafe { pool.from_raw(shared.cast().as_ptr()) }.unwrap_err();
    assert_eq!(refused.kind, MisuseKind::Shared);
    let exclusive = pool.copy_from(b"other").unwrap().into_raw();
    let refused = bring(&pool, NonNull::slice_from_raw_parts(exclusive, 5));
    assert_eq!(refused.unwrap_err(), MisuseKind::NotShared);
    drop(bring(&pool, shared).unwrap());
    // SAFETY: it was handed out above.
    drop(unsafe { pool.from_raw(exclusive.as_ptr()) }.unwrap());
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn owner_who_was_shared_and_named_is_an_ordinary_one_again() {
    let pool = pool(1);
    let pointer = packet(&pool).into_raw();
    let owner = bring(&pool, pointer).unwrap().try_into_owned().unwrap();
    assert_eq!(bring(&pool, pointer).unwrap_err(), MisuseKind::NotShared);
    let exclusive = owner.into_raw();
    // SAFETY: it was handed out just now.
    drop(unsafe { pool.from_raw(exclusive.as_ptr()) }.unwrap());
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn cell_of_references_gives_them_away() {
    let pool = pool(2);
    let cell = FrameCell::new(1);
    cell.writer().swap(packet(&pool)).unwrap();
    let kept = Shared::clone(&cell.reader().read().unwrap());
    cell.writer().swap(packet(&pool)).unwrap();
    assert_eq!(*kept, *b"headerpayload");
    drop(cell);
    assert_eq!((pool.stats().out, kept.references()), (1, 1));
    drop(kept);
    assert_eq!((pool.stats().out, pool.stats().retired), (0, 0));
}

/// References are made, cut and dropped by several threads at once.
#[test]
fn threads_that_share_a_frame_free_it_once() {
    let pool = pool(8);
    for _ in 0..200 {
        let packet = packet(&pool);
        thread::scope(|scope| {
            for _ in 0..3 {
                let mut mine = packet.clone();
                let borrowed = &packet;
                scope.spawn(move || {
                    let more: Vec<_> = (0..8).map(|at| borrowed.slice(at..)).collect();
                    drop(mine.split_to(6));
                    assert_eq!(*mine, *b"payload");
                    drop(mine);
                    drop(more);
                });
            }
        });
        assert_eq!(packet.references(), 1);
    }
    assert_eq!(pool.stats().out, 0);
}

/// Lengths of buffers of a size class, and of one with a mapping of its own.
const LENGTHS: [usize; 2] = [9000, 1 << 20];

fn buffers(pool: &Pool) -> [VarBuf; 2] {
    LENGTHS.map(|len| {
        let mut buffer = pool.alloc(len).unwrap();
        for (at, byte) in buffer.iter_mut().enumerate() {
            *byte = mark(at);
        }
        buffer
    })
}

fn mark(at: usize) -> u8 {
    (at ^ at >> 8 ^ at >> 16) as u8
}

fn is_marked(bytes: &[u8], from: usize) -> bool {
    let mut bytes = bytes.iter().enumerate();
    bytes.all(|(at, byte)| *byte == mark(from + at))
}

fn sizes<B: Exclusive>(_: &Shared<B>) -> [usize; 2] {
    [size_of::<Shared<B>>(), size_of::<Option<Shared<B>>>()]
}

#[test]
fn variable_length_buffers_are_shared_as_frames_are() {
    let pool = pool(1);
    for (buffer, len) in buffers(&pool).into_iter().zip(LENGTHS) {
        let room = buffer.capacity();
        let mut first = buffer.share();
        assert_eq!(sizes(&first), [size_of::<Frame>(); 2]);
        let back = first.split_off(1000);
        assert!(is_marked(&first, 0) && is_marked(&back, 1000));
        assert_eq!(
            (first.len(), back.len(), back.tailroom()),
            (1000, len - 1000, room - len)
        );
        let pieces: Vec<_> = back.split_every(1448).collect();
        assert_eq!(first.references(), 1 + (len - 1000).div_ceil(1448));
        for (at, piece) in pieces.iter().enumerate() {
            assert!(is_marked(piece, 1000 + at * 1448));
        }
        drop(first);
        let [.., last] = &pieces[..] else {
            panic!("there are some")
        };
        let last = last.clone();
        thread::spawn(move || drop(pieces)).join().unwrap();
        let at = last.headroom();
        let owner = last.try_into_owned().unwrap();
        assert!(is_marked(&owner, at));
    }
    let stats = pool.stats().alloc.unwrap();
    assert_eq!((stats.out, stats.large), (0, 0));
}

#[test]
fn pointers_to_shared_variable_length_buffers_come_back() {
    let pool = pool(1);
    // SAFETY: each pointer that stands for a reference is brought once. The others are refused.
    let bring =
        |pointer| unsafe { pool.shared_buf_from_raw(pointer) }.map_err(|misuse| misuse.kind);
    for buffer in buffers(&pool) {
        let (len, room) = (buffer.len(), buffer.capacity());
        let pointer = buffer.share().into_raw();
        // SAFETY: no exclusive owner has made a pointer: it is refused.
        let refused = unsafe { pool.buf_from_raw(pointer.cast().as_ptr()) }.unwrap_err();
        assert_eq!(refused.kind, MisuseKind::Shared);
        let middle = bring(part(pointer, 5000, 100)).unwrap();
        assert!(is_marked(&middle, 5000));
        assert_eq!((middle.headroom(), middle.references()), (5000, 1));
        let past = MisuseKind::PastEnd {
            len: room,
            left: room - 1,
        };
        assert_eq!(bring(part(pointer, 1, room)).unwrap_err(), past);
        let empty = middle.slice(..0).into_raw();
        drop(middle);
        let mut owner = bring(empty).unwrap().try_into_owned().unwrap();
        assert_eq!(bring(pointer).unwrap_err(), MisuseKind::NotShared);
        owner.resize(room - 5000).unwrap();
        assert!(is_marked(&owner[..len - 5000], 5000));
    }
    let stats = pool.stats().alloc.unwrap();
    assert_eq!((stats.out, stats.large), (0, 0));
}
