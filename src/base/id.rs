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

/// The name of a [`Borrower`](crate::Borrower) within its pool: a number, which is used again when
/// nothing is lent to the borrower any more, and how often it was used before.
///
/// ```
/// # let pool = framewell::Pool::builder().frames(16).build()?;
/// let first = pool.borrower("eth0 rx")?.id();
/// let second = pool.borrower("eth0 rx")?.id();
/// assert_eq!(first.index(), second.index());
/// assert_ne!(first, second);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BorrowerId {
    number: u32,
    generation: u32,
}

impl BorrowerId {
    pub(crate) fn new(number: u32, generation: u32) -> Self {
        Self { number, generation }
    }

    /// Returns the number, which is less than 4096.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(16).build()?;
    /// let (rx, tx) = (pool.borrower("eth0 rx")?, pool.borrower("eth0 tx")?);
    /// assert_eq!((rx.id().index(), tx.id().index()), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn index(self) -> usize {
        self.number as usize
    }

    /// Returns the id as one number, for C code and logs. Its lower half is the
    /// [`index`](Self::index).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(16).build()?;
    /// let id = pool.borrower("eth0 rx")?.id();
    /// assert_eq!(id.to_bits() as u32 as usize, id.index());
    /// assert_eq!(framewell::BorrowerId::from_bits(id.to_bits()), id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.number)
    }

    /// Returns the id that [`to_bits`](Self::to_bits) turned into a number. Any number is allowed:
    /// an id that no borrower has is refused where it is used.
    ///
    /// ```
    /// use framewell::{BorrowerId, Pool, ReclaimError};
    ///
    /// let pool = Pool::builder().frames(16).build()?;
    /// let nobody = BorrowerId::from_bits(u64::MAX);
    /// // SAFETY: nothing is lent.
    /// assert_eq!(unsafe { pool.reclaim(nobody) }, Err(ReclaimError::Unknown));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        Self::new(bits as u32, (bits >> 32) as u32)
    }

    #[inline(always)]
    pub(crate) fn number(self) -> u32 {
        self.number
    }

    pub(crate) fn generation(self) -> u32 {
        self.generation
    }
}

impl fmt::Display for BorrowerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.number, f)
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
