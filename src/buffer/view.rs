//! The view: the word in a frame's handle that names the frame and its data.

#![forbid(unsafe_code)]

use crate::base::id::BufferId;
use crate::memory::arena::Layout;

/// The number of a frame and the part of it that holds data, packed into one word.
///
/// A handle reads and writes the whole word. So a read soon after a write finds all its bits in one
/// store.
///
/// ```text
///   │ id: 32 │ offset from the frame's first byte: 16 │ length: 16 │
/// ```
#[derive(Clone, Copy)]
pub(super) struct View(pub(super) u64);

impl View {
    /// Returns the view of a new frame: `min(len, payload)` bytes after the headroom. Its frame
    /// number is 0 until [`of`](Self::of) sets it.
    #[inline(always)]
    pub(super) fn new(layout: &Layout, len: usize) -> Self {
        Self(0).part(layout.headroom, len.min(layout.payload.into()) as u16)
    }

    /// Returns the same part of frame `id`; this view's frame number must be 0.
    #[inline(always)]
    pub(super) fn of(self, id: BufferId) -> Self {
        debug_assert_eq!(self.id().0, 0);
        Self(self.0 | u64::from(id.0))
    }

    /// Returns a view of `len` bytes from `offset`, whose frame number is 0.
    #[inline(always)]
    pub(super) fn part_of_any(offset: u16, len: u16) -> Self {
        Self(0).part(offset, len)
    }

    /// Returns another part of the same frame: `len` bytes from `offset`.
    #[inline(always)]
    pub(super) fn part(self, offset: u16, len: u16) -> Self {
        let id = self.0 & u64::from(u32::MAX);
        Self(id | u64::from(offset) << 32 | u64::from(len) << 48)
    }

    #[inline(always)]
    pub(super) fn id(self) -> BufferId {
        BufferId(self.0 as u32)
    }

    /// Returns the offset and the length without the frame number, in 32 bits.
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
