//! Attacks on shared references: a user's code that runs amid calls, counts at their limit, and
//! what buffers are used for beside the sharing.

use std::cell::RefCell;
use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::ops::{Bound, RangeBounds};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;
use std::{mem, thread};

use framewell::{
    Exclusive, Frame, FrameCell, HugePages, Misuse, MisuseKind, OnMisuse, Pool, Shared, VarBuf,
};

use crate::common::{arena, assert_mapped, builder, pool};

/// The most references that a buffer can have.
const MOST: usize = 1 << 30;

fn many(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

fn packet(pool: &Pool) -> Shared<Frame> {
    pool.copy_from(b"headerpayload").unwrap().share()
}

/// Runs what panics, and stops the unwinding.
#[track_caller]
fn panics(run: impl FnOnce()) {
    catch_unwind(AssertUnwindSafe(run)).unwrap_err();
}

/// Brings a pointer that stands for a reference.
fn bring(pool: &Pool, pointer: NonNull<[u8]>) -> Result<Shared<Frame>, MisuseKind> {
    // SAFETY: each pointer that stands for a reference is brought once. The others are refused.
    unsafe { pool.shared_from_raw(pointer) }.map_err(|misuse| misuse.kind)
}

/// Brings a pointer that stands for a reference to a variable-length buffer.
fn bring_buf(pool: &Pool, pointer: NonNull<[u8]>) -> Result<Shared<VarBuf>, MisuseKind> {
    // SAFETY: as in `bring`.
    unsafe { pool.shared_buf_from_raw(pointer) }.map_err(|misuse| misuse.kind)
}

/// A range that clones, cuts and drops references each time when it is asked, and whose start
/// moves meanwhile.
struct Restless<'a> {
    of: &'a Shared<Frame>,
    kept: RefCell<Vec<Shared<Frame>>>,
    starts: [usize; 2],
}

impl RangeBounds<usize> for Restless<'_> {
    fn start_bound(&self) -> Bound<&usize> {
        let mut kept = self.kept.borrow_mut();
        kept.clear();
        kept.push(self.of.slice(1..));
        kept.push(self.of.clone());
        Bound::Included(&self.starts[kept.len() % 2])
    }

    fn end_bound(&self) -> Bound<&usize> {
        let mut kept = self.kept.borrow_mut();
        kept.pop();
        assert!(self.starts[1] < 20, "a bound that panics");
        Bound::Excluded(&self.starts[1])
    }
}

#[test]
fn range_that_clones_and_drops_amid_a_slice_harms_nothing() {
    let pool = pool(1);
    let packet = packet(&pool);
    let restless = |end| Restless {
        of: &packet,
        kept: RefCell::default(),
        starts: [6, end],
    };
    let range = restless(9);
    let part = packet.slice(range);
    assert_eq!((&*part, packet.references()), (&b"pay"[..], 2));
    panics(|| drop(packet.slice(restless(14))));
    panics(|| drop(packet.slice(restless(20))));
    assert_eq!(packet.references(), 2, "what was refused is not counted");
    drop((part, packet));
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn report_amid_a_refusal_may_drop_references_and_panic() {
    let kept: Arc<std::sync::Mutex<Vec<Shared<Frame>>>> = Arc::default();
    let dropped = Arc::clone(&kept);
    let report = OnMisuse::Call(Arc::new(move |_: &Misuse| {
        let all = mem::take(&mut *dropped.lock().unwrap());
        drop(all);
        panic!("a report that panics");
    }));
    let pool = builder().frames(2).on_misuse(report).build().unwrap();
    let packet = packet(&pool);
    let pointer = packet.clone().into_raw();
    let whole = NonNull::slice_from_raw_parts(pointer.cast(), 2000);
    *kept.lock().unwrap() = vec![packet.clone(), packet.clone()];
    assert_eq!(packet.references(), 4);
    panics(|| drop(bring(&pool, whole)));
    assert_eq!((packet.references(), pool.stats().misuses), (2, 1));
    drop(bring(&pool, pointer).unwrap());
    drop(packet);
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn unwinding_gives_up_what_iterators_have_left() {
    let pool = pool(1);
    panics(|| {
        for piece in packet(&pool).split_every(2) {
            assert_ne!(*piece, *b"ad", "the second piece panics");
        }
    });
    assert_eq!(pool.stats().out, 0);
    panics(|| {
        let all = Shared::share_many(pool.get(60).unwrap(), many(1000));
        for (at, _reference) in all.enumerate() {
            assert!(at < 7, "the eighth reference panics");
        }
    });
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn forgotten_iterators_of_references_keep_the_buffer() {
    let pool = pool(2);
    let mut all = Shared::share_many(pool.get(60).unwrap(), many(4));
    let mut first = all.next().unwrap();
    mem::forget(all);
    assert_eq!(first.references(), 4);
    assert!(first.get_mut().is_none());
    let first = first.try_into_owned().unwrap_err();
    let mut pieces = packet(&pool).split_every(5);
    let piece = pieces.next().unwrap();
    mem::forget(pieces);
    assert_eq!(piece.references(), 3);
    drop((first, piece));
    assert_eq!(pool.stats().out, 2, "they are lost to the pool");
}

#[test]
fn references_up_to_the_limit_come_and_go() {
    let pool = pool(1);
    let mut all = Shared::share_many(pool.get(60).unwrap(), many(MOST));
    let first = all.next().unwrap();
    assert_eq!(first.references(), MOST);
    first.try_clone().unwrap_err();
    let second = all.next().unwrap();
    drop(second);
    let again = first.try_clone().unwrap();
    assert_eq!(first.references(), MOST);
    again.try_clone().unwrap_err();
    // The rest is given up at once.
    drop(all);
    assert_eq!(first.references(), 2);
    drop((first, again));
    assert_eq!(pool.stats().out, 0);
    // Those that are left are the last.
    drop(Shared::share_many(pool.get(60).unwrap(), many(MOST)));
    assert_eq!(pool.stats().out, 0);
    assert_eq!(pool.get(60).unwrap().share().references(), 1);
}

#[test]
fn pieces_up_to_the_limit_are_counted() {
    let pool = pool(1);
    let mut all = Shared::share_many(pool.get(10).unwrap(), many(MOST));
    for _ in 0..9 {
        drop(all.next());
    }
    let pieces = all.next().unwrap().split_every(1);
    assert_eq!(pieces.len(), 10);
    let last = all.next().unwrap();
    assert_eq!(last.references(), MOST);
    drop((all, pieces, last));
    assert_eq!(pool.stats().out, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn clone_beyond_the_limit_ends_the_process() {
    let test = "suite::shared_attacks::clone_beyond_the_limit_ends_the_process";
    crate::common::child::aborts(test, || {
        let mut all = Shared::share_many(pool(1).get(60).unwrap(), many(MOST));
        let first = all.next().unwrap();
        mem::forget(first.clone());
    });
}

/// The word has room for twice the limit: an addition of as many again would end at 0.
#[cfg(target_os = "linux")]
#[test]
fn pieces_beyond_the_limit_end_the_process() {
    let test = "suite::shared_attacks::pieces_beyond_the_limit_end_the_process";
    crate::common::child::aborts(test, || {
        let mut all = Shared::share_many(pool(1).get(10).unwrap(), many(MOST));
        drop(all.next());
        mem::forget(all.next().unwrap().split_every(5));
        mem::forget(all.next().unwrap().split_every(5));
    });
}

/// A forked child has copies of the references, which it gives up for itself.
#[cfg(target_os = "linux")]
#[test]
fn forked_child_drops_its_copies_of_references() {
    let pool = pool(2);
    let (first, second) = (packet(&pool), packet(&pool));
    let more = [first.clone(), first.slice(6..)];
    crate::common::linux::in_child(|| {
        assert_eq!((first.references(), second.references()), (3, 1));
        let [same, payload] = more.clone();
        assert_eq!(
            (&*same, &*payload),
            (&b"headerpayload"[..], &b"payload"[..])
        );
        drop((same, payload));
        assert_eq!(first.references(), 3);
        let mine = Shared::clone(&second);
        drop(mine);
    });
    assert_eq!((first.references(), second.references()), (3, 1));
    drop((first, second, more));
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn last_reference_ends_the_pool_on_a_foreign_thread() {
    const FRAMES: usize = 91;
    let pool = arena(FRAMES);
    let references = (
        packet(&pool),
        pool.alloc(9000).unwrap().share(),
        pool.alloc(1 << 20).unwrap().share(),
    );
    let copies = references.clone();
    drop(pool);
    assert_mapped(FRAMES, 1);
    drop(references);
    let pieces = copies.2.clone().split_every(1 << 18);
    thread::spawn(move || {
        drop(copies);
        assert_mapped(FRAMES, 1);
        drop(pieces);
    })
    .join()
    .unwrap();
    assert_mapped(FRAMES, 0);
}

/// The report of a pool that ends owns references of another one, and of the last drop's.
#[test]
fn end_of_a_pool_amid_the_last_drop_may_drop_references() {
    struct Last(Shared<Frame>, Pool);
    impl Drop for Last {
        fn drop(&mut self) {
            assert_eq!(*self.0, *b"headerpayload");
            drop(packet(&self.1).split_every(3));
            panic!("at the end of a pool");
        }
    }
    let other = pool(2);
    let last = Last(packet(&other), other.clone());
    let report = OnMisuse::Call(Arc::new(move |_: &Misuse| {
        let _owned = &last;
    }));
    let ending = builder().frames(1).on_misuse(report).build().unwrap();
    let all = Shared::share_many(ending.copy_from(b"x").unwrap(), many(5));
    drop(ending);
    assert_eq!(other.stats().out, 1);
    drop(all);
    assert_eq!(other.stats().out, 0);
}

#[test]
fn buffers_of_a_pool_that_zeroes_are_zero_once_the_last_reference_is_gone() {
    let pool = builder().frames(1).zero_on_free(true).build().unwrap();
    let first = packet(&pool);
    let payload = first.slice(6..);
    drop(first);
    assert_eq!(*payload, *b"payload");
    drop(payload);
    assert_eq!(*pool.get(13).unwrap(), [0; 13]);
    let first = pool.alloc(9000).map(|mut buffer| {
        buffer.fill(1);
        buffer.share()
    });
    drop(first.unwrap().split_every(100));
    assert_eq!(*pool.alloc(9000).unwrap(), [0; 9000]);
}

#[test]
fn cell_of_variable_length_references_gives_them_away() {
    let pool = pool(1);
    let cell = FrameCell::new(1);
    let (reader, writer) = (cell.reader(), cell.writer());
    let mut kept = Vec::new();
    for len in [9000, 1 << 20, 20] {
        let beacon = pool.alloc(len).unwrap().share();
        writer.swap(beacon.slice(..10)).unwrap();
        kept.push(Shared::clone(&reader.read().unwrap()));
        assert_eq!(beacon.references(), 3);
    }
    drop((reader, writer));
    drop(cell);
    for reference in kept {
        assert_eq!((reference.len(), reference.references()), (10, 1));
    }
    let stats = pool.stats();
    assert_eq!((stats.retired, stats.alloc.unwrap().out), (0, 0));
}

#[test]
fn trim_leaves_chunks_of_shared_buffers() {
    let builder = builder().frames(1).huge_pages(HugePages::Off);
    let pool = builder.alloc_bytes(256 << 10).build().unwrap();
    let mut buffer = pool.alloc(9000).unwrap();
    buffer.fill(7);
    let payload = buffer.share().split_off(8000);
    pool.trim();
    // Other classes take what there is.
    let others: Vec<VarBuf> = std::iter::from_fn(|| pool.alloc(2000).ok()).collect();
    assert!(others.len() > 1);
    assert_eq!(*payload, [7; 1000]);
    let pointer = payload.into_raw();
    drop(others);
    pool.trim();
    let payload = bring_buf(&pool, pointer).unwrap();
    assert_eq!((*payload == [7; 1000], payload.headroom()), (true, 8000));
    drop(payload);
    pool.trim();
    // The chunk is another class's now, and nothing of the sharing is left.
    let others: Vec<VarBuf> = std::iter::from_fn(|| pool.alloc(2000).ok()).collect();
    assert_eq!(
        bring_buf(&pool, pointer).unwrap_err(),
        MisuseKind::NotShared
    );
    for other in others {
        assert_eq!(other.share().references(), 1);
    }
}

#[test]
fn owner_who_was_shared_is_lent_and_handed_out_as_any_other() {
    let pool = pool(2);
    let nic = pool.borrower("nic").unwrap();
    let payload = packet(&pool).split_off(6);
    let pointer = payload.into_raw();
    let owner = bring(&pool, pointer).unwrap().try_into_owned().unwrap();
    let id = nic.lend(owner).unwrap();
    assert_eq!(bring(&pool, pointer).unwrap_err(), MisuseKind::NotShared);
    // SAFETY: the frame was lent just now, and nobody else brings it.
    let back = unsafe { nic.take_back(id, 134, 7) }.unwrap();
    assert_eq!((&*back, back.headroom()), (&b"payload"[..], 134));
    let shared = back.share();
    assert_eq!(shared.references(), 1);
    drop(shared);
    let buffer = pool.alloc(9000).unwrap().share().split_off(5000);
    let address = nic.lend_buf(buffer.try_into_owned().unwrap()).unwrap();
    // SAFETY: as above.
    let back = unsafe { nic.take_back_buf(address.as_ptr(), 9000) }.unwrap();
    assert_eq!((back.len(), back.share().references()), (9000, 1));
    assert_eq!((pool.stats().out, pool.stats().misuses), (0, 1));
}

/// An owner whose data begins within its buffer goes out and comes back with its part.
#[test]
fn owner_of_a_part_goes_out_as_a_pointer() {
    let pool = pool(1);
    for len in [9000, 1 << 20] {
        let mut buffer = pool.alloc(len).unwrap();
        buffer.fill(7);
        let part = buffer.share().split_off(5000);
        let mut owner = part.try_into_owned().unwrap();
        owner[0] = 8;
        let pointer = owner.into_raw();
        // SAFETY: it was handed out just now.
        let owner = unsafe { pool.buf_from_raw(pointer.as_ptr()) }.unwrap();
        assert_eq!((owner.len(), owner[0], owner[1]), (len - 5000, 8, 7));
        assert_eq!(owner.headroom(), 5000);
    }
    let stats = pool.stats().alloc.unwrap();
    assert_eq!((stats.out, stats.large), (0, 0));
}

/// The stride may exceed what a handle can name. What lies behind the room is no frame's.
#[test]
fn pointer_behind_the_room_of_a_shared_frame_is_refused() {
    const STRIDE: usize = 1 << 17;
    let builder = builder().frames(2).stride(STRIDE);
    let pool = builder.huge_pages(HugePages::Off).build().unwrap();
    let packet = packet(&pool);
    let room = packet.headroom() + packet.len() + packet.tailroom();
    assert!(room < STRIDE);
    let start = packet.as_ptr().wrapping_sub(packet.headroom()).cast_mut();
    let at = |offset, len| {
        let first = NonNull::new(start.wrapping_add(offset)).unwrap();
        NonNull::slice_from_raw_parts(first, len)
    };
    let pointer = packet.into_raw();
    for offset in [room + 1, room + 5000, STRIDE - 1] {
        let refused = bring(&pool, at(offset, 0)).unwrap_err();
        assert_eq!(refused, MisuseKind::PastEnd { len: 0, left: 0 });
    }
    let past = MisuseKind::PastEnd { len: 1, left: 0 };
    assert_eq!(bring(&pool, at(room, 1)).unwrap_err(), past);
    drop(bring(&pool, pointer).unwrap());
    assert_eq!((pool.stats().out, pool.stats().misuses), (0, 4));
}

#[test]
fn pointers_of_shared_buffers_of_the_other_kind_are_refused() {
    let pool = pool(1);
    let frame = packet(&pool).into_raw();
    assert_eq!(bring_buf(&pool, frame).unwrap_err(), MisuseKind::OtherKind);
    for len in [9000, 1 << 20] {
        let buffer = pool.alloc(len).unwrap().share().into_raw();
        assert_eq!(bring(&pool, buffer).unwrap_err(), MisuseKind::OtherKind);
        drop(bring_buf(&pool, buffer).unwrap());
        let refused = bring_buf(&pool, buffer).unwrap_err();
        // The mapping of a large buffer is gone.
        assert!(matches!(
            refused,
            MisuseKind::NotShared | MisuseKind::Foreign
        ));
    }
    drop(bring(&pool, frame).unwrap());
    assert_eq!(pool.stats().out, 0);
}

/// A pointer of one frame names no other one, also where the two are neighbours.
#[test]
fn pointer_of_a_reference_does_not_reach_a_neighbour() {
    let pool = pool(2);
    let (mut first, mut second) = (pool.get(0).unwrap(), pool.get(0).unwrap());
    if first.as_ptr() > second.as_ptr() {
        mem::swap(&mut first, &mut second);
    }
    let (room, of_first) = (first.capacity(), first.id());
    first.set_view(0, room).unwrap();
    second.set_view(0, room).unwrap();
    let pointer = first.share().into_raw();
    let neighbour = NonNull::from(&*second).cast::<u8>();
    let refused = bring(&pool, NonNull::slice_from_raw_parts(neighbour, 0));
    assert_eq!(refused.unwrap_err(), MisuseKind::NotShared);
    let both = NonNull::slice_from_raw_parts(pointer.cast(), 2 * room);
    let past = MisuseKind::PastEnd {
        len: 2 * room,
        left: room,
    };
    assert_eq!(bring(&pool, both).unwrap_err(), past);
    assert_eq!(bring(&pool, pointer).unwrap().id(), of_first);
}

#[test]
fn references_in_thread_locals_are_dropped_with_their_thread() {
    thread_local!(static KEPT: RefCell<Vec<Shared<Frame>>> = const { RefCell::new(Vec::new()) });
    let pool = pool(2);
    let packet = packet(&pool);
    let threads = [(); 3].map(|()| {
        let mine = packet.clone();
        thread::spawn(move || {
            KEPT.with_borrow_mut(|kept| kept.extend([mine.slice(..6), mine.slice(6..), mine]));
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(packet.references(), 1);
    drop(packet);
    assert_eq!(pool.stats().out, 0);
}

/// Owners and references of the same buffer in turn: nothing is left of one sharing in the next.
#[test]
fn sharing_begins_anew_with_each_owner() {
    fn turns<B: Exclusive + Debug>(mut owner: B) {
        for n in 1..20 {
            let mut all = Shared::share_many(owner, many(n));
            let first = all.next().unwrap();
            assert_eq!(first.references(), n);
            let [same, other] = [first.clone(), first.clone()];
            drop((all, same));
            let first = first.try_into_owned().unwrap_err();
            drop(first);
            owner = other.try_into_owned().ok().unwrap();
            owner.fill(n as u8);
        }
    }
    let pool = pool(1);
    turns(pool.get(60).unwrap());
    turns(pool.alloc(9000).unwrap());
    turns(pool.alloc(1 << 20).unwrap());
    assert_eq!(
        (pool.stats().out, pool.stats().alloc.unwrap().large),
        (0, 0)
    );
}

/// What the crate needs of an owner stands in the way of no method of a user's own.
#[test]
fn trait_of_a_user_may_have_any_methods() {
    trait Own {
        fn room(&self) -> usize;
        fn part(&self) -> usize;
        fn count(&self) -> usize;
        fn alias(&self) -> usize;
        fn set_part(&self) -> usize;
    }
    impl<B: Exclusive> Own for B {
        fn room(&self) -> usize {
            1
        }
        fn part(&self) -> usize {
            2
        }
        fn count(&self) -> usize {
            3
        }
        fn alias(&self) -> usize {
            4
        }
        fn set_part(&self) -> usize {
            5
        }
    }
    fn all<B: Exclusive>(of: &B) -> [usize; 5] {
        [of.room(), of.part(), of.count(), of.alias(), of.set_part()]
    }
    assert_eq!(all(&pool(1).get(60).unwrap()), [1, 2, 3, 4, 5]);
}

/// The last drop writes the bytes that the others have read. Sanitizers see what orders the two.
#[test]
fn last_drop_of_several_zeroes_what_the_others_have_read() {
    let pool = builder().frames(2).zero_on_free(true).build().unwrap();
    for _ in 0..200 {
        let mine = packet(&pool);
        let theirs = mine.clone();
        let thread = thread::spawn(move || assert_eq!(theirs[0], b'h'));
        assert_eq!(mine[0], b'h');
        drop(mine);
        thread.join().unwrap();
    }
    assert_eq!(pool.stats().out, 0);
}
