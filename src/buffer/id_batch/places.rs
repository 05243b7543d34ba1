//! The addresses of the payloads of whole frames.

use std::ptr::NonNull;

use crate::base::id::BufferId;
use crate::memory::arena::Arena;

/// The place of the payload in each frame of a pool: an address and two lengths.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// The first byte of frame 0's payload.
    first: NonNull<u8>,
    stride: usize,
    pub(super) len: usize,
}

// SAFETY: this is an address and two numbers. The bytes behind them belong to whoever owns the ids.
unsafe impl Send for Places {}
// SAFETY: as for Send.
unsafe impl Sync for Places {}

impl Places {
    pub(super) fn new(arena: &Arena) -> Self {
        let layout = arena.layout();
        Self {
            // SAFETY: a pool has a frame 0, and the headroom lies in it.
            first: unsafe { arena.byte(BufferId(0), layout.headroom.into()) },
            stride: layout.stride,
            len: layout.payload.into(),
        }
    }

    /// Returns the address of the payload of frame `id`.
    ///
    /// # Safety
    ///
    /// - `id` is the pool's.
    #[inline(always)]
    pub(super) unsafe fn at(self, id: BufferId) -> NonNull<u8> {
        // SAFETY: this is the payload of frame `id`, which lies in the mapping, as that of frame 0
        // does (#frame-in-mapping).
        unsafe { self.first.add(id.index() * self.stride) }
    }
}
