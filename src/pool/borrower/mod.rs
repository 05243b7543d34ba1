//! The handle of a borrower: somebody outside of the pool's owners who holds buffers for a while.
//!
//! ```text
//!        lend                                take_back, with the view that the borrower left
//!   Frame ───► word: "lent to 3" ──► ring … ──► word: 0 ───► Frame
//!                    │
//!                    └── reclaim, when the borrower is gone ──► free
//! ```
//!
//! A single buffer is lent and taken back here, many are in `many`, those that are out as pointers
//! in `raw`, and references to shared frames in `shared`. What a word says, and what is refused,
//! lies in `base::raw` and `engine::lent`.

mod many;
mod raw;
mod shared;

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

pub use many::Span;

use super::Pool;
use crate::base::id::{BorrowerId, BufferId};
use crate::base::part::Part;
use crate::buffer::frame::Frame;
use crate::buffer::var_buf::VarBuf;
use crate::engine::misuse::Misuse;
use crate::engine::{Borrowers, Engine, SharedLoans};
use crate::error::{ReclaimError, TooManyBorrowers};

/// Somebody outside of Rust's ownership who holds buffers of a pool for a while: the rings of a
/// socket, a device, a C library.
///
/// A buffer that is lent is still in use: it counts as out, it keeps the pool's memory, and nobody
/// in this process may touch its bytes. It comes back by the borrower that it was lent to, as an
/// owner with the headroom and the length that the borrower left. A word beside each buffer says to
/// whom it is lent. So a buffer that is not lent, or that is lent to somebody else, is refused.
///
/// Lending is one store, and taking back is a load, a compare and a store. Both are lock-free, take
/// no memory, and enter the kernel only where they touch a page of the pool's own tables for the
/// first time. Nothing is added to the path of buffers that are not lent.
///
/// [References](crate::Shared) to a frame that is shared are lent to several borrowers at the same
/// time by [`lend_shared`](Self::lend_shared), which says what that costs.
///
/// A borrower keeps the pool. Dropping it while buffers are lent loses nothing: they stay lent, and
/// [`Stats::borrowers`](crate::Stats::borrowers) counts and names them, until
/// [`Pool::reclaim`](crate::Pool::reclaim) frees them. Dropping it looks at all words of the pool.
///
/// ```
/// use framewell::{BufferId, Pool};
///
/// let pool = Pool::builder().frames(64).build()?;
/// let mut nic = pool.borrower("eth0 rx")?;
/// let id: BufferId = nic.lend(pool.get(0)?).expect("the frame is this pool's");
/// println!("{}", pool.stats()); // … eth0 rx: 1 frame
///
/// // The device has written 60 bytes behind a headroom of 256.
/// // SAFETY: the device is done with the frame, and no other thread brings it.
/// let packet = unsafe { nic.take_back(id, 256, 60) }?;
/// assert_eq!((packet.headroom(), packet.len()), (256, 60));
///
/// nic.lend(packet).expect("the frame is this pool's");
/// // SAFETY: the device is gone.
/// assert_eq!(unsafe { nic.reclaim() }, 1);
/// assert_eq!(pool.stats().out, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The contract of taking back
///
/// The unsafe functions share these conditions:
///
/// - The borrower is done with the buffer: nobody else touches its bytes any more.
/// - Calls that bring the same buffer back come one after the other: one thread makes them, or a
///   lock or a channel orders them.
/// - The id, offset or address is that of a buffer that was lent. If the buffer has come back
///   since, nothing was lent to the same borrower under it again. (An id carries no generation.)
pub struct Borrower {
    pool: Pool,
    id: BorrowerId,
    shared: Arc<SharedLoans>,
}

impl Pool {
    /// Makes a borrower, to which buffers of this pool can be lent.
    ///
    /// The name appears in [`Stats`](crate::Stats). It need not be unique. The call takes a lock
    /// and memory of the heap. It is not for the hot path, nor for a signal handler.
    ///
    /// # Errors
    ///
    /// [`TooManyBorrowers`] if the pool has 4096 borrowers that exist, or that were dropped with
    /// buffers still lent.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// assert_eq!(nic.name(), "eth0 rx");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn borrower(&self, name: &str) -> Result<Borrower, TooManyBorrowers> {
        let (id, shared) = self.engine().borrowers_or_make().open(name)?;
        Ok(Borrower {
            pool: self.clone(),
            id,
            shared,
        })
    }

    /// Frees all buffers that are lent to a borrower whose handle is dropped, and returns how many.
    ///
    /// References to shared frames are dropped, and count as one each.
    ///
    /// The call looks at all words of the pool. It is not for the hot path, nor for a signal
    /// handler.
    ///
    /// # Errors
    ///
    /// [`ReclaimError`] if the borrower's handle exists, or if nothing is lent to it.
    ///
    /// # Safety
    ///
    /// - Nobody touches the bytes of the buffers any more: the borrower is gone.
    /// - The id is of this pool. An id of another pool may name a borrower here, too.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// nic.lend(pool.get(0)?).expect("the frame is this pool's");
    /// let id = nic.id();
    /// drop(nic);
    /// assert_eq!(pool.stats().out, 1);
    /// // SAFETY: nobody has the frame's address.
    /// assert_eq!(unsafe { pool.reclaim(id) }, Ok(1));
    /// assert_eq!(pool.stats().out, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn reclaim(&self, borrower: BorrowerId) -> Result<usize, ReclaimError> {
        let borrowers = self.engine().borrowers().ok_or(ReclaimError::Unknown)?;
        let shared = borrowers.begin_reclaim(borrower)?;
        // SAFETY: this handle keeps the pool. The borrower's handle is dropped, and the list of
        // borrowers lets one call reclaim, and returned its references, so no other call uses its
        // number. The rest is the function's bullets.
        let reclaimed = unsafe { Engine::reclaim(self.engine, borrower.number(), &shared) };
        borrowers.end(borrower);
        Ok(reclaimed)
    }
}

impl Borrower {
    /// Returns the borrower's id, by which its buffers can be reclaimed once it is dropped.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.borrower("eth0 rx")?.id().index(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> BorrowerId {
        self.id
    }

    /// Returns the borrower's name. The call takes a lock and memory of the heap.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.borrower("eth0 rx")?.name(), "eth0 rx");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> String {
        self.list().name(self.id)
    }

    fn list(&self) -> &Borrowers {
        let borrowers = self.pool.engine().borrowers();
        borrowers.expect("this borrower is in it")
    }

    /// Returns the pool whose buffers can be lent.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// assert_eq!(pool.borrower("eth0 rx")?.pool().capacity(), 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Counts the buffers that are lent to this borrower: frames and variable-length buffers, and
    /// each reference to a shared frame.
    ///
    /// The call looks at all words of the pool. It is exact if no call was in progress.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// let id = nic.lend(pool.get(0)?).expect("the frame is this pool's");
    /// assert_eq!(nic.lent(), 1);
    /// # // SAFETY: nobody has the frame's address.
    /// # unsafe { nic.take_back(id, 0, 0) }?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lent(&self) -> usize {
        let engine = self.pool.engine();
        let loans = engine.loans(self.id.number());
        loans.frames + loans.bufs + engine.lent_references(&self.shared)
    }

    /// Lends a frame, and returns its number.
    ///
    /// The frame's first byte lies at the number times the [stride](crate::Region::stride) in the
    /// pool's region. The borrower may use the whole frame. The headroom and the length that the
    /// frame has now are forgotten.
    ///
    /// # Errors
    ///
    /// The error is the frame itself, if it is of another pool.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// let frame = pool.get(0)?;
    /// let id = frame.id();
    /// assert_eq!(nic.lend(frame).unwrap(), id);
    /// # // SAFETY: nobody has the frame's address.
    /// # unsafe { nic.take_back(id, 0, 0) }?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn lend(&self, frame: Frame) -> Result<BufferId, Frame> {
        if frame.pool() != self.pool.as_engine() {
            return Err(frame);
        }
        let (_, id) = frame.into_parts();
        self.pool.engine().lend_frame(id, self.id.number());
        Ok(id)
    }

    /// Takes a frame back, with `len` bytes of data after a headroom of `headroom` bytes.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if the id is none of the pool's, if the frame is not lent to this borrower, or if
    /// the view does not lie in the frame. Nothing has changed then: a frame that is lent is still
    /// lent.
    ///
    /// # Safety
    ///
    /// - [The contract of taking back](Self#the-contract-of-taking-back) holds.
    ///
    /// ```
    /// # use framewell::MisuseKind;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// let id = nic.lend(pool.get(0)?).expect("the frame is this pool's");
    /// // SAFETY: nobody has the frame's address.
    /// let refused = unsafe { nic.take_back(id, 256, 1600) }.unwrap_err();
    /// assert!(matches!(refused.kind, MisuseKind::BeyondRoom { room: 1728, .. }));
    /// // SAFETY: as above.
    /// assert_eq!(unsafe { nic.take_back(id, 256, 60) }?.len(), 60);
    /// // SAFETY: as above.
    /// let refused = unsafe { nic.take_back(id, 256, 60) }.unwrap_err();
    /// assert_eq!(refused.kind, MisuseKind::NotLent);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn take_back(
        &self,
        id: BufferId,
        headroom: usize,
        len: usize,
    ) -> Result<Frame, Misuse> {
        let engine = self.pool.engine();
        match engine.return_view(self.id.number(), id, headroom, len) {
            // SAFETY: the loan came back, so the caller owns the frame; the view lies in its room,
            // which is at most 65,535 bytes.
            Ok(()) => Ok(unsafe { self.frame(id, headroom, len) }),
            Err(kind) => Err(engine.refuse_frame(id, headroom, kind)),
        }
    }

    /// Takes a frame back whose `len` bytes of data begin at an offset in the pool's region.
    ///
    /// The offset is that of the data from [`Region::base`](crate::Region::base), in bytes: what is
    /// before it in its frame becomes headroom. The byte at the offset names the frame, also if
    /// there is no data. Behind a frame's last byte that is the next frame.
    ///
    /// # Errors
    ///
    /// The errors are those of [`take_back`](Self::take_back). An offset beyond the region is
    /// [`MisuseKind::Foreign`](crate::MisuseKind::Foreign).
    ///
    /// # Safety
    ///
    /// - [The contract of taking back](Self#the-contract-of-taking-back) holds.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// let id = nic.lend(pool.get(0)?).expect("the frame is this pool's");
    /// let offset = id.index() * pool.region().stride() + 256;
    /// // SAFETY: nobody has the frame's address.
    /// let packet = unsafe { nic.take_back_at(offset as u64, 60) }?;
    /// assert_eq!((packet.headroom(), packet.len()), (256, 60));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn take_back_at(&self, offset: u64, len: usize) -> Result<Frame, Misuse> {
        match self.pool.engine().arena().locate(offset) {
            // SAFETY: as the function's bullet.
            Some((id, headroom)) => unsafe { self.take_back(id, headroom, len) },
            None => Err(self.pool.engine().refuse_offset(offset)),
        }
    }

    /// Makes the owner of a frame that has come back.
    ///
    /// # Safety
    ///
    /// - The caller owns the frame and gives it to the handle.
    /// - Headroom and length together are at most the frame's room.
    #[inline(always)]
    unsafe fn frame(&self, id: BufferId, headroom: usize, len: usize) -> Frame {
        let pool = self.pool.as_engine();
        // SAFETY: as the function's bullets.
        unsafe { Frame::of_part(pool, id, headroom as u16, len as u16) }
    }

    /// Lends a variable-length buffer, and returns the address of its first byte.
    ///
    /// The borrower may use all bytes of its [`capacity`](VarBuf::capacity). The headroom and the
    /// length that the buffer has now are forgotten.
    ///
    /// # Errors
    ///
    /// The error is the buffer itself, if it is of another pool.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let ring = pool.borrower("ring")?;
    /// let address = ring.lend_buf(pool.alloc(65_536)?).expect("the buffer is this pool's");
    /// // SAFETY: nobody else has the address.
    /// let merged = unsafe { ring.take_back_buf(address.as_ptr(), 44_000) }?;
    /// assert_eq!(merged.len(), 44_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn lend_buf(&self, buffer: VarBuf) -> Result<NonNull<u8>, VarBuf> {
        if buffer.as_engine() != self.pool.as_engine() {
            return Err(buffer);
        }
        Ok(buffer.lend(self.id.number()))
    }

    /// Takes a variable-length buffer back, with its first `len` bytes.
    ///
    /// For buffers above the largest size class the call looks them up, and allocates.
    ///
    /// # Errors
    ///
    /// The errors are those of [`take_back`](Self::take_back). An address in the buffer that is not
    /// its first byte is [`MisuseKind::Interior`](crate::MisuseKind::Interior).
    ///
    /// # Safety
    ///
    /// - [The contract of taking back](Self#the-contract-of-taking-back) holds.
    ///
    /// ```
    /// # use framewell::MisuseKind;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let ring = pool.borrower("ring")?;
    /// let address = ring.lend_buf(pool.alloc(2346)?).expect("the buffer is this pool's");
    /// // SAFETY: nobody else has the address.
    /// let refused = unsafe { ring.take_back_buf(address.as_ptr(), 4000) }.unwrap_err();
    /// assert!(matches!(refused.kind, MisuseKind::BeyondRoom { room: 2368, .. }));
    /// // SAFETY: as above.
    /// assert_eq!(unsafe { ring.take_back_buf(address.as_ptr(), 100) }?.len(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn take_back_buf(&self, address: *mut u8, len: usize) -> Result<VarBuf, Misuse> {
        // SAFETY: as the function's bullet.
        unsafe { self.take_back_buf_view(address, 0, len) }
    }

    /// Takes a variable-length buffer back, with `len` bytes behind a headroom of `headroom` bytes.
    ///
    /// `address` is that of the buffer's first byte, which [`lend_buf`](Self::lend_buf) returned.
    /// Otherwise the call does what [`take_back_buf`](Self::take_back_buf) does.
    ///
    /// # Errors
    ///
    /// The errors are those of [`take_back_buf`](Self::take_back_buf).
    ///
    /// # Safety
    ///
    /// - [The contract of taking back](Self#the-contract-of-taking-back) holds.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let ring = pool.borrower("tun")?;
    /// let address = ring.lend_buf(pool.alloc_merged()?).expect("the buffer is this pool's");
    /// // The kernel writes a packet of 44,000 bytes behind 128 + 10 bytes.
    /// // SAFETY: nobody else has the address.
    /// let merged = unsafe { ring.take_back_buf_view(address.as_ptr(), 138, 44_000) }?;
    /// assert_eq!((merged.headroom(), merged.len()), (138, 44_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn take_back_buf_view(
        &self,
        address: *mut u8,
        headroom: usize,
        len: usize,
    ) -> Result<VarBuf, Misuse> {
        let part = Part {
            offset: headroom,
            len,
        };
        let engine = self.pool.engine();
        let claimed = engine.return_var(self.id.number(), address.addr(), part)?;
        // SAFETY: the loan came back, so this call owns the buffer, in which the part lies.
        Ok(unsafe { VarBuf::of_claimed(claimed) })
    }

    /// Frees all buffers that are lent to this borrower, and returns how many.
    ///
    /// References to shared frames are dropped, and count as one each.
    ///
    /// The call looks at all words of the pool. It is not for the hot path, nor for a signal
    /// handler.
    ///
    /// # Safety
    ///
    /// - Nobody touches the bytes of the buffers any more: the borrower is gone.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut nic = pool.borrower("eth0 rx")?;
    /// nic.lend(pool.get(0)?).expect("the frame is this pool's");
    /// // SAFETY: nobody has the frame's address.
    /// assert_eq!(unsafe { nic.reclaim() }, 1);
    /// assert_eq!(pool.stats().out, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn reclaim(&mut self) -> usize {
        // SAFETY: this value keeps the pool, and is borrowed mutably, so no other call uses its
        // number. The rest is the function's bullet.
        unsafe { Engine::reclaim(self.pool.as_engine(), self.id.number(), &self.shared) }
    }
}

impl Drop for Borrower {
    fn drop(&mut self) {
        let lent = self.lent() > 0;
        self.list().close(self.id, lent);
    }
}

impl fmt::Debug for Borrower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Borrower")
            .field("number", &self.id.index())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
