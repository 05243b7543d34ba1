//! jemalloc, whose functions have names of their own.

use std::ffi::c_void;
use std::process::ExitCode;

use framewell_bench::contestants::{Functions, Heap, Pair};
use framewell_bench::entrant::Both;
use tikv_jemalloc_sys::{free, malloc};

struct Jemalloc;

// SAFETY: jemalloc's `malloc` and `free` keep C's contract.
unsafe impl Functions for Jemalloc {
    const NAME: &'static str = "jemalloc";

    #[inline]
    fn malloc(size: usize) -> *mut c_void {
        // SAFETY: any size may be asked for.
        unsafe { malloc(size) }
    }

    #[inline]
    unsafe fn free(memory: *mut c_void) {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { free(memory) };
    }
}

fn main() -> ExitCode {
    static JEMALLOC: Both<Heap<Pair<Jemalloc>>> = Both(Heap::new());
    framewell_bench::serve(&[&JEMALLOC])
}
