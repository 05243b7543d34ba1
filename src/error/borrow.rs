//! The errors of borrowers.

use std::fmt;

use crate::base::limits::MAX_BORROWERS;

/// The reason why [`Pool::borrower`](crate::Pool::borrower) made no borrower: the pool has as many
/// as it can have.
///
/// It converts into an [`io::Error`](std::io::Error) of the kind `OutOfMemory`.
///
/// ```
/// use framewell::Pool;
///
/// let pool = Pool::builder().frames(4).build()?;
/// let mut borrowers = Vec::new();
/// let refused = loop {
///     match pool.borrower("one of many") {
///         Ok(borrower) => borrowers.push(borrower),
///         Err(refused) => break refused,
///     }
/// };
/// assert_eq!((borrowers.len(), refused.dropped), (4096, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TooManyBorrowers {
    /// How many of the borrowers were dropped, and still have buffers.
    pub dropped: usize,
}

impl fmt::Display for TooManyBorrowers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "too many borrowers: the pool has {MAX_BORROWERS} already; drop some, or reclaim the \
             buffers of the {} that were dropped with buffers still lent",
            self.dropped
        )
    }
}

/// The reason why [`Pool::reclaim`](crate::Pool::reclaim) reclaimed nothing.
///
/// It converts into an [`io::Error`](std::io::Error) of the kind `InvalidInput`.
///
/// ```
/// use framewell::{Pool, ReclaimError};
///
/// let pool = Pool::builder().frames(4).build()?;
/// let nic = pool.borrower("eth0 rx")?;
/// // SAFETY: nothing is lent.
/// assert_eq!(unsafe { pool.reclaim(nic.id()) }, Err(ReclaimError::InUse));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReclaimError {
    /// The borrower's handle is still there, or another call reclaims its buffers just now.
    InUse,
    /// The pool has no such borrower: it was dropped when it had no buffers left, its buffers were
    /// reclaimed already, or it is of another pool. (Not every id of another pool is noticed.)
    Unknown,
}

impl fmt::Display for ReclaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InUse => {
                "the borrower is in use: its handle is not dropped yet; reclaim by the handle"
            }
            Self::Unknown => {
                "the pool has no such borrower: nothing is lent to it any more, or it is of \
                 another pool"
            }
        })
    }
}
