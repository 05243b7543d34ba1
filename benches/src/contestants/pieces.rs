//! Buffers of allocators for a length. Each is memory with the length beside its pointer, as in a
//! boxed slice.

use std::alloc::{Layout, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::heap::{Allocator, Heap};
use crate::varying::{VaryingBuffer, VaryingContestant};

/// The alignment that `malloc` gives.
const ALIGN: usize = 16;

/// Memory of an allocator, which is not zeroed and has any length.
pub struct Piece<A: Allocator> {
    first: NonNull<u8>,
    length: usize,
    allocator: PhantomData<A>,
}

// SAFETY: the memory is owned, and a global allocator frees on any thread.
unsafe impl<A: Allocator> Send for Piece<A> {}

// SAFETY: `get` allocates `length` bytes, which belong to the buffer alone.
unsafe impl<A: Allocator> VaryingBuffer for Piece<A> {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.first.as_ptr()
    }

    #[inline]
    fn length(&self) -> usize {
        self.length
    }
}

impl<A: Allocator> Drop for Piece<A> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `get` made this layout. It is not checked again, since not every allocator looks
        // at the length.
        let layout = unsafe { Layout::from_size_align_unchecked(self.length, ALIGN) };
        // SAFETY: `get` allocated the memory with this layout, and it is freed here alone.
        unsafe { A::IT.dealloc(self.first.as_ptr(), layout) };
    }
}

impl<A: Allocator> VaryingContestant for Heap<A> {
    type Buffer = Piece<A>;

    fn name(&self) -> &'static str {
        A::NAME
    }

    #[inline]
    fn get(&self, length: usize) -> Piece<A> {
        assert_ne!(length, 0, "a buffer has a byte at least");
        let layout = Layout::from_size_align(length, ALIGN).expect("a length below isize::MAX");
        // SAFETY: the layout's size is not zero.
        let memory = unsafe { A::IT.alloc(layout) };
        let Some(first) = NonNull::new(memory) else {
            handle_alloc_error(layout);
        };
        Piece {
            first,
            length,
            allocator: PhantomData,
        }
    }

    fn enter(&self) {
        A::enter();
    }
}
