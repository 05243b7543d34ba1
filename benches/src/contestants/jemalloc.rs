//! jemalloc, compiled with the feature of that name.

use std::ffi::c_void;

use tikv_jemalloc_sys::{free, malloc};

use super::c::Functions;

/// Its functions, under names of their own: the system's stay.
pub(super) struct Jemalloc;

// SAFETY: C's contract of `malloc`.
unsafe impl Functions for Jemalloc {
    const NAME: &'static str = "jemalloc";

    #[inline]
    fn malloc(size: usize) -> *mut c_void {
        // SAFETY: any size may be asked for.
        unsafe { malloc(size) }
    }

    #[inline]
    unsafe fn free(memory: *mut c_void) {
        // SAFETY: the function's bullet.
        unsafe { free(memory) };
    }
}
