//! The buffers that a cell can hold.

#![forbid(unsafe_code)]

use std::ops::Deref;

use crate::buffer::frame::Frame;
use crate::buffer::shared::{Exclusive, Shared};
use crate::buffer::var_buf::VarBuf;

/// A buffer of a pool that a [`FrameCell`](crate::FrameCell) can hold.
///
/// The trait is sealed: only this crate implements it. A cell of [`Shared`] buffers lets readers
/// keep what they have read: a clone of the reference in a [`Snapshot`](crate::Snapshot) outlives
/// it.
///
/// ```
/// use framewell::{Buffer, FrameCell, Pool};
///
/// fn starts_with<B: Buffer>(cell: &FrameCell<B>, bytes: &[u8]) -> bool {
///     cell.reader().read().is_some_and(|seen| seen.starts_with(bytes))
/// }
///
/// let pool = Pool::builder().frames(8).build()?;
/// let cell = FrameCell::new(1);
/// cell.writer().swap(pool.copy_from(b"beacon")?).unwrap();
/// assert!(starts_with(&cell, b"be"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Buffer: Sealed + Deref<Target = [u8]> + Send + Sync + 'static {}

/// The operations that a cell needs of a buffer. Its drop must not panic (#drop-does-not-unwind):
/// the drop runs among other deferred functions.
pub trait Sealed {
    /// Counts the buffer as retired in its pool.
    fn retired(&self);

    /// Undoes [`retired`](Self::retired). The buffer is dropped next.
    fn no_longer_retired(&self);
}

impl Buffer for Frame {}

impl Sealed for Frame {
    fn retired(&self) {
        self.engine().count_retired();
    }

    fn no_longer_retired(&self) {
        self.engine().uncount_retired();
    }
}

impl Buffer for VarBuf {}

impl Sealed for VarBuf {
    fn retired(&self) {
        self.pool().count_retired();
    }

    fn no_longer_retired(&self) {
        self.pool().uncount_retired();
    }
}

impl<B: Exclusive + Buffer> Buffer for Shared<B> {}

impl<B: Exclusive + Buffer> Sealed for Shared<B> {
    fn retired(&self) {
        self.as_handle().retired();
    }

    fn no_longer_retired(&self) {
        self.as_handle().no_longer_retired();
    }
}
