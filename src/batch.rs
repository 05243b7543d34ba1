//! The unit in which ids travel between the layers.

#![forbid(unsafe_code)]

use arrayvec::ArrayVec;

use crate::id::FrameId;
use crate::limits::MAGAZINE;

/// Up to [`MAGAZINE`] ids in the hands of a call: at rest nowhere, owned by whoever holds the batch.
pub(crate) struct Batch {
    ids: ArrayVec<FrameId, MAGAZINE>,
}

impl Batch {
    #[inline]
    pub(crate) fn new() -> Self {
        Self {
            ids: ArrayVec::new(),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, id: FrameId) {
        self.ids.push(id);
    }

    #[inline]
    pub(crate) fn extend(&mut self, ids: impl Iterator<Item = FrameId>) {
        self.ids.extend(ids);
    }

    pub(crate) fn pop(&mut self) -> Option<FrameId> {
        self.ids.pop()
    }

    #[inline]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.ids.truncate(len);
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// How many ids more fit.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.ids.remaining_capacity()
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[FrameId] {
        &self.ids
    }

    /// The ids behind the first `len`.
    pub(crate) fn beyond(&self, len: usize) -> &[FrameId] {
        self.ids.get(len..).unwrap_or_default()
    }
}
