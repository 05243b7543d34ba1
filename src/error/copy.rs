//! The error of a frame of an exact length, and of a copy into a frame.

use std::fmt;

use super::OutOfBuffers;

/// The reason why [`Pool::copy_from`](crate::Pool::copy_from) copied nothing, or
/// [`Pool::get_exact`](crate::Pool::get_exact) returned no frame.
///
/// It converts into an [`io::Error`](std::io::Error): `InvalidInput` for a slice that is too long,
/// `OutOfMemory` for an empty pool.
///
/// ```
/// use framewell::{CopyError, Pool};
///
/// let pool = Pool::builder().frames(1).build()?;
/// let refused = pool.copy_from(&[0; 1501]).unwrap_err();
/// assert_eq!(refused, CopyError::TooLong { len: 1501, payload: 1500 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CopyError {
    /// The bytes do not fit into a frame's payload. No frame was taken.
    TooLong {
        /// Bytes asked for.
        len: usize,
        /// Bytes that a frame holds.
        payload: usize,
    },
    /// The pool has no frame free.
    OutOfBuffers,
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { len, payload } => write!(
                f,
                "{len} bytes exceed the payload of {payload}; raise it with PoolBuilder::payload, \
                 or split them"
            ),
            Self::OutOfBuffers => OutOfBuffers.fmt(f),
        }
    }
}

impl From<OutOfBuffers> for CopyError {
    fn from(_: OutOfBuffers) -> Self {
        Self::OutOfBuffers
    }
}
