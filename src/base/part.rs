//! The part of a buffer that holds its data.

#![forbid(unsafe_code)]

/// The bytes of a buffer from `offset` on, `len` of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) offset: usize,
    pub(crate) len: usize,
}

impl Part {
    /// Returns the first `len` bytes.
    #[inline(always)]
    pub(crate) fn first(len: usize) -> Self {
        Self { offset: 0, len }
    }
}
