//! The iterator that removes frames from a `Bulk` one by one.

#![forbid(unsafe_code)]

use super::Bulk;
use crate::buffer::frame::Frame;

/// The iterator of [`Bulk::drain`]. Dropping it frees the frames that were not taken.
///
/// ```
/// # use framewell::{Bulk, Pool};
/// # let pool = Pool::builder().build()?;
/// let mut bulk: Bulk<32> = Bulk::new(&pool);
/// bulk.get(3)?;
/// assert_eq!(bulk.drain().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BulkDrain<'a, 'p, const N: usize>(pub(super) &'a mut Bulk<'p, N>);

impl<const N: usize> Iterator for BulkDrain<'_, '_, N> {
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

impl<const N: usize> ExactSizeIterator for BulkDrain<'_, '_, N> {}

impl<const N: usize> Drop for BulkDrain<'_, '_, N> {
    #[inline]
    fn drop(&mut self) {
        self.0.clear();
    }
}
