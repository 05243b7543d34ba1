//! Contestant: the system allocator, as a C program uses it.

use std::ops::Range;
use std::ptr::NonNull;
use std::slice;

use super::heap::{self, HeapBatch, HeapBuffer, Memory};
use crate::pipeline::buffer::{Pool, ROOM};

/// `malloc(1728)` for each buffer, `free` when it is dropped.
#[derive(Debug, Clone, Copy)]
pub struct SystemPool;

/// Memory from `malloc`, not zeroed.
///
/// Invariant: it is a live allocation of [`ROOM`] bytes that nobody else owns.
#[derive(Debug)]
pub struct Malloced(NonNull<u8>);

// SAFETY: the memory is owned alone, and `free` may run on any thread.
unsafe impl Send for Malloced {}

impl Malloced {
    /// The address of a byte of the memory, or of its end.
    fn at(&self, offset: usize) -> *mut u8 {
        debug_assert!(offset <= ROOM);
        self.0.as_ptr().wrapping_add(offset)
    }
}

impl Drop for Malloced {
    fn drop(&mut self) {
        // SAFETY: the memory came from malloc and is owned by this value alone (invariant).
        unsafe { libc::free(self.0.as_ptr().cast()) };
    }
}

impl Memory for Malloced {
    fn allocate() -> Option<Self> {
        // SAFETY: malloc may be called with any size.
        let memory = unsafe { libc::malloc(ROOM) };
        NonNull::new(memory.cast()).map(Self)
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= ROOM);
        let to = self.at(offset);
        // SAFETY: the assertion keeps the target inside the allocation (invariant), which nobody
        // else can refer to as `self` is borrowed mutably.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    unsafe fn bytes(&self, range: Range<usize>) -> &[u8] {
        // SAFETY: these bytes lie in the allocation and were written (the function's bullet).
        unsafe { slice::from_raw_parts(self.at(range.start), range.len()) }
    }

    unsafe fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        // SAFETY: these bytes lie in the allocation and were written (the function's bullet), and
        // `self` is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.at(range.start), range.len()) }
    }

    fn area(&mut self, offset: usize) -> *mut u8 {
        self.at(offset)
    }
}

impl Pool for SystemPool {
    type Buffer = HeapBuffer<Malloced>;
    type Batch = HeapBatch<Malloced>;

    fn build(_frames: u32) -> Result<Self, String> {
        Ok(Self)
    }

    fn get_burst(&self, burst: &mut Self::Batch, n: usize) -> usize {
        heap::allocate_burst(burst, n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_like_a_buffer_source() {
        crate::pipeline::buffer::conformance::check::<SystemPool>();
    }
}
