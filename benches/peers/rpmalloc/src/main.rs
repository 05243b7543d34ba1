//! rpmalloc, which has to be told of each thread.

use std::ffi::{c_int, c_void};
use std::process::ExitCode;
use std::sync::Once;

use framewell_bench::contestants::{Functions, Heap, Pair};
use framewell_bench::entrant::Both;
use rpmalloc_sys::{rpfree, rpmalloc, rpmalloc_initialize, rpmalloc_thread_initialize};

// rpmalloc-sys declares this function without the parameter that it has in rpmalloc.h.
unsafe extern "C" {
    fn rpmalloc_thread_finalize(release_caches: c_int);
}

/// rpmalloc, of which each thread enters before it allocates.
struct Rpmalloc;

/// A thread's part in rpmalloc, which ends with the thread.
struct Entered;

impl Entered {
    fn new() -> Self {
        static INITIALIZED: Once = Once::new();
        INITIALIZED.call_once(|| {
            // SAFETY: this is called once, before any other of rpmalloc's functions.
            let refused = unsafe { rpmalloc_initialize() };
            assert_eq!(refused, 0, "rpmalloc starts");
        });
        // SAFETY: rpmalloc was initialised above.
        unsafe { rpmalloc_thread_initialize() };
        Self
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // SAFETY: `new` initialised this thread, which ends and allocates no more.
        unsafe { rpmalloc_thread_finalize(1) };
    }
}

thread_local! {
    static ENTERED: Entered = Entered::new();
}

// SAFETY: rpmalloc keeps C's contract, and aligns to 16.
unsafe impl Functions for Rpmalloc {
    const NAME: &'static str = "rpmalloc";

    fn enter() {
        ENTERED.with(|_| ());
    }

    #[inline]
    fn malloc(size: usize) -> *mut c_void {
        // SAFETY: the workloads enter each thread (`Contestant::enter`).
        unsafe { rpmalloc(size) }
    }

    #[inline]
    unsafe fn free(memory: *mut c_void) {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { rpfree(memory) };
    }
}

fn main() -> ExitCode {
    static RPMALLOC: Both<Heap<Pair<Rpmalloc>>> = Both(Heap::new());
    framewell_bench::serve(&[&RPMALLOC])
}
