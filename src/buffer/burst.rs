//! A burst: an array of frames that are freed together.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

use arrayvec::ArrayVec;

use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::buffer::frame::Frame;
use crate::buffer::view::View;
use crate::engine::Engine;

/// An array of up to `N` frames, 16 bytes each, without an allocation.
///
/// [`Pool::get_burst`](crate::Pool::get_burst) and [`Pool::get_bulk`](crate::Pool::get_bulk) fill
/// it. Dropping a burst frees its frames in bulk, which is cheaper than one by one. Frames of
/// several pools may be in one burst: each pool gets its own back.
///
/// ```
/// use framewell::{Burst, Pool};
///
/// let pool = Pool::builder().build()?;
/// let mut burst: Burst<32> = Burst::new();
/// pool.get_bulk(&mut burst, 32)?;
/// for frame in &mut burst {
///     frame[0] = 0x45;
/// }
/// drop(burst);
/// assert_eq!(pool.stats().out, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Burst<const N: usize> {
    frames: ArrayVec<Frame, N>,
}

impl<const N: usize> Burst<N> {
    /// Returns an empty burst.
    ///
    /// ```
    /// assert!(framewell::Burst::<32>::new().is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            frames: ArrayVec::new_const(),
        }
    }

    /// Returns the number of frames that can still be added.
    ///
    /// ```
    /// assert_eq!(framewell::Burst::<32>::new().room(), 32);
    /// ```
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        N - self.frames.len()
    }

    /// Appends a frame. The call gives the frame back if the burst is full.
    ///
    /// # Errors
    ///
    /// The error is the frame itself, if there are `N` frames already.
    ///
    /// ```
    /// # use framewell::{Burst, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut burst: Burst<1> = Burst::new();
    /// assert!(burst.push(pool.get(60)?).is_ok());
    /// assert!(burst.push(pool.get(60)?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn push(&mut self, frame: Frame) -> Result<(), Frame> {
        self.frames.try_push(frame).map_err(|full| full.element())
    }

    /// Removes and returns the last frame.
    ///
    /// ```
    /// # use framewell::{Burst, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut burst: Burst<32> = Burst::new();
    /// pool.get_burst(&mut burst, 2);
    /// assert!(burst.pop().is_some());
    /// assert_eq!(burst.len(), 1);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[inline]
    pub fn pop(&mut self) -> Option<Frame> {
        self.frames.pop()
    }

    /// Removes all frames and returns them one by one, the first one first.
    ///
    /// Frames that are not taken from the iterator are freed.
    ///
    /// ```
    /// # use framewell::{Burst, Frame, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut burst: Burst<32> = Burst::new();
    /// pool.get_burst(&mut burst, 3);
    /// let frames: Vec<Frame> = burst.drain().collect();
    /// assert_eq!((frames.len(), burst.len()), (3, 0));
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[inline]
    pub fn drain(&mut self) -> Drain<'_, N> {
        Drain(self.frames.drain(..))
    }

    /// Takes the first frames apart, as many as there are places in `to`, and returns how many.
    ///
    /// `entry` returns what is written there, and becomes the owner of the frame. Or it returns
    /// `None`, which ends the call before this frame. If it panics, the frames are lost.
    #[inline(always)]
    pub(crate) fn take_while<T>(
        &mut self,
        to: &mut [T],
        mut entry: impl FnMut(&Frame) -> Option<T>,
    ) -> usize {
        let len = self.frames.len();
        // SAFETY: no frames are fewer than there are. They are not dropped, but read below.
        unsafe { self.frames.set_len(0) };
        let first = self.frames.as_mut_ptr();
        // SAFETY: `len` frames are there from the first on. The burst, which is borrowed, has no
        // other name for them meanwhile.
        let frames = unsafe { slice::from_raw_parts(first, len) };
        let mut taken = len.min(to.len());
        for (at, (frame, to)) in frames.iter().zip(to).enumerate() {
            let Some(entry) = entry(frame) else {
                taken = at;
                break;
            };
            *to = entry;
        }
        if taken < len {
            let rest = first.wrapping_add(taken);
            // SAFETY: the frames that are left lie behind those that were taken, in the array.
            unsafe { first.copy_from(rest, len - taken) };
        }
        // SAFETY: so many frames are left, from the first place on.
        unsafe { self.frames.set_len(len - taken) };
        taken
    }

    /// Appends the frame that `frame` returns for each item, until it returns `None` or there is no
    /// room. Returns how many were appended. The length is stored once.
    #[inline(always)]
    pub(crate) fn extend_while<T>(
        &mut self,
        items: &[T],
        mut frame: impl FnMut(&T) -> Option<Frame>,
    ) -> usize {
        let before = self.frames.len();
        let mut written = items.len().min(self.room());
        let end = self.frames.as_mut_ptr().wrapping_add(before);
        for (at, item) in items[..written].iter().enumerate() {
            let Some(frame) = frame(item) else {
                written = at;
                break;
            };
            // SAFETY: the place lies after the last frame, and in the array.
            unsafe { end.wrapping_add(at).write(frame) };
        }
        // SAFETY: so many frames were written after the last one.
        unsafe { self.frames.set_len(before + written) };
        written
    }

    /// Keeps the frames for which `keep` returns true, in order, and frees the others.
    ///
    /// ```
    /// # use framewell::{Burst, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut burst: Burst<32> = Burst::new();
    /// pool.get_burst(&mut burst, 3);
    /// burst[1][0] = 0x45;
    /// burst.retain(|frame| frame[0] >> 4 == 4);
    /// assert_eq!(burst.len(), 1);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&mut Frame) -> bool) {
        self.frames.retain(|frame| keep(frame));
    }

    /// Keeps the first `len` frames and frees the others in bulk.
    ///
    /// ```
    /// # use framewell::{Burst, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut burst: Burst<32> = Burst::new();
    /// pool.get_burst(&mut burst, 8);
    /// burst.truncate(5);
    /// assert_eq!(burst.len(), 5);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn truncate(&mut self, len: usize) {
        while self.frames.len() > len {
            self.free_run(len);
        }
    }

    /// Frees all frames in bulk.
    ///
    /// ```
    /// # use framewell::{Burst, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut burst: Burst<32> = Burst::new();
    /// pool.get_burst(&mut burst, 8);
    /// burst.clear();
    /// assert_eq!(pool.stats().out, 0);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Appends a frame for each id, as `get(len)` would return it.
    ///
    /// # Safety
    ///
    /// - The ids are of `pool`. The caller owns them and gives them to the handles (#single-owner).
    #[inline(always)]
    pub(crate) unsafe fn append(&mut self, pool: NonNull<Engine>, ids: &[BufferId], len: usize) {
        debug_assert!(ids.len() <= self.room());
        // SAFETY: the ids that the caller owns keep the pool (#ids-keep-pool).
        let arena = unsafe { pool.as_ref().arena() };
        let view = View::new(arena.layout(), len);
        let before = self.frames.len();
        let end = self.frames.as_mut_ptr().wrapping_add(before);
        for (at, id) in ids.iter().enumerate() {
            // SAFETY: by the first bullet; the view lies in the arena's frames.
            let frame = unsafe { Frame::with_view(pool, arena, *id, view) };
            // SAFETY: by the second bullet, the place lies after the last frame, and in the array.
            unsafe { end.wrapping_add(at).write(frame) };
        }
        // SAFETY: as many frames as there are ids were written after the last one.
        unsafe { self.frames.set_len(before + ids.len()) };
    }

    /// Frees the last frames after the first `len`: up to a batch of them, and of one pool.
    #[inline(always)]
    fn free_run(&mut self, len: usize) {
        let Some(pool) = self.frames.last().map(Frame::pool) else {
            return;
        };
        let mut batch: Batch = Batch::new();
        let start = len.max(self.frames.len().saturating_sub(batch.room()));
        let mut differ = 0;
        batch.extend_from(&self.frames[start..], |frame| {
            differ |= frame.pool().addr().get() ^ pool.addr().get();
            frame.id()
        });
        if differ != 0 {
            return self.gather(len, pool);
        }
        // SAFETY: the frames from `start` on are taken apart: their ids are in the batch.
        unsafe { self.frames.set_len(start) };
        // SAFETY: each id was given up by the handle that owned it, for `pool`.
        unsafe { Engine::free_bulk(pool, batch.as_slice()) };
    }

    /// Takes up to a batch of frames of one pool out from among those of others, and frees them.
    #[cold]
    fn gather(&mut self, len: usize, pool: NonNull<Engine>) {
        let mut batch: Batch = Batch::new();
        let mut at = self.frames.len();
        while at > len && batch.room() > 0 {
            at -= 1;
            if self.frames[at].pool() == pool {
                // The frame that `swap_remove` puts here was looked at before: it is of another
                // pool.
                batch.push(self.frames.swap_remove(at).into_parts().1);
            }
        }
        // SAFETY: each id was given up by the handle that owned it, for `pool`.
        unsafe { Engine::free_bulk(pool, batch.as_slice()) };
    }
}

impl<const N: usize> Drop for Burst<N> {
    #[inline]
    fn drop(&mut self) {
        self.truncate(0);
    }
}

impl<const N: usize> Default for Burst<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Deref for Burst<N> {
    type Target = [Frame];

    #[inline]
    fn deref(&self) -> &[Frame] {
        &self.frames
    }
}

impl<const N: usize> DerefMut for Burst<N> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [Frame] {
        &mut self.frames
    }
}

/// The iterator of [`Burst::drain`]. Dropping it frees the frames that were not taken.
///
/// ```
/// # use framewell::{Burst, Pool};
/// # let pool = Pool::builder().build()?;
/// let mut burst: Burst<32> = Burst::new();
/// pool.get_burst(&mut burst, 3);
/// assert_eq!(burst.drain().len(), 3);
/// # Ok::<(), framewell::BuildError>(())
/// ```
pub struct Drain<'a, const N: usize>(arrayvec::Drain<'a, Frame, N>);

impl<const N: usize> Iterator for Drain<'_, N> {
    type Item = Frame;

    #[inline]
    fn next(&mut self) -> Option<Frame> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<const N: usize> DoubleEndedIterator for Drain<'_, N> {
    #[inline]
    fn next_back(&mut self) -> Option<Frame> {
        self.0.next_back()
    }
}

impl<const N: usize> ExactSizeIterator for Drain<'_, N> {}

impl<const N: usize> fmt::Debug for Drain<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// `extend` appends frames.
///
/// # Panics
///
/// `extend` panics if there are more frames than room. The frames that were appended stay. The one
/// that did not fit and those left in the iterator are dropped.
impl<const N: usize> Extend<Frame> for Burst<N> {
    #[inline]
    fn extend<I: IntoIterator<Item = Frame>>(&mut self, frames: I) {
        for frame in frames {
            if self.frames.try_push(frame).is_err() {
                overflow(N);
            }
        }
    }
}

#[cold]
fn overflow(room: usize) -> ! {
    panic!("frames exceed the burst's room of {room}; make the burst larger, or use Burst::push");
}

impl<'a, const N: usize> IntoIterator for &'a Burst<N> {
    type Item = &'a Frame;
    type IntoIter = slice::Iter<'a, Frame>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, const N: usize> IntoIterator for &'a mut Burst<N> {
    type Item = &'a mut Frame;
    type IntoIter = slice::IterMut<'a, Frame>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<const N: usize> fmt::Debug for Burst<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
