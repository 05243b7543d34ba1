//! Memory for chunks that no pool manages.

use std::alloc::{self, Layout};
use std::ptr::NonNull;

/// A range as the arena of a pool is: it begins at a huge page, and asks for huge pages.
#[derive(Debug)]
pub(super) struct Memory {
    base: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the range belongs to the value alone.
unsafe impl Send for Memory {}

impl Memory {
    /// Returns so many bytes, which are zero.
    pub(super) fn new(bytes: usize) -> Self {
        assert!(bytes > 0, "0 bytes are no memory");
        let layout = Layout::from_size_align(bytes, 2 << 20).expect("a size that can be");
        // SAFETY: the size is not zero.
        let at = unsafe { alloc::alloc(layout) };
        let Some(base) = NonNull::new(at) else {
            alloc::handle_alloc_error(layout)
        };
        // SAFETY: the range was allocated just now, and the advice changes no byte of it.
        let _ = unsafe { libc::madvise(at.cast(), bytes, libc::MADV_HUGEPAGE) };
        // SAFETY: the range was allocated with this length.
        unsafe { at.write_bytes(0, bytes) };
        Self { base, layout }
    }

    /// Returns the whole range.
    pub(super) fn as_ptr(&self) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(self.base, self.layout.size())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and whoever uses it borrows the value.
        unsafe { alloc::dealloc(self.base.as_ptr(), self.layout) };
    }
}
