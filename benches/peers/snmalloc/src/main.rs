//! snmalloc, by its functions for Rust.

use std::alloc::{GlobalAlloc, Layout};
use std::process::ExitCode;

use framewell_bench::contestants::{Allocator, Heap};
use framewell_bench::entrant::Both;
use snmalloc_rs::SnMalloc;

struct Snmalloc;

// SAFETY: snmalloc's own, passed on.
unsafe impl GlobalAlloc for Snmalloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises (`GlobalAlloc`).
        unsafe { SnMalloc.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { SnMalloc.dealloc(memory, layout) };
    }
}

impl Allocator for Snmalloc {
    const NAME: &'static str = "snmalloc";
    const IT: Self = Self;
}

fn main() -> ExitCode {
    static SNMALLOC: Both<Heap<Snmalloc>> = Both(Heap::new());
    framewell_bench::serve(&[&SNMALLOC])
}
