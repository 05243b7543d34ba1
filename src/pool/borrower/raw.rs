//! Loans of buffers that are out as pointers, for C code and devices that know addresses alone.

use super::Borrower;
use crate::base::id::BufferId;
use crate::buffer::frame::Frame;
use crate::engine::misuse::Misuse;

impl Borrower {
    /// Lends a frame that is out as a pointer, and returns its number.
    ///
    /// It does what [`Pool::from_raw`](crate::Pool::from_raw) and [`lend`](Self::lend) do together,
    /// in one compare-and-swap. So of two calls that bring the same pointer at the same time, to
    /// lend it or to free it, one succeeds. A call that succeeds never enters the kernel. One that
    /// is refused may look at all large buffers, and allocate.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Pool::from_raw`](crate::Pool::from_raw).
    ///
    /// # Safety
    ///
    /// - The pointer stands for the frame that it was handed out for, as in
    ///   [`Pool::from_raw`](crate::Pool::from_raw).
    /// - Nobody uses the frame's bytes through the pointer, or a copy of it, afterwards.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 tx")?;
    /// let pointer = pool.copy_from(b"packet")?.into_raw().as_ptr();
    /// // SAFETY: handed out just now.
    /// let id = unsafe { nic.lend_raw(pointer) }?;
    /// // SAFETY: nobody else has the frame's address.
    /// assert_eq!(unsafe { nic.take_back(id, 128, 6) }?[..], *b"packet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn lend_raw(&self, pointer: *mut u8) -> Result<BufferId, Misuse> {
        self.pool
            .engine()
            .lend_frame_at(pointer.addr(), self.id.number())
    }

    /// Lends a variable-length buffer that is out as a pointer.
    ///
    /// The buffer comes back by the address of its first byte, as any buffer that was lent. That is
    /// the pointer less the headroom that the buffer had when it was handed out.
    ///
    /// The call does what [`lend_raw`](Self::lend_raw) does for frames. For buffers above the
    /// largest size class it looks them up, and allocates.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Pool::buf_from_raw`](crate::Pool::buf_from_raw).
    ///
    /// # Safety
    ///
    /// - The conditions of [`lend_raw`](Self::lend_raw) hold for the buffer.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let ring = pool.borrower("ring")?;
    /// let pointer = pool.alloc(3839)?.into_raw().as_ptr();
    /// // SAFETY: handed out just now.
    /// unsafe { ring.lend_raw_buf(pointer) }?;
    /// // SAFETY: nobody else has the address.
    /// assert_eq!(unsafe { ring.take_back_buf(pointer, 100) }?.len(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn lend_raw_buf(&self, pointer: *mut u8) -> Result<(), Misuse> {
        self.pool
            .engine()
            .lend_var_at(pointer.addr(), self.id.number())
    }

    /// Takes a frame back whose `len` bytes of data begin at an address.
    ///
    /// What is before the address in its frame becomes headroom.
    ///
    /// # Errors
    ///
    /// The errors are those of [`take_back`](Self::take_back). An address beyond the frames is
    /// [`MisuseKind::Foreign`](crate::MisuseKind::Foreign), or
    /// [`MisuseKind::OtherKind`](crate::MisuseKind::OtherKind) if a variable-length buffer lies
    /// there. A call that is refused may look at all large buffers, and allocate.
    ///
    /// # Safety
    ///
    /// - [The contract of taking back](Self#the-contract-of-taking-back) holds.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// let pointer = pool.get(0)?.into_raw().as_ptr();
    /// // SAFETY: handed out just now.
    /// unsafe { nic.lend_raw(pointer) }?;
    /// // SAFETY: nobody else has the frame's address.
    /// let packet = unsafe { nic.take_back_address(pointer.wrapping_add(128), 60) }?;
    /// assert_eq!((packet.headroom(), packet.len()), (256, 60));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn take_back_address(&self, address: *mut u8, len: usize) -> Result<Frame, Misuse> {
        let engine = self.pool.engine();
        let (id, headroom) = engine.return_frame_at(self.id.number(), address.addr(), len)?;
        // SAFETY: the loan came back, so the caller owns the frame; the view lies in its room.
        Ok(unsafe { self.frame(id, headroom, len) })
    }
}
