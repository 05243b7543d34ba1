//! The pool: where front, depot and arena meet.
//!
//! ```text
//!   Pool, Frame, Burst          handles; a Frame is {pool, id, offset, length}
//!        │ get, free
//!        ▼
//!   front (a shard a CPU)  ◄─ refill, flush ─►  depot (magazines)     carve ── arena
//!             └── steal ──┘
//! ```
//!
//! Front, depot and arena know nothing of one another; what one gives, this module takes to the next.
//! The hot path (one pop, one push) is in this file, the transfers and the proof of exhaustion are in
//! `transfer`, the end of a pool is in `teardown`.
//!
//! Invariants
//!
//! - P1. Every id is in exactly one place: at rest (in a shard, in the depot, not yet carved), in the hands
//!   of one call, or in one `Frame`. Only the owner of an id touches the frame's bytes.
//! - P2. A pool's memory lasts until its last handle is dropped and all its ids are at rest.
//!   So whoever owns an id, or borrows a handle, may touch the pool.
//! - P3. A free gives its id up by one atomic operation, its last on the pool: after it P2 no longer
//!   covers the caller.

mod builder;
mod exhaustion;
mod teardown;
mod transfer;

use std::fmt;
use std::ptr::NonNull;

use crossbeam_utils::CachePadded;

pub use builder::PoolBuilder;

use crate::arena::Arena;
use crate::batch::Batch;
use crate::burst::Burst;
use crate::depot::Depot;
use crate::error::{BulkError, CopyError, OutOfBuffers};
use crate::frame::Frame;
use crate::front::{Event, Moving, Portable};
use crate::id::{FrameId, ShardId};
use crate::region::Region;
use crate::stack::Links;
use crate::stats::{FrontKind, Stats};
use crate::sync::{AtomicU64, AtomicUsize, LeakCheck, Unprotected};

/// A handle to a pool of frames: cheap to clone, shared between threads.
///
/// Getting and freeing a frame takes no lock and, as long as frames are at rest, never enters the
/// kernel but for the page faults of a frame's first use. Any thread may get, any thread may
/// free. The pool's memory is given back when the last handle *and* the last frame are dropped,
/// in any order, on any thread.
///
/// ```
/// use framewell::Pool;
///
/// let pool = Pool::builder().frames(1024).build()?;
/// let mut frame = pool.get(60)?;
/// frame[0] = 0x45;
/// std::thread::spawn(move || drop(frame)).join().unwrap();
/// assert_eq!(pool.stats().free, 1024);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pool {
    inner: NonNull<Inner>,
}

// SAFETY: a pool is used through atomics and through frames, each of which has one owner (P1);
// nothing in it is bound to a thread.
unsafe impl Send for Pool {}
// SAFETY: as for Send; every method takes `&self` and is safe to call from several threads.
unsafe impl Sync for Pool {}

/// What the handles and the frames of a pool share.
pub(crate) struct Inner {
    pub(crate) front: Portable,
    pub(crate) arena: Unprotected<Arena>,
    links: Links,
    depot: Depot,
    transfer: Unprotected<Transfer>,
    /// `Pool` handles.
    handles: CachePadded<AtomicUsize>,
    /// Frames that came home after the last handle was dropped.
    home: CachePadded<AtomicU64>,
    _leak_check: LeakCheck,
}

/// What the slow paths go by.
struct Transfer {
    /// The ids of one transfer.
    batch: usize,
    /// A shard that would hold more than this gives a batch to the depot first.
    limit: usize,
    zero_on_free: bool,
}

impl Pool {
    /// Returns a builder with the defaults: 4096 frames of 1500 bytes.
    ///
    /// ```
    /// let pool = framewell::Pool::builder().build()?;
    /// assert_eq!((pool.capacity(), pool.payload()), (4096, 1500));
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn builder() -> PoolBuilder {
        PoolBuilder::new()
    }

    #[inline(always)]
    fn inner(&self) -> &Inner {
        // SAFETY: a handle keeps the pool's memory (P2).
        unsafe { self.inner.as_ref() }
    }

    /// Returns a frame of `min(len, payload)` bytes, after a headroom and before a tailroom.
    ///
    /// The request is capped, not refused: `get(4000)` gives 1500 bytes (with the default payload), and
    /// `get(0)` an empty frame with all its room. The bytes are initialised: zero in a
    /// frame that was never used, else what its last owner left, unless
    /// [`PoolBuilder::zero_on_free`] is on. Lock-free; never enters the kernel. May be called in a
    /// `drop` or a panic hook.
    ///
    /// # Errors
    ///
    /// [`OutOfBuffers`] if at some moment of the call no frame was at rest anywhere in the pool.
    /// Frees that happened before the call count; frames in the hands of another call in progress (at most
    /// [`Stats::batch`], or what a [`get_bulk`](Self::get_bulk) asks for) do not.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// assert_eq!(pool.get(60)?.len(), 60);
    /// assert_eq!(pool.get(4000)?.len(), 1500);
    /// # Ok::<(), framewell::OutOfBuffers>(())
    /// # .map_err(Box::<dyn std::error::Error>::from)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn get(&self, len: usize) -> Result<Frame, OutOfBuffers> {
        let inner = self.inner();
        let at = inner.front.here();
        let id = match inner.front.pop(&inner.links, at) {
            Some(id) => id,
            None => inner.get_slow(at)?,
        };
        // SAFETY: `id` came out of the pool and is in this call's hands alone (P1).
        Ok(unsafe { Frame::new(self.inner, id, len) })
    }

    /// Returns a frame with a copy of `bytes`.
    ///
    /// Never cuts. Lock-free; never enters the kernel but for the page fault of a frame's first use.
    ///
    /// # Errors
    ///
    /// - [`CopyError::TooLong`] if `bytes` exceed the payload.
    /// - [`CopyError::OutOfBuffers`] as for [`get`](Self::get).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let frame = pool.copy_from(b"\x45\x00")?;
    /// assert_eq!(*frame, [0x45, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn copy_from(&self, bytes: &[u8]) -> Result<Frame, CopyError> {
        let payload = self.payload();
        if bytes.len() > payload {
            return Err(CopyError::TooLong {
                len: bytes.len(),
                payload,
            });
        }
        let mut frame = self.get(bytes.len())?;
        frame.copy_from_slice(bytes);
        Ok(frame)
    }

    /// Appends up to `n` frames to the burst, each as from `get(payload)`, and returns how many.
    ///
    /// Fewer than `n` only if the burst is full, or if at some moment of the call no frame was
    /// at rest. Lock-free; never enters the kernel.
    ///
    /// ```
    /// # use framewell::Burst;
    /// # let pool = framewell::Pool::builder().frames(40).build()?;
    /// let mut burst: Burst<64> = Burst::new();
    /// assert_eq!(pool.get_burst(&mut burst, 32), 32);
    /// assert_eq!(pool.get_burst(&mut burst, 32), 8);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[inline]
    pub fn get_burst<const N: usize>(&self, burst: &mut Burst<N>, n: usize) -> usize {
        let n = n.min(burst.room());
        let (got, _) = self.collect(burst, n, false);
        if got == 0 && n > 0 {
            self.refused();
        }
        got
    }

    /// Appends exactly `n` frames to the burst, each as from `get(payload)`, or none.
    ///
    /// Lock-free; never enters the kernel. While it gathers, other calls may be refused for the frames that
    /// it has in hand.
    ///
    /// # Errors
    ///
    /// - [`BulkError::NoRoom`] if the burst has room for fewer than `n`.
    /// - [`BulkError::OutOfBuffers`] if at some moment of the call fewer than `n` were at rest,
    ///   counting what the call itself had taken already and then gave back. Frames in the hands
    ///   of another call in progress do not count.
    ///
    /// ```
    /// # use framewell::{BulkError, Burst};
    /// # let pool = framewell::Pool::builder().frames(40).build()?;
    /// let mut burst: Burst<64> = Burst::new();
    /// pool.get_bulk(&mut burst, 32)?;
    /// assert_eq!(pool.get_bulk(&mut burst, 32), Err(BulkError::OutOfBuffers));
    /// assert_eq!(burst.len(), 32);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn get_bulk<const N: usize>(
        &self,
        burst: &mut Burst<N>,
        n: usize,
    ) -> Result<(), BulkError> {
        let (before, room) = (burst.len(), burst.room());
        if n > room {
            return Err(BulkError::NoRoom { asked: n, room });
        }
        let (got, moving) = self.collect(burst, n, true);
        if got == n {
            return Ok(());
        }
        burst.truncate(before);
        drop(moving);
        self.refused();
        Err(BulkError::OutOfBuffers)
    }

    /// Appends up to `n` frames, for which there is room, and returns how many; `may_return` if the caller
    /// gives them back when they are fewer, with a note that they are on the move until then.
    #[inline]
    fn collect<const N: usize>(
        &self,
        burst: &mut Burst<N>,
        n: usize,
        may_return: bool,
    ) -> (usize, Option<Moving<'_>>) {
        let inner = self.inner();
        let len = self.payload();
        let mut got = 0;
        let mut moving = None;
        let mut batch = Batch::new();
        while got < n {
            let at = inner.front.here();
            batch.truncate(0);
            inner.front.pop_many(&inner.links, at, n - got, &mut batch);
            if batch.is_empty() {
                if may_return && moving.is_none() {
                    moving = Some(inner.front.moving(at));
                }
                let own = u64::from(moving.is_some());
                if !inner.refill(at, n - got, own, &mut batch) {
                    break;
                }
            }
            got += batch.len();
            burst.extend(batch.as_slice().iter().map(|id| {
                // SAFETY: the ids came out of the pool and are in this call's hands alone (P1).
                unsafe { Frame::new(self.inner, *id, len) }
            }));
        }
        (got, moving)
    }

    #[cold]
    fn refused(&self) {
        let front = &self.inner().front;
        front.count(front.here(), Event::Refusal);
    }

    /// Returns the number of frames, in use or not.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// assert_eq!(pool.capacity(), 8);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.inner().arena.frames() as usize
    }

    /// Returns the bytes at which [`get`](Self::get) caps a request.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let jumbo = Pool::builder().frames(8).payload(9000).build()?;
    /// assert_eq!(jumbo.payload(), 9000);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn payload(&self) -> usize {
        self.inner().arena.layout().payload.into()
    }

    /// Returns where the frames lie, for registering the arena with a device or the kernel.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let region = pool.region();
    /// assert_eq!((region.stride(), region.len()), (1728, 8 * 1728));
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn region(&self) -> Region {
        let arena = &self.inner().arena;
        Region::new(arena.base(), arena.layout().stride, arena.frames() as usize)
    }

    /// Returns a snapshot of the pool; exact if no call is in progress.
    ///
    /// Looks at every shard, and allocates the list of them: not for the hot path.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let frame = pool.get(0)?;
    /// let stats = pool.stats();
    /// assert_eq!((stats.free, stats.out), (7, 1));
    /// println!("{stats}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let inner = self.inner();
        let resting = |shard: ShardId| inner.front.resting(&inner.links, shard) as usize;
        let per_cpu: Vec<usize> = inner.front.from(ShardId(0)).map(resting).collect();
        let depot = inner.depot.resting(&inner.links) as usize;
        let uncarved = inner.arena.uncarved() as usize;
        let capacity = self.capacity();
        // Between two reads a frame may move and be seen in both places.
        let free = (per_cpu.iter().sum::<usize>() + depot + uncarved).min(capacity);
        Stats {
            capacity,
            free,
            out: capacity - free,
            per_cpu,
            depot,
            uncarved,
            batch: inner.transfer.batch,
            refills: inner.front.counted(Event::Refill),
            flushes: inner.front.counted(Event::Flush),
            steals: inner.front.counted(Event::Steal),
            refusals: inner.front.counted(Event::Refusal),
            pages: inner.arena.pages(),
            front: FrontKind::Portable,
            metadata: inner.metadata_bytes(),
        }
    }
}

impl Inner {
    /// Frees a frame.
    ///
    /// # Safety
    ///
    /// - `this` is a pool of which the caller owns frame `id`, by P1.
    /// - The caller uses neither afterwards, unless it holds something else that keeps the pool (P2).
    #[inline]
    pub(crate) unsafe fn free(this: NonNull<Self>, id: FrameId) {
        // SAFETY: the caller's id keeps the pool (P2) until it is given up.
        let inner = unsafe { this.as_ref() };
        inner.arena.wrote(id);
        let at = inner.front.here();
        if inner.front.push(&inner.links, at, id).is_err() {
            // SAFETY: the push was refused, so the id is still the caller's (the function's bullets).
            unsafe { Self::free_slow(this, id) };
        }
    }
}

impl Clone for Pool {
    fn clone(&self) -> Self {
        self.inner().add_handle();
        Self { inner: self.inner }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: the handle is this value's own, and the value is not used again.
        unsafe { Inner::drop_handle(self.inner) };
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("capacity", &self.capacity())
            .field("payload", &self.payload())
            .finish_non_exhaustive()
    }
}
