//! The error of a buffer that has as many references as it can have.

use std::fmt;

use crate::base::count::MOST;

/// The reason why [`Shared::try_clone`](crate::Shared::try_clone) made no reference: the buffer has
/// 2³⁰ already.
///
/// It converts into an [`io::Error`](std::io::Error) of the kind `OutOfMemory`.
///
/// ```
/// use framewell::TooManyReferences;
///
/// assert!(TooManyReferences.to_string().contains("1073741824"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyReferences;

impl fmt::Display for TooManyReferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "too many references: the buffer has {MOST} already; drop some, or copy the bytes"
        )
    }
}
