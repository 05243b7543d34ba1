//! The iterator that removes frames from an `IdBatch` one by one.

#![forbid(unsafe_code)]

use super::IdBatch;
use crate::buffer::frame::Frame;

/// The iterator of [`IdBatch::drain`]. Dropping it frees the frames that were not taken.
///
/// ```
/// # use framewell::{IdBatch, Pool};
/// # let pool = Pool::builder().build()?;
/// let mut batch: IdBatch<32> = IdBatch::new(&pool);
/// batch.get_bulk(3)?;
/// assert_eq!(batch.drain().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct IdBatchDrain<'a, 'p, const N: usize>(pub(super) &'a mut IdBatch<'p, N>);

impl<const N: usize> Iterator for IdBatchDrain<'_, '_, N> {
    type Item = Frame;

    #[inline]
    fn next(&mut self) -> Option<Frame> {
        self.0.pop()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl<const N: usize> ExactSizeIterator for IdBatchDrain<'_, '_, N> {}

impl<const N: usize> Drop for IdBatchDrain<'_, '_, N> {
    #[inline]
    fn drop(&mut self) {
        self.0.clear();
    }
}
