//! The handle of one frame.

mod ends;
mod parts;
mod share;

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::base::id::BufferId;
use crate::base::part::Part;
use crate::base::raw;
use crate::buffer::view::View;
use crate::engine::Engine;
use crate::memory::arena::Arena;
use crate::memory::back::Back;

/// The owner of one frame of a pool, and of the data in it.
///
/// ```text
///   │◄─ headroom ─►│◄── data: deref, len ──►│◄─ tailroom ─►│
///   │     head     │                        │     tail     │
///                push ◄─┤ ├─► pull   trim ◄─┤ ├─► put
/// ```
///
/// A `Frame` can be sent to another thread and dropped there. It outlives every
/// [`Pool`](crate::Pool) handle. Dropping it frees the frame. A frame that is forgotten
/// ([`std::mem::forget`]) is lost to its pool, and keeps the pool's memory mapped.
///
/// A `Frame` is 16 bytes large, as are `Option<Frame>` and `Result<Frame, OutOfBuffers>`. Getting
/// and freeing one do not touch the frame's bytes.
///
/// A frame that was given back cannot be used again:
///
/// ```compile_fail,E0382
/// # let pool = framewell::Pool::builder().build().unwrap();
/// let frame = pool.get(60).unwrap();
/// drop(frame);
/// let _ = frame[0];
/// ```
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let mut frame = pool.copy_from(b"payload")?;
/// frame.push(4)?.copy_from_slice(b"head");
/// frame.put(4)?.copy_from_slice(b"tail");
/// assert_eq!(*frame, *b"headpayloadtail");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Frame {
    pool: NonNull<Engine>,
    view: View,
}

// SAFETY: a frame owns its bytes alone (#single-owner), and the pool may be used and freed on any
// thread.
unsafe impl Send for Frame {}
// SAFETY: through `&Frame` the bytes can only be read.
unsafe impl Sync for Frame {}

impl Frame {
    /// Makes the handle of a frame with `min(len, payload)` bytes of data after the headroom.
    ///
    /// # Safety
    ///
    /// - `id` is an id of `pool`. The caller owns it and gives it to the handle (#single-owner).
    #[inline(always)]
    pub(crate) unsafe fn new(pool: NonNull<Engine>, id: BufferId, len: usize) -> Self {
        // SAFETY: the id that the caller owns keeps the pool (#ids-keep-pool).
        let arena = unsafe { pool.as_ref().arena() };
        // SAFETY: by the function's bullet; the part lies in the frame by its layout.
        unsafe { Self::with_view(pool, arena, id, View::new(arena.layout(), len)) }
    }

    /// Makes the handle of a frame with the data that `view` says.
    ///
    /// # Safety
    ///
    /// - The bullet of [`new`](Self::new) holds.
    /// - `arena` is the pool's, and `view` has frame number 0 and lies in the arena's frames.
    #[inline(always)]
    pub(super) unsafe fn with_view(
        pool: NonNull<Engine>,
        arena: &Arena,
        id: BufferId,
        view: View,
    ) -> Self {
        arena.loom_write(id);
        Self {
            pool,
            view: view.of(id),
        }
    }

    #[inline(always)]
    pub(crate) fn engine(&self) -> &Engine {
        // SAFETY: this frame's id keeps the pool (#ids-keep-pool).
        unsafe { self.pool.as_ref() }
    }

    /// Returns the address of the byte at an offset in the frame.
    ///
    /// # Safety
    ///
    /// - `offset` is at most the room.
    #[inline(always)]
    unsafe fn byte(&self, offset: usize) -> NonNull<u8> {
        // SAFETY: the id is one of this pool's (`new`), and the room never exceeds the stride.
        unsafe { self.engine().arena().byte(self.id(), offset) }
    }

    /// Returns the part of the frame that holds data.
    #[inline(always)]
    fn part(&self) -> Part {
        Part {
            offset: self.view.offset().into(),
            len: self.view.len().into(),
        }
    }

    /// Makes another part of the frame, which must lie in it, the data.
    #[inline(always)]
    fn set_part(&mut self, part: Part) {
        debug_assert!(part.end() <= self.capacity());
        // Both fit in 16 bits: offset + length ≤ room ≤ 65,535.
        self.view = self.view.part(part.offset as u16, part.len as u16);
    }

    /// Returns the number of bytes of data.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.get(60)?.len(), 60);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.view.len().into()
    }

    /// Returns whether there is no data in the frame.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert!(pool.get(0)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.view.len() == 0
    }

    /// Returns the number of bytes before the data.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.get(60)?.headroom(), 128);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn headroom(&self) -> usize {
        self.view.offset().into()
    }

    /// Returns the number of bytes after the data.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.get(1500)?.tailroom(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn tailroom(&self) -> usize {
        self.part().tailroom(self.capacity())
    }

    /// Returns the bytes of headroom, data and tailroom together.
    ///
    /// The sum never changes, and it is the same for every frame of a pool.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.get(60)?.capacity(), 1728);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.engine().arena().layout().room.into()
    }

    /// Returns the number of this frame in its pool.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let frame = pool.get(60)?;
    /// let region = pool.region();
    /// let start = region.base().as_ptr().addr() + frame.id().index() * region.stride();
    /// assert_eq!(frame.as_ptr().addr(), start + frame.headroom());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn id(&self) -> BufferId {
        self.view.id()
    }

    /// Turns the frame into a pointer to the first byte of its data, for C code or a device.
    ///
    /// The frame counts as in use. [`Pool::from_raw`](crate::Pool::from_raw) turns the pointer back
    /// into a frame, on any thread, with the headroom and the length that the frame has now. An
    /// exception is an empty frame at the very end of its room: it moves back by one byte.
    ///
    /// The call enters the kernel only where it touches a page of the pool's own tables for the
    /// first time.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.copy_from(b"packet")?.into_raw().as_ptr();
    /// // SAFETY: the pointer was handed out just now, and is turned back once.
    /// let frame = unsafe { pool.from_raw(pointer) }?;
    /// assert_eq!((&frame[..], frame.headroom()), (&b"packet"[..], 128));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "the pointer is the only way back to the frame"]
    pub fn into_raw(self) -> NonNull<u8> {
        let mut this = ManuallyDrop::new(self);
        let stride = this.engine().arena().layout().stride;
        let part = this.part().for_pointer(stride);
        this.set_part(part);
        // SAFETY: the data lies in the room.
        let pointer = unsafe { this.byte(part.offset) };
        let word = this.engine().raw().word(this.id());
        // This is the last step: whoever waits for the frame at this address may take it, and end
        // the pool.
        raw::hand_out(word, this.view.part_of_frame());
        pointer
    }

    /// Makes the handle of a frame that was out as a pointer.
    ///
    /// # Safety
    ///
    /// - The bullet of [`new`](Self::new) holds.
    /// - `view` is what [`into_raw`](Self::into_raw) has noted.
    pub(crate) unsafe fn from_raw_view(pool: NonNull<Engine>, id: BufferId, view: u64) -> Self {
        Self {
            pool,
            view: View(view << 32).of(id),
        }
    }

    /// Makes the handle of a frame with `len` bytes of data from `offset`.
    ///
    /// # Safety
    ///
    /// - The bullet of [`new`](Self::new) holds.
    /// - Offset and length together are at most the frame's room.
    #[inline(always)]
    pub(crate) unsafe fn of_part(
        pool: NonNull<Engine>,
        id: BufferId,
        offset: u16,
        len: u16,
    ) -> Self {
        // SAFETY: the id that the caller owns keeps the pool (#ids-keep-pool).
        let arena = unsafe { pool.as_ref().arena() };
        // SAFETY: as the function's bullets.
        unsafe { Self::with_view(pool, arena, id, View::part_of_any(offset, len)) }
    }

    /// Takes the handle apart without freeing the frame.
    #[inline(always)]
    pub(crate) fn into_parts(self) -> (NonNull<Engine>, BufferId) {
        let this = ManuallyDrop::new(self);
        (this.pool, this.id())
    }

    #[inline(always)]
    pub(crate) fn pool(&self) -> NonNull<Engine> {
        self.pool
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the handle owns its id (`new`), and is not used again.
        unsafe { Engine::free(self.pool, self.id()) };
    }
}

impl AsRef<[u8]> for Frame {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for Frame {
    #[inline]
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("id", &self.id().0)
            .field("headroom", &self.headroom())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
