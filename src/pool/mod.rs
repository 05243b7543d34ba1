//! The handle of a pool.

mod alloc;
mod borrower;
mod builder;
mod dot11;
mod linearize;
mod raw;
pub(crate) mod region;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

pub use alloc::Trimmed;
pub use borrower::{Borrower, Span};
pub use builder::PoolBuilder;
pub use dot11::Dot11Buf;

use crate::base::batch::Batch;
use crate::buffer::burst::Burst;
use crate::buffer::frame::Frame;
use crate::engine::Engine;
use crate::error::{BulkError, CopyError, OutOfBuffers};
use crate::percpu::{Event, InFlight};
use crate::pool::region::Region;
use crate::stats::Stats;

/// A handle to a pool of frames and variable-length buffers: cheap to clone, shared between
/// threads.
///
/// Getting and freeing a frame takes no lock. Any thread may get, and any thread may free, also in
/// a signal handler that interrupted such a call. A handler must not drop the last handle, or the
/// last buffer of a pool without handles: that unmaps the pool. [`alloc`](Self::alloc) says where
/// buffers of other lengths differ.
///
/// Getting and freeing enter the kernel only in these cases:
///
/// - to drain the caches of other CPUs, where frames are found nowhere else,
/// - to yield the processor, at most 8 times, while another call drains caches,
/// - to start using the cache of this CPU, at first and after it was drained,
/// - for the page faults of a frame's first use,
/// - on Windows, to commit memory that nobody has used yet.
///
/// The pool's memory is given back when the last handle *and* the last buffer are dropped, in any
/// order, on any thread.
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
    engine: NonNull<Engine>,
}

// SAFETY: a pool is used through atomics and through frames, each of which has one owner
// (#single-owner). Nothing in it is bound to a thread.
unsafe impl Send for Pool {}
// SAFETY: as for Send. Every method takes `&self` and is safe to call from several threads.
unsafe impl Sync for Pool {}

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
    pub(crate) fn engine(&self) -> &Engine {
        // SAFETY: a handle keeps the pool's memory (#ids-keep-pool).
        unsafe { self.engine.as_ref() }
    }

    /// Returns the pool as a frame names it.
    #[inline(always)]
    pub(crate) fn as_engine(&self) -> NonNull<Engine> {
        self.engine
    }

    /// Returns another name of the handle, which is not counted.
    pub(crate) const fn alias(&self) -> ManuallyDrop<Self> {
        ManuallyDrop::new(Self {
            engine: self.engine,
        })
    }

    /// Returns a frame of `min(len, payload)` bytes, after a headroom and before a tailroom.
    ///
    /// The request is capped, not refused: with the default payload `get(4000)` returns 1500 bytes.
    /// `get(0)` returns an empty frame with all its room. The bytes are initialised. Bytes that
    /// were never used are zero. The others hold what their last owner left, unless
    /// [`PoolBuilder::zero_on_free`] is on.
    ///
    /// The call is lock-free. It enters the kernel only if this CPU's cache has no frame: to start
    /// using that cache, and, if the depot has no frame either, to drain the caches of other CPUs,
    /// to let a call go on that drains them, or on Windows to commit frames. It may be called in a
    /// `drop`, a panic hook or a signal handler.
    ///
    /// # Errors
    ///
    /// [`OutOfBuffers`] if at some moment of the call no frame was free anywhere in the pool. Free
    /// frames are those in a cache, in the depot, or never handed out. Frames that were freed
    /// before the call count. Frames in the hands of another call in progress do not. Such a call
    /// has at most [`Stats::batch`] frames in its hands, or what a [`get_bulk`](Self::get_bulk) or
    /// an [`IdBatch::get_bulk`](crate::IdBatch::get_bulk) asks for. While it drains or opens
    /// caches, it has all that they hold.
    ///
    /// On Windows it is returned also if only frames that were never handed out are left, and the
    /// system refuses to commit memory for one.
    ///
    /// On the rseq front ([`FrontKind::Rseq`](crate::FrontKind::Rseq)) it is returned also if only
    /// the caches of CPUs have frames, and the kernel refuses the calling thread `membarrier` (a
    /// seccomp filter does). The call then looks only into the cache of its own CPU. The frames in
    /// the other caches are not lost: other threads find them, and so does this one on those CPUs.
    /// [`Stats::fences_refused`] counts such refusals.
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
        // Both ways lead to one id, and one handle is made of it. So the compiler needs no handle
        // at all where a user's code drops the frame.
        let id = match self.engine().frames().get() {
            Some(id) => id,
            None => self.engine().get_slow()?,
        };
        // SAFETY: `id` came out of the pool and is in this call's hands alone (#single-owner).
        Ok(unsafe { Frame::new(self.engine, id, len) })
    }

    /// Returns a frame of exactly `len` bytes, as [`get`](Self::get) does.
    ///
    /// Where `get` cuts the request to the payload, this call refuses it.
    ///
    /// # Errors
    ///
    /// - [`CopyError::TooLong`] if `len` exceeds the payload.
    /// - [`CopyError::OutOfBuffers`] if no frame was free, as for [`get`](Self::get).
    ///
    /// ```
    /// # use framewell::CopyError;
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// assert_eq!(pool.get_exact(1500)?.len(), 1500);
    /// let refused = pool.get_exact(1501).unwrap_err();
    /// assert_eq!(refused, CopyError::TooLong { len: 1501, payload: 1500 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn get_exact(&self, len: usize) -> Result<Frame, CopyError> {
        let payload = self.payload();
        if len > payload {
            return Err(CopyError::TooLong { len, payload });
        }
        Ok(self.get(len)?)
    }

    /// Returns a frame with a copy of `bytes`.
    ///
    /// The call never cuts the bytes. It is lock-free, and enters the kernel as [`get`](Self::get)
    /// does, and for the page fault of a frame's first use.
    ///
    /// # Errors
    ///
    /// - [`CopyError::TooLong`] if `bytes` exceed the payload.
    /// - [`CopyError::OutOfBuffers`] if no frame was free, as for [`get`](Self::get).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let frame = pool.copy_from(b"\x45\x00")?;
    /// assert_eq!(*frame, [0x45, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn copy_from(&self, bytes: &[u8]) -> Result<Frame, CopyError> {
        let mut frame = self.get_exact(bytes.len())?;
        frame.copy_from_slice(bytes);
        Ok(frame)
    }

    /// Appends up to `n` frames to the burst, each as from `get(payload)`, and returns how many.
    ///
    /// It appends fewer than `n` only if the burst is full, or if at some moment of the call no
    /// frame was free, with the two exceptions that [`get`](Self::get) names. It is lock-free, and
    /// enters the kernel as `get` does.
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
            self.engine().frames().count(Event::Refusal);
        }
        got
    }

    /// Appends exactly `n` frames to the burst, each as from `get(payload)`, or none.
    ///
    /// The call is lock-free, and enters the kernel as [`get`](Self::get) does. While it gathers
    /// frames, other calls may be refused for those that it has in its hands.
    ///
    /// # Errors
    ///
    /// - [`BulkError::NoRoom`] if the burst has room for fewer than `n`.
    /// - [`BulkError::OutOfBuffers`] if at some moment of the call fewer than `n` frames were free,
    ///   with the two exceptions that [`get`](Self::get) names. Frames that this call had taken
    ///   already, and then gave back, count as free. Frames in the hands of another call in
    ///   progress do not.
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
        let (got, in_flight) = self.collect(burst, n, true);
        if got == n {
            return Ok(());
        }
        burst.truncate(before);
        drop(in_flight);
        self.engine().frames().count(Event::Refusal);
        Err(BulkError::OutOfBuffers)
    }

    /// Appends up to `n` frames, for which there is room, and returns how many. The caller sets
    /// `may_return` if it gives the frames back when they are fewer. It then gets a note that they
    /// are in flight until it has.
    #[inline]
    fn collect<const N: usize>(
        &self,
        burst: &mut Burst<N>,
        n: usize,
        may_return: bool,
    ) -> (usize, Option<InFlight<'_>>) {
        let len = self.payload();
        let mut got = 0;
        let mut in_flight = None;
        let mut batch = Batch::new();
        while got < n {
            batch.truncate(0);
            if !self
                .engine()
                .frames()
                .get_burst(n - got, may_return, &mut in_flight, &mut batch)
            {
                break;
            }
            got += batch.len();
            // SAFETY: the ids came out of the pool, and are in this call's hands alone
            // (#single-owner). There are at most `n - got`, for which the caller has room.
            unsafe { burst.append(self.engine, batch.as_slice(), len) };
        }
        (got, in_flight)
    }

    /// Returns the number of the pool's frames, in use or not.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// assert_eq!(pool.capacity(), 8);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.engine().arena().frames() as usize
    }

    /// Returns the payload of a frame in bytes: [`get`](Self::get) caps a request at it.
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
        self.engine().arena().layout().payload.into()
    }

    /// Returns the number of bytes before the data of a frame that is fresh from the pool.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).headroom(64).build()?;
    /// assert_eq!((pool.headroom(), pool.get(0)?.headroom()), (64, 64));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn headroom(&self) -> usize {
        self.engine().arena().layout().headroom.into()
    }

    /// Returns where the frames lie in memory, to register them with a device or the kernel.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let region = pool.region();
    /// assert_eq!((region.stride(), region.len()), (1728, 8 * 1728));
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn region(&self) -> Region {
        Region::new(self.engine().arena())
    }

    /// Returns a snapshot of the pool; exact if no call is in progress.
    ///
    /// The call looks at every cache or shard, and allocates the list of them. It is not for the
    /// hot path, nor for a signal handler.
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
        self.engine().stats()
    }
}

impl Clone for Pool {
    fn clone(&self) -> Self {
        self.engine().add_handle();
        Self {
            engine: self.engine,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: the handle is this value's own, and the value is not used again.
        unsafe { Engine::drop_handle(self.engine) };
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
