//! The word in a frame's handle.

#![forbid(unsafe_code)]

use crate::base::id::FrameId;
use crate::memory::arena::Layout;

/// Which frame, and which part of it holds data, in one word: handles are written and read whole,
/// so that what was written a moment ago never has to be put together from several stores.
///
/// ```text
///   │ id: 32 │ offset from the frame's first byte: 16 │ length: 16 │
/// ```
#[derive(Clone, Copy)]
pub(super) struct View(pub(super) u64);

impl View {
    /// The part of a new frame, of number 0 for the time being: `min(len, payload)` bytes after the
    /// headroom.
    #[inline(always)]
    pub(super) fn new(layout: &Layout, len: usize) -> Self {
        Self(0).part(layout.headroom, len.min(layout.payload.into()) as u16)
    }

    /// The same part of a frame, instead of frame 0.
    #[inline(always)]
    pub(super) fn of(self, id: FrameId) -> Self {
        debug_assert_eq!(self.id().0, 0);
        Self(self.0 | u64::from(id.0))
    }

    /// Another part of the frame.
    #[inline(always)]
    pub(super) fn part(self, offset: u16, len: u16) -> Self {
        let id = self.0 & u64::from(u32::MAX);
        Self(id | u64::from(offset) << 32 | u64::from(len) << 48)
    }

    #[inline(always)]
    pub(super) fn id(self) -> FrameId {
        FrameId(self.0 as u32)
    }

    /// The part alone, in 32 bits.
    pub(super) fn part_of_frame(self) -> u64 {
        self.0 >> 32
    }

    #[inline(always)]
    pub(super) fn offset(self) -> u16 {
        (self.0 >> 32) as u16
    }

    #[inline(always)]
    pub(super) fn len(self) -> u16 {
        (self.0 >> 48) as u16
    }
}
