//! A slab of buffers, and a ring that provides them to the kernel, by hand.

use std::alloc::{self, Layout};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;

use super::super::BUFFERS;

/// A page, on which the ring of buffers begins.
const PAGE: usize = 4096;

/// Zeroed memory on a page boundary.
struct Zeroed {
    at: NonNull<u8>,
    layout: Layout,
}

impl Zeroed {
    fn new(len: usize) -> Self {
        let layout = Layout::from_size_align(len, PAGE).expect("some megabytes at most");
        assert!(layout.size() > 0, "no memory is wanted");
        // SAFETY: the layout is not empty.
        let at = unsafe { alloc::alloc_zeroed(layout) };
        let Some(at) = NonNull::new(at) else {
            alloc::handle_alloc_error(layout)
        };
        Self { at, layout }
    }
}

impl Drop for Zeroed {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and nothing refers to it any more.
        unsafe { alloc::dealloc(self.at.as_ptr(), self.layout) };
    }
}

/// Buffers, and the ring in which the free ones lie.
pub(super) struct Provided {
    ring: Zeroed,
    slab: Zeroed,
    each: usize,
    tail: u16,
}

// SAFETY: the memory is only reached through this value.
unsafe impl Send for Provided {}

impl Provided {
    /// Returns buffers of so many bytes. None is in the ring.
    pub(super) fn new(each: usize) -> Self {
        // A multiple of a cache line, as a slab has it.
        let each = each.next_multiple_of(64);
        Self {
            ring: Zeroed::new(BUFFERS * size_of::<BufRingEntry>()),
            slab: Zeroed::new(BUFFERS * each),
            each,
            tail: 0,
        }
    }

    /// Returns the address of the ring, for its registration.
    pub(super) fn address(&self) -> u64 {
        self.ring.at.as_ptr() as u64
    }

    /// Returns the first byte of a buffer.
    pub(super) fn start(&self, id: u16) -> *mut u8 {
        assert!(usize::from(id) < BUFFERS, "the kernel has only these ids");
        // SAFETY: the buffer lies in the slab.
        unsafe { self.slab.at.as_ptr().add(usize::from(id) * self.each) }
    }

    /// Returns the bytes of a buffer that the kernel has filled.
    ///
    /// # Safety
    ///
    /// The buffer is not in the ring.
    pub(super) unsafe fn bytes(&self, id: u16) -> &[u8] {
        // SAFETY: the memory is initialised. Since the buffer is not in the ring, nobody writes it.
        unsafe { std::slice::from_raw_parts(self.start(id), self.each) }
    }

    /// Empties the ring, while no kernel has it.
    pub(super) fn clear(&mut self) {
        self.tail = 0;
        self.publish();
    }

    /// Puts a buffer into the ring, of which the kernel learns by [`publish`](Self::publish).
    pub(super) fn put(&mut self, id: u16) {
        let at = usize::from(self.tail) % BUFFERS;
        let start = self.start(id) as u64;
        // SAFETY: the entry lies in the ring.
        let entry = unsafe { self.ring.at.cast::<BufRingEntry>().add(at) };
        // SAFETY: the kernel does not read this entry before the tail is behind it, and its bytes
        // are initialised.
        let entry = unsafe { &mut *entry.as_ptr() };
        entry.set_addr(start);
        entry.set_len(self.each as u32);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
    }

    /// Tells the kernel of all buffers that were put.
    pub(super) fn publish(&mut self) {
        // SAFETY: the ring begins with an entry.
        let tail = unsafe { BufRingEntry::tail(self.ring.at.cast().as_ptr()) };
        // SAFETY: the tail lies in the ring, is aligned, and is only changed here.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        // Release: pairs with the kernel's load of the tail, and publishes the entries.
        tail.store(self.tail, Ordering::Release);
    }
}
