//! Many loans at once, from lists of frames to slices and back.

use super::Borrower;
use crate::base::id::BufferId;
use crate::buffer::burst::Burst;
use crate::buffer::id_batch::IdBatch;
use crate::engine::Lending;
use crate::engine::misuse::TakeBackError;

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
        let taken = self.lend_last(batch, ids.len(), |_, _| {});
        // Here and not in that loop, where the compiler would copy one by one.
        ids[..taken.len()].copy_from_slice(taken);
        taken.len()
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
        let n = offsets.len();
        self.lend_last(batch, n, |at, offset| offsets[at] = offset)
            .len()
    }

    /// Lends the last frames of a batch, at most `n`, and returns their ids. `lent` gets the place
    /// of each among them, and its offset.
    #[inline(always)]
    fn lend_last<'b, const N: usize>(
        &self,
        batch: &'b mut IdBatch<'_, N>,
        n: usize,
        mut lent: impl FnMut(usize, u64),
    ) -> &'b [BufferId] {
        self.check_pool(batch);
        let lending = self.lending();
        let ids = batch.take_last(n);
        for (at, id) in ids.iter().enumerate() {
            // SAFETY: the batch owned the frame, which is of its pool, and gave it to this call.
            let offset = unsafe { lending.lend(*id) };
            lent(at, offset);
        }
        ids
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
        let (lending, n) = (self.lending(), ids.len().min(batch.room()));
        let back = |id: &BufferId| lending.take_back(*id).then_some(*id);
        // SAFETY: the loans came back, so this call owns the frames, which are of the batch's pool.
        let taken = unsafe { batch.extend_while(ids, back) };
        match ids[..n].get(taken) {
            None => Ok(n),
            Some(id) => Err(TakeBackError {
                taken,
                misuse: self
                    .pool
                    .engine()
                    .refuse_return(self.id.number(), *id, 0, None),
            }),
        }
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
        let (lending, n) = (self.lending(), offsets.len().min(batch.room()));
        let back = |offset: &u64| lending.take_back_at(*offset);
        // SAFETY: as in `take_back_ids`.
        let taken = unsafe { batch.extend_while(offsets, back) };
        match offsets[..n].get(taken) {
            None => Ok(n),
            Some(offset) => Err(self.refused_at(taken, *offset, None)),
        }
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
        let (lending, pool) = (self.lending(), self.pool.as_engine());
        // An empty frame may end where the next one begins. Its span must not name that one.
        let last = lending.stride() - 1;
        burst.take_while(spans, |frame| {
            if frame.pool() != pool {
                return None;
            }
            // SAFETY: the frame is this pool's, and the burst leaves it to this call.
            let start = unsafe { lending.lend(frame.id()) };
            Some(Span {
                offset: start + last.min(frame.headroom() as u64),
                len: frame.len() as u32,
            })
        })
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
        let (lending, n) = (self.lending(), spans.len().min(burst.room()));
        let taken = burst.extend_while(spans, |span| {
            let (id, headroom) = lending.take_back_view(span.offset, span.len)?;
            // SAFETY: the loan came back, so this call owns the frame; the view lies in its room.
            Some(unsafe { self.frame(id, headroom, span.len as usize) })
        });
        match spans[..n].get(taken) {
            None => Ok(n),
            Some(span) => Err(self.refused_at(taken, span.offset, Some(span.len as usize))),
        }
    }

    #[inline(always)]
    fn lending(&self) -> Lending<'_> {
        self.pool.engine().lending(self.id.number())
    }

    /// Returns the error of a call that took so many entries back before it refused one. They are
    /// in the caller's batch or burst by now, because the pool's hook may panic.
    #[cold]
    fn refused_at(&self, taken: usize, offset: u64, len: Option<usize>) -> TakeBackError {
        let engine = self.pool.engine();
        let misuse = engine.refuse_return_at(self.id.number(), offset, len);
        TakeBackError { taken, misuse }
    }

    #[inline(always)]
    fn check_pool<const N: usize>(&self, batch: &IdBatch<'_, N>) {
        if batch.as_engine() != self.pool.as_engine() {
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
