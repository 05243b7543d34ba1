//! The floor of the mix with lists: a stack of numbers for each size class of the crate, in plain
//! words. It has no sequences and nothing else that an allocator has (other CPUs, refills, other
//! threads' frees).
//!
//! ```text
//!   length ── table ──► class: │ memory │ stride │ count │ slot 0 │ slot 1 │ …
//! ```
//!
//! The classes lie one KiB apart. The difference from the plain array is the price of taking
//! each buffer out of one of many lists.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::varying::VaryingBuffer;
use crate::work::Workload;
use crate::work::dot11_mix::Mix;

use super::sizes::{BUFFERS, BySize};

/// A size class that one thread uses. The atomics stand for plain words that may be changed through
/// a shared reference.
#[repr(align(64))]
struct Class {
    /// The first of `BUFFERS` strides of memory.
    first: NonNull<u8>,
    stride: u32,
    count: AtomicU32,
    slots: [AtomicU32; BUFFERS],
}

impl Class {
    fn new(memory: &'static mut [u8], stride: usize) -> Self {
        Self {
            first: NonNull::from(memory).cast(),
            stride: stride as u32,
            count: AtomicU32::new(BUFFERS as u32),
            // The first buffers are used first.
            slots: std::array::from_fn(|slot| AtomicU32::new((BUFFERS - 1 - slot) as u32)),
        }
    }

    #[inline(always)]
    fn take(&'static self, length: usize) -> Listed {
        // Relaxed, here and below: one thread alone uses the list.
        let count = self.count.load(Ordering::Relaxed) as usize;
        assert!((1..=BUFFERS).contains(&count), "a class has buffers left");
        let number = self.slots[count - 1].load(Ordering::Relaxed);
        self.count.store(count as u32 - 1, Ordering::Relaxed);
        Listed {
            class: self,
            number,
            length: length as u32,
        }
    }
}

/// A buffer of a list, which is freed when it is dropped.
struct Listed {
    class: &'static Class,
    number: u32,
    length: u32,
}

// SAFETY: the mix alone has such buffers, and gets and frees them on one thread.
unsafe impl Send for Listed {}

// SAFETY: a number is either in a slot below the count or in one `Listed`, which alone has its
// stride of the memory. The stride is at least the length (`BySize::of`).
unsafe impl VaryingBuffer for Listed {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        let offset = self.number as usize * self.class.stride as usize;
        // SAFETY: numbers are below `BUFFERS`, and the memory has that many strides.
        unsafe { self.class.first.add(offset) }.as_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.length as usize
    }
}

impl Drop for Listed {
    #[inline(always)]
    fn drop(&mut self) {
        let count = self.class.count.load(Ordering::Relaxed);
        self.class.slots[count as usize].store(self.number, Ordering::Relaxed);
        self.class.count.store(count + 1, Ordering::Relaxed);
    }
}

/// Returns the mix over lists.
pub(super) fn mix() -> Box<dyn Workload> {
    let lists = BySize::new(Class::new);
    Box::new(Mix::new(move |_, length| lists.of(length).take(length)))
}
