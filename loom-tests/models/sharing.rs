//! Shared references: edge #last-reference. A frame's cell is read through each reference, and
//! written by whoever frees the frame or becomes its owner.

use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::Arc;

use super::fw::sync::weakly;
use super::fw::{Frame, Pool, Shared};
use crate::harness::{explore_deep, spawn_deep};

fn pool(frames: usize) -> Pool {
    Pool::builder().frames(frames).shards(1).build().unwrap()
}

/// Returns a frame whose first byte is this one.
fn packet(pool: &Pool, byte: u8) -> Frame {
    let mut frame = pool.get(1).unwrap();
    frame[0] = byte;
    frame
}

/// Reads through a reference, and drops it.
fn read(shared: Shared<Frame>) {
    assert_eq!(shared[0], 7);
    drop(shared);
}

/// All references are gone: the frame is free, and its next owner can share it as any other.
fn is_whole(pool: &Pool) {
    let again = pool.get(1).expect("lost or doubled");
    assert!(pool.get(1).is_err(), "lost or doubled");
    let shared = again.share();
    assert_eq!(shared.references(), 1, "lost or doubled");
    drop(shared);
    assert_eq!(pool.stats().out, 0, "lost or doubled");
}

pub fn two_drop_at_once() {
    explore_deep(None, || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let second = first.clone();
        let thread = spawn_deep(move || read(second));
        read(first);
        thread.join().unwrap();
        is_whole(&pool);
    });
}

/// The next owner gets the frame on a thread that had no reference to it.
pub fn next_owner_writes_beside_two_drops() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let second = first.clone();
        let one = spawn_deep(move || read(first));
        let two = spawn_deep(move || read(second));
        if let Ok(mut frame) = pool.get(1) {
            frame[0] = 8;
            assert!(pool.get(1).is_err(), "lost or doubled");
        }
        one.join().unwrap();
        two.join().unwrap();
        is_whole(&pool);
    });
}

/// References of a frame are dropped, of which one was out as a pointer.
pub fn two_drop_at_once_after_a_pointer_came_back() {
    explore_deep(None, || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let pointer = first.clone().into_raw();
        let second = bring(&pool, pointer).expect("lost or doubled");
        let thread = spawn_deep(move || read(second));
        read(first);
        thread.join().unwrap();
        assert!(bring(&pool, pointer).is_none(), "lost or doubled");
        is_whole(&pool);
    });
}

pub fn drop_races_try_into_owned() {
    explore_deep(None, || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let second = first.clone();
        let thread = spawn_deep(move || read(second));
        match first.try_into_owned() {
            Ok(mut owner) => owner[0] = 8,
            Err(shared) => read(shared),
        }
        thread.join().unwrap();
        is_whole(&pool);
    });
}

pub fn drop_races_get_mut() {
    explore_deep(None, || {
        let pool = pool(1);
        let mut first = packet(&pool, 7).share();
        let second = first.clone();
        let thread = spawn_deep(move || read(second));
        if let Some(bytes) = first.get_mut() {
            bytes[0] = 8;
        }
        drop(first);
        thread.join().unwrap();
        is_whole(&pool);
    });
}

/// Both become the owner, or try to: one at most does.
pub fn two_want_to_own() {
    explore_deep(None, || {
        fn own(shared: Shared<Frame>) -> bool {
            match shared.try_into_owned() {
                Ok(mut owner) => {
                    owner[0] = 8;
                    true
                }
                Err(shared) => {
                    read(shared);
                    false
                }
            }
        }
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let second = first.clone();
        let thread = spawn_deep(move || own(second));
        let mine = own(first);
        let theirs = thread.join().unwrap();
        assert!(!(mine && theirs), "lost or doubled");
        is_whole(&pool);
    });
}

/// Several threads clone one reference, whose owner drops another one meanwhile.
pub fn clones_through_a_borrow_race_a_drop() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let second = first.clone();
        let borrowed = Arc::new(first);
        let threads = [(); 2].map(|()| {
            let borrowed = borrowed.clone();
            spawn_deep(move || {
                let mine = Shared::clone(&borrowed);
                // The original outlives the borrow.
                drop(borrowed);
                read(mine);
            })
        });
        read(second);
        for thread in threads {
            thread.join().unwrap();
        }
        let first = Arc::into_inner(borrowed).unwrap();
        assert_eq!(first.references(), 1, "lost or doubled");
        read(first);
        is_whole(&pool);
    });
}

pub fn two_try_to_clone_at_once() {
    explore_deep(None, || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let second = first.clone();
        let thread = spawn_deep(move || {
            let more = second.try_clone().unwrap();
            read(second);
            more
        });
        let mine = first.try_clone().unwrap();
        read(first);
        let theirs = thread.join().unwrap();
        assert_eq!(mine.references(), 2, "lost or doubled");
        read(mine);
        read(theirs);
        is_whole(&pool);
    });
}

pub fn two_try_to_clone_at_once_that_fails_weakly() {
    weakly(two_try_to_clone_at_once);
}

/// The handle is gone, and the last references clone and drop: the pool ends once.
pub fn clone_beside_a_drop_in_an_orphan() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let second = first.clone();
        let thread = spawn_deep(move || {
            let third = second.clone();
            drop(second);
            read(third);
        });
        drop(pool);
        read(first);
        thread.join().unwrap();
    });
}

/// The last handle goes beside the last references.
pub fn last_handle_races_last_references() {
    explore_deep(Some(2), || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let second = first.clone();
        let one = spawn_deep(move || read(first));
        let two = spawn_deep(move || read(second));
        drop(pool);
        one.join().unwrap();
        two.join().unwrap();
    });
}

fn bring(pool: &Pool, pointer: NonNull<[u8]>) -> Option<Shared<Frame>> {
    // SAFETY: the models bring each pointer once while it is out. Others are refused.
    unsafe { pool.shared_from_raw(pointer) }.ok()
}

/// A pointer comes back beside other references that are cut and dropped.
pub fn pointer_comes_back_beside_a_split() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let mut frame = packet(&pool, 7);
        frame.resize(2).unwrap();
        let mut first = frame.share();
        let second = first.clone();
        let others = pool.clone();
        let thread = spawn_deep(move || {
            let back = bring(&others, second.into_raw()).expect("lost or doubled");
            read(back.slice(..1));
            drop(back);
        });
        let front = first.split_to(1);
        drop(first);
        read(front);
        thread.join().unwrap();
        is_whole(&pool);
    });
}

/// The last reference, which was out as a pointer, becomes the owner. The pointer is dead then.
pub fn owner_of_a_named_frame_is_an_ordinary_one() {
    explore_deep(None, || {
        let pool = pool(1);
        let first = packet(&pool, 7).share();
        let pointer = first.clone().into_raw();
        let second = bring(&pool, pointer).expect("lost or doubled");
        let thread = spawn_deep(move || read(second));
        let owner = first.try_into_owned();
        let owned = owner.is_ok();
        thread.join().unwrap();
        if owned {
            assert!(bring(&pool, pointer).is_none(), "lost or doubled");
        }
        drop(owner);
        is_whole(&pool);
    });
}

fn three() -> NonZeroUsize {
    NonZeroUsize::new(3).unwrap()
}

pub fn many_references_go_to_threads() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let mut all = Shared::share_many(packet(&pool, 7), three());
        let threads = [(); 2].map(|()| {
            let mine = all.next().unwrap();
            spawn_deep(move || read(mine))
        });
        read(all.next().unwrap());
        for thread in threads {
            thread.join().unwrap();
        }
        is_whole(&pool);
    });
}

/// Two references that were never made are given up beside the one that was.
pub fn rest_of_many_is_dropped_beside_one() {
    explore_deep(None, || {
        let pool = pool(1);
        let mut all = Shared::share_many(packet(&pool, 7), three());
        let mine = all.next().unwrap();
        let thread = spawn_deep(move || drop(all));
        read(mine);
        thread.join().unwrap();
        is_whole(&pool);
    });
}

/// A part is cut into pieces beside the drop of another reference.
pub fn pieces_are_counted_beside_a_drop() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let mut frame = pool.get(3).unwrap();
        frame.fill(7);
        let first = frame.share();
        let second = first.clone();
        let thread = spawn_deep(move || read(second));
        let mut pieces = first.split_every(1);
        read(pieces.next().unwrap());
        drop(pieces);
        thread.join().unwrap();
        is_whole(&pool);
    });
}

/// The bytes of a large buffer have no cell: its block has, which goes with the last reference.
pub fn two_drop_a_large_buffer() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let first = pool.alloc(5000).unwrap().share();
        let second = first.clone();
        let thread = spawn_deep(move || drop(second));
        drop(first);
        thread.join().unwrap();
        assert_eq!(pool.stats().alloc.unwrap().large, 0, "lost or doubled");
    });
}

/// The same for a buffer of a chunk, whose next owner is of another class.
pub fn two_drop_a_buffer_of_a_class() {
    explore_deep(Some(2), || {
        let pool = pool(1);
        let mut buffer = pool.alloc(2048).unwrap();
        buffer[0] = 7;
        let first = buffer.share();
        let second = first.clone();
        let thread = spawn_deep(move || assert_eq!(second[0], 7));
        assert_eq!(first[0], 7);
        drop(first);
        thread.join().unwrap();
        assert_eq!(pool.stats().alloc.unwrap().out, 0, "lost or doubled");
        assert_eq!(pool.alloc(2048).unwrap().share().references(), 1);
    });
}
