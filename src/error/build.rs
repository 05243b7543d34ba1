//! The error of a pool that was not made.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io;

use crate::base::af_xdp::{XDP_CHUNK, XDP_HEADROOM, XDP_LEAST_DATA, XdpChunks};
use crate::base::limits::{
    CHUNK, MAX_CACHE, MAX_CHUNKS, MAX_FRAMES, MAX_ROOM, MAX_SHARDS, MAX_SIZE_CLASS,
    MAX_SIZE_CLASSES,
};
use crate::sys::{Limit, NoRseq};

/// The reason why [`PoolBuilder::build`](crate::PoolBuilder::build) made no pool.
///
/// ```
/// use framewell::{BuildError, Pool};
///
/// let refused = Pool::builder().frames(0).build().unwrap_err();
/// assert!(matches!(refused, BuildError::ZeroFrames));
/// assert_eq!(
///     refused.to_string(),
///     "a pool of 0 frames cannot serve anyone; ask for 1 or more with PoolBuilder::frames",
/// );
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// No frames were asked for.
    ZeroFrames,
    /// More frames were asked for than ids can name.
    TooManyFrames {
        /// Frames asked for.
        frames: usize,
    },
    /// A payload of 0 bytes was asked for.
    ZeroPayload,
    /// Headroom, payload and tailroom together exceed what a handle can name.
    FrameTooLarge {
        /// The sum of the three in bytes.
        bytes: usize,
    },
    /// The exact stride is less than headroom, payload and tailroom together.
    StrideTooSmall {
        /// The stride asked for, in bytes.
        stride: usize,
        /// The bytes that the stride would have to hold.
        needed: usize,
    },
    /// The exact stride is no chunk of AF_XDP, for which the frames were to be laid out.
    XdpStride {
        /// The stride asked for, in bytes.
        stride: usize,
        /// The kind of chunks asked for.
        chunks: XdpChunks,
    },
    /// The headroom is not one that AF_XDP takes.
    XdpHeadroom {
        /// The headroom asked for, in bytes.
        headroom: usize,
        /// The bytes of the chunk.
        chunk: usize,
    },
    /// Headroom, payload and tailroom together exceed the chunk of AF_XDP.
    XdpFrameTooLarge {
        /// The sum of the three in bytes.
        bytes: usize,
        /// The bytes of the chunk.
        chunk: usize,
    },
    /// The number of frames times the stride exceeds the address space.
    TooLarge {
        /// Frames asked for.
        frames: usize,
        /// Bytes from one frame to the next.
        stride: usize,
    },
    /// The number of shards is outside 1 to 4096.
    Shards {
        /// Shards asked for.
        shards: usize,
    },
    /// The cache size is outside 1 to 1020.
    CacheSize {
        /// The size asked for, in frames.
        size: usize,
    },
    /// The budget for variable-length buffers is more than their ids can name.
    AllocBytes {
        /// The budget asked for, in bytes.
        bytes: usize,
    },
    /// A size class is outside 1 byte to 256 KiB.
    SizeClass {
        /// The size asked for, in bytes.
        bytes: usize,
    },
    /// More size classes were asked for than a pool can have.
    TooManySizeClasses {
        /// Classes asked for besides those that are built in.
        classes: usize,
    },
    /// The rseq front was asked for, and cannot be used.
    NoRseq {
        /// What the rseq front lacks.
        reason: NoRseq,
    },
    /// The environment variable `FRAMEWELL_FRONT` names no front.
    FrontName {
        /// The value of the variable.
        value: OsString,
    },
    /// The system refused the memory.
    Map {
        /// Bytes asked for.
        bytes: usize,
        /// What the bytes were for.
        purpose: Purpose,
        /// The limit that the bytes would have exceeded, if it is known.
        limit: Option<Limit>,
        /// The error that the system returned.
        source: io::Error,
    },
}

/// The purpose of memory that a pool maps.
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
    /// The memory is for the frames, and the tables and lists about them.
    Frames,
    /// The memory is for the size classes of variable-length buffers, and the tables and lists
    /// about them.
    SizeClasses,
}

impl Purpose {
    /// Returns what to change so that less memory is needed, if the limit stays as it is.
    fn remedy(self, limit: Option<Limit>) -> &'static str {
        match (limit, self) {
            (Some(Limit::HugePages { .. }), _) => {
                "ask for other pages with PoolBuilder::huge_pages"
            }
            (_, Self::Frames) => "ask for fewer with PoolBuilder::frames",
            (_, Self::SizeClasses) => "lower PoolBuilder::alloc_bytes",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frames => "frames",
            Self::SizeClasses => "size classes",
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
            Self::XdpStride { stride, chunks } => f.write_str(&xdp_stride(*stride, *chunks)),
            Self::XdpHeadroom { headroom, chunk } => write!(
                f,
                "headroom {headroom} is outside {XDP_HEADROOM} to {}, which AF_XDP takes in a chunk of \
                 {chunk}; leave PoolBuilder::headroom out for {XDP_HEADROOM}",
                chunk - XDP_LEAST_DATA
            ),
            Self::XdpFrameTooLarge { bytes, chunk } => write!(
                f,
                "headroom, payload and tailroom of {bytes} bytes together exceed the AF_XDP chunk of \
                 {chunk}; lower one of them, and let a longer packet take several frames"
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
            Self::AllocBytes { bytes } => write!(
                f,
                "a budget of {bytes} bytes for size classes exceeds the limit of {}; lower \
                 PoolBuilder::alloc_bytes (buffers above the largest size class do not count)",
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
                "the rseq front is not available: {reason}; ask for Front::Auto or Front::Portable"
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

/// Returns the text about a stride that is no chunk of AF_XDP.
fn xdp_stride(stride: usize, chunks: XdpChunks) -> String {
    let (least, most) = (XDP_CHUNK.start(), XDP_CHUNK.end());
    let remedy = "leave PoolBuilder::stride out";
    match chunks {
        XdpChunks::Aligned if XdpChunks::Unaligned.takes(stride) => format!(
            "stride {stride} is neither {least} nor {most}, the aligned chunks of AF_XDP; {remedy}, or \
             choose XdpChunks::Unaligned"
        ),
        XdpChunks::Aligned => format!(
            "stride {stride} is neither {least} nor {most}, the aligned chunks of AF_XDP; {remedy}"
        ),
        XdpChunks::Unaligned => {
            format!("stride {stride} is outside {least} to {most}, the chunks of AF_XDP; {remedy}")
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
