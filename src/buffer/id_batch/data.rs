//! The data of the frames in an `IdBatch`: whole payloads.

use std::ops::{Index, IndexMut};
use std::slice;

use super::IdBatch;
use super::places::Places;
use crate::memory::back::Back;

impl<const N: usize> IdBatch<'_, N> {
    /// Returns an iterator over the data of each frame.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(8)?;
    /// assert!(batch.iter().all(|bytes| bytes.len() == 1500));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + DoubleEndedIterator {
        let arena = self.pool.engine().arena();
        let places = Places::new(arena);
        self.ids.as_slice().iter().map(move |id| {
            arena.loom_read(*id);
            // SAFETY: the id is the pool's.
            let first = unsafe { places.at(*id) };
            // SAFETY: the payload lies inside the frame, is initialised (anonymous memory is
            // zeroed), and belongs to this value, which the slice borrows.
            unsafe { slice::from_raw_parts(first.as_ptr(), places.len) }
        })
    }

    /// Returns an iterator over the data of each frame, for writing.
    ///
    /// ```
    /// # use framewell::{IdBatch, Pool};
    /// # let pool = Pool::builder().build()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// batch.get_bulk(8)?;
    /// batch.iter_mut().for_each(|bytes| bytes[0] = 0x45);
    /// assert!(batch.iter().all(|bytes| bytes[0] == 0x45));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [u8]> + DoubleEndedIterator {
        let arena = self.pool.engine().arena();
        let places = Places::new(arena);
        self.ids.as_slice().iter().map(move |id| {
            arena.loom_write(*id);
            // SAFETY: the id is the pool's.
            let first = unsafe { places.at(*id) };
            // SAFETY: as in `iter`. This value is borrowed mutably, and no two of its ids are the
            // same (#single-owner).
            unsafe { slice::from_raw_parts_mut(first.as_ptr(), places.len) }
        })
    }
}

/// Indexing returns the data of a frame.
///
/// # Panics
///
/// Indexing panics if there is no frame at the index.
impl<const N: usize> Index<usize> for IdBatch<'_, N> {
    type Output = [u8];

    #[inline]
    fn index(&self, at: usize) -> &[u8] {
        let arena = self.pool.engine().arena();
        let (id, places) = (self.ids()[at], Places::new(arena));
        arena.loom_read(id);
        // SAFETY: as in `iter`.
        let first = unsafe { places.at(id) };
        // SAFETY: as in `iter`.
        unsafe { slice::from_raw_parts(first.as_ptr(), places.len) }
    }
}

impl<const N: usize> IndexMut<usize> for IdBatch<'_, N> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut [u8] {
        let arena = self.pool.engine().arena();
        let (id, places) = (self.ids()[at], Places::new(arena));
        arena.loom_write(id);
        // SAFETY: as in `iter_mut`.
        let first = unsafe { places.at(id) };
        // SAFETY: as in `iter_mut`.
        unsafe { slice::from_raw_parts_mut(first.as_ptr(), places.len) }
    }
}
