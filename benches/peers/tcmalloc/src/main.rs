//! Google's tcmalloc, with a cache for each CPU.
//!
//! Its caches need restartable sequences, which a process has once: the C library must have left
//! them alone (`GLIBC_TUNABLES=glibc.pthread.rseq=0`). Without them tcmalloc silently falls back on
//! caches for each thread, which is refused here.

use std::env;
use std::ffi::c_void;
use std::process::ExitCode;

use framewell_bench::contestants::{Functions, Heap, Pair};
use framewell_bench::entrant::{Both, Entrant};
// This links the library. Its functions for C are not among those that the crate declares.
use libtcmalloc_sys as _;

unsafe extern "C" {
    fn TCMallocInternalMalloc(size: usize) -> *mut c_void;
    fn TCMallocInternalFree(memory: *mut c_void);
    fn MallocExtension_Internal_GetPerCpuCachesActive() -> bool;
}

struct Tcmalloc;

// SAFETY: tcmalloc's functions keep the contract of C's `malloc`.
unsafe impl Functions for Tcmalloc {
    const NAME: &'static str = "tcmalloc";

    #[inline]
    fn malloc(size: usize) -> *mut c_void {
        // SAFETY: any size may be asked for.
        unsafe { TCMallocInternalMalloc(size) }
    }

    #[inline]
    unsafe fn free(memory: *mut c_void) {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { TCMallocInternalFree(memory) };
    }
}

/// Returns the entrant if it has caches for each CPU.
fn entrants() -> Result<Vec<&'static dyn Entrant>, String> {
    static TCMALLOC: Both<Heap<Pair<Tcmalloc>>> = Both(Heap::new());
    let memory = Tcmalloc::malloc(1);
    // SAFETY: the memory was allocated above, and nobody uses it.
    unsafe { Tcmalloc::free(memory) };
    // SAFETY: this may be asked at any time.
    if unsafe { MallocExtension_Internal_GetPerCpuCachesActive() } {
        return Ok(vec![&TCMALLOC]);
    }
    let tunables = env::var("GLIBC_TUNABLES").unwrap_or_default();
    Err(format!(
        "tcmalloc has no caches for each CPU, with GLIBC_TUNABLES={tunables:?}: it needs glibc.pthread.rseq=0 there, and a \
         kernel with restartable sequences"
    ))
}

fn main() -> ExitCode {
    framewell_bench::serve_with(entrants)
}
