//! The floor of the mix with lists that are linked through the free buffers themselves, as those of
//! most allocators are.
//!
//! There is one list for each size class of the crate, in plain words, without anything else that
//! an allocator has.
//!
//! ```text
//!   length ── table ──► class: │ head │ ──► free buffer: │ next │ … ──► free buffer: │ next │ …
//! ```
//!
//! The link of a buffer lies in cache lines that its owner has just written. Only the heads lie
//! elsewhere. A stray write to a freed buffer breaks such a list, which is why the crate has none.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::varying::VaryingBuffer;
use crate::work::Workload;
use crate::work::dot11_mix::Mix;

use super::sizes::BySize;

/// A size class that one thread uses. The atomic stands for a plain word that may be changed
/// through a shared reference.
#[repr(align(64))]
struct Class {
    /// The free buffer that was freed last; null if there is none.
    head: AtomicPtr<u8>,
}

impl Class {
    fn new(memory: &'static mut [u8], stride: usize) -> Self {
        let class = Self {
            head: AtomicPtr::new(ptr::null_mut()),
        };
        // The pushes start at the end, so the first buffers are used first.
        for buffer in memory.chunks_exact_mut(stride).rev() {
            class.push(NonNull::from(buffer).cast());
        }
        class
    }

    #[inline(always)]
    fn take(&'static self, length: usize) -> Linked {
        // Relaxed, here and below: one thread alone uses the list.
        let head = self.head.load(Ordering::Relaxed);
        let buffer = NonNull::new(head).expect("a class has buffers left");
        // SAFETY: a buffer in the list holds a link, written by `push`, and nobody else has it.
        let next = unsafe { buffer.cast::<*mut u8>().read_unaligned() };
        self.head.store(next, Ordering::Relaxed);
        Linked {
            class: self,
            buffer,
            length,
        }
    }

    /// Puts a buffer of the class, which the caller owns, in the list.
    #[inline(always)]
    fn push(&self, buffer: NonNull<u8>) {
        let next = self.head.load(Ordering::Relaxed);
        // SAFETY: the caller owns the buffer, and it has room for a pointer: strides are 16 bytes
        // or more.
        unsafe { buffer.cast::<*mut u8>().write_unaligned(next) };
        self.head.store(buffer.as_ptr(), Ordering::Relaxed);
    }
}

/// A buffer of a list, which is freed when it is dropped.
struct Linked {
    class: &'static Class,
    buffer: NonNull<u8>,
    length: usize,
}

// SAFETY: the mix alone has such buffers, and gets and frees them on one thread.
unsafe impl Send for Linked {}

// SAFETY: a buffer is either in its list or in one `Linked`, which alone has its stride of the
// memory. The stride is at least the length (`BySize::of`).
unsafe impl VaryingBuffer for Linked {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.buffer.as_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Linked {
    #[inline(always)]
    fn drop(&mut self) {
        self.class.push(self.buffer);
    }
}

/// Returns the mix over linked lists.
pub(super) fn mix() -> Box<dyn Workload> {
    let lists = BySize::new(Class::new);
    Box::new(Mix::new(move |_, length| lists.of(length).take(length)))
}
