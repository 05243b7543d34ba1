//! Many loans at once, from lists of frames to slices and back.

use super::Borrower;
use crate::base::id::BufferId;
use crate::buffer::burst::Burst;
use crate::buffer::id_batch::IdBatch;
use crate::shared::misuse::TakeBackError;

/// A part of a pool's region, as the descriptors of rings name it.
///
/// ```
/// # use framewell::{Burst, Pool, Span};
/// # let pool = Pool::builder().build()?;
/// let nic = pool.borrower("eth0 tx")?;
/// let mut burst: Burst<32> = Burst::new();
/// burst.push(pool.copy_from(b"packet")?).expect("there is room");
/// let mut spans = [Span::default()];
/// assert_eq!(nic.lend_spans(&mut burst, &mut spans), 1);
/// assert_eq!((spans[0].offset % 1728, spans[0].len), (128, 6));
/// # // SAFETY: nobody has the frame's address.
/// # unsafe { nic.take_back_spans(&spans, &mut burst) }?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Where the data begins, in bytes from [`Region::base`](crate::Region::base).
    pub offset: u64,
    /// How many bytes of data there are.
    pub len: u32,
}

impl Borrower {
    /// Lends the last frames of a batch, as many as `ids` has room for, and returns how many.
    ///
    /// # Panics
    ///
    /// The call panics if the batch is of another pool.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(3)?;
    /// let mut ids = [batch.ids()[0]; 2];
    /// assert_eq!((nic.lend_ids(&mut batch, &mut ids), batch.len()), (2, 1));
    /// # // SAFETY: nobody has the frames' addresses.
    /// # unsafe { nic.take_back_ids(&ids, &mut batch) }?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn lend_ids<const N: usize>(
        &self,
        batch: &mut IdBatch<'_, N>,
        ids: &mut [BufferId],
    ) -> usize {
        self.lend_each(batch, ids, |id| id)
    }

    /// Lends the last frames of a batch, as many as `offsets` has room for, and returns how many.
    ///
    /// Each offset is that of a frame's first byte in the pool's region.
    ///
    /// # Panics
    ///
    /// The call panics if the batch is of another pool.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(2)?;
    /// let mut offsets = [0; 2];
    /// assert_eq!(nic.lend_offsets(&mut batch, &mut offsets), 2);
    /// assert!(offsets.iter().all(|offset| offset % 1728 == 0));
    /// # // SAFETY: nobody has the frames' addresses.
    /// # unsafe { nic.take_back_offsets(&offsets, &mut batch) }?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn lend_offsets<const N: usize>(
        &self,
        batch: &mut IdBatch<'_, N>,
        offsets: &mut [u64],
    ) -> usize {
        let stride = self.pool.shared().arena().layout().stride;
        self.lend_each(batch, offsets, |id| (id.index() * stride) as u64)
    }

    #[inline(always)]
    fn lend_each<const N: usize, T>(
        &self,
        batch: &mut IdBatch<'_, N>,
        to: &mut [T],
        entry: impl Fn(BufferId) -> T,
    ) -> usize {
        self.check_pool(batch);
        let (shared, borrower) = (self.pool.shared(), self.id.number());
        let ids = batch.take_last(to.len());
        for (id, to) in ids.iter().zip(to) {
            shared.lend_frame(*id, borrower);
            *to = entry(*id);
        }
        ids.len()
    }

    /// Takes frames back into a batch, as many as it has room for, and returns how many.
    ///
    /// Their data is the whole payload then, as for every frame in an [`IdBatch`].
    ///
    /// # Errors
    ///
    /// [`TakeBackError`] at the first id that is refused, as [`take_back`](Self::take_back) refuses
    /// it. The frames before it are in the batch.
    ///
    /// # Panics
    ///
    /// The call panics if the batch is of another pool.
    ///
    /// # Safety
    ///
    /// - [The contract of taking back](Self#the-contract-of-taking-back) holds for each frame.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 tx")?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(2)?;
    /// let mut ids = [batch.ids()[0]; 2];
    /// nic.lend_ids(&mut batch, &mut ids);
    /// // SAFETY: nobody has the frames' addresses.
    /// assert_eq!(unsafe { nic.take_back_ids(&ids, &mut batch) }?, 2);
    /// assert_eq!(batch.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn take_back_ids<const N: usize>(
        &self,
        ids: &[BufferId],
        batch: &mut IdBatch<'_, N>,
    ) -> Result<usize, TakeBackError> {
        self.check_pool(batch);
        let (shared, borrower) = (self.pool.shared(), self.id.number());
        let n = ids.len().min(batch.room());
        for (taken, id) in ids[..n].iter().enumerate() {
            if let Err(kind) = shared.return_frame(borrower, *id) {
                let misuse = shared.refuse_frame(*id, 0, kind);
                return Err(TakeBackError { taken, misuse });
            }
            // SAFETY: the loan came back, so this call owns the frame, which is of the batch's
            // pool. There is room for it.
            unsafe { batch.push_id(*id) };
        }
        Ok(n)
    }

    /// Takes frames back into a batch, as many as it has room for, and returns how many.
    ///
    /// Each offset is that of any byte of a frame in the pool's region. The data of the frames is
    /// the whole payload then, as for every frame in an [`IdBatch`].
    ///
    /// # Errors
    ///
    /// [`TakeBackError`] at the first offset that is refused, as
    /// [`take_back_at`](Self::take_back_at) refuses it. The frames before it are in the batch.
    ///
    /// # Panics
    ///
    /// The call panics if the batch is of another pool.
    ///
    /// # Safety
    ///
    /// - [The contract of taking back](Self#the-contract-of-taking-back) holds for each frame.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 tx")?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(2)?;
    /// let mut offsets = [0; 2];
    /// nic.lend_offsets(&mut batch, &mut offsets);
    /// // SAFETY: nobody has the frames' addresses.
    /// assert_eq!(unsafe { nic.take_back_offsets(&offsets, &mut batch) }?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn take_back_offsets<const N: usize>(
        &self,
        offsets: &[u64],
        batch: &mut IdBatch<'_, N>,
    ) -> Result<usize, TakeBackError> {
        self.check_pool(batch);
        let (shared, borrower) = (self.pool.shared(), self.id.number());
        let n = offsets.len().min(batch.room());
        for (taken, offset) in offsets[..n].iter().enumerate() {
            let Some((id, within)) = shared.arena().locate(*offset) else {
                let misuse = shared.refuse_offset(*offset);
                return Err(TakeBackError { taken, misuse });
            };
            if let Err(kind) = shared.return_frame(borrower, id) {
                let misuse = shared.refuse_frame(id, within, kind);
                return Err(TakeBackError { taken, misuse });
            }
            // SAFETY: as in `take_back_ids`.
            unsafe { batch.push_id(id) };
        }
        Ok(n)
    }

    /// Lends the first frames of a burst, as many as `spans` has room for, and returns how many.
    ///
    /// Each span is that of a frame's data. An exception is an empty frame at the very end of its
    /// stride: its span moves back by one byte. The call stops before a frame of another pool.
    ///
    /// ```
    /// # use framewell::{Burst, Pool, Span};
    /// # let pool = Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 tx")?;
    /// let mut burst: Burst<32> = Burst::new();
    /// pool.get_bulk(&mut burst, 3)?;
    /// let mut spans = [Span::default(); 2];
    /// assert_eq!((nic.lend_spans(&mut burst, &mut spans), burst.len()), (2, 1));
    /// # // SAFETY: nobody has the frames' addresses.
    /// # unsafe { nic.take_back_spans(&spans, &mut burst) }?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn lend_spans<const N: usize>(&self, burst: &mut Burst<N>, spans: &mut [Span]) -> usize {
        let (shared, borrower) = (self.pool.shared(), self.id.number());
        let stride = shared.arena().layout().stride;
        let pool = self.pool.as_shared();
        let own = burst.iter().take_while(|frame| frame.pool() == pool);
        let n = own.take(spans.len()).count();
        for (frame, span) in burst.drain_first(n).zip(spans) {
            let (headroom, len) = (frame.headroom(), frame.len());
            let (_, id) = frame.into_parts();
            shared.lend_frame(id, borrower);
            // An empty frame may end where the next one begins. Its span must not name that one.
            let first = headroom.min(stride - 1);
            *span = Span {
                offset: (id.index() * stride + first) as u64,
                len: len as u32,
            };
        }
        n
    }

    /// Takes frames back into a burst, as many as it has room for, and returns how many.
    ///
    /// The data of each frame is what its span says. What is before it in the frame is headroom.
    ///
    /// # Errors
    ///
    /// [`TakeBackError`] at the first span that is refused, as
    /// [`take_back_at`](Self::take_back_at) refuses it. The frames before it are in the burst.
    ///
    /// # Safety
    ///
    /// - [The contract of taking back](Self#the-contract-of-taking-back) holds for each frame.
    ///
    /// ```
    /// # use framewell::{Burst, Pool, Span};
    /// # let pool = Pool::builder().build()?;
    /// let nic = pool.borrower("eth0 rx")?;
    /// let mut burst: Burst<32> = Burst::new();
    /// pool.get_bulk(&mut burst, 1)?;
    /// let mut spans = [Span::default()];
    /// nic.lend_spans(&mut burst, &mut spans);
    /// spans[0] = Span { offset: spans[0].offset + 128, len: 60 }; // what the device left
    /// // SAFETY: nobody has the frame's address.
    /// assert_eq!(unsafe { nic.take_back_spans(&spans, &mut burst) }?, 1);
    /// assert_eq!((burst[0].headroom(), burst[0].len()), (256, 60));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn take_back_spans<const N: usize>(
        &self,
        spans: &[Span],
        burst: &mut Burst<N>,
    ) -> Result<usize, TakeBackError> {
        let (shared, borrower) = (self.pool.shared(), self.id.number());
        let n = spans.len().min(burst.room());
        for (taken, span) in spans[..n].iter().enumerate() {
            let Some((id, headroom)) = shared.arena().locate(span.offset) else {
                let misuse = shared.refuse_offset(span.offset);
                return Err(TakeBackError { taken, misuse });
            };
            let len = span.len as usize;
            if let Err(kind) = shared.return_view(borrower, id, headroom, len) {
                let misuse = shared.refuse_frame(id, headroom, kind);
                return Err(TakeBackError { taken, misuse });
            }
            // SAFETY: the loan came back, so this call owns the frame; the view lies in its room.
            let frame = unsafe { self.frame(id, headroom, len) };
            burst.push_within_room(frame);
        }
        Ok(n)
    }

    #[inline(always)]
    fn check_pool<const N: usize>(&self, batch: &IdBatch<'_, N>) {
        if batch.as_shared() != self.pool.as_shared() {
            self.other_pool();
        }
    }

    #[cold]
    fn other_pool(&self) -> ! {
        panic!(
            "the batch is of another pool than the borrower {:?}; make it with \
             IdBatch::new(borrower.pool())",
            self.name()
        );
    }
}
