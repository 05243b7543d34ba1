//! The limits that the layers share and the error messages name.

#![forbid(unsafe_code)]

#[cfg(not(loom))]
use std::time::Duration;

use crate::sync::scaled;

/// The most frames of a pool.
pub(crate) const MAX_FRAMES: usize = 1 << 26;

/// The most bytes of a frame. Offsets and lengths in a handle are 16 bits wide.
pub(crate) const MAX_ROOM: usize = u16::MAX as usize;

/// The most borrowers of a pool at a time.
pub(crate) const MAX_BORROWERS: usize = 4096;

/// The most shards of a pool.
pub(crate) const MAX_SHARDS: usize = 4096;

/// The most CPUs with a cache of their own. CPUs with higher numbers work through the depot.
pub(crate) const MAX_CPUS: u32 = 4096;

/// The most ids that a magazine, and so one transfer between the layers, can hold.
pub(crate) const MAGAZINE: usize = 64;

/// The number of ids in one transfer, if the pool is large enough.
pub(crate) const MAX_BATCH: u32 = scaled(MAGAZINE as u32, 2);

/// How often a call that found nothing looks again while a transfer of another call is in flight.
pub(crate) const MAX_RESCANS: u32 = scaled(8, 1);

/// How often such a call lets other threads run afterwards, while caches are being drained. A drain
/// waits for the kernel.
pub(crate) const MAX_YIELDS: u32 = scaled(8, 0);

/// The least time that a call which found no chunk waits for another call that has a chunk in hand
/// and does not proceed.
#[cfg(not(loom))]
pub(crate) const MAX_WAIT: Duration = Duration::from_millis(10);

/// The least number of times that such a call lets other threads run. On a busy machine this takes
/// longer than the time.
#[cfg(not(loom))]
pub(crate) const MIN_YIELDS: u32 = 32;

/// The most ids that a CPU's cache can hold. Together with its count and bounds they take a page.
pub(crate) const MAX_CACHE: usize = scaled(1020, 4) as usize;

/// The number of ids that a CPU's cache holds on the rseq front, if the pool is large enough.
pub(crate) const RSEQ_CACHE: usize = scaled(512, 4) as usize;

/// The number of ids that a shard's stack holds on the portable front, if the pool is large enough.
pub(crate) const PORTABLE_CACHE: usize = scaled(128, 4) as usize;

/// The bytes of a chunk, which a size class takes, and gives back, as a whole.
pub(crate) const CHUNK: usize = scaled(1 << 20, 4096) as usize;

/// How many bits the number of a buffer within its chunk takes.
pub(crate) const CHUNK_BITS: u32 = scaled(14, 1);

/// The most chunks of a pool. Their bytes are one mapping, of at most `isize::MAX` bytes.
pub(crate) const MAX_CHUNKS: usize = if usize::BITS < 64 {
    isize::MAX as usize / CHUNK
} else {
    MAX_FRAMES >> CHUNK_BITS
};

/// The most bytes of a size class.
pub(crate) const MAX_SIZE_CLASS: usize = CHUNK / 4;

/// How many bits an offset or a length takes that lies in a buffer of a size class.
pub(crate) const PART_BITS: u32 = 19;

/// The most bytes of a variable-length buffer. Offsets and lengths in the handle of a large buffer
/// are 32 bits wide.
pub(crate) const MAX_LARGE: usize = u32::MAX as usize;

/// The most size classes of a pool.
pub(crate) const MAX_SIZE_CLASSES: usize = 128;

/// The number of chunks that a pool reserves addresses for, unless the builder sets another.
pub(crate) const DEFAULT_CHUNKS: usize = if usize::BITS < 64 {
    64
} else {
    scaled(256, 2) as usize
};

/// The most bytes of buffers that the cache of one CPU holds for a class.
pub(crate) const CACHED_BYTES: u32 = 256 << 10;

/// The most buffers that the cache of one CPU holds for a class.
pub(crate) const CLASS_CACHE: u32 = 256;
