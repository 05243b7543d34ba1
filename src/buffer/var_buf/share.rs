//! A variable-length buffer that is shared: its reference names a part of it.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::view::View;
use super::{Place, VarBuf};
use crate::base::count::Count;
use crate::base::part::Part;
use crate::buffer::shared::{Exclusive, Parts, Shared};
use crate::engine::Claimed;
use crate::varlen::SizeClass;

impl VarBuf {
    /// Turns the owner into a [shared reference](Shared) to the same bytes, of which there can be
    /// more.
    ///
    /// The call stores nothing, and takes no memory. [`Shared::try_into_owned`] leads back.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let merged = pool.alloc(44 * 1448)?.share();
    /// let segments: Vec<_> = merged.split_every(1448).collect();
    /// assert_eq!((segments.len(), segments[43].len()), (44, 1448));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn share(self) -> Shared<Self> {
        Shared::from(self)
    }

    /// Makes another handle of a buffer that is shared.
    ///
    /// # Safety
    ///
    /// - The caller has a reference to the buffer, and gives it to the handle.
    /// - The part lies in the buffer.
    pub(crate) unsafe fn of_shared(claimed: Claimed<'_>) -> Self {
        match claimed {
            Claimed::OfClass(class, id, part) => Self {
                owner: NonNull::from(class).cast(),
                view: View::of_class(id, part),
            },
            // SAFETY: as the function's bullets; the handle is another of the same buffer.
            Claimed::Large(id, part) => unsafe { Self::large(id, part) },
        }
    }

    /// Takes the handle apart without freeing the buffer: into its owner, whose second lowest bit
    /// is clear, and its view.
    #[inline(always)]
    pub(in crate::buffer) fn into_words(self) -> (NonNull<()>, u64) {
        const { assert!(align_of::<SizeClass>() >= 4) };
        let this = ManuallyDrop::new(self);
        (this.owner, this.view.0)
    }

    /// Makes a handle of its words.
    ///
    /// # Safety
    ///
    /// - The words are from [`into_words`](Self::into_words), or of another part of the buffer.
    /// - The caller has the buffer, or a reference to it, and gives it to the handle.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn from_words(owner: NonNull<()>, view: u64) -> Self {
        Self {
            owner,
            view: View(view),
        }
    }
}

impl Exclusive for VarBuf {}

// SAFETY: the count is the word of the id in its class, or lies where the mapping is noted:
// all handles to the buffer have the same. A handle is an owner and a view, and each method writes
// the view of its own handle alone.
unsafe impl Parts for VarBuf {
    #[inline(always)]
    fn count(this: &Self) -> Count<'_> {
        match this.place() {
            Place::Class(class, id) => {
                // SAFETY: the buffer keeps the pool, and with it the class (#ids-keep-pool).
                let class = unsafe { class.as_ref() };
                class.carver().chunks().raw().count(id)
            }
            // SAFETY: the handle keeps the buffer.
            Place::Large(id) => unsafe { id.block() }.count(),
        }
    }

    #[inline(always)]
    unsafe fn alias(this: &Self) -> ManuallyDrop<Self> {
        ManuallyDrop::new(Self {
            owner: this.owner,
            view: this.view,
        })
    }

    #[inline(always)]
    fn part(this: &Self) -> (usize, usize) {
        let Part { offset, len } = VarBuf::part(this);
        (offset, len)
    }

    #[inline(always)]
    fn room(this: &Self) -> usize {
        this.capacity()
    }

    #[inline(always)]
    unsafe fn set_part(this: &mut Self, offset: usize, len: usize) {
        VarBuf::set_part(this, Part { offset, len });
    }
}
