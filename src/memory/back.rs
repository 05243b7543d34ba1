//! The back: where the ids of a size class come from, and what they name.

use std::io;

use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::base::stack::Links;

/// Why nothing more can be allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CarveError {
    /// All memory is taken.
    Exhausted,
    /// The system refused memory for what is left.
    ///
    /// `bytes` is how much was asked for, and `code` is the system's error code.
    Memory { bytes: usize, code: Option<i32> },
}

impl CarveError {
    /// Makes the error for a refusal of the system to commit `bytes`.
    #[cold]
    pub(crate) fn refused(bytes: usize, refusal: &io::Error) -> Self {
        Self::Memory {
            bytes,
            code: refusal.raw_os_error(),
        }
    }

    pub(crate) fn is_memory(self) -> bool {
        matches!(self, Self::Memory { .. })
    }
}

/// Memory that is cut into buffers of one size, which are named by ids.
pub(crate) trait Back {
    /// Appends 1 to `most` ids that are in the back or were never carved. Their buffers and link
    /// words can be touched.
    ///
    /// *Errors*: appends none, and says why.
    fn carve(&self, most: usize, batch: &mut Batch) -> Result<(), CarveError>;

    /// Returns how many ids were carved. The number is exact if no call is in progress.
    fn carved(&self) -> u32;

    /// Returns how many of the carved ids are in the back. The number is exact if no call is in
    /// progress.
    fn free_count(&self) -> u32;

    /// Returns `None` if something can be carved. Otherwise returns a number that changes when more
    /// memory to cut is taken meanwhile.
    ///
    /// If the system `refused` memory to this call, what needs such memory cannot be carved. A
    /// round of `class::exhaustion` asks for this last.
    fn carves_if_exhausted(&self, refused: bool) -> Option<u64>;

    /// Returns the link words of the ids.
    fn links(&self) -> &Links;

    /// Tells loom that the owner of the buffer has written its bytes, or could have.
    fn loom_write(&self, id: BufferId);

    /// Asks the processor for the cache line that an owner of the buffer writes first. This is a
    /// hint, and touches nothing.
    ///
    /// # Safety
    ///
    /// - The caller owns the id.
    unsafe fn prefetch(&self, id: BufferId);

    /// Overwrites all of a buffer with zeros.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, and no reference to the buffer's bytes is in use.
    unsafe fn zero(&self, id: BufferId);
}
