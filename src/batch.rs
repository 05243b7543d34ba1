//! The unit in which ids travel between the layers.

#![forbid(unsafe_code)]

use crate::id::FrameId;
use crate::limits::MAGAZINE;

/// Up to [`MAGAZINE`] ids in the hands of a call: at rest nowhere, owned by whoever holds the batch.
pub(crate) struct Batch {
    ids: [FrameId; MAGAZINE],
    len: usize,
}

impl Batch {
    pub(crate) const fn new() -> Self {
        Self {
            ids: [FrameId(0); MAGAZINE],
            len: 0,
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, id: FrameId) {
        self.ids[self.len] = id;
        self.len += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<FrameId> {
        self.len = self.len.checked_sub(1)?;
        Some(self.ids[self.len])
    }

    /// Cuts the batch to its first `len` ids and returns the rest.
    pub(crate) fn split_off(&mut self, len: usize) -> &[FrameId] {
        let surplus = &self.ids[len.min(self.len)..self.len];
        self.len = self.len.min(len);
        surplus
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len == MAGAZINE
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[FrameId] {
        &self.ids[..self.len]
    }
}
