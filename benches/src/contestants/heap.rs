//! Allocators that are called directly, as by a C program.

use std::alloc::{GlobalAlloc, Layout, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::contestant::{BYTES, Buffer, Contestant};

/// An allocator that has a name.
pub trait Allocator: GlobalAlloc + Send + Sync + 'static {
    /// The name, as shown in tables.
    const NAME: &'static str;
    /// The allocator as a value. All its state is global.
    const IT: Self;

    /// Prepares the calling thread.
    fn enter() {}
}

impl Allocator for std::alloc::System {
    const NAME: &'static str = "malloc";
    const IT: Self = Self;
}

/// An allocator as a contestant.
pub struct Heap<A>(PhantomData<A>);

/// The system allocator.
pub const MALLOC: Heap<std::alloc::System> = Heap::new();

impl<A: Allocator> Heap<A> {
    /// Returns the contestant.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Memory of an allocator, which is not zeroed.
pub struct Block<A: Allocator> {
    first: NonNull<u8>,
    allocator: PhantomData<A>,
}

// SAFETY: the memory is owned, and a global allocator frees on any thread.
unsafe impl<A: Allocator> Send for Block<A> {}

const LAYOUT: Layout = Layout::new::<[u8; BYTES]>();

// SAFETY: `get` allocates BYTES, which belong to the buffer alone.
unsafe impl<A: Allocator> Buffer for Block<A> {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.first.as_ptr()
    }
}

impl<A: Allocator> Drop for Block<A> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `get` allocated the memory with this layout, and it is freed here alone.
        unsafe { A::IT.dealloc(self.first.as_ptr(), LAYOUT) };
    }
}

impl<A: Allocator> Default for Heap<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Allocator> Contestant for Heap<A> {
    type Buffer = Block<A>;

    fn name(&self) -> &'static str {
        A::NAME
    }

    fn enter(&self) {
        A::enter();
    }

    #[inline]
    fn get(&self) -> Block<A> {
        // SAFETY: the layout's size is not zero.
        let memory = unsafe { A::IT.alloc(LAYOUT) };
        let Some(first) = NonNull::new(memory) else {
            handle_alloc_error(LAYOUT);
        };
        Block {
            first,
            allocator: PhantomData,
        }
    }
}
