//! The memory of a buffer ring, which the kernel reads (`struct io_uring_buf_ring`).
//!
//! ```text
//!   entry 0          entry 1          …
//!   │ address: 64 │ length: 32 │ id: 16 │ tail: 16 │       only the tail of entry 0 is used
//! ```
//!
//! | here | there (io_uring/kbuf.c) | what it is for |
//! |---|---|---|
//! | `publish` stores the tail, Release | `io_ring_buffer_select` loads it, Acquire | the kernel sees the entries |
//!
//! The kernel writes no entry, except those of an incremental ring that it still consumes. It has
//! no count that it shares. That an entry was consumed is told by a completion, which is read with
//! Acquire.

// The kernel is the other side of these atomics. loom has no part in them.
#![allow(clippy::disallowed_types)]

use std::io;
use std::mem::offset_of;
use std::num::NonZeroU32;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::sys::Pages;

/// An entry of the ring (`struct io_uring_buf`). No reference to one is made.
#[repr(C)]
#[allow(dead_code, reason = "only the places of the fields are used")]
struct Entry {
    address: u64,
    len: u32,
    id: u16,
    tail: u16,
}

const _: () = assert!(size_of::<Entry>() == 16);

/// The entries of a ring, and how many were written.
#[derive(Debug)]
pub(crate) struct Entries {
    pages: Pages,
    mask: u16,
    tail: u16,
}

impl Entries {
    /// Maps the memory of a ring of `entries`, a power of two of at most 2¹⁵.
    pub(crate) fn map(entries: u16) -> io::Result<Self> {
        debug_assert!(entries.is_power_of_two());
        Ok(Self {
            pages: Pages::map(usize::from(entries) * size_of::<Entry>())?,
            mask: entries - 1,
            tail: 0,
        })
    }

    /// Returns the address that is registered.
    pub(crate) fn address(&self) -> u64 {
        self.pages.base().as_ptr().expose_provenance() as u64
    }

    fn at(&self, place: u16) -> NonNull<Entry> {
        let first = self.pages.base().cast::<Entry>();
        // SAFETY: the ring has this place, because of the mask.
        unsafe { first.add((place & self.mask).into()) }
    }

    /// Writes the next entry. The kernel sees it after [`publish`](Self::publish).
    ///
    /// A length of 0 cannot be said: the kernel would never consume such an entry.
    ///
    /// # Safety
    ///
    /// - The kernel may write `len` bytes from the address until a completion brings the id back.
    /// - Fewer entries than the ring has are with the kernel. None of them has this id.
    pub(crate) unsafe fn write(&mut self, address: u64, len: NonZeroU32, id: u16) {
        let entry = self.at(self.tail).as_ptr();
        // SAFETY: the entry is mapped, and the kernel is done with it (the second bullet).
        unsafe { entry.cast::<u64>().write_volatile(address) };
        let at = entry.wrapping_byte_add(offset_of!(Entry, len));
        // SAFETY: as above.
        unsafe { at.cast::<u32>().write_volatile(len.get()) };
        let at = entry.wrapping_byte_add(offset_of!(Entry, id));
        // SAFETY: as above.
        unsafe { at.cast::<u16>().write_volatile(id) };
        self.tail = self.tail.wrapping_add(1);
    }

    /// Shows the kernel all entries that were written.
    pub(crate) fn publish(&mut self) {
        let tail = self.at(0).as_ptr();
        let tail = tail.wrapping_byte_add(offset_of!(Entry, tail)).cast();
        // SAFETY: the tail is mapped and aligned. It is written here alone, and only as an atomic.
        let tail = unsafe { AtomicU16::from_ptr(tail) };
        // Release: pairs with the kernel's load of the tail (module head).
        tail.store(self.tail, Ordering::Release);
    }
}
