//! What can go wrong, in the words of the caller: value, limit, remedy.

#![forbid(unsafe_code)]

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io;

use crate::base::limits::{
    CHUNK, MAX_CACHE, MAX_CHUNKS, MAX_FRAMES, MAX_ROOM, MAX_SHARDS, MAX_SIZE_CLASS,
    MAX_SIZE_CLASSES,
};
use crate::sys::{Limit, NoRseq};

/// Why [`PoolBuilder::build`](crate::PoolBuilder::build) made no pool.
///
/// ```
/// use framewell::{BuildError, Pool};
///
/// let refused = Pool::builder().frames(0).build().unwrap_err();
/// assert!(matches!(refused, BuildError::ZeroFrames));
/// assert_eq!(refused.to_string(), "a pool of 0 frames cannot serve anyone; ask for 1 or more with PoolBuilder::frames");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// No frames were asked for.
    ZeroFrames,
    /// More frames than ids can name.
    TooManyFrames {
        /// Frames asked for.
        frames: usize,
    },
    /// A payload of no bytes.
    ZeroPayload,
    /// Headroom, payload and tailroom together exceed what a handle can name.
    FrameTooLarge {
        /// Their sum in bytes.
        bytes: usize,
    },
    /// An exact stride below headroom, payload and tailroom.
    StrideTooSmall {
        /// The stride asked for, in bytes.
        stride: usize,
        /// The bytes that it would have to hold.
        needed: usize,
    },
    /// Frames × stride exceeds the address space.
    TooLarge {
        /// Frames asked for.
        frames: usize,
        /// Bytes from one frame to the next.
        stride: usize,
    },
    /// A number of shards outside 1 to 4096.
    Shards {
        /// Shards asked for.
        shards: usize,
    },
    /// A cache size outside 1 to 1020.
    CacheSize {
        /// The size asked for, in frames.
        size: usize,
    },
    /// A budget for 802.11 buffers above what their ids can name.
    Dot11Bytes {
        /// The budget asked for, in bytes.
        bytes: usize,
    },
    /// A size class outside 1 byte to 256 KiB.
    SizeClass {
        /// The size asked for, in bytes.
        bytes: usize,
    },
    /// More size classes than a pool can have.
    TooManySizeClasses {
        /// Classes asked for beside those that are built in.
        classes: usize,
    },
    /// The rseq front was asked for and is not to be had.
    NoRseq {
        /// What is missing.
        reason: NoRseq,
    },
    /// The environment variable `FRAMEWELL_FRONT` names no front.
    FrontName {
        /// What it says.
        value: OsString,
    },
    /// The system refused the memory.
    Map {
        /// Bytes asked for.
        bytes: usize,
        /// What they were for.
        purpose: Purpose,
        /// The limit that they would have exceeded, if it is known.
        limit: Option<Limit>,
        /// The system's answer.
        source: io::Error,
    },
}

/// What a pool maps memory for.
///
/// ```
/// use framewell::{BuildError, Pool, Purpose};
///
/// let refused = Pool::builder().frames(1).stride(isize::MAX as usize).build().unwrap_err();
/// assert!(matches!(refused, BuildError::Map { purpose: Purpose::Frames, .. }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Purpose {
    /// The frames, and the tables and lists about them.
    Frames,
    /// The size classes of 802.11 buffers, and the tables and lists about them.
    Dot11,
}

impl Purpose {
    /// What takes less memory, if the limit is as it is.
    fn remedy(self, limit: Option<Limit>) -> &'static str {
        match (limit, self) {
            (Some(Limit::HugePages { .. }), _) => {
                "ask for other pages with PoolBuilder::huge_pages"
            }
            (_, Self::Frames) => "ask for fewer with PoolBuilder::frames",
            (_, Self::Dot11) => "lower PoolBuilder::dot11_bytes",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frames => "frames",
            Self::Dot11 => "802.11 buffers",
        })
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroFrames => f.write_str(
                "a pool of 0 frames cannot serve anyone; ask for 1 or more with PoolBuilder::frames",
            ),
            Self::TooManyFrames { frames } => write!(
                f,
                "{frames} frames exceed the limit of {MAX_FRAMES} a pool; build several pools"
            ),
            Self::ZeroPayload => f.write_str(
                "a payload of 0 bytes holds nothing; ask for 1 or more with PoolBuilder::payload",
            ),
            Self::FrameTooLarge { bytes } => write!(
                f,
                "headroom, payload and tailroom of {bytes} bytes together exceed the limit of \
                 {MAX_ROOM} a frame; lower one of them"
            ),
            Self::StrideTooSmall { stride, needed } => write!(
                f,
                "stride {stride} does not hold a frame of {needed} bytes; raise it to {needed} or \
                 more, or leave PoolBuilder::stride out"
            ),
            Self::TooLarge { frames, stride } => write!(
                f,
                "{frames} frames of stride {stride} exceed the address space of {} bytes; ask for \
                 fewer or smaller frames",
                isize::MAX
            ),
            Self::Shards { shards } => write!(
                f,
                "{shards} shards are outside 1 to {MAX_SHARDS}; leave PoolBuilder::shards out for \
                 one a CPU"
            ),
            Self::CacheSize { size } => write!(
                f,
                "a cache size of {size} frames is outside 1 to {MAX_CACHE}; leave \
                 PoolBuilder::cache_size out for the default"
            ),
            Self::Dot11Bytes { bytes } => write!(
                f,
                "a budget of {bytes} bytes for 802.11 buffers exceeds the limit of {}; lower \
                 PoolBuilder::dot11_bytes (buffers above the largest size class do not count)",
                MAX_CHUNKS * CHUNK
            ),
            Self::SizeClass { bytes } => write!(
                f,
                "a size class of {bytes} bytes is outside 1 to {MAX_SIZE_CLASS}; larger buffers have a mapping of \
                 their own without a class"
            ),
            Self::TooManySizeClasses { classes } => write!(
                f,
                "{classes} size classes beside those that are built in exceed the limit of {MAX_SIZE_CLASSES} in \
                 all; leave out some PoolBuilder::size_class"
            ),
            Self::NoRseq { reason } => write!(
                f,
                "the rseq front is not to be had: {reason}; ask for Front::Auto or Front::Portable"
            ),
            Self::FrontName { value } => write!(
                f,
                "FRAMEWELL_FRONT is {value:?}, which names no front; set it to auto, rseq or portable, \
                 or unset it"
            ),
            Self::Map {
                bytes,
                purpose,
                limit,
                source,
            } => {
                write!(
                    f,
                    "the system refused {bytes} bytes of memory for {purpose} ({source}); "
                )?;
                match limit {
                    Some(limit) => limit.fmt(f)?,
                    None => f.write_str("raise its limit")?,
                }
                write!(f, ", or {}", purpose.remedy(*limit))
            }
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Map { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// No frame was at rest anywhere at some moment of the call: an ordinary answer.
///
/// Converts into an [`io::Error`] of kind [`OutOfMemory`](io::ErrorKind::OutOfMemory).
///
/// ```
/// use framewell::{OutOfBuffers, Pool};
///
/// let pool = Pool::builder().frames(1).build()?;
/// let only = pool.get(60)?;
/// assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OutOfBuffers;

impl fmt::Display for OutOfBuffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "out of buffers: every frame of the pool is in use; drop frames, or build the pool with more",
        )
    }
}

impl Error for OutOfBuffers {}

impl From<OutOfBuffers> for io::Error {
    fn from(refused: OutOfBuffers) -> Self {
        Self::new(io::ErrorKind::OutOfMemory, refused)
    }
}

/// There is no memory for an 802.11 buffer: an ordinary answer.
///
/// Converts into an [`io::Error`] of kind [`OutOfMemory`](io::ErrorKind::OutOfMemory).
///
/// ```
/// use framewell::{Pool, Refusal};
///
/// let pool = Pool::builder().build()?;
/// let refused = pool.dot11(usize::MAX).unwrap_err();
/// assert_eq!(refused.requested, usize::MAX);
/// assert!(matches!(refused.refusal, Refusal::System { .. }));
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct OutOfMemory {
    /// Bytes asked for.
    pub requested: usize,
    /// Who refused them.
    pub refusal: Refusal,
}

/// Who refused memory for an 802.11 buffer.
///
/// ```
/// use framewell::{Pool, Refusal};
///
/// let pool = Pool::builder().dot11_bytes(1 << 20).build()?;
/// let _only = pool.dot11(100)?;
/// let refused = pool.dot11(3000).unwrap_err();
/// assert_eq!(refused.refusal, Refusal::Budget { limit: 1 << 20 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// All chunks belong to size classes, none of them is idle, and no buffer of the class or of a
    /// larger one is at rest.
    Budget {
        /// The pool's budget for size classes, in bytes.
        limit: usize,
    },
    /// The system refused the memory.
    System {
        /// The bytes that were asked of it.
        bytes: usize,
        /// The system's error number, if it gave one.
        code: Option<i32>,
        /// The limit that they would have exceeded, if it is known.
        limit: Option<Limit>,
    },
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requested = self.requested;
        match self.refusal {
            Refusal::Budget { limit } => write!(
                f,
                "out of memory for {requested} bytes: the budget of {limit} bytes for 802.11 buffers is \
                 in use; free buffers, or raise PoolBuilder::dot11_bytes"
            ),
            Refusal::System { bytes, code, limit } => {
                write!(
                    f,
                    "out of memory for {requested} bytes: the system refused {bytes} bytes"
                )?;
                if let Some(code) = code {
                    write!(f, " ({})", io::Error::from_raw_os_error(code))?;
                }
                match limit {
                    Some(limit) => write!(
                        f,
                        "; {limit}, free buffers, or lower PoolBuilder::dot11_bytes"
                    ),
                    None => {
                        f.write_str("; free buffers, ask for less, or raise the system's limit")
                    }
                }
            }
        }
    }
}

impl Error for OutOfMemory {}

impl From<OutOfMemory> for io::Error {
    fn from(refused: OutOfMemory) -> Self {
        Self::new(io::ErrorKind::OutOfMemory, refused)
    }
}

/// Why [`Pool::copy_from`](crate::Pool::copy_from) copied nothing.
///
/// Converts into an [`io::Error`]: `InvalidInput` for a slice that is too long, `OutOfMemory` for
/// an empty pool.
///
/// ```
/// use framewell::{CopyError, Pool};
///
/// let pool = Pool::builder().frames(1).build()?;
/// let refused = pool.copy_from(&[0; 1501]).unwrap_err();
/// assert_eq!(refused, CopyError::TooLong { len: 1501, payload: 1500 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CopyError {
    /// The bytes do not fit into a frame's payload; nothing was cut.
    TooLong {
        /// Bytes to copy.
        len: usize,
        /// Bytes that a frame holds.
        payload: usize,
    },
    /// The pool is empty.
    OutOfBuffers,
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { len, payload } => write!(
                f,
                "{len} bytes exceed the payload of {payload}; raise it with PoolBuilder::payload, \
                 or split them"
            ),
            Self::OutOfBuffers => OutOfBuffers.fmt(f),
        }
    }
}

impl Error for CopyError {}

impl From<OutOfBuffers> for CopyError {
    fn from(_: OutOfBuffers) -> Self {
        Self::OutOfBuffers
    }
}

impl From<CopyError> for io::Error {
    fn from(refused: CopyError) -> Self {
        let kind = match refused {
            CopyError::TooLong { .. } => io::ErrorKind::InvalidInput,
            CopyError::OutOfBuffers => io::ErrorKind::OutOfMemory,
        };
        Self::new(kind, refused)
    }
}

/// Why [`Pool::get_bulk`](crate::Pool::get_bulk) or [`Bulk::get`](crate::Bulk::get) took no frame.
///
/// ```
/// use framewell::{BulkError, Burst, Pool};
///
/// let pool = Pool::builder().frames(64).build()?;
/// let mut burst: Burst<32> = Burst::new();
/// pool.get_bulk(&mut burst, 30)?;
/// assert_eq!(
///     pool.get_bulk(&mut burst, 3).unwrap_err(),
///     BulkError::NoRoom { asked: 3, room: 2 },
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BulkError {
    /// The burst or bulk has too little room left.
    NoRoom {
        /// Frames asked for.
        asked: usize,
        /// Frames for which there is room.
        room: usize,
    },
    /// Fewer frames than asked for were at rest.
    OutOfBuffers,
}

impl fmt::Display for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom { asked, room } => write!(
                f,
                "{asked} frames exceed the room of {room} left in the burst; empty it first, or \
                 make it larger"
            ),
            Self::OutOfBuffers => f.write_str(
                "out of buffers: fewer frames than asked for are at rest; ask for fewer, drop \
                 frames, or build the pool with more",
            ),
        }
    }
}

impl Error for BulkError {}

impl From<BulkError> for io::Error {
    fn from(refused: BulkError) -> Self {
        let kind = match refused {
            BulkError::NoRoom { .. } => io::ErrorKind::InvalidInput,
            BulkError::OutOfBuffers => io::ErrorKind::OutOfMemory,
        };
        Self::new(kind, refused)
    }
}

/// Which part of a frame was too small for what was asked.
///
/// ```
/// # use framewell::{Pool, Room};
/// # let pool = Pool::builder().frames(1).build()?;
/// let mut frame = pool.get(60)?;
/// assert_eq!(frame.push(200).unwrap_err().room, Room::Headroom);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Room {
    /// The bytes before the data.
    Headroom,
    /// The bytes after the data.
    Tailroom,
    /// The data itself.
    Data,
    /// All that an 802.11 buffer holds.
    Capacity,
}

/// A frame has less room than was asked for; it is unchanged.
///
/// ```
/// # use framewell::Pool;
/// # let pool = Pool::builder().frames(1).build()?;
/// let mut frame = pool.get(60)?;
/// let refused = frame.push(200).unwrap_err();
/// assert_eq!((refused.asked, refused.left), (200, 128));
/// assert_eq!(refused.to_string(), "200 bytes exceed the headroom of 128 left; raise it with PoolBuilder::headroom");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RoomError {
    /// The part that was too small.
    pub room: Room,
    /// Bytes asked for.
    pub asked: usize,
    /// Bytes that it has.
    pub left: usize,
}

impl fmt::Display for RoomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (room, remedy) = match self.room {
            Room::Headroom => ("headroom", "raise it with PoolBuilder::headroom"),
            Room::Tailroom => ("tailroom", "raise it with PoolBuilder::tailroom"),
            Room::Data => ("data", "ask for less"),
            Room::Capacity => ("capacity", "allocate a larger buffer, and copy"),
        };
        write!(
            f,
            "{} bytes exceed the {room} of {} left; {remedy}",
            self.asked, self.left
        )
    }
}

impl Error for RoomError {}

impl From<RoomError> for io::Error {
    fn from(refused: RoomError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, refused)
    }
}
