//! Allocators that C programs call by a pair of functions.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::null_mut;

use super::heap::Allocator;

/// A `malloc` and its `free`.
///
/// # Safety
///
/// - [`malloc`](Self::malloc) returns null, or memory of `size` bytes with the alignment of C's
///   `malloc`. Nobody else has the memory until [`free`](Self::free) is called with it, on any
///   thread.
pub unsafe trait Functions: Send + Sync + 'static {
    /// The name, as shown in tables.
    const NAME: &'static str;

    /// Prepares the calling thread.
    fn enter() {}

    /// Allocates memory of this size.
    fn malloc(size: usize) -> *mut c_void;

    /// Frees memory.
    ///
    /// # Safety
    ///
    /// - `memory` came from [`malloc`](Self::malloc), and nobody uses it any more.
    unsafe fn free(memory: *mut c_void);
}

/// A pair of functions as an allocator.
pub struct Pair<F>(PhantomData<F>);

/// The alignment of C's `malloc`.
const ALIGN: usize = 2 * size_of::<usize>();

// SAFETY: `Functions` promises what `GlobalAlloc` demands. What the functions cannot align is
// refused.
unsafe impl<F: Functions> GlobalAlloc for Pair<F> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGN {
            return null_mut();
        }
        F::malloc(layout.size()).cast()
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: `alloc` returned the memory, and the caller has done with it (`GlobalAlloc`).
        unsafe { F::free(memory.cast()) };
    }
}

impl<F: Functions> Allocator for Pair<F> {
    const NAME: &'static str = F::NAME;
    const IT: Self = Self(PhantomData);

    fn enter() {
        F::enter();
    }
}
