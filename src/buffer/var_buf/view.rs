//! The view: the word in a buffer's handle that says where in the buffer its data lies.

#![forbid(unsafe_code)]

use crate::base::id::BufferId;
use crate::base::limits::{MAX_FRAMES, MAX_LARGE, MAX_SIZE_CLASS, PART_BITS};
use crate::base::part::Part;

/// The part of a buffer that holds data, packed into one word. For a buffer of a size class the
/// word names the buffer too.
///
/// A handle reads and writes the whole word, as a frame's does.
///
/// ```text
///   of a class: │ id: 26 │ offset from the buffer's first byte: 19 │ length: 19 │
///   large:      │ offset: 32 │ length: 32 │
/// ```
#[derive(Clone, Copy)]
pub(super) struct View(pub(super) u64);

/// How many bits an id takes: there are at most 2^26.
const ID_BITS: u32 = 26;
/// How many bits an offset or a length takes in a large buffer.
const LARGE_BITS: u32 = 32;

const _: () = assert!(ID_BITS + 2 * PART_BITS == u64::BITS);
const _: () = assert!(MAX_FRAMES <= 1 << ID_BITS && MAX_SIZE_CLASS < 1 << PART_BITS);
const _: () = assert!(MAX_LARGE as u64 >> LARGE_BITS == 0);

impl View {
    /// Returns a view of a buffer of a size class.
    #[inline(always)]
    pub(super) fn of_class(id: BufferId, part: Part) -> Self {
        debug_assert!(id.0 >> ID_BITS == 0 && (part.offset | part.len) >> PART_BITS == 0);
        Self(
            u64::from(id.0)
                | (part.offset as u64) << ID_BITS
                | (part.len as u64) << (ID_BITS + PART_BITS),
        )
    }

    /// Returns a view of a large buffer.
    pub(super) fn of_large(part: Part) -> Self {
        debug_assert!(part.offset <= MAX_LARGE && part.len <= MAX_LARGE);
        Self(part.offset as u64 | (part.len as u64) << LARGE_BITS)
    }

    /// Returns the id of a buffer of a size class.
    #[inline(always)]
    pub(super) fn id(self) -> BufferId {
        BufferId((self.0 & ((1 << ID_BITS) - 1)) as u32)
    }

    /// Returns the part of a buffer of a size class.
    #[inline(always)]
    pub(super) fn part_of_class(self) -> Part {
        let offset = self.0 >> ID_BITS & ((1 << PART_BITS) - 1);
        Part {
            offset: offset as usize,
            len: (self.0 >> (ID_BITS + PART_BITS)) as usize,
        }
    }

    /// Returns the part of a large buffer.
    #[inline(always)]
    pub(super) fn part_of_large(self) -> Part {
        let offset = self.0 & ((1 << LARGE_BITS) - 1);
        Part {
            offset: offset as usize,
            len: (self.0 >> LARGE_BITS) as usize,
        }
    }
}
