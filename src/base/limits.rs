//! The limits that the layers share and the error messages name.

#![forbid(unsafe_code)]

#[cfg(not(loom))]
use std::time::Duration;

use crate::sync::scaled;

/// The most frames of a pool.
pub(crate) const MAX_FRAMES: usize = 1 << 26;

/// The most bytes of a frame: offsets and lengths in a handle are 16 bits wide.
pub(crate) const MAX_ROOM: usize = u16::MAX as usize;

/// The most shards of a pool.
pub(crate) const MAX_SHARDS: usize = 4096;

/// The most CPUs with a cache of their own; those beyond work through the depot.
pub(crate) const MAX_CPUS: u32 = 4096;

/// The most ids a magazine, and so one transfer between the layers, can hold.
pub(crate) const MAGAZINE: usize = 64;

/// The ids of one transfer where the pool is large enough.
pub(crate) const MAX_BATCH: u32 = scaled(MAGAZINE as u32, 2);

/// How often a call that found nothing looks again while a transfer of another call is in flight.
pub(crate) const MAX_RESCANS: u32 = scaled(8, 1);

/// How often such a call lets other threads run afterwards, while caches are being drained: that waits for the
/// kernel.
pub(crate) const MAX_YIELDS: u32 = scaled(8, 0);

/// How long a call that found no chunk waits for another that has some in hand and does not get on
/// with it: so long, …
#[cfg(not(loom))]
pub(crate) const MAX_WAIT: Duration = Duration::from_millis(10);

/// … and so many turns of other threads, which on a busy machine take longer.
#[cfg(not(loom))]
pub(crate) const MIN_YIELDS: u32 = 32;

/// The most ids that a CPU's cache can hold: with its count and bounds a page.
pub(crate) const MAX_CACHE: usize = scaled(1020, 4) as usize;

/// The ids that a CPU's cache holds on the rseq front, where the pool is large enough.
pub(crate) const RSEQ_CACHE: usize = scaled(512, 4) as usize;

/// The ids that a shard's stack holds on the portable front, where the pool is large enough.
pub(crate) const PORTABLE_CACHE: usize = scaled(128, 4) as usize;

/// The bytes of a chunk: what a size class takes from the arena, and gives back, at once.
pub(crate) const CHUNK: usize = scaled(1 << 20, 4096) as usize;

/// The numbers of buffers in a chunk take so many bits.
pub(crate) const CHUNK_BITS: u32 = scaled(14, 1);

/// The most chunks of a pool; their bytes are one mapping, of at most `isize::MAX`.
pub(crate) const MAX_CHUNKS: usize = if usize::BITS < 64 {
    isize::MAX as usize / CHUNK
} else {
    MAX_FRAMES >> CHUNK_BITS
};

/// The most bytes of a size class.
pub(crate) const MAX_SIZE_CLASS: usize = CHUNK / 4;

/// The most size classes of a pool.
pub(crate) const MAX_SIZE_CLASSES: usize = 128;

/// The chunks that a pool reserves room for, unless the builder says otherwise.
pub(crate) const DEFAULT_CHUNKS: usize = if usize::BITS < 64 {
    64
} else {
    scaled(256, 2) as usize
};

/// A class keeps with each CPU at most so many bytes of buffers …
pub(crate) const CACHED_BYTES: u32 = 256 << 10;

/// … and so many buffers.
pub(crate) const CLASS_CACHE: u32 = 256;
