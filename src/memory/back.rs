//! The back: where the ids of a size class come from, and what they name.

use std::io;

use crate::base::batch::Batch;
use crate::base::id::FrameId;
use crate::base::stack::Links;

/// Why there is nothing more to be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lack {
    /// All of it is taken.
    UsedUp,
    /// The system refused memory for what is left: so many bytes, and its code for it.
    Memory { bytes: usize, code: Option<i32> },
}

impl Lack {
    /// The system's refusal to commit so many bytes.
    #[cold]
    pub(crate) fn of_memory(bytes: usize, refusal: &io::Error) -> Self {
        Self::Memory {
            bytes,
            code: refusal.raw_os_error(),
        }
    }

    pub(crate) fn is_of_memory(self) -> bool {
        matches!(self, Self::Memory { .. })
    }
}

/// Memory that is cut into buffers of one size, and named by ids.
pub(crate) trait Back {
    /// Appends 1 to `most` ids that rest in the back, or nowhere so far, and whose buffers and link
    /// words can be touched; or none, and says why.
    fn carve(&self, most: usize, batch: &mut Batch) -> Result<(), Lack>;

    /// How many ids were carved; exact if no call is in progress.
    fn carved(&self) -> u32;

    /// How many of them rest in the back; exact if no call is in progress.
    fn resting(&self) -> u32;

    /// If nothing can be carved, a number that another memory to cut, taken meanwhile, changes, else `None`. What needs memory that the
    /// system `refused` to this call cannot be carved. The last that a round of `class::exhaustion` asks for.
    fn carvings_if_used_up(&self, refused: bool) -> Option<u64>;

    /// The link words of the ids.
    fn links(&self) -> &Links;

    /// For loom: the owner of the buffer has written its bytes, or could have.
    fn wrote(&self, id: FrameId);

    /// Asks the processor for the line that an owner of the buffer writes first. A hint, which touches nothing.
    ///
    /// # Safety
    ///
    /// - The caller owns the id.
    unsafe fn prefetch(&self, id: FrameId);

    /// Overwrites all of a buffer with zeros.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, and no reference to the buffer's bytes is in use.
    unsafe fn zero(&self, id: FrameId);
}
