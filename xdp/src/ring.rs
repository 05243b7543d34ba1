//! The two sides of a ring: what this process writes for the kernel, and what it reads of it.
//!
//! ```text
//!   producer ──┐                          ┌── consumer        both count up for ever, and wrap
//!              ▼                          ▼
//!   entries  │ free │ free │ e3 │ e2 │ e1 │ free │ free │     entry n lies at n modulo the size
//! ```
//!
//! The fill and the TX ring have their [`Producer`] here and their consumer in the kernel. The RX
//! and the completion ring have it the other way round. Each side keeps a copy of both counts, and
//! reads the other side's only when the copy says that there is not enough.
//!
//! The rules of order, with their partners in the kernel (net/xdp/xsk_queue.h):
//!
//! | here | there | what it is for |
//! |---|---|---|
//! | `publish` stores `producer`, Release | `__xskq_cons_peek` loads it, Acquire | the kernel sees the entries |
//! | `free` loads `consumer`, Acquire | `__xskq_cons_release` stores it, Release | the kernel has read an entry before it is overwritten |
//! | `available` loads `producer`, Acquire | `__xskq_prod_submit` stores it, Release | the entries are seen here |
//! | `release` stores `consumer`, Release | `xskq_prod_nb_free` loads it, and writes later | an entry is read here before the kernel overwrites it |

// The kernel is the other side of these atomics. loom has no part in them.
#![allow(clippy::disallowed_types)]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the parts of a ring lie.
#[derive(Debug)]
pub(crate) struct Places<T> {
    producer: NonNull<AtomicU32>,
    consumer: NonNull<AtomicU32>,
    flags: NonNull<AtomicU32>,
    entries: NonNull<T>,
    /// The number of entries, a power of two, less 1.
    mask: u32,
}

// SAFETY: a ring belongs to no thread; its owner alone uses this side of it.
unsafe impl<T: Send> Send for Places<T> {}

impl<T: Copy> Places<T> {
    /// Names the parts of a ring of `size` entries.
    ///
    /// # Safety
    ///
    /// - The counts, the flags and `size` entries are aligned, and readable and writable for as
    ///   long as the ring is used.
    /// - `size` is a power of two. Whatever lies in an entry is a value of `T`.
    /// - This is the only user of its side of the ring, and the other side keeps to the protocol.
    pub(crate) unsafe fn new(
        producer: NonNull<AtomicU32>,
        consumer: NonNull<AtomicU32>,
        flags: NonNull<AtomicU32>,
        entries: NonNull<T>,
        size: u32,
    ) -> Self {
        debug_assert!(size.is_power_of_two());
        Self {
            producer,
            consumer,
            flags,
            entries,
            mask: size - 1,
        }
    }

    fn producer(&self) -> &AtomicU32 {
        // SAFETY: by the first bullet of `new`.
        unsafe { self.producer.as_ref() }
    }

    fn consumer(&self) -> &AtomicU32 {
        // SAFETY: by the first bullet of `new`.
        unsafe { self.consumer.as_ref() }
    }

    fn flags(&self) -> &AtomicU32 {
        // SAFETY: by the first bullet of `new`.
        unsafe { self.flags.as_ref() }
    }

    /// Returns the address of the entry with this count.
    fn entry(&self, count: u32) -> *mut T {
        let at = (count & self.mask) as usize;
        self.entries.as_ptr().wrapping_add(at)
    }

    fn size(&self) -> u32 {
        self.mask + 1
    }
}

/// The side of a ring that writes entries.
#[derive(Debug)]
pub(crate) struct Producer<T> {
    places: Places<T>,
    /// The count of the next entry to publish.
    next: u32,
    /// The consumer's count, as it was last read.
    consumed: u32,
}

impl<T: Copy> Producer<T> {
    /// Returns the writing side of a ring in which nothing was written yet.
    pub(crate) fn new(places: Places<T>) -> Self {
        Self {
            places,
            next: 0,
            consumed: 0,
        }
    }

    /// Returns how many entries can be written, up to `wanted`.
    #[inline]
    pub(crate) fn free(&mut self, wanted: usize) -> usize {
        let size = self.places.size();
        if ((size - self.waiting()) as usize) < wanted {
            // Acquire: pairs with the Release in the kernel's `__xskq_cons_release`. What it has
            // read may be overwritten.
            self.consumed = self.places.consumer().load(Ordering::Acquire);
        }
        ((size - self.waiting()) as usize).min(wanted)
    }

    /// Returns how many published entries the consumer has not taken, as far as is known. A
    /// consumer that counts wrong has taken none.
    fn waiting(&self) -> u32 {
        self.next
            .wrapping_sub(self.consumed)
            .min(self.places.size())
    }

    /// Returns whether the consumer has taken all that was published.
    pub(crate) fn is_drained(&mut self) -> bool {
        // Relaxed: nothing is overwritten on the strength of it.
        self.places.consumer().load(Ordering::Relaxed) == self.next
    }

    /// Writes the entry `ahead` places after the last one that was published. There must be as many
    /// free ones, and more.
    #[inline]
    pub(crate) fn write(&mut self, ahead: usize, value: T) {
        debug_assert!(ahead < (self.places.size() - self.waiting()) as usize);
        let entry = self.places.entry(self.next.wrapping_add(ahead as u32));
        // SAFETY: the address is that of an entry (`Places::new`), whatever the count. The consumer
        // does not read it before it is published.
        unsafe { entry.write(value) };
    }

    /// Gives the consumer the first `n` entries that were written.
    #[inline]
    pub(crate) fn publish(&mut self, n: usize) {
        self.next = self.next.wrapping_add(n as u32);
        // Release: pairs with the Acquire in the kernel's `__xskq_cons_peek`; publishes the
        // entries.
        self.places.producer().store(self.next, Ordering::Release);
    }

    /// Returns whether the consumer sleeps until it is woken.
    #[inline]
    pub(crate) fn needs_wakeup(&self) -> bool {
        // Relaxed: nothing is published by the flag. If it is seen late, the next call sees it:
        // callers look at it whether they have posted something or not.
        self.places.flags().load(Ordering::Relaxed) & libc::XDP_RING_NEED_WAKEUP != 0
    }
}

/// The side of a ring that reads entries.
#[derive(Debug)]
pub(crate) struct Consumer<T> {
    places: Places<T>,
    /// The count of the next entry to read.
    next: u32,
    /// The producer's count, as it was last read.
    produced: u32,
}

impl<T: Copy> Consumer<T> {
    /// Returns the reading side of a ring from which nothing was read yet.
    pub(crate) fn new(places: Places<T>) -> Self {
        Self {
            places,
            next: 0,
            produced: 0,
        }
    }

    /// Returns how many entries can be read, up to `wanted`.
    #[inline]
    pub(crate) fn available(&mut self, wanted: usize) -> usize {
        if (self.there() as usize) < wanted {
            // Acquire: pairs with the Release in the kernel's `__xskq_prod_submit`, which published
            // the entries.
            self.produced = self.places.producer().load(Ordering::Acquire);
        }
        (self.there() as usize).min(wanted)
    }

    /// Returns how many entries are known to be there. A producer that counts wrong has filled the
    /// ring.
    fn there(&self) -> u32 {
        self.produced
            .wrapping_sub(self.next)
            .min(self.places.size())
    }

    /// Returns the entry `ahead` places after the last one that was released. There must be as many
    /// available, and more.
    #[inline]
    pub(crate) fn read(&self, ahead: usize) -> T {
        debug_assert!(ahead < self.there() as usize);
        let entry = self.places.entry(self.next.wrapping_add(ahead as u32));
        // SAFETY: the address is that of an entry, of which all values are good (`Places::new`).
        // The producer does not write it before it is released.
        unsafe { entry.read() }
    }

    /// Gives the first `n` entries back to the producer.
    #[inline]
    pub(crate) fn release(&mut self, n: usize) {
        self.next = self.next.wrapping_add(n as u32);
        // Release: pairs with the load in the kernel's `xskq_prod_nb_free`, on which its later
        // writes depend. The entries were read before it may overwrite them.
        self.places.consumer().store(self.next, Ordering::Release);
    }

    /// Returns the number of entries in the ring.
    pub(crate) fn size(&self) -> usize {
        self.places.size() as usize
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
