//! References that share one buffer, for packets with several readers.
//!
//! ```text
//!   Frame ── share ──► Shared ── clone, slice, split ──► Shared, Shared, …
//!     ▲                  │                                  each has a part of its own
//!     └─ try_into_owned ─┘   the last drop ──► free, by the ordinary path
//! ```
//!
//! A reference is a copy of the owner's handle: the pool or class, the buffer's number, and the
//! part of the buffer that this reference names. The number of references lies outside of the
//! buffer, in the side table (`base::count`). So a reference is 16 bytes, and sharing takes no
//! memory.

mod exclusive;
mod many;
mod raw;
mod slice;

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;

pub use exclusive::Exclusive;
pub(in crate::buffer) use exclusive::Parts;
pub use many::{Pieces, References};

use crate::error::TooManyReferences;

/// A reference to a part of a buffer that others may have references to, too.
///
/// It is for packets with several readers: a datagram that goes to many subscribers, a merged
/// packet that is cut into its segments, a payload that is kept until it is acknowledged. It
/// dereferences to the bytes of its part, which nobody changes as long as there are further
/// references. References can be cloned, sent to other threads, and dropped there. The drop of the
/// last one frees the buffer, on whatever thread that is, as the drop of its owner would.
///
/// Cloning is one atomic addition, and dropping one atomic subtraction. No call takes a lock. None
/// takes memory, but the last drop of a buffer above the largest size class does, as the drop of
/// its owner would. Each enters the kernel only as the free of a buffer does, and where it touches
/// a page of the pool's own tables for the first time. A `Shared` is 16 bytes large, as is
/// `Option<Shared>`. It keeps the pool's memory, as an owner does.
///
/// There is no `make_mut`: it would have to copy into another buffer, of a pool that may have none.
/// [`get_mut`](Self::get_mut) and [`try_into_owned`](Self::try_into_owned) work where no other
/// reference exists; [`Pool::copy_from`](crate::Pool::copy_from) makes the copy.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let packet = pool.copy_from(b"headerpayload")?.share();
/// let (mut header, payload) = (packet.slice(..6), packet.slice(6..));
/// drop(packet);
/// std::thread::spawn(move || assert_eq!(*payload, *b"payload")).join().unwrap();
/// assert!(header.get_mut().is_some(), "no other reference is left");
/// drop(header);
/// assert_eq!(pool.stats().out, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Shared<B: Exclusive> {
    /// A handle to the buffer, which is not used as an owner's before it is the only one.
    handle: ManuallyDrop<B>,
}

impl<B: Exclusive> Shared<B> {
    /// Makes a reference that is counted already.
    ///
    /// # Safety
    ///
    /// - The handle is another of a buffer that is shared, and this reference is counted.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn counted(handle: ManuallyDrop<B>) -> Self {
        Self { handle }
    }

    /// Makes a further reference, which the caller has counted.
    ///
    /// # Safety
    ///
    /// - The new reference is counted.
    #[inline(always)]
    unsafe fn another(&self) -> Self {
        // SAFETY: handles of references are used as an owner's by the last one alone.
        let handle = unsafe { B::alias(&self.handle) };
        // SAFETY: the function's bullet.
        unsafe { Self::counted(handle) }
    }

    /// Returns the handle, to look at.
    #[inline(always)]
    pub(in crate::buffer) fn as_handle(&self) -> &B {
        &self.handle
    }

    /// Takes the reference apart without dropping it. It stays counted.
    #[inline(always)]
    pub(in crate::buffer) fn into_handle(self) -> ManuallyDrop<B> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not used again, nor dropped.
        ManuallyDrop::new(unsafe { ManuallyDrop::take(&mut this.handle) })
    }

    /// Makes a further reference to the same part, unless there are 2³⁰ already.
    ///
    /// # Errors
    ///
    /// [`TooManyReferences`] if the buffer has that many. [`clone`](Clone::clone) ends the process
    /// then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"packet")?.share();
    /// let same = packet.try_clone()?;
    /// assert_eq!(packet.references(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_clone(&self) -> Result<Self, TooManyReferences> {
        if !B::count(&self.handle).try_add(1) {
            return Err(TooManyReferences);
        }
        // SAFETY: the new reference was counted just now.
        Ok(unsafe { self.another() })
    }

    /// Returns the number of references to the buffer, this one included.
    ///
    /// The number is stale as soon as it is read, unless it is 1: then it stays 1 while this
    /// reference is borrowed by nobody else.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"packet")?.share();
    /// let half = packet.slice(..3);
    /// assert_eq!(half.references(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn references(&self) -> usize {
        B::count(&self.handle).references()
    }

    /// Returns the bytes to be written, if this is the only reference to the buffer.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"packet")?.share();
    /// let other = packet.clone();
    /// assert!(packet.get_mut().is_none());
    /// drop(other);
    /// packet.get_mut().unwrap()[0] = b'r';
    /// assert_eq!(*packet, *b"racket");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self) -> Option<&mut [u8]> {
        // The mutable borrow keeps others from cloning this reference.
        B::count(&self.handle).is_one().then(|| &mut **self.handle)
    }

    /// Turns the reference into the buffer's owner, if it is the only one.
    ///
    /// The owner's data is the part that the reference names. All of the buffer around it is
    /// headroom and tailroom.
    ///
    /// # Errors
    ///
    /// The error is the reference itself, if there are further ones.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"headerpayload")?.share();
    /// let payload = packet.slice(6..);
    /// let payload = payload.try_into_owned().expect_err("there is another");
    /// drop(packet);
    /// let mut payload = payload.try_into_owned().expect("there is no other");
    /// payload.push(2)?.copy_from_slice(b"a ");
    /// assert_eq!(*payload, *b"a payload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_into_owned(self) -> Result<B, Self> {
        if !B::count(&self.handle).is_one() {
            return Err(self);
        }
        B::count(&self.handle).clear();
        Ok(ManuallyDrop::into_inner(self.into_handle()))
    }
}

impl<B: Exclusive> From<B> for Shared<B> {
    /// Turns an owner into the first reference. The call stores nothing.
    #[inline]
    fn from(buffer: B) -> Self {
        let handle = ManuallyDrop::new(buffer);
        // SAFETY: the handle is the owner's, for which the count says that there is no further
        // reference (#further-references).
        unsafe { Self::counted(handle) }
    }
}

/// Makes a further reference to the same part.
///
/// The process ends if there are more than 2³⁰ references to the buffer.
/// [`Shared::try_clone`] is refused instead.
impl<B: Exclusive> Clone for Shared<B> {
    #[inline]
    fn clone(&self) -> Self {
        B::count(&self.handle).add(1);
        // SAFETY: the new reference was counted just now.
        unsafe { self.another() }
    }
}

impl<B: Exclusive> Drop for Shared<B> {
    #[inline]
    fn drop(&mut self) {
        if B::count(&self.handle).drop_one() {
            // SAFETY: this was the last reference, and is not used again. So the handle is an
            // owner's, and the only one.
            unsafe { ManuallyDrop::drop(&mut self.handle) };
        }
    }
}

impl<B: Exclusive> Deref for Shared<B> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.handle
    }
}

impl<B: Exclusive> AsRef<[u8]> for Shared<B> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<B: Exclusive> fmt::Debug for Shared<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("len", &self.len())
            .field("references", &self.references())
            .finish_non_exhaustive()
    }
}
