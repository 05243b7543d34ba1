//! The part of a buffer that holds its data, and how its two ends move.
//!
//! ```text
//!   │◄─ headroom ─►│◄──── data: len ────►│◄─ tailroom ─►│
//!   0            offset             offset + len     capacity
//! ```
//!
//! Offset and length together never exceed the capacity. Each step refuses what would break this.

#![forbid(unsafe_code)]

use crate::error::{Room, RoomError};

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

    /// Returns the offset of the first byte behind the part.
    #[inline(always)]
    pub(crate) fn end(self) -> usize {
        self.offset + self.len
    }

    /// Returns the bytes before the part.
    #[inline(always)]
    pub(crate) fn head(self) -> Self {
        Self::first(self.offset)
    }

    /// Returns the bytes behind the part, in a buffer of this capacity.
    #[inline(always)]
    pub(crate) fn tail(self, capacity: usize) -> Self {
        Self {
            offset: self.end(),
            len: self.tailroom(capacity),
        }
    }

    #[inline(always)]
    pub(crate) fn tailroom(self, capacity: usize) -> usize {
        capacity - self.offset - self.len
    }

    /// Returns the part with `n` more bytes at the front.
    #[inline(always)]
    pub(crate) fn push(self, n: usize) -> Result<Self, RoomError> {
        check(Room::Headroom, n, self.offset)?;
        Ok(Self {
            offset: self.offset - n,
            len: self.len + n,
        })
    }

    /// Returns the part without its first `n` bytes.
    #[inline(always)]
    pub(crate) fn pull(self, n: usize) -> Result<Self, RoomError> {
        check(Room::Data, n, self.len)?;
        Ok(Self {
            offset: self.offset + n,
            len: self.len - n,
        })
    }

    /// Returns the part with `n` more bytes at the end, in a buffer of this capacity.
    #[inline(always)]
    pub(crate) fn put(self, n: usize, capacity: usize) -> Result<Self, RoomError> {
        check(Room::Tailroom, n, self.tailroom(capacity))?;
        Ok(Self {
            len: self.len + n,
            ..self
        })
    }

    /// Returns the first `len` bytes of the part.
    #[inline(always)]
    pub(crate) fn trim(self, len: usize) -> Result<Self, RoomError> {
        check(Room::Data, len, self.len)?;
        Ok(Self { len, ..self })
    }

    /// Returns the part of `len` bytes behind `headroom` bytes, if both are at most the capacity.
    /// Otherwise `room` is what was too small.
    #[inline(always)]
    pub(crate) fn within(
        headroom: usize,
        len: usize,
        capacity: usize,
        room: Room,
    ) -> Result<Self, RoomError> {
        check(room, headroom.saturating_add(len), capacity)?;
        Ok(Self {
            offset: headroom,
            len,
        })
    }

    /// Returns the part by which a buffer goes out as a pointer to its first byte. The next buffer
    /// begins `stride` bytes after this one.
    ///
    /// An empty part at the very end moves back by one byte. Else the pointer would be the next
    /// buffer's.
    #[inline(always)]
    pub(crate) fn for_pointer(self, stride: usize) -> Self {
        if self.offset < stride {
            return self;
        }
        Self {
            offset: stride - 1,
            len: 0,
        }
    }
}

/// Refuses what exceeds the bytes that are left.
#[inline(always)]
pub(crate) fn check(room: Room, asked: usize, left: usize) -> Result<(), RoomError> {
    if asked > left {
        return Err(refuse(room, asked, left));
    }
    Ok(())
}

#[cold]
fn refuse(room: Room, asked: usize, left: usize) -> RoomError {
    RoomError { room, asked, left }
}
