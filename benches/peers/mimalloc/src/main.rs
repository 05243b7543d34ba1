//! mimalloc as a contestant.

use std::ffi::c_void;
use std::process::ExitCode;

use framewell_bench::contestants::{Functions, Heap, Pair};
use framewell_bench::entrant::Both;
use libmimalloc_sys::{mi_free, mi_malloc};

struct Mimalloc;

// SAFETY: `mi_malloc` and `mi_free` keep the contract of C's `malloc`.
unsafe impl Functions for Mimalloc {
    const NAME: &'static str = "mimalloc";

    #[inline]
    fn malloc(size: usize) -> *mut c_void {
        // SAFETY: any size may be asked for.
        unsafe { mi_malloc(size) }
    }

    #[inline]
    unsafe fn free(memory: *mut c_void) {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { mi_free(memory) };
    }
}

fn main() -> ExitCode {
    static MIMALLOC: Both<Heap<Pair<Mimalloc>>> = Both(Heap::new());
    framewell_bench::serve(&[&MIMALLOC])
}
