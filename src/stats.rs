//! A pool seen from outside.

#![forbid(unsafe_code)]

use std::fmt;

use crate::sys::{NoRseq, PageKind};

/// A snapshot of a pool, from [`Pool::stats`](crate::Pool::stats); exact if no call was in progress.
///
/// Nothing is counted on the hot path: where frames are is read off the lists, and the events are
/// those of the slow paths. Its `Display` is a table.
///
/// ```
/// # let pool = framewell::Pool::builder().frames(100).build()?;
/// let frames: Vec<_> = (0..30).map(|_| pool.get(60)).collect::<Result<_, _>>()?;
/// let stats = pool.stats();
/// assert_eq!((stats.capacity, stats.free, stats.out), (100, 70, 30));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Frames of the pool.
    pub capacity: usize,
    /// Frames at rest.
    pub free: usize,
    /// Frames in use, and those that were forgotten.
    pub out: usize,
    /// Of those in use, the buffers that were swapped out of a [`FrameCell`](crate::FrameCell) and wait there for its readers.
    pub retired: usize,
    /// Frames at rest in each CPU's cache or shard.
    pub per_cpu: Vec<usize>,
    /// Frames at rest in the depot.
    pub depot: usize,
    /// Frames at rest that were never handed out.
    pub uncarved: usize,
    /// The most frames that one `get` or free has in hand beside its own. On the rseq front one that drains or opens caches has what
    /// they hold as well: all of them, where a `get` has found nothing else.
    pub batch: usize,
    /// The most frames that rest in one CPU's cache or shard: see [`PoolBuilder::cache_size`](crate::PoolBuilder::cache_size).
    pub cache: usize,
    /// Batches that a CPU got from the depot, or that were carved.
    pub refills: u64,
    /// Batches that went to the depot.
    pub flushes: u64,
    /// Batches that one CPU took from another's cache or shard.
    pub steals: u64,
    /// Calls that were refused.
    pub refusals: u64,
    /// The pages under the frames.
    pub pages: PageKind,
    /// The front that serves the hot path.
    pub front: FrontKind,
    /// Why the front is not the rseq one, if it is not.
    pub no_rseq: Option<NoRseq>,
    /// Fences that the kernel refused (by a seccomp filter, say). Nothing is lost by one, but a
    /// call that needs it to get what rests in the caches of other CPUs does without: see
    /// [`Pool::get`](crate::Pool::get).
    pub fences_refused: u64,
    /// Calls on the rseq front that looked for the cache of their CPU, which has none: every call
    /// there takes the slow path. CPUs have one up to the largest number that the system told when
    /// the pool was made, 4096 at most. (Made where `/sys` and `/proc` are hidden, it is the
    /// largest that the thread could run on.)
    pub uncached: u64,
    /// Bytes reserved for the tables about frames, committed as they are touched.
    pub metadata: usize,
    /// The 802.11 buffers, if there were any yet.
    pub dot11: Option<Dot11Stats>,
    /// Pointers that were misused: see [`Pool::from_raw`](crate::Pool::from_raw).
    pub misuses: u64,
}

/// The 802.11 buffers of a pool; exact if no call was in progress.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let buffer = pool.dot11(2346)?;
/// let dot11 = pool.stats().dot11.unwrap();
/// assert_eq!((dot11.out, dot11.chunks), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Dot11Stats {
    /// The most bytes of all chunks; 0 as long as no buffer of a size class was needed.
    pub budget: usize,
    /// Chunks (of 1 MiB) that belong to size classes.
    pub chunks: usize,
    /// Buffers of the size classes in use, and those that were forgotten.
    pub out: usize,
    /// The size classes that have chunks.
    pub classes: Vec<ClassStats>,
    /// Buffers above the largest size class.
    pub large: usize,
    /// Their bytes.
    pub large_bytes: usize,
    /// The pages under the chunks.
    pub pages: PageKind,
    /// Bytes reserved for the tables about buffers, committed as they are touched.
    pub metadata: usize,
}

/// One size class of 802.11 buffers.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let buffer = pool.dot11(2346)?;
/// let class = pool.stats().dot11.unwrap().classes[0];
/// assert_eq!((class.size, class.out), (2368, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ClassStats {
    /// Bytes of a buffer.
    pub size: usize,
    /// Buffers in use.
    pub out: usize,
    /// Buffers at rest that were in use before.
    pub free: usize,
    /// The most buffers that rest in one CPU's cache or shard.
    pub cache: usize,
}

/// The front that serves the hot path.
///
/// ```
/// # use framewell::{Front, Pool};
/// let pool = Pool::builder().front(Front::Portable).build()?;
/// assert_eq!(pool.stats().front.to_string(), "portable");
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FrontKind {
    /// A cache for each CPU, used by restartable sequences: Linux on x86-64 and aarch64.
    Rseq,
    /// Lock-free stacks, sharded by CPU: runs everywhere.
    Portable,
}

impl fmt::Display for FrontKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rseq => "rseq",
            Self::Portable => "portable",
        })
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_caches: usize = self.per_cpu.iter().sum();
        let mut row = |name: &str, value: &dyn fmt::Display| writeln!(f, "{name:<10}{value:>20}");
        row("capacity", &self.capacity)?;
        row("out", &self.out)?;
        row("  retired", &self.retired)?;
        row("free", &self.free)?;
        row("  caches", &in_caches)?;
        row("  depot", &self.depot)?;
        row("  uncarved", &self.uncarved)?;
        row("cache", &self.cache)?;
        row("batch", &self.batch)?;
        row("refills", &self.refills)?;
        row("flushes", &self.flushes)?;
        row("steals", &self.steals)?;
        row("refusals", &self.refusals)?;
        row("pages", &self.pages)?;
        row("front", &self.front)?;
        if self.fences_refused > 0 {
            row("unfenced", &self.fences_refused)?;
        }
        if self.uncached > 0 {
            row("uncached", &self.uncached)?;
        }
        if self.misuses > 0 {
            row("misuses", &self.misuses)?;
        }
        if let Some(dot11) = &self.dot11 {
            row("dot11 out", &dot11.out)?;
            row("  chunks", &dot11.chunks)?;
            row("  large", &dot11.large)?;
        }
        if let Some(reason) = &self.no_rseq {
            writeln!(f, "{:<10}  {reason}", "no rseq")?;
        }
        write!(f, "{:<10}{:>18} B", "metadata", self.metadata)
    }
}
