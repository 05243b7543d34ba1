//! Loans of references: a shared frame that lies in several rings at the same time.

use super::Borrower;
use crate::base::id::BufferId;
use crate::buffer::frame::Frame;
use crate::buffer::shared::Shared;
use crate::engine::misuse::Misuse;

impl Borrower {
    /// Lends a reference to a shared frame, and returns the frame's number.
    ///
    /// It is for a packet that several rings send: each has a reference of its own, also several
    /// of them. The borrower may read the frame, and must not write it. The part that the reference
    /// names is forgotten. Other references stay as they are.
    ///
    /// The borrower counts what it has in a table of its own, with 4 bytes for each frame. The
    /// first call for a borrower reserves the table: it takes memory of the heap, and enters the
    /// kernel. Every other is one atomic addition, and enters the kernel only where it touches a
    /// page of the table for the first time.
    ///
    /// # Errors
    ///
    /// The error is the reference itself, if the frame is of another pool, or if the system refuses
    /// memory for the table.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let (left, right) = (pool.borrower("eth0 tx")?, pool.borrower("eth1 tx")?);
    /// let packet = pool.copy_from(b"packet")?.share();
    /// let id = left.lend_shared(packet.clone()).expect("the frame is this pool's");
    /// right.lend_shared(packet).expect("the frame is this pool's");
    /// // SAFETY: `left` has sent the packet.
    /// drop(unsafe { left.take_back_shared(id, 0, 0) }?);
    /// // SAFETY: `right` has sent the packet.
    /// let packet = unsafe { right.take_back_shared(id, 128, 6) }?;
    /// assert_eq!((&*packet, packet.references()), (&b"packet"[..], 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn lend_shared(&self, reference: Shared<Frame>) -> Result<BufferId, Shared<Frame>> {
        if reference.pool() != self.pool.as_engine() {
            return Err(reference);
        }
        let lent = self
            .pool
            .engine()
            .lend_reference(&self.shared, reference.id());
        match lent {
            Ok(()) => Ok(reference.into_counted()),
            Err(_) => Err(reference),
        }
    }

    /// Takes a reference to a shared frame back, with `len` bytes after a headroom of `headroom`
    /// bytes as its part.
    ///
    /// Several calls may bring references to the same frame at the same time. Each gets one, as
    /// long as this borrower has one.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if the id is none of the pool's, if no reference to the frame is lent to this
    /// borrower, or if the part does not lie in the frame. Nothing has changed then: a reference
    /// that is lent is still lent.
    ///
    /// # Safety
    ///
    /// - A reference that was lent under this id is done with: the borrower does not read the
    ///   frame's bytes on its behalf any more. Each is brought once. (An id does not tell which.)
    /// - The borrower has not written the frame's bytes.
    ///
    /// ```
    /// # use framewell::MisuseKind;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 tx")?;
    /// let packet = pool.copy_from(b"packet")?.share();
    /// let id = nic.lend_shared(packet.slice(2..)).expect("the frame is this pool's");
    /// // SAFETY: nobody has the frame's address.
    /// drop(unsafe { nic.take_back_shared(id, 0, 0) }?);
    /// // SAFETY: as above.
    /// let refused = unsafe { nic.take_back_shared(id, 0, 0) }.unwrap_err();
    /// assert_eq!(refused.kind, MisuseKind::NotLent);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn take_back_shared(
        &self,
        id: BufferId,
        headroom: usize,
        len: usize,
    ) -> Result<Shared<Frame>, Misuse> {
        let engine = self.pool.engine();
        let returned = engine.return_reference(self.id.number(), &self.shared, id, headroom, len);
        returned.map_err(|kind| engine.refuse_frame(id, headroom, kind))?;
        let pool = self.pool.as_engine();
        // SAFETY: a reference came back (#lent-are-counted), which is the caller's and keeps the
        // frame. The part lies in the frame's room, which is at most 65,535 bytes.
        let frame = unsafe { Frame::of_shared(pool, id, headroom as u16, len as u16) };
        // SAFETY: the reference is counted.
        Ok(unsafe { Shared::from_counted(frame) })
    }
}
