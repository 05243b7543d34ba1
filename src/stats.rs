//! The snapshot of a pool: where its frames are, and how often the slow paths were taken.

#![forbid(unsafe_code)]

use std::fmt;

use crate::base::id::BorrowerId;
use crate::sys::{NoRseq, PageKind};

/// A snapshot of a pool, from [`Pool::stats`](crate::Pool::stats). It is exact if no call was in
/// progress.
///
/// Nothing is counted on the hot path: where the frames are is read off the lists, and the events
/// are those of the slow paths. The `Display` of a snapshot is a table.
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
    /// The number of frames of the pool, in use or not.
    pub capacity: usize,
    /// Free frames: those in caches or shards, in the depot, or never handed out.
    pub free: usize,
    /// Frames in use, including those that were forgotten.
    pub out: usize,
    /// Buffers in use that were swapped out of a [`FrameCell`](crate::FrameCell) and wait there for
    /// its readers. Each [reference](crate::Shared) that waits counts as one.
    pub retired: usize,
    /// Free frames in each CPU's cache or shard.
    pub per_cpu: Vec<usize>,
    /// Free frames in the depot.
    pub depot: usize,
    /// Free frames that were never handed out.
    pub uncarved: usize,
    /// The most frames that one `get` or free has in its hands besides its own. On the rseq front,
    /// a call that drains or opens caches has what they hold as well. That is all that the caches
    /// hold where a `get` has found nothing else.
    pub batch: usize,
    /// The largest number of frames that one CPU's cache or shard holds: see
    /// [`PoolBuilder::cache_size`](crate::PoolBuilder::cache_size).
    pub cache: usize,
    /// Batches of frames that a CPU got from the depot, or that were carved.
    pub refills: u64,
    /// Batches of frames that went to the depot.
    pub flushes: u64,
    /// Batches of frames that one CPU took from another's cache or shard.
    pub steals: u64,
    /// Calls for frames that were refused.
    pub refusals: u64,
    /// The pages under the frames.
    pub pages: PageKind,
    /// The front that serves the hot path.
    pub front: FrontKind,
    /// The reason why the front is not the rseq one, if it is not.
    pub no_rseq: Option<NoRseq>,
    /// Fences that the kernel refused (by a seccomp filter, say).
    ///
    /// Nothing is lost by a refused fence. But a call that needs one to get frames from the caches
    /// of other CPUs does without those frames: see [`Pool::get`](crate::Pool::get).
    pub fences_refused: u64,
    /// Calls on the rseq front from a CPU that has no cache: every call there takes the slow path.
    ///
    /// CPUs have a cache up to the largest CPU number that the system told when the pool was made,
    /// 4096 CPUs at most. Where `/sys` and `/proc` are hidden, it is the largest number that the
    /// thread could run on.
    pub uncached: u64,
    /// Bytes reserved for the tables about frames. They are committed as they are touched.
    pub metadata: usize,
    /// The variable-length buffers: `None` if
    /// [`PoolBuilder::alloc_bytes`](crate::PoolBuilder::alloc_bytes) is not set and none was needed
    /// yet.
    pub alloc: Option<AllocStats>,
    /// Pointers and loans that were misused: see [`Misuse`](crate::Misuse).
    pub misuses: u64,
    /// The borrowers, and what is lent to each. They are those whose handle exists, and those that
    /// were dropped with buffers still lent.
    pub borrowers: Vec<BorrowerStats>,
}

/// The part of a snapshot about one [`Borrower`](crate::Borrower). It is exact if no call was in
/// progress.
///
/// What is lent is counted by looking at a word of each buffer, and references by a table of each
/// borrower.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let nic = pool.borrower("eth0 rx")?;
/// let id = nic.lend(pool.get(0)?).expect("the frame is this pool's");
/// let stats = &pool.stats().borrowers[0];
/// assert_eq!((&*stats.name, stats.frames, stats.dropped), ("eth0 rx", 1, false));
/// # // SAFETY: nobody has the frame's address.
/// # unsafe { nic.take_back(id, 0, 0) }?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct BorrowerStats {
    /// The borrower's id, by which its buffers can be [reclaimed](crate::Pool::reclaim) once it is
    /// dropped.
    pub id: BorrowerId,
    /// The name that the borrower was made with.
    pub name: String,
    /// Whether its handle is dropped. Buffers are still lent to it then.
    pub dropped: bool,
    /// Frames that are lent to it.
    pub frames: usize,
    /// Variable-length buffers that are lent to it.
    pub bufs: usize,
    /// References to shared frames that are lent to it. Several may be to the same frame.
    pub references: usize,
}

impl fmt::Display for BorrowerStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let (frames, bufs) = (self.frames, self.bufs);
        write!(f, "{} frame{}", frames, plural(frames))?;
        if bufs > 0 {
            write!(f, ", {} buffer{}", bufs, plural(bufs))?;
        }
        if self.references > 0 {
            write!(
                f,
                ", {} reference{}",
                self.references,
                plural(self.references)
            )?;
        }
        write!(f, " lent to {}", self.name.escape_debug())?;
        if self.dropped {
            write!(f, " (dropped; number {})", self.id)?;
        }
        Ok(())
    }
}

/// The part of a snapshot about variable-length buffers. It is exact if no call was in progress.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let buffer = pool.alloc(2346)?;
/// let alloc = pool.stats().alloc.unwrap();
/// assert_eq!((alloc.out, alloc.chunks), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct AllocStats {
    /// The most bytes that the chunks of all size classes can take. It is 0 if
    /// [`PoolBuilder::alloc_bytes`](crate::PoolBuilder::alloc_bytes) is not set and no buffer of a
    /// size class was needed yet.
    pub budget: usize,
    /// Chunks (of 1 MiB) that belong to size classes.
    pub chunks: usize,
    /// Buffers of the size classes in use, including those that were forgotten.
    pub out: usize,
    /// The size classes that have chunks.
    pub classes: Vec<ClassStats>,
    /// Buffers above the largest size class.
    pub large: usize,
    /// Bytes of the buffers above the largest size class.
    pub large_bytes: usize,
    /// The pages under the chunks.
    pub pages: PageKind,
    /// Bytes reserved for the tables about buffers. They are committed as they are touched.
    pub metadata: usize,
}

/// The part of a snapshot about one size class of variable-length buffers.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let buffer = pool.alloc(2346)?;
/// let class = pool.stats().alloc.unwrap().classes[0];
/// assert_eq!((class.size, class.out), (2368, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ClassStats {
    /// Bytes of a buffer of the class.
    pub size: usize,
    /// Buffers of the class in use, including those that were forgotten.
    pub out: usize,
    /// Free buffers that were in use before.
    pub free: usize,
    /// The largest number of buffers that one CPU's cache or shard holds.
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
    /// The rseq front: a cache for each CPU, used by restartable sequences. It runs on Linux on
    /// x86-64 and aarch64.
    Rseq,
    /// The portable front: lock-free stacks, sharded by CPU. It runs everywhere.
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
        if let Some(alloc) = &self.alloc {
            row("alloc out", &alloc.out)?;
            row("  chunks", &alloc.chunks)?;
            row("  large", &alloc.large)?;
        }
        for borrower in &self.borrowers {
            writeln!(f, "{:<10}  {borrower}", "borrower")?;
        }
        if let Some(reason) = &self.no_rseq {
            writeln!(f, "{:<10}  {reason}", "no rseq")?;
        }
        write!(f, "{:<10}{:>18} B", "metadata", self.metadata)
    }
}
