//! The error of a call that takes all frames or none.

use std::fmt;

/// The reason why [`Pool::get_bulk`](crate::Pool::get_bulk) or
/// [`IdBatch::get_bulk`](crate::IdBatch::get_bulk) took no frame.
///
/// It converts into an [`io::Error`](std::io::Error): `InvalidInput` for too little room,
/// `OutOfMemory` for too few frames.
///
/// ```
/// use framewell::{BulkError, Burst, Pool};
///
/// let pool = Pool::builder().frames(64).build()?;
/// let mut burst: Burst<32> = Burst::new();
/// pool.get_bulk(&mut burst, 30)?;
/// assert_eq!(
///     pool.get_bulk(&mut burst, 3).unwrap_err(),
///     BulkError::NoRoom { asked: 3, room: 2 },
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BulkError {
    /// The [`Burst`](crate::Burst) or [`IdBatch`](crate::IdBatch) has too little room left.
    NoRoom {
        /// Frames asked for.
        asked: usize,
        /// Frames for which there is room.
        room: usize,
    },
    /// Fewer frames than asked for were free.
    OutOfBuffers,
}

impl fmt::Display for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom { asked, room } => write!(
                f,
                "{asked} frames exceed the room of {room} left in the burst; empty it first, or \
                 make it larger"
            ),
            Self::OutOfBuffers => f.write_str(
                "out of buffers: fewer frames than asked for are free; ask for fewer, drop \
                 frames, or build the pool with more",
            ),
        }
    }
}
