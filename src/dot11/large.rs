//! Buffers above the largest size class: a mapping each, and a registry of them by address.
//!
//! The memory goes back to the system when its buffer is freed, at once; what the registry knew of it goes when nobody looks at
//! it any more.

use std::cell::UnsafeCell;
use std::io;
use std::ptr::NonNull;

use super::registry::{Entry, Registry};
use crate::raw;
use crate::sync::{AtomicU64, Ordering, Unprotected};
use crate::sys::Mapping;

/// In the count: the pool's last handle is dropped.
const CLOSED: u64 = 1 << 63;

pub(crate) struct Large {
    registry: Unprotected<Registry<Block>>,
    live: AtomicU64,
    bytes: AtomicU64,
}

/// A large buffer.
pub(crate) struct Block {
    start: NonNull<u8>,
    capacity: usize,
    raw: AtomicU64,
    /// Its owner's; empty when it is freed.
    mapping: UnsafeCell<Option<Mapping>>,
}

// SAFETY: a block owns its mapping, which is not bound to a thread.
unsafe impl Send for Block {}
// SAFETY: the mapping is touched by the buffer's owner alone; all else is constant or atomic.
unsafe impl Sync for Block {}

impl Block {
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether the buffer is out as a pointer, and with which length.
    pub(crate) fn raw_len(&self) -> Option<usize> {
        raw::view(&self.raw).map(|view| view as usize)
    }

    pub(crate) fn hand_out(&self, len: usize) {
        raw::hand_out(&self.raw, len as u64);
    }

    fn take_back(&self) -> Option<usize> {
        let view = raw::view(&self.raw)?;
        raw::take_back(&self.raw, view).then_some(view as usize)
    }
}

/// What a pointer says of a large buffer.
pub(crate) enum Claim {
    /// The caller owns the buffer now, of this length.
    Taken(LargeId, NonNull<u8>, usize),
    /// It is not out as a pointer.
    NotRaw,
}

/// The owner's name for a large buffer.
#[derive(Clone, Copy)]
pub(crate) struct LargeId(Entry<Block>);

impl Large {
    pub(crate) fn new() -> Self {
        Self {
            registry: Unprotected::new(Registry::new()),
            live: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Maps a buffer of at least `len` bytes; it is the caller's. Enters the kernel.
    pub(crate) fn allocate(&self, len: usize) -> io::Result<(LargeId, NonNull<u8>)> {
        let mapping = Mapping::large(len)?;
        let start = mapping.base();
        let capacity = mapping.len();
        // Relaxed, here and in `free`: `bytes` is a statistic, and `live` is added to by those who have a handle.
        self.live.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(capacity as u64, Ordering::Relaxed);
        let entry = self.registry.insert(
            start.as_ptr().addr(),
            Block {
                start,
                capacity,
                raw: AtomicU64::new(0),
                mapping: UnsafeCell::new(Some(mapping)),
            },
        );
        Ok((LargeId(entry), start))
    }

    /// The buffer itself.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer.
    pub(crate) unsafe fn block(&self, id: &LargeId) -> &Block {
        // SAFETY: the entry is the buffer's owner's (the function's bullet), and removed when that is freed.
        unsafe { self.registry.entry(&id.0) }
    }

    /// Frees a buffer. Enters the kernel. `true` if the pool is orphaned: then the caller counts it as home, else it touches
    /// nothing of the pool any more (P3 of `class`).
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer, does not use it again, and keeps the pool by it (P2 of `class`).
    #[must_use]
    pub(crate) unsafe fn free(&self, id: LargeId) -> bool {
        // SAFETY: as the function's bullet.
        let block = unsafe { self.block(&id) };
        self.bytes
            .fetch_sub(block.capacity as u64, Ordering::Relaxed);
        // SAFETY: the mapping is the buffer's owner's, and this is the owner.
        let mapping = unsafe { (*block.mapping.get()).take() };
        // SAFETY: as the function's bullet. Before the memory goes (E4 of `registry`).
        unsafe { self.registry.remove(id.0) };
        drop(mapping);
        // AcqRel (H): what was done with the pool comes before its end, which the closer or the last to come home brings.
        self.live.fetch_sub(1, Ordering::AcqRel) & CLOSED != 0
    }

    /// Makes the caller the owner of the buffer that starts at an address and is out as a pointer; `None` if none starts there.
    pub(crate) fn claim(&self, address: usize) -> Option<Claim> {
        self.registry
            .at(address, |entry, block| match block.take_back() {
                Some(len) => Claim::Taken(LargeId(entry), block.start, len),
                None => Claim::NotRaw,
            })
    }

    /// What `look` makes of the buffer that an address lies in.
    pub(crate) fn around<R>(&self, address: usize, look: impl Fn(&Block) -> R) -> Option<R> {
        self.registry.find(|start, block| {
            let within = address.wrapping_sub(start) < block.capacity;
            within.then(|| look(block))
        })
    }

    /// Counts no more from now on; how many buffers are out.
    pub(crate) fn close(&self) -> u32 {
        // AcqRel (H): as in `free`.
        self.live.fetch_or(CLOSED, Ordering::AcqRel) as u32
    }

    /// Buffers, and their bytes.
    pub(crate) fn live(&self) -> (usize, usize) {
        // Relaxed: statistics.
        let live = self.live.load(Ordering::Relaxed) & !CLOSED;
        (live as usize, self.bytes.load(Ordering::Relaxed) as usize)
    }
}
