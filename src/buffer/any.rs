//! The owner of a buffer of either kind, for a chain of both.
//!
//! Its two words are those of the buffer's own handle. The second lowest bit of the first word is
//! set for a frame:
//!
//! ```text
//!   a frame:   │ address of its pool      │ 1 0 │   │ view of a frame │
//!   of a class │ address of its class     │ 0 0 │   │ view of a buffer of a class │
//!   large      │ address of its entry     │ 0 1 │   │ view of a large buffer │
//! ```

use std::mem::{self, ManuallyDrop};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::base::count::Count;
use crate::buffer::frame::Frame;
use crate::buffer::shared::{Exclusive, Parts, Shared};
use crate::buffer::var_buf::VarBuf;

/// What is added to the address of a frame's pool.
const FRAME: usize = 2;

/// The owner of a frame, or of a variable-length buffer.
pub struct AnyBuffer {
    owner: NonNull<()>,
    view: u64,
}

/// A handle of the buffer's own kind.
enum Handle {
    Frame(ManuallyDrop<Frame>),
    VarBuf(ManuallyDrop<VarBuf>),
}

// SAFETY: both kinds of owner are `Send`.
unsafe impl Send for AnyBuffer {}
// SAFETY: both kinds of owner are `Sync`.
unsafe impl Sync for AnyBuffer {}

impl AnyBuffer {
    /// Returns another handle to the buffer, of its own kind.
    ///
    /// # Safety
    ///
    /// - The handle is used as this one may be, and as an owner's only if this one is not used any
    ///   more.
    #[inline(always)]
    unsafe fn handle(&self) -> Handle {
        if self.is_frame() {
            // SAFETY: `From<Frame>` has added as much, to the address of an engine.
            let pool = unsafe { self.owner.byte_sub(FRAME) };
            // SAFETY: the words are a frame's, and the handle has what this one has (the function's
            // bullet).
            Handle::Frame(ManuallyDrop::new(unsafe {
                Frame::from_words(pool, self.view)
            }))
        } else {
            // SAFETY: as above; they are a variable-length buffer's.
            Handle::VarBuf(ManuallyDrop::new(unsafe {
                VarBuf::from_words(self.owner, self.view)
            }))
        }
    }

    #[inline(always)]
    fn is_frame(&self) -> bool {
        self.owner.addr().get() & FRAME != 0
    }

    /// Looks at the buffer through a handle of its own kind.
    #[inline(always)]
    fn look<R>(&self, frame: impl FnOnce(&Frame) -> R, buf: impl FnOnce(&VarBuf) -> R) -> R {
        // SAFETY: the handle is only looked at.
        match unsafe { self.handle() } {
            Handle::Frame(handle) => frame(&handle),
            Handle::VarBuf(handle) => buf(&handle),
        }
    }

    /// Returns the frame that this is, or this.
    #[inline(always)]
    fn into_frame(self) -> Result<ManuallyDrop<Frame>, Self> {
        // SAFETY: if this is a frame, it is not used again, nor dropped.
        match unsafe { self.handle() } {
            Handle::Frame(handle) => {
                mem::forget(self);
                Ok(handle)
            }
            Handle::VarBuf(_) => Err(self),
        }
    }

    /// Returns the variable-length buffer that this is, or this.
    #[inline(always)]
    fn into_var_buf(self) -> Result<ManuallyDrop<VarBuf>, Self> {
        // SAFETY: as in `into_frame`.
        match unsafe { self.handle() } {
            Handle::VarBuf(handle) => {
                mem::forget(self);
                Ok(handle)
            }
            Handle::Frame(_) => Err(self),
        }
    }
}

impl From<Frame> for AnyBuffer {
    #[inline]
    fn from(frame: Frame) -> Self {
        let (pool, view) = frame.into_words();
        Self {
            owner: pool.map_addr(|address| address | FRAME),
            view,
        }
    }
}

impl From<VarBuf> for AnyBuffer {
    #[inline]
    fn from(buffer: VarBuf) -> Self {
        let (owner, view) = buffer.into_words();
        debug_assert!(owner.addr().get() & FRAME == 0);
        Self { owner, view }
    }
}

impl Drop for AnyBuffer {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this owner is not used again.
        match unsafe { self.handle() } {
            Handle::Frame(handle) => drop(ManuallyDrop::into_inner(handle)),
            Handle::VarBuf(handle) => drop(ManuallyDrop::into_inner(handle)),
        }
    }
}

impl Deref for AnyBuffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        let bytes = self.look(|frame| NonNull::from(&**frame), |buf| NonNull::from(&**buf));
        // SAFETY: the bytes lie in the buffer, which this owner has as long as it is borrowed.
        unsafe { bytes.as_ref() }
    }
}

impl DerefMut for AnyBuffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: this owner is not used before the bytes are given up.
        let mut bytes = match unsafe { self.handle() } {
            Handle::Frame(mut handle) => NonNull::from(&mut **handle),
            Handle::VarBuf(mut handle) => NonNull::from(&mut **handle),
        };
        // SAFETY: as in `deref`. This owner is borrowed mutably.
        unsafe { bytes.as_mut() }
    }
}

impl Exclusive for AnyBuffer {}

// SAFETY: the count is that of the buffer's own kind. A handle is two words, of which one is the
// view, and `set_part` writes its own handle's.
unsafe impl Parts for AnyBuffer {
    #[inline(always)]
    fn count(this: &Self) -> Count<'_> {
        /// Makes the count last as long as a handle does.
        ///
        /// # Safety
        ///
        /// - The buffer is kept for as long.
        #[inline(always)]
        unsafe fn lasting<'a>(count: Count<'_>) -> Count<'a> {
            // SAFETY: the word lies beside the buffer (the function's bullet).
            unsafe { mem::transmute::<Count<'_>, Count<'a>>(count) }
        }
        this.look(
            // SAFETY: this handle keeps the buffer as long as it is borrowed.
            |frame| unsafe { lasting(Frame::count(frame)) },
            // SAFETY: as above.
            |buf| unsafe { lasting(VarBuf::count(buf)) },
        )
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
        this.look(Parts::part, Parts::part)
    }

    #[inline(always)]
    fn room(this: &Self) -> usize {
        this.look(Parts::room, Parts::room)
    }

    #[inline(always)]
    unsafe fn set_part(this: &mut Self, offset: usize, len: usize) {
        // SAFETY: only the handle's part is set, which becomes that of this one.
        (_, this.view) = match unsafe { this.handle() } {
            Handle::Frame(mut handle) => {
                // SAFETY: as the function's bullet.
                unsafe { <Frame as Parts>::set_part(&mut handle, offset, len) };
                ManuallyDrop::into_inner(handle).into_words()
            }
            Handle::VarBuf(mut handle) => {
                // SAFETY: as the function's bullet.
                unsafe { <VarBuf as Parts>::set_part(&mut handle, offset, len) };
                ManuallyDrop::into_inner(handle).into_words()
            }
        };
    }
}

impl From<Shared<Frame>> for Shared<AnyBuffer> {
    #[inline]
    fn from(frame: Shared<Frame>) -> Self {
        let handle = ManuallyDrop::into_inner(frame.into_handle());
        // SAFETY: the reference stays counted, and this is the handle to it now.
        unsafe { Self::counted(ManuallyDrop::new(AnyBuffer::from(handle))) }
    }
}

impl From<Shared<VarBuf>> for Shared<AnyBuffer> {
    #[inline]
    fn from(buffer: Shared<VarBuf>) -> Self {
        let handle = ManuallyDrop::into_inner(buffer.into_handle());
        // SAFETY: as above.
        unsafe { Self::counted(ManuallyDrop::new(AnyBuffer::from(handle))) }
    }
}

impl Shared<AnyBuffer> {
    /// Returns the reference to a frame that this is, or this.
    #[inline]
    pub(super) fn into_shared_frame(self) -> Result<Shared<Frame>, Self> {
        match ManuallyDrop::into_inner(self.into_handle()).into_frame() {
            // SAFETY: the reference stays counted, and this is the handle to it now.
            Ok(handle) => Ok(unsafe { Shared::counted(handle) }),
            // SAFETY: as above.
            Err(other) => Err(unsafe { Self::counted(ManuallyDrop::new(other)) }),
        }
    }

    /// Returns the reference to a variable-length buffer that this is, or this.
    #[inline]
    pub(super) fn into_shared_buf(self) -> Result<Shared<VarBuf>, Self> {
        match ManuallyDrop::into_inner(self.into_handle()).into_var_buf() {
            // SAFETY: as above.
            Ok(handle) => Ok(unsafe { Shared::counted(handle) }),
            // SAFETY: as above.
            Err(other) => Err(unsafe { Self::counted(ManuallyDrop::new(other)) }),
        }
    }
}
