//! Buffers above the largest size class: each has a mapping, and a registry finds them by address.
//!
//! A buffer's memory goes back to the system as soon as the buffer is freed. The registry frees its
//! entry when no call looks at it any more.

use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;

use super::registry::{Entry, PAGE_SHIFT, Registry};
use crate::base::count::Count;
use crate::base::limits::MAX_LARGE;
use crate::base::part::Part;
use crate::base::raw::{self, Whereabouts};
use crate::engine::Engine;
use crate::sync::{AtomicU32, AtomicU64, Ordering, Unprotected};
use crate::sys::Mapping;

/// This bit of the count says that the pool's last handle is dropped.
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
    /// The pool that the buffer is part of.
    pool: NonNull<Engine>,
    /// The length of the data, while the buffer is out as a pointer. The buffer's owner alone
    /// touches it: the one who hands the buffer out, and then the one who takes it back.
    len: Cell<usize>,
    /// The view under which the buffer is out as a pointer is the offset of the data.
    raw: AtomicU64,
    /// The count of the references to the buffer.
    count: AtomicU32,
    /// The mapping, which the buffer's owner alone touches. It is `None` once the buffer is freed.
    mapping: UnsafeCell<Option<Mapping>>,
}

// SAFETY: a block owns its mapping, which is not bound to a thread; of the pool it passes the
// address on, and does not follow it.
unsafe impl Send for Block {}
// SAFETY: the mapping and the length are touched by the buffer's owner alone; all else is constant
// or atomic.
unsafe impl Sync for Block {}

impl Block {
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn pool(&self) -> NonNull<Engine> {
        self.pool
    }

    /// Notes the part of the buffer that holds data, and returns the view under which the buffer
    /// goes out as a pointer.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer.
    pub(crate) unsafe fn note(&self, part: Part) -> u64 {
        self.len.set(part.len);
        part.offset as u64
    }

    /// Returns where the buffer is.
    pub(crate) fn whereabouts(&self) -> Whereabouts {
        raw::whereabouts(&self.raw)
    }

    /// Returns the count of the references to the buffer.
    pub(crate) fn count(&self) -> Count<'_> {
        Count::new(&self.count)
    }

    fn not_out(&self, offset: usize) -> NotOut {
        NotOut {
            whereabouts: self.whereabouts(),
            is_shared: self.count().is_named(),
            offset,
        }
    }

    /// Returns the word by which the buffer is handed out as a pointer, or lent.
    pub(crate) fn raw(&self) -> &AtomicU64 {
        &self.raw
    }
}

/// Where a large buffer is that is not out as a pointer to the byte at this offset.
pub(crate) struct NotOut {
    pub(crate) whereabouts: Whereabouts,
    /// Whether a pointer was made of a shared reference to the buffer.
    pub(crate) is_shared: bool,
    pub(crate) offset: usize,
}

/// The owner's name for a large buffer.
#[derive(Clone, Copy)]
pub(crate) struct LargeId(Entry<Block>);

impl LargeId {
    /// Returns the buffer itself.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer, for as long as the reference lives.
    pub(crate) unsafe fn block<'a>(self) -> &'a Block {
        // SAFETY: the entry belongs to the buffer's owner (the function's bullet), and is removed
        // when the buffer is freed.
        unsafe { self.0.get() }
    }

    /// Returns the id as a pointer that is not null, and whose two lowest bits are clear.
    pub(crate) fn into_pointer(self) -> NonNull<()> {
        self.0.into_pointer()
    }

    /// Makes the id from the pointer that [`into_pointer`](Self::into_pointer) returned.
    ///
    /// # Safety
    ///
    /// - The pointer is from [`into_pointer`](Self::into_pointer).
    pub(crate) unsafe fn from_pointer(pointer: NonNull<()>) -> Self {
        // SAFETY: as the function's bullet.
        Self(unsafe { Entry::from_pointer(pointer) })
    }
}

impl Large {
    pub(crate) fn new() -> Self {
        Self {
            registry: Unprotected::new(Registry::new()),
            live: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Makes a buffer from a mapping. The buffer is the caller's.
    pub(crate) fn add(&self, pool: NonNull<Engine>, mapping: Mapping) -> LargeId {
        let start = mapping.base();
        let capacity = mapping.len().min(MAX_LARGE);
        // Relaxed, here and in `free`: `bytes` is a statistic, and only callers with a handle add
        // to `live`.
        self.live.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(capacity as u64, Ordering::Relaxed);
        let entry = self.registry.insert(
            start.as_ptr().addr(),
            Block {
                start,
                capacity,
                pool,
                len: Cell::new(0),
                raw: AtomicU64::new(0),
                count: AtomicU32::new(0),
                mapping: UnsafeCell::new(Some(mapping)),
            },
        );
        LargeId(entry)
    }

    /// Frees a buffer. This enters the kernel.
    ///
    /// Returns `true` if the pool is orphaned. Then the caller counts the buffer as returned.
    /// Otherwise the caller touches nothing of the pool any more (#free-ends-access).
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer, does not use it again, and keeps the pool by it
    ///   (#ids-keep-pool).
    #[must_use]
    pub(crate) unsafe fn free(&self, id: LargeId) -> bool {
        // SAFETY: as the function's bullet.
        let block = unsafe { id.block() };
        self.bytes
            .fetch_sub(block.capacity as u64, Ordering::Relaxed);
        // SAFETY: the mapping is the buffer's owner's, and this is the owner.
        let mapping = unsafe { (*block.mapping.get()).take() };
        // SAFETY: as the function's bullet. It comes before the memory goes (#address-unique).
        unsafe { self.registry.remove(id.0) };
        drop(mapping);
        // AcqRel (#returned-count): pairs with the same in `close` and in other calls of `free`.
        // What was done with the pool comes before its end, which the call that closes it or the
        // last free brings about.
        self.live.fetch_sub(1, Ordering::AcqRel) & CLOSED != 0
    }

    /// Makes the caller the owner of the buffer that is out as a pointer to this address, and
    /// returns its part that holds data too. Returns `None` if the address lies in no buffer.
    pub(crate) fn claim(&self, address: usize) -> Option<Result<(LargeId, Part), NotOut>> {
        self.around(address, |id, block, offset| {
            let taken = raw::take_back(&block.raw, offset as u64);
            // The length is this call's to read if the buffer is.
            let owned = || {
                let len = block.len.get();
                (id, Part { offset, len })
            };
            taken.then(owned).ok_or_else(|| block.not_out(offset))
        })
    }

    /// Lends the buffer that is out as a pointer to this address to a borrower. Returns `None` if
    /// the address lies in no buffer.
    pub(crate) fn lend_out(&self, address: usize, borrower: u32) -> Option<Result<(), NotOut>> {
        self.around(address, |_, block, offset| {
            let lent = raw::lend_out(&block.raw, offset as u64, borrower);
            lent.then_some(()).ok_or_else(|| block.not_out(offset))
        })
    }

    /// Makes the caller the owner of the buffer that starts at an address, if `take` takes it by
    /// its word. Returns `None` if no buffer starts there.
    pub(crate) fn take_by<E>(
        &self,
        address: usize,
        take: impl FnOnce(&Block) -> Result<(), E>,
    ) -> Option<Result<LargeId, E>> {
        self.registry
            .at(address, |entry, block| take(block).map(|()| LargeId(entry)))
    }

    /// Returns the address of a buffer that is lent to this borrower.
    pub(crate) fn find_lent(&self, borrower: u32) -> Option<usize> {
        self.registry.find(|start, block| {
            (block.whereabouts() == Whereabouts::Lent(borrower)).then_some(start)
        })
    }

    /// Calls `visit` with the number of the borrower of each buffer that is lent.
    pub(crate) fn visit_lent(&self, visit: impl Fn(u32)) {
        self.registry.find(|_, block| {
            if let Whereabouts::Lent(borrower) = block.whereabouts() {
                visit(borrower);
            }
            None::<()>
        });
    }

    /// Calls `see` with the buffer that an address lies in, and with the offset of the byte within
    /// it, and returns its answer. The buffer is found at once if the byte lies on its first page.
    /// Else the call looks at all buffers.
    pub(crate) fn around<R>(
        &self,
        address: usize,
        see: impl Fn(LargeId, &Block, usize) -> R,
    ) -> Option<R> {
        let see = |entry: Entry<Block>, block: &Block| {
            see(LargeId(entry), block, address - block.start.as_ptr().addr())
        };
        let page = address >> PAGE_SHIFT << PAGE_SHIFT;
        self.registry.at(page, see).or_else(|| {
            let within = |start, block: &Block| address.wrapping_sub(start) < block.capacity;
            self.registry.at_any(within, see)
        })
    }

    /// Closes the count for good, and returns how many buffers are out.
    pub(crate) fn close(&self) -> u32 {
        // AcqRel (#returned-count): pairs with the same in `free`.
        self.live.fetch_or(CLOSED, Ordering::AcqRel) as u32
    }

    /// Returns the number of buffers, and of their bytes.
    pub(crate) fn live(&self) -> (usize, usize) {
        // Relaxed: statistics.
        let live = self.live.load(Ordering::Relaxed) & !CLOSED;
        (live as usize, self.bytes.load(Ordering::Relaxed) as usize)
    }
}
