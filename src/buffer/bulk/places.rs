//! Where the payloads of whole frames lie.

use std::ptr::NonNull;

use crate::base::id::FrameId;
use crate::memory::arena::Arena;

/// Where the data of a pool's whole frames lies.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// The data of frame 0.
    first: NonNull<u8>,
    stride: usize,
    pub(super) len: usize,
}

// SAFETY: an address and two numbers; what they lead to is its user's, by the ids.
unsafe impl Send for Places {}
// SAFETY: as above.
unsafe impl Sync for Places {}

impl Places {
    pub(super) fn new(arena: &Arena) -> Self {
        let layout = arena.layout();
        Self {
            // SAFETY: a pool has a frame 0, and the headroom lies in it.
            first: unsafe { arena.byte(FrameId(0), layout.headroom.into()) },
            stride: layout.stride,
            len: layout.payload.into(),
        }
    }

    /// # Safety
    ///
    /// - `id` is the pool's.
    #[inline(always)]
    pub(super) unsafe fn at(self, id: FrameId) -> NonNull<u8> {
        // SAFETY: the same place in another frame of the mapping (A1 of `arena`).
        unsafe { self.first.add(id.index() * self.stride) }
    }
}
