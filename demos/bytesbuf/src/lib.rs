//! A framewell pool as the memory of [`bytesbuf`].
//!
//! [`PoolMemory`] is a provider: a `BytesBuf` that reserves from it is written into frames of the
//! pool, and the views of what was written share these frames without a copy. The last view frees
//! the frame, on whatever thread that is.
//!
//! | `bytesbuf` asks for | here it is |
//! |---|---|
//! | a block of memory | a frame; for a request that does not fit one, a `VarBuf` |
//! | a `BlockRef` that is cloned and dropped | a `Shared`, counted in the pool's side table |
//! | the state of a block, one pointer | a record in the first bytes of the buffer itself |
//! | memory, always | the pool, and where it refuses, the heap, which is counted |
//!
//! No block takes memory of the heap. And packets go both ways without a copy:
//! [`PoolMemory::view`] makes a view of a frame that was received, and [`PoolMemory::share`] makes
//! a reference to a frame of a view, for a device that takes frames.
//!
//! ```
//! use bytesbuf::mem::Memory;
//! use framewell::Pool;
//! use framewell_bytesbuf::PoolMemory;
//!
//! let pool = Pool::builder().frames(8).build()?;
//! // SAFETY: nothing here writes uninitialised bytes.
//! let memory = unsafe { PoolMemory::new(pool.clone()) };
//! let mut buf = memory.reserve(1500);
//! buf.put_slice(*b"header");
//! buf.put_slice(*b"payload");
//! let packet = buf.consume_all();
//! drop(buf);
//!
//! let payload = packet.range(6..);
//! drop(packet);
//! std::thread::spawn(move || assert_eq!(payload, b"payload")).join().unwrap();
//! assert_eq!((pool.stats().out, memory.from_heap()), (0, 0));
//! # Ok::<(), framewell::BuildError>(())
//! ```
//!
//! # What cannot be had
//!
//! - **Refusal.** `Memory::reserve` returns a buffer with the room that was asked for, or panics. A
//!   provider has no error to return. So a refusal of the pool becomes memory of a `GlobalPool`,
//!   bytesbuf's own default. Whoever would rather drop packets gets frames from the pool, which
//!   refuses, and makes views of them.
//! - **A reference without a look into the buffer.** A `BlockRef` is one pointer besides the table
//!   of functions, and the table is `static`: neither says which pool a block belongs to. So the
//!   handle, of 16 bytes, lies in front of the block, and each clone and each drop reads it there.
//! - **Parts that know their bounds.** A `BlockRef` stands for a whole block. bytesbuf keeps the
//!   bounds of a view itself, so the references of the pool name no bytes.
//! - **A safe constructor.** bytesbuf hands out unfilled room as `MaybeUninit` bytes, into which
//!   safe code can write uninitialised ones. See [`PoolMemory::new`].

mod packets;
mod record;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytesbuf::BytesBuf;
use bytesbuf::mem::{Block, GlobalPool, Memory};
use framewell::Pool;
use thread_aware_core::{Thread, ThreadAware};

pub use record::HEAD;

/// A pool as the memory of `bytesbuf`.
///
/// Clones are handles to the same pool, and have one count of what came from the heap. Views keep
/// the pool's memory, so the order in which pool, provider, buffers and views are dropped does not
/// matter.
#[derive(Clone, Debug)]
pub struct PoolMemory {
    pool: Pool,
    heap: GlobalPool,
    from_heap: Arc<AtomicU64>,
}

impl PoolMemory {
    /// Makes a provider of a pool, which others may use, too.
    ///
    /// # Safety
    ///
    /// - Nobody writes uninitialised bytes into the unfilled room of a buffer with memory of this
    ///   pool. `BytesBuf::first_unfilled_slice` and `BytesBufVectoredWrite::slices_mut` would let
    ///   safe code do so (`slice[0] = MaybeUninit::uninit()`). The pool's frames are bytes for
    ///   their next owner, who reads them. All other calls of bytesbuf write bytes only.
    /// - A reference from [`share`](Self::share) that goes through `Shared::into_raw` comes back
    ///   for bytes of its own part, as long as a `BytesBuf` may still write behind them.
    #[must_use]
    pub unsafe fn new(pool: Pool) -> Self {
        Self {
            pool,
            heap: GlobalPool::new(),
            from_heap: Arc::default(),
        }
    }

    /// Returns the number of reservations that the pool refused, and that the heap served.
    #[must_use]
    pub fn from_heap(&self) -> u64 {
        // Relaxed: a number that is stale as soon as it is read.
        self.from_heap.load(Ordering::Relaxed)
    }

    /// Returns a block of at least so many bytes of the pool, or `None` if it refuses.
    fn block(&self, bytes: usize) -> Option<Block> {
        let whole = bytes.checked_add(HEAD)?;
        if whole <= self.pool.region().stride() {
            let frame = self.pool.get(0).ok()?;
            let room = frame.capacity();
            if whole <= room {
                return record::block(frame, HEAD, room).ok();
            }
        }
        let buffer = self.pool.alloc(whole).ok()?;
        let room = buffer.capacity();
        record::block(buffer, HEAD, room).ok()
    }
}

/// Reserves one block: a frame if the request and [`HEAD`] bytes fit one, else a `VarBuf`.
///
/// The block is all of the buffer behind its first [`HEAD`] bytes, so a buffer has more room than
/// was asked for. Where the pool refuses, the heap serves the request. The call enters the kernel
/// as `Pool::get` and `Pool::alloc` do.
impl Memory for PoolMemory {
    fn reserve(&self, min_bytes: usize) -> BytesBuf {
        if min_bytes == 0 {
            return BytesBuf::new();
        }
        if let Some(block) = self.block(min_bytes) {
            return BytesBuf::from_blocks([block]);
        }
        // Relaxed: the count publishes nothing.
        self.from_heap.fetch_add(1, Ordering::Relaxed);
        self.heap.reserve(min_bytes)
    }
}

/// Makes the provider a `MemoryShared`, for code that takes one with it to other threads.
///
/// The pool is that of every CPU already. The heap moves to the new thread.
impl ThreadAware for PoolMemory {
    fn relocate(&mut self, source: Option<&Thread>, destination: &Thread) {
        self.heap.relocate(source, destination);
    }
}
