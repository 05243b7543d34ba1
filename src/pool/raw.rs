//! The raw boundary of a pool: pointers that were handed out and come back.

use std::ptr::NonNull;

use super::Pool;
use crate::buffer::frame::Frame;
use crate::buffer::shared::Shared;
use crate::buffer::var_buf::VarBuf;
use crate::engine::misuse::{Found, Misuse};

impl Pool {
    /// Returns the frame that [`Frame::into_raw`] turned into `pointer`.
    ///
    /// The frame has the headroom and the length that it had then.
    ///
    /// The call may be made on any thread. Every pointer is a defined input. One that is not out is
    /// refused for certain, as long as the frame was not handed out at that address again. That is
    /// so also when several threads bring the same pointer at the same time: one of them gets the
    /// frame. A call that succeeds never enters the kernel. One that is refused may look at all
    /// large buffers, and allocate.
    ///
    /// # Errors
    ///
    /// [`Misuse`] says what is wrong with the pointer; nothing has changed then. It is counted, and
    /// reported as [`PoolBuilder::on_misuse`](crate::PoolBuilder::on_misuse) says.
    ///
    /// # Safety
    ///
    /// - The pointer stands for the frame that it was handed out for: if that frame has come back
    ///   since, no other owner has handed it out at the same address. (A pointer carries no
    ///   generation.)
    /// - Nobody uses the frame's bytes through the pointer, or a copy of it, afterwards.
    ///
    /// ```
    /// # use framewell::MisuseKind;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.get(60)?.into_raw().as_ptr();
    /// // SAFETY: handed out just now.
    /// drop(unsafe { pool.from_raw(pointer) }?);
    /// // SAFETY: nobody has handed it out since.
    /// let refused = unsafe { pool.from_raw(pointer) }.unwrap_err();
    /// assert_eq!(refused.kind, MisuseKind::NotRaw);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[allow(
        clippy::wrong_self_convention,
        reason = "the pool makes a frame from the pointer"
    )]
    pub unsafe fn from_raw(&self, pointer: *mut u8) -> Result<Frame, Misuse> {
        let (id, view) = self.engine().claim_frame(pointer.addr())?;
        // SAFETY: the claim made this call the owner of the frame, with the view that was noted for
        // it.
        Ok(unsafe { Frame::from_raw_view(self.engine, id, view) })
    }

    /// Returns the buffer that [`VarBuf::into_raw`] turned into `pointer`.
    ///
    /// The buffer has the headroom and the length that it had then.
    ///
    /// The call does what [`from_raw`](Self::from_raw) does for frames. For buffers above the
    /// largest size class it allocates. If the data of such a buffer begins 4 KiB or more behind
    /// its first byte, the call may look at all large buffers.
    ///
    /// # Errors
    ///
    /// The errors are those of [`from_raw`](Self::from_raw).
    ///
    /// # Safety
    ///
    /// - The conditions of [`from_raw`](Self::from_raw) hold for the buffer.
    ///
    /// ```
    /// # use framewell::MisuseKind;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.alloc(3839)?.into_raw().as_ptr();
    /// // SAFETY: the pointer does not stand for anything that was handed out.
    /// let refused = unsafe { pool.buf_from_raw(pointer.wrapping_add(1)) }.unwrap_err();
    /// assert_eq!(refused.kind, MisuseKind::Interior);
    /// // SAFETY: handed out above.
    /// assert_eq!(unsafe { pool.buf_from_raw(pointer) }?.len(), 3839);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn buf_from_raw(&self, pointer: *mut u8) -> Result<VarBuf, Misuse> {
        let claimed = self.engine().claim_var(pointer.addr())?;
        // SAFETY: the claim made this call the owner of the buffer, with the part that was noted
        // for it.
        Ok(unsafe { VarBuf::of_claimed(claimed) })
    }

    /// Returns the reference that [`Shared::into_raw`] turned into `pointer`.
    ///
    /// The reference names the bytes of the pointer. They may be other bytes of the same frame than
    /// those that the reference named before.
    ///
    /// The call may be made on any thread. It never enters the kernel, unless it is refused.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if no frame of this pool lies there, if no reference to the frame is out as a
    /// pointer, or if the bytes do not lie in the frame. It is counted, and reported as
    /// [`PoolBuilder::on_misuse`](crate::PoolBuilder::on_misuse) says. A reference that is brought
    /// twice is refused only once the last one is dropped.
    ///
    /// # Safety
    ///
    /// - The pointer stands for a reference that is out as one, and is brought once for each.
    /// - Nobody uses the bytes through the pointer afterwards.
    ///
    /// ```
    /// # use framewell::MisuseKind;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.copy_from(b"packet")?.share().into_raw();
    /// // SAFETY: the pointer was handed out just now.
    /// let packet = unsafe { pool.shared_from_raw(pointer) }?;
    /// assert_eq!(*packet, *b"packet");
    /// drop(packet);
    /// // SAFETY: nobody has shared the frame since.
    /// let refused = unsafe { pool.shared_from_raw(pointer) }.unwrap_err();
    /// assert_eq!(refused.kind, MisuseKind::NotShared);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn shared_from_raw(&self, pointer: NonNull<[u8]>) -> Result<Shared<Frame>, Misuse> {
        let (address, len) = (pointer.cast::<u8>().addr().get(), pointer.len());
        let (id, offset) = self.engine().shared_frame(address, len)?;
        // SAFETY: the caller's reference keeps the frame. The bytes lie in its room, which is at
        // most 65,535 bytes.
        let frame = unsafe { Frame::of_shared(self.engine, id, offset as u16, len as u16) };
        // SAFETY: the pointer stands for a reference, which is counted.
        Ok(unsafe { Shared::from_counted(frame) })
    }

    /// Returns the reference that [`Shared::into_raw`] turned into `pointer`, where the buffer is a
    /// variable-length one.
    ///
    /// The call does what [`shared_from_raw`](Self::shared_from_raw) does for frames. For buffers
    /// above the largest size class it looks at all of them, and allocates.
    ///
    /// # Errors
    ///
    /// The errors are those of [`shared_from_raw`](Self::shared_from_raw).
    ///
    /// # Safety
    ///
    /// - The conditions of [`shared_from_raw`](Self::shared_from_raw) hold for the buffer.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.alloc(3839)?.share().into_raw();
    /// // SAFETY: the pointer was handed out just now.
    /// assert_eq!(unsafe { pool.shared_buf_from_raw(pointer) }?.len(), 3839);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn shared_buf_from_raw(
        &self,
        pointer: NonNull<[u8]>,
    ) -> Result<Shared<VarBuf>, Misuse> {
        let (address, len) = (pointer.cast::<u8>().addr().get(), pointer.len());
        let claimed = self.engine().shared_var(address, len)?;
        // SAFETY: the caller's reference keeps the buffer, and the part lies in it.
        let buffer = unsafe { VarBuf::of_shared(claimed) };
        // SAFETY: the pointer stands for a reference, which is counted.
        Ok(unsafe { Shared::from_counted(buffer) })
    }

    /// Returns what the pool knows of an address, or `None` if no buffer of the pool lies there.
    ///
    /// The answer names the buffer that the address lies in, where the buffer starts, how many of
    /// its bytes can be used from there, and whether it is out as a pointer. The answer may be
    /// stale as soon as it is read, unless the caller owns the buffer.
    ///
    /// The call never enters the kernel for an address in a frame or in a buffer of a size class.
    /// For any other address it may look at all large buffers, and allocate.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.get(60)?.into_raw();
    /// let found = pool.find(pointer.as_ptr()).unwrap();
    /// assert_eq!((found.is_raw, found.start, found.capacity), (true, pointer, 1600));
    /// assert!(pool.find(&0).is_none());
    /// # // SAFETY: handed out above.
    /// # unsafe { pool.from_raw(pointer.as_ptr()) }?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn find(&self, address: *const u8) -> Option<Found> {
        self.engine().find(address.addr())
    }
}
