//! The system allocator, called directly: what a C program pays.

use std::alloc::{GlobalAlloc, Layout, handle_alloc_error};
use std::ptr::NonNull;

use crate::contestant::{BYTES, Buffer, Contestant};

/// The system allocator.
#[derive(Default)]
pub struct System;

/// Memory of the system allocator, not zeroed.
pub struct Malloc {
    first: NonNull<u8>,
}

// SAFETY: the memory is owned, and the system allocator frees on any thread.
unsafe impl Send for Malloc {}

const LAYOUT: Layout = Layout::new::<[u8; BYTES]>();

// SAFETY: `get` allocates BYTES, which belong to the buffer alone.
unsafe impl Buffer for Malloc {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.first.as_ptr()
    }
}

impl Drop for Malloc {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `get` allocated it with this layout, and it is freed here alone.
        unsafe { std::alloc::System.dealloc(self.first.as_ptr(), LAYOUT) };
    }
}

impl Contestant for System {
    type Buffer = Malloc;

    fn name(&self) -> &'static str {
        "malloc"
    }

    #[inline]
    fn get(&self) -> Malloc {
        // SAFETY: the layout's size is not zero.
        let memory = unsafe { std::alloc::System.alloc(LAYOUT) };
        let Some(first) = NonNull::new(memory) else {
            handle_alloc_error(LAYOUT);
        };
        Malloc { first }
    }
}
