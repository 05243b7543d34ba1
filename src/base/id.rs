//! The numbers that name things: a type for each kind.

#![forbid(unsafe_code)]

use std::fmt;

/// The number of a buffer within its pool or, inside the crate, within its size class.
///
/// The numbers of frames go from 0 to [`Pool::capacity`](crate::Pool::capacity) − 1. A frame keeps
/// its number for as long as the pool lives. The frame with the number `n` lies at
/// [`Region::base`](crate::Region::base)` + n × stride`.
///
/// ```
/// # let pool = framewell::Pool::builder().frames(16).build()?;
/// let frame = pool.get(60)?;
/// assert!(frame.id().index() < 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct BufferId(pub(crate) u32);

impl BufferId {
    /// Returns the number itself, for example as an index into a table.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(16).build()?;
    /// let mut seen = [0_u32; 16];
    /// seen[pool.get(0)?.id().index()] += 1;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for BufferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BufferId({})", self.0)
    }
}

impl fmt::Display for BufferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The number of a shard of the portable front.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ShardId(pub(crate) u32);

impl ShardId {
    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The number of a CPU, as Linux counts them. The numbers need not be dense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CpuId(pub(crate) u32);

impl CpuId {
    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The number of a chunk of the memory that the size classes are cut from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct ChunkId(pub(crate) u32);

impl ChunkId {
    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The number of a size class. The classes are numbered in the order of their sizes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ClassId(pub(crate) u8);
