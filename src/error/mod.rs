//! The errors of the public functions. Each text names the value, the limit and the remedy.

#![forbid(unsafe_code)]

mod borrow;
mod build;
mod bulk;
mod copy;
mod exhausted;
mod references;
mod room;

use std::error::Error;
use std::io;

pub use borrow::{ReclaimError, TooManyBorrowers};
pub use build::{BuildError, Purpose};
pub use bulk::BulkError;
pub use copy::CopyError;
pub use exhausted::{OutOfBuffers, OutOfMemory, Refusal};
pub use references::TooManyReferences;
pub use room::{Room, RoomError};

/// Makes a type an [`Error`] without a source, and lets it convert into an [`io::Error`] of a kind.
macro_rules! io_error {
    ($error:ident, |$refused:pat_param| $kind:expr) => {
        impl Error for $error {}

        impl From<$error> for io::Error {
            fn from(refused: $error) -> Self {
                let $refused = &refused;
                Self::new($kind, refused)
            }
        }
    };
}

io_error!(OutOfBuffers, |_| io::ErrorKind::OutOfMemory);
io_error!(OutOfMemory, |_| io::ErrorKind::OutOfMemory);
io_error!(RoomError, |_| io::ErrorKind::InvalidInput);
io_error!(CopyError, |refused| match refused {
    CopyError::TooLong { .. } => io::ErrorKind::InvalidInput,
    CopyError::OutOfBuffers => io::ErrorKind::OutOfMemory,
});
io_error!(BulkError, |refused| match refused {
    BulkError::NoRoom { .. } => io::ErrorKind::InvalidInput,
    BulkError::OutOfBuffers => io::ErrorKind::OutOfMemory,
});
io_error!(TooManyBorrowers, |_| io::ErrorKind::OutOfMemory);
io_error!(TooManyReferences, |_| io::ErrorKind::OutOfMemory);
io_error!(ReclaimError, |_| io::ErrorKind::InvalidInput);
