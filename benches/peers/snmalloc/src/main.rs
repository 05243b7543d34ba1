//! snmalloc, by its functions for Rust.

use std::alloc::{GlobalAlloc, Layout};
use std::process::ExitCode;

use framewell_bench::contestants::{Allocator, Heap};
use framewell_bench::entrant::Both;
use snmalloc_rs::SnMalloc;

struct Snmalloc;

// SAFETY: snmalloc's own implementation is passed on.
unsafe impl GlobalAlloc for Snmalloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises what `GlobalAlloc` demands.
        unsafe { SnMalloc.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller promises what `GlobalAlloc` demands.
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
