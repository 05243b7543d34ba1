//! Many frames of one pool, held as numbers.
//!
//! ```text
//!   IdBatch: │ pool │ len │ id │ id │ id │ … 4 bytes a frame; a section pops and pushes them here
//!   Burst: │ len │ pool, id, part │ …         16 bytes a frame; each is an owner by itself
//! ```
//!
//! A frame in an `IdBatch` is whole: its data is the payload, as `get(payload)` returns it. So its
//! number is all that has to be stored, and the places of the payloads are worked out once for all
//! frames.
//!
//! Invariant: the ids are of `pool`, and the `IdBatch` owns them (#single-owner). The handle that
//! it borrows or owns keeps the pool (#ids-keep-pool).

mod data;
mod drain;
mod places;

pub use drain::IdBatchDrain;

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::buffer::frame::Frame;
use crate::engine::Engine;
use crate::error::BulkError;
use crate::percpu::{Event, InFlight};
use crate::pool::Pool;

/// A list of up to `N` whole frames of one pool, as numbers of 4 bytes, without an allocation.
///
/// An `IdBatch` gets and frees frames at a fraction of the cost of a [`Burst`](crate::Burst), which
/// builds an owner of 16 bytes for each frame. It suits loops that fill frames and free most of
/// them in the same call: a batch of receive descriptors, or an AF_XDP ring.
///
/// The data of a frame in it is the whole payload, after the pool's headroom. [`pop`](Self::pop)
/// and [`drain`](Self::drain) make [`Frame`]s of those that go on. Dropping an `IdBatch` frees the
/// frames that are left. It holds frames of no other pool. It borrows the pool, and can be sent to
/// a scoped thread; or it [owns a handle](Self::owned), and can lie in a struct beside the pool.
///
/// ```
/// use framewell::{IdBatch, Pool};
///
/// let pool = Pool::builder().build()?;
/// let mut batch: IdBatch<32> = IdBatch::new(&pool);
/// batch.get_bulk(32)?;
/// for bytes in batch.iter_mut() {
///     bytes[0] = 0x45;
/// }
/// let mut first = batch.drain().next().expect("32 frames");
/// first.trim(60)?;
/// assert_eq!((first[0], pool.stats().out), (0x45, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct IdBatch<'p, const N: usize> {
    /// The pool's handle: the value's own, or another name of the borrowed one.
    pool: ManuallyDrop<Pool>,
    owns_pool: bool,
    ids: Batch<N>,
    borrows: PhantomData<&'p Pool>,
}

impl<'p, const N: usize> IdBatch<'p, N> {
    /// Returns an empty `IdBatch` for frames of this pool.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// assert!(IdBatch::<32>::new(&pool).is_empty());
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn new(pool: &'p Pool) -> Self {
        Self {
            // The value borrows the handle, and never drops its own name of it.
            pool: pool.alias(),
            owns_pool: false,
            ids: Batch::new(),
            borrows: PhantomData,
        }
    }

    /// Returns an empty `IdBatch` that owns a handle to its pool, so that it can lie in a struct
    /// beside the pool.
    ///
    /// ```
    /// use framewell::{IdBatch, Pool};
    ///
    /// struct Port {
    ///     pool: Pool,
    ///     ready: IdBatch<'static, 64>,
    /// }
    ///
    /// let pool = Pool::builder().build()?;
    /// let mut port = Port { ready: IdBatch::owned(pool.clone()), pool };
    /// port.ready.get_bulk(32)?;
    /// assert_eq!(port.pool.stats().out, 32);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn owned(pool: Pool) -> IdBatch<'static, N> {
        IdBatch {
            pool: ManuallyDrop::new(pool),
            owns_pool: true,
            ids: Batch::new(),
            borrows: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn as_engine(&self) -> NonNull<Engine> {
        self.pool.as_engine()
    }

    /// Removes the last `n` frames, or all if there are fewer, and returns their ids. They are the
    /// caller's.
    #[inline(always)]
    pub(crate) fn take_last(&mut self, n: usize) -> &[BufferId] {
        self.ids.take_beyond(self.ids.len().saturating_sub(n))
    }

    /// Appends the frame whose id `id` returns for each item, until it returns `None` or there is
    /// no room. Returns how many were appended.
    ///
    /// # Safety
    ///
    /// - The ids that it returns are the pool's. The caller owns them and gives them to this value.
    #[inline(always)]
    pub(crate) unsafe fn extend_while<T>(
        &mut self,
        items: &[T],
        id: impl FnMut(&T) -> Option<BufferId>,
    ) -> usize {
        self.ids.extend_while(items, id)
    }

    /// Returns the number of frames in it.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(8)?;
    /// assert_eq!((batch.len(), batch.room()), (8, 24));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether it holds no frame.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// assert!(IdBatch::<32>::new(&pool).is_empty());
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns the number of frames that can still be added.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// assert_eq!(IdBatch::<32>::new(&pool).room(), 32);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        self.ids.room()
    }

    /// Appends exactly `n` frames, or none, as [`Pool::get_bulk`] does.
    ///
    /// The call is lock-free, and enters the kernel as [`Pool::get`] does.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Pool::get_bulk`].
    ///
    /// ```
    /// # use framewell::{IdBatch, BulkError, Pool};
    /// let pool = Pool::builder().frames(40).build()?;
    /// let mut batch: IdBatch<64> = IdBatch::new(&pool);
    /// batch.get_bulk(32)?;
    /// assert_eq!(batch.get_bulk(32), Err(BulkError::OutOfBuffers));
    /// assert_eq!(batch.get_bulk(33), Err(BulkError::NoRoom { asked: 33, room: 32 }));
    /// assert_eq!(batch.len(), 32);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn get_bulk(&mut self, n: usize) -> Result<(), BulkError> {
        let (before, room) = (self.len(), self.room());
        if n > room {
            return Err(BulkError::NoRoom { asked: n, room });
        }
        // This CPU's cache gives all of them at once, if it has them.
        self.pool
            .engine()
            .frames()
            .get_burst_from_cache(n, &mut self.ids);
        if self.len() == before + n {
            return Ok(());
        }
        let (got, in_flight) = Self::collect(&self.pool, &mut self.ids, before + n, true);
        if got {
            return Ok(());
        }
        Self::free_beyond(&self.pool, &mut self.ids, before);
        drop(in_flight);
        self.refused();
        Err(BulkError::OutOfBuffers)
    }

    /// Appends up to `n` frames and returns how many, as [`Pool::get_burst`] does.
    ///
    /// The call is lock-free, and enters the kernel as [`Pool::get`] does.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// let pool = Pool::builder().frames(40).build()?;
    /// let mut batch: IdBatch<64> = IdBatch::new(&pool);
    /// assert_eq!(batch.get_burst(32), 32);
    /// assert_eq!(batch.get_burst(32), 8);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[inline]
    pub fn get_burst(&mut self, n: usize) -> usize {
        let before = self.len();
        let n = n.min(self.room());
        self.pool
            .engine()
            .frames()
            .get_burst_from_cache(n, &mut self.ids);
        if self.len() < before + n {
            Self::collect(&self.pool, &mut self.ids, before + n, false);
        }
        let got = self.len() - before;
        if got == 0 && n > 0 {
            self.refused();
        }
        got
    }

    /// Appends frames from anywhere in the pool until there are `end`, and returns whether there
    /// are. `may_return` means what it does for `Class::get_burst`.
    #[inline(never)]
    fn collect<'a>(
        pool: &'a Pool,
        ids: &mut Batch<N>,
        end: usize,
        may_return: bool,
    ) -> (bool, Option<InFlight<'a>>) {
        let frames = pool.engine().frames();
        let mut in_flight = None;
        while ids.len() < end {
            let mut batch = Batch::new();
            if !frames.get_burst(end - ids.len(), may_return, &mut in_flight, &mut batch) {
                break;
            }
            ids.extend_from(batch.as_slice(), |id| *id);
        }
        (ids.len() == end, in_flight)
    }

    #[cold]
    fn refused(&self) {
        self.pool.engine().frames().count(Event::Refusal);
    }

    /// Returns the numbers of the frames.
    ///
    /// The frame with the number `n` starts at [`Region::base`](crate::Region::base)` + n ×
    /// stride`. Its data starts one [headroom](crate::PoolBuilder::headroom) later. Frame
    /// `batch[i]` has the number `ids()[i]`.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(8)?;
    /// let region = pool.region();
    /// let start = region.base().as_ptr().addr() + batch.ids()[3].index() * region.stride();
    /// assert_eq!(batch[3].as_ptr().addr(), start + 128);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn ids(&self) -> &[BufferId] {
        self.ids.as_slice()
    }

    /// Appends a frame. The call gives the frame back if there is no room, or if it is of another
    /// pool.
    ///
    /// From here on the frame's data is the whole payload, as if it had just been got.
    ///
    /// # Errors
    ///
    /// The error is the frame itself.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let (pool, other) = (Pool::builder().build()?, Pool::builder().build()?);
    /// let mut batch: IdBatch<1> = IdBatch::new(&pool);
    /// assert!(batch.push(other.get(60)?).is_err());
    /// assert!(batch.push(pool.get(60)?).is_ok());
    /// assert!(batch.push(pool.get(60)?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn push(&mut self, frame: Frame) -> Result<(), Frame> {
        if self.room() == 0 || frame.pool() != self.pool.as_engine() {
            return Err(frame);
        }
        self.ids.push(frame.into_parts().1);
        Ok(())
    }

    /// Removes the last frame and returns it, with the whole payload as its data.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(2)?;
    /// assert_eq!(batch.pop().map(|frame| frame.len()), Some(1500));
    /// assert_eq!(batch.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn pop(&mut self) -> Option<Frame> {
        let id = self.ids.pop()?;
        let pool = self.pool.as_engine();
        // SAFETY: the id is of the pool, and this value owned it until now.
        Some(unsafe { Frame::new(pool, id, self.pool.payload()) })
    }

    /// Removes all frames and returns them one by one, the last one first, as [`pop`](Self::pop)
    /// does.
    ///
    /// Frames that are not taken from the iterator are freed.
    ///
    /// ```
    /// # use framewell::{IdBatch, Frame, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(3)?;
    /// let frames: Vec<Frame> = batch.drain().collect();
    /// assert_eq!((frames.len(), batch.len()), (3, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn drain(&mut self) -> IdBatchDrain<'_, 'p, N> {
        IdBatchDrain(self)
    }

    /// Keeps the first `len` frames and frees the others in bulk.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(8)?;
    /// batch.truncate(5);
    /// assert_eq!((batch.len(), pool.stats().out), (5, 5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        Self::free_beyond(&self.pool, &mut self.ids, len);
    }

    /// Frees the frames behind the first `len`, whose ids are in a list of an `IdBatch`.
    #[inline]
    fn free_beyond(pool: &Pool, ids: &mut Batch<N>, len: usize) {
        let ids = ids.take_beyond(len);
        if ids.is_empty() {
            return;
        }
        // SAFETY: the list owned the ids, which are removed from it. If this thread never returns
        // from the call, they are in no two places all the same.
        unsafe { Engine::free_bulk(pool.as_engine(), ids) };
    }

    /// Frees all frames in bulk.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(8)?;
    /// batch.clear();
    /// assert_eq!(pool.stats().out, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn clear(&mut self) {
        self.truncate(0);
    }
}

impl<const N: usize> Drop for IdBatch<'_, N> {
    #[inline]
    fn drop(&mut self) {
        self.clear();
        if self.owns_pool {
            // SAFETY: the handle is this value's own, and is not used again.
            unsafe { ManuallyDrop::drop(&mut self.pool) };
        }
    }
}

impl<const N: usize> fmt::Debug for IdBatch<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}
