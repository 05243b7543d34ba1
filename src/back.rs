//! The back: where the ids of a size class come from, and what they name.

use crate::batch::Batch;
use crate::id::FrameId;
use crate::stack::Links;

/// Memory that is cut into buffers of one size, and named by ids.
pub(crate) trait Back {
    /// Appends up to `most` ids that are at rest nowhere else.
    fn carve(&self, most: usize, batch: &mut Batch);

    /// How many ids were carved; exact if no call is in progress.
    fn carved(&self) -> u32;

    /// If nothing can be carved, a number that another memory to cut, taken meanwhile, changes, else `None`. The last that a round of
    /// `class::exhaustion` asks for.
    fn carvings_if_used_up(&self) -> Option<u64>;

    /// The link words of the ids.
    fn links(&self) -> &Links;

    /// For loom: the owner of the buffer has written its bytes, or could have.
    fn wrote(&self, id: FrameId);

    /// Overwrites all of a buffer with zeros.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, and no reference to the buffer's bytes is in use.
    unsafe fn zero(&self, id: FrameId);
}
