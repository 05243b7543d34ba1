//! The ordinary refusals: no frame is free, or there is no memory for a variable-length buffer.

use std::fmt;
use std::io;

use crate::sys::Limit;

/// The ordinary answer that no frame was free anywhere at some moment of the call.
///
/// It converts into an [`io::Error`] of kind [`OutOfMemory`](io::ErrorKind::OutOfMemory).
///
/// ```
/// use framewell::{OutOfBuffers, Pool};
///
/// let pool = Pool::builder().frames(1).build()?;
/// let only = pool.get(60)?;
/// assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OutOfBuffers;

impl fmt::Display for OutOfBuffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "out of buffers: every frame of the pool is in use; drop frames, or build the pool with more",
        )
    }
}

/// The ordinary answer that there is no memory for a variable-length buffer.
///
/// It converts into an [`io::Error`] of kind [`OutOfMemory`](io::ErrorKind::OutOfMemory).
///
/// ```
/// use framewell::{Pool, Refusal};
///
/// let pool = Pool::builder().build()?;
/// let refused = pool.alloc(usize::MAX).unwrap_err();
/// assert_eq!(refused.requested, usize::MAX);
/// assert!(!matches!(refused.refusal, Refusal::Budget { .. }));
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct OutOfMemory {
    /// Bytes asked for.
    pub requested: usize,
    /// Who refused the memory.
    pub refusal: Refusal,
}

/// The side that refused memory for a variable-length buffer.
///
/// ```
/// use framewell::{Pool, Refusal};
///
/// let pool = Pool::builder().alloc_bytes(1 << 20).build()?;
/// let _only = pool.alloc(100)?;
/// let refused = pool.alloc(3000).unwrap_err();
/// assert_eq!(refused.refusal, Refusal::Budget { limit: 1 << 20 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The budget is used up: all chunks belong to size classes, each of them holds a buffer in
    /// use, and no buffer of the class or of a larger one is free.
    Budget {
        /// The pool's budget for size classes, in bytes.
        limit: usize,
    },
    /// The system refused the memory.
    System {
        /// The bytes that were asked of the system.
        bytes: usize,
        /// The system's error number, if it gave one.
        code: Option<i32>,
        /// The limit that the bytes would have exceeded, if it is known.
        limit: Option<Limit>,
    },
    /// No buffer is that long.
    TooLong {
        /// The length of the longest buffer, in bytes.
        most: usize,
    },
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requested = self.requested;
        match self.refusal {
            Refusal::Budget { limit } => write!(
                f,
                "out of memory for {requested} bytes: the budget of {limit} bytes for size classes is \
                 in use; free buffers, or raise PoolBuilder::alloc_bytes"
            ),
            Refusal::System { bytes, code, limit } => {
                write!(
                    f,
                    "out of memory for {requested} bytes: the system refused {bytes} bytes"
                )?;
                if let Some(code) = code {
                    write!(f, " ({})", io::Error::from_raw_os_error(code))?;
                }
                match limit {
                    Some(limit) => write!(
                        f,
                        "; {limit}, free buffers, or lower PoolBuilder::alloc_bytes"
                    ),
                    None => {
                        f.write_str("; free buffers, ask for less, or raise the system's limit")
                    }
                }
            }
            Refusal::TooLong { most } => write!(
                f,
                "out of memory for {requested} bytes: a buffer has at most {most} bytes; ask for \
                 less, or for several buffers"
            ),
        }
    }
}
