//! A frame that is shared: its reference names a part of it.

use std::mem::{self, ManuallyDrop};
use std::ptr::NonNull;

use super::Frame;
use crate::base::count::Count;
use crate::base::id::BufferId;
use crate::buffer::shared::{Exclusive, Parts, Shared};
use crate::buffer::view::View;
use crate::engine::Engine;

impl Frame {
    /// Turns the owner into a [shared reference](Shared) to the same bytes, of which there can be
    /// more.
    ///
    /// The call stores nothing, and takes no memory. [`Shared::try_into_owned`] leads back.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"packet")?.share();
    /// let same = packet.clone();
    /// assert_eq!(packet.as_ptr(), same.as_ptr());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn share(self) -> Shared<Self> {
        Shared::from(self)
    }

    /// Makes another handle of a frame that is shared.
    ///
    /// # Safety
    ///
    /// - `id` is an id of `pool`. The caller has a reference to it, and gives it to the handle.
    /// - Offset and length together are at most the frame's room.
    pub(crate) unsafe fn of_shared(
        pool: NonNull<Engine>,
        id: BufferId,
        offset: u16,
        len: u16,
    ) -> Self {
        Self {
            pool,
            view: View::part_of_any(offset, len).of(id),
        }
    }

    /// Takes the handle apart without freeing the frame: into its pool's address, which is a
    /// multiple of 4, and its view.
    #[inline(always)]
    pub(in crate::buffer) fn into_words(self) -> (NonNull<()>, u64) {
        const { assert!(align_of::<Engine>() >= 4) };
        let this = ManuallyDrop::new(self);
        (this.pool.cast(), this.view.0)
    }

    /// Makes a handle of its words.
    ///
    /// # Safety
    ///
    /// - The words are from [`into_words`](Self::into_words), or of another part of the frame.
    /// - The caller has the frame, or a reference to it, and gives it to the handle.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn from_words(pool: NonNull<()>, view: u64) -> Self {
        Self {
            pool: pool.cast(),
            view: View(view),
        }
    }
}

impl Exclusive for Frame {}

// SAFETY: the count is the word of the frame's id, which all handles to the frame have. A handle is
// a pool and a view, and each method writes the view of its own handle alone.
unsafe impl Parts for Frame {
    #[inline(always)]
    fn count(this: &Self) -> Count<'_> {
        this.engine().arena().count(this.id())
    }

    #[inline(always)]
    unsafe fn alias(this: &Self) -> ManuallyDrop<Self> {
        ManuallyDrop::new(Self {
            pool: this.pool,
            view: this.view,
        })
    }

    #[inline(always)]
    fn part(this: &Self) -> (usize, usize) {
        (this.headroom(), this.len())
    }

    #[inline(always)]
    fn room(this: &Self) -> usize {
        this.capacity()
    }

    #[inline(always)]
    unsafe fn set_part(this: &mut Self, offset: usize, len: usize) {
        // Both fit in 16 bits: their sum is at most the room, which is at most 65,535.
        this.view = this.view.part(offset as u16, len as u16);
    }
}

impl Shared<Frame> {
    /// Returns the number of the frame in its pool.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"packet")?.share();
    /// assert_eq!(packet.id(), packet.slice(2..).id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn id(&self) -> BufferId {
        self.as_handle().id()
    }

    /// Returns the pool of the frame.
    pub(crate) fn pool(&self) -> NonNull<Engine> {
        self.as_handle().pool()
    }

    /// Gives up the reference without dropping it, and returns the frame's id. The reference stays
    /// counted, and goes to whoever gets the id.
    pub(crate) fn into_counted(self) -> BufferId {
        let id = self.id();
        mem::forget(self);
        id
    }
}
