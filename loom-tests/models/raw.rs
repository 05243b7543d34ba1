//! Pointers that come back: edge #raw-handover, and generations.

use super::fw::{Frame, Pool, VarBuf};
use super::fw::sync::weakly;
use super::fw::sys::run_on;
use crate::harness::{explore_deep, spawn_deep};

/// A pool whose variable-length buffers have one chunk: two buffers of 1024 bytes (one that is
/// added), two of 2048, or one of 4096.
fn one_chunk() -> Pool {
    let builder = Pool::builder().frames(1).shards(1);
    builder.alloc_bytes(4096).size_class(1024).build().unwrap()
}

/// A frame or a buffer of a pool.
trait Raw: Sized + Send + 'static {
    fn out(self) -> *mut u8;
    fn back(pool: &Pool, pointer: usize) -> Option<Self>;
    fn bytes(&mut self) -> &mut [u8];
}

impl Raw for Frame {
    fn out(self) -> *mut u8 {
        self.into_raw().as_ptr()
    }

    fn back(pool: &Pool, pointer: usize) -> Option<Self> {
        let pointer = std::ptr::with_exposed_provenance_mut(pointer);
        // SAFETY: the model hands each pointer out once.
        unsafe { pool.from_raw(pointer) }.ok()
    }

    fn bytes(&mut self) -> &mut [u8] {
        self
    }
}

impl Raw for VarBuf {
    fn out(self) -> *mut u8 {
        self.into_raw().as_ptr()
    }

    fn back(pool: &Pool, pointer: usize) -> Option<Self> {
        let pointer = std::ptr::with_exposed_provenance_mut(pointer);
        // SAFETY: as above.
        unsafe { pool.buf_from_raw(pointer) }.ok()
    }

    fn bytes(&mut self) -> &mut [u8] {
        self
    }
}

pub fn two_bring_a_frame_while_it_goes_out() {
    explore_deep(Some(2), || two_bring_it_while_it_goes_out(|pool| pool.get(1).unwrap()));
}

pub fn two_bring_a_buffer_while_it_goes_out() {
    explore_deep(Some(2), || two_bring_it_while_it_goes_out(|pool| pool.alloc(2048).unwrap()));
}

/// Who gets it writes to it, after its last owner: nothing but its word orders them. Who comes too
/// early or too late is refused.
fn two_bring_it_while_it_goes_out<T: Raw>(get: fn(&Pool) -> T) {
    {
        let pool = one_chunk();
        let mut owned = get(&pool);
        let pointer = owned.bytes().as_mut_ptr().expose_provenance();
        let bring = move |pool: &Pool| {
            T::back(pool, pointer).map(|mut back| {
                back.bytes()[0] += 1;
                back
            })
        };
        let other = pool.clone();
        let one = spawn_deep(move || {
            owned.bytes()[0] = 1;
            assert_eq!(owned.out().addr(), pointer);
        });
        let two = spawn_deep(move || bring(&other));
        let mine = bring(&pool);
        one.join().unwrap();
        let theirs = two.join().unwrap();
        let late = bring(&pool);
        let mut owners: Vec<T> = [mine, theirs, late].into_iter().flatten().collect();
        assert_eq!(owners.len(), 1, "lost or doubled");
        assert_eq!(owners[0].bytes()[0], 2);
    }
}

pub fn two_bring_a_large_buffer() {
    explore_deep(None, || {
        let pool = one_chunk();
        let pointer = pool.alloc(5000).unwrap().out().expose_provenance();
        let other = pool.clone();
        let thread = spawn_deep(move || VarBuf::back(&other, pointer));
        let mine = VarBuf::back(&pool, pointer);
        let theirs = thread.join().unwrap();
        let owners: Vec<_> = [mine, theirs].into_iter().flatten().collect();
        assert_eq!(owners.len(), 1, "lost or doubled");
    });
}

pub fn dead_pointer_is_refused_beside_a_class_that_takes_the_chunk() {
    explore_deep(Some(2), || {
        let pool = one_chunk();
        let pair = [(); 2].map(|()| pool.alloc(1024).unwrap());
        // The second buffer of the chunk; the pointer is dead as soon as it is free again.
        let dead = pair[1].as_ptr().addr();
        drop(pair);
        let other = pool.clone();
        let thread = spawn_deep(move || {
            run_on(0);
            other.trim();
            let Ok(_first) = other.alloc(2048) else {
                return;
            };
            let mut second = other.alloc(2048).unwrap();
            second.resize(1).unwrap();
            // Of the same number as the dead one, and at another address.
            let pointer = second.out().expose_provenance();
            assert_ne!(pointer, dead);
            let back = VarBuf::back(&other, pointer);
            assert!(back.is_some(), "lost or doubled");
        });
        run_on(0);
        assert!(VarBuf::back(&pool, dead).is_none(), "lost or doubled");
        thread.join().unwrap();
    });
}

pub fn two_bring_a_frame_while_it_goes_out_that_fails_weakly() {
    weakly(two_bring_a_frame_while_it_goes_out);
}

pub fn two_bring_a_large_buffer_that_fails_weakly() {
    weakly(two_bring_a_large_buffer);
}
