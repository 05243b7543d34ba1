//! From wishes to a pool, or to the reason why not.

use std::sync::Arc;

use super::Pool;
use crate::base::limits::{CHUNK, MAX_CACHE, MAX_CHUNKS, MAX_FRAMES, MAX_SHARDS, MAX_SIZE_CLASS};
use crate::dot11::Sizes;
use crate::error::BuildError;
use crate::memory::arena::{Layout, Wanted};
use crate::percpu::Front;
use crate::shared::misuse::OnMisuse;
use crate::shared::{Shared, Spec};
use crate::sys::{HugePages, possible_cpus};

/// What a pool shall be; made by [`Pool::builder`].
///
/// ```
/// use framewell::Pool;
///
/// let pool = Pool::builder().frames(65_536).headroom(192).zero_on_free(true).build()?;
/// assert_eq!(pool.capacity(), 65_536);
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes no pool until `build` is called"]
pub struct PoolBuilder {
    frames: usize,
    layout: Wanted,
    front: Front,
    cache: Option<usize>,
    shards: Option<usize>,
    pages: HugePages,
    prefault: bool,
    zero_on_free: bool,
    dot11_bytes: Option<usize>,
    size_classes: Vec<usize>,
    on_misuse: OnMisuse,
}

impl PoolBuilder {
    pub(super) fn new() -> Self {
        Self {
            frames: 4096,
            layout: Wanted {
                headroom: 128,
                payload: 1500,
                tailroom: 0,
                stride: None,
            },
            front: Front::Auto,
            cache: None,
            shards: None,
            pages: HugePages::Auto,
            prefault: false,
            zero_on_free: false,
            dot11_bytes: None,
            size_classes: Vec::new(),
            on_misuse: OnMisuse::Count,
        }
    }

    /// Sets the number of frames, 1 to 2²⁶ (4096 unless set).
    ///
    /// Address space is reserved for all of them at once; memory is committed as frames are first used, on Windows as they are first
    /// handed out. A kernel that registers the [`Region`](crate::Region) commits all of it at once.
    /// In a process that has its memory locked (`mlockall` with `MCL_FUTURE`) what is used is locked,
    /// and what is only reserved is not.
    ///
    /// ```
    /// # use framewell::Pool;
    /// assert_eq!(Pool::builder().frames(10).build()?.capacity(), 10);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn frames(mut self, frames: usize) -> Self {
        self.frames = frames;
        self
    }

    /// Sets the bytes of a frame's payload (1500 unless set; 9000 for jumbo frames).
    ///
    /// The 1500 count from layer 3: the link header has its place at the end of the headroom.
    ///
    /// ```
    /// # use framewell::Pool;
    /// assert_eq!(Pool::builder().frames(1).payload(9000).build()?.get(9000)?.len(), 9000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn payload(mut self, bytes: usize) -> Self {
        self.layout.payload = bytes;
        self
    }

    /// Sets the bytes before the payload of a new frame (128 unless set). With a multiple of 64
    /// (and without an exact stride that breaks it) the payload starts on a cache line.
    ///
    /// ```
    /// # use framewell::Pool;
    /// assert_eq!(Pool::builder().frames(1).headroom(256).build()?.get(0)?.headroom(), 256);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn headroom(mut self, bytes: usize) -> Self {
        self.layout.headroom = bytes;
        self
    }

    /// Sets the least bytes after the payload (0 unless set). What the stride leaves is added: with
    /// the other defaults the tailroom is 100 bytes.
    ///
    /// ```
    /// # use framewell::Pool;
    /// assert!(Pool::builder().frames(1).tailroom(200).build()?.get(1500)?.tailroom() >= 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tailroom(mut self, bytes: usize) -> Self {
        self.layout.tailroom = bytes;
        self
    }

    /// Sets the exact distance from one frame to the next, in bytes.
    ///
    /// Unless set it is the least odd number of cache lines that holds the frame, which spreads frames over the
    /// sets of the cache; a power of two is the worst choice.
    ///
    /// ```
    /// # use framewell::Pool;
    /// assert_eq!(Pool::builder().frames(1).stride(2112).build()?.region().stride(), 2112);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn stride(mut self, bytes: usize) -> Self {
        self.layout.stride = Some(bytes);
        self
    }

    /// Sets the front ([`Front::Auto`] unless set).
    ///
    /// ```
    /// # use framewell::{Front, Pool};
    /// let pool = Pool::builder().front(Front::Auto).build()?;
    /// println!("{}", pool.stats().front);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn front(mut self, front: Front) -> Self {
        self.front = front;
        self
    }

    /// Sets the most frames that rest in one CPU's cache, 1 to 1020 (unless set: 512, on the portable front 128).
    ///
    /// A larger cache goes to the depot less often; its frames are spread over more memory. The caches of all CPUs that are online
    /// take at most half of the pool together (but 2 frames each): what was granted is in [`Stats::cache`](crate::Stats::cache).
    ///
    /// ```
    /// # use framewell::Pool;
    /// assert_eq!(Pool::builder().frames(1 << 20).cache_size(64).build()?.stats().cache, 64);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn cache_size(mut self, frames: usize) -> Self {
        self.cache = Some(frames);
        self
    }

    /// Sets the number of shards of the portable front, 1 to 4096 (unless set: one for each CPU that
    /// the machine can have).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell::Front;
    /// let pool = Pool::builder().front(Front::Portable).shards(4).build()?;
    /// assert_eq!(pool.stats().per_cpu.len(), 4);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = Some(shards);
        self
    }

    /// Sets which pages to ask for ([`HugePages::Auto`] unless set).
    ///
    /// Explicit huge pages are never taken unasked: what a forked child may do with them is less
    /// ([`HugePages::Explicit`]).
    ///
    /// ```
    /// # use framewell::{HugePages, Pool};
    /// let pool = Pool::builder().huge_pages(HugePages::Transparent).build()?;
    /// println!("{}", pool.stats().pages);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn huge_pages(mut self, pages: HugePages) -> Self {
        self.pages = pages;
        self
    }

    /// Sets whether [`build`](Self::build) commits all memory of the frames, so that no first use faults (off unless set), and on
    /// Windows none is refused.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let pool = Pool::builder().frames(64).prefault(true).build()?;
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn prefault(mut self, on: bool) -> Self {
        self.prefault = on;
        self
    }

    /// Sets whether a freed frame is overwritten with zeros, headroom and tailroom included, so that no owner sees
    /// another's data (off unless set). Every free then takes the slow path and writes the whole frame.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let pool = Pool::builder().frames(1).zero_on_free(true).build()?;
    /// drop(pool.copy_from(b"secret")?);
    /// assert_eq!(*pool.get(6)?, [0; 6]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn zero_on_free(mut self, on: bool) -> Self {
        self.zero_on_free = on;
        self
    }

    /// Sets the budget of the size classes of 802.11 buffers, in bytes, rounded up to chunks of 1
    /// MiB; at most 4 GiB.
    ///
    /// Unless set it is 256 MiB (64 MiB with 32-bit addresses), reserved by the first
    /// [`Pool::dot11`] that needs a class; or less where the process is limited (`ulimit -v`,
    /// `ulimit -d`), at most half of what is left to it, or where the system grants no more:
    /// [`Dot11Stats::budget`](crate::Dot11Stats::budget) says how much. A budget that is set is
    /// granted or refused. With the tables about it it takes nearly twice as much address space.
    ///
    /// Address space is reserved for it by [`build`](Self::build); memory is committed as buffers are first used. With
    /// [`HugePages::Explicit`] all of it is populated at once. Buffers above the largest size class
    /// do not count.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let pool = Pool::builder().dot11_bytes(16 << 20).build()?;
    /// assert_eq!(pool.stats().dot11.unwrap().budget, 16 << 20);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn dot11_bytes(mut self, bytes: usize) -> Self {
        self.dot11_bytes = Some(bytes);
        self
    }

    /// Adds a size class of 802.11 buffers, of 1 byte to 256 KiB: rounded up to a multiple of 16 bytes.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let pool = Pool::builder().size_class(5000).build()?;
    /// assert_eq!(pool.dot11(5000)?.capacity(), 5008);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn size_class(mut self, bytes: usize) -> Self {
        self.size_classes.push(bytes);
        self
    }

    /// Sets what happens when a pointer is misused, beside the refusal ([`OnMisuse::Count`] unless set).
    ///
    /// [`OnMisuse::Call`] says when a function is called and dropped, and what its panics do.
    ///
    /// ```
    /// # use framewell::{OnMisuse, Pool};
    /// let pool = Pool::builder().on_misuse(OnMisuse::Abort).build()?;
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn on_misuse(mut self, on_misuse: OnMisuse) -> Self {
        self.on_misuse = on_misuse;
        self
    }

    /// Makes the pool. Enters the kernel to reserve memory. Takes some 8 KiB of stack, where it is
    /// compiled with optimisation.
    ///
    /// Before a process has its first pool on the rseq front, `build` makes sure that the kernel
    /// aborts sequences as it should: for that it starts a thread, which has ended when it returns.
    /// That takes some 100 µs where two CPUs are free, on a busy machine milliseconds, and at most
    /// about two seconds; without a thread, or if that does not run in time, the front is the portable
    /// one ([`NoRseq::Untested`](crate::NoRseq::Untested)). The calling thread's signals wait
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] names the value, the limit and the remedy.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let refused = Pool::builder().stride(1024).build().unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "stride 1024 does not hold a frame of 1628 bytes; raise it to 1628 or more, or leave PoolBuilder::stride out",
    /// );
    /// ```
    pub fn build(self) -> Result<Pool, BuildError> {
        let frames = self.checked_frames()?;
        let possible = possible_cpus();
        let shards = self.checked_shards(possible)?;
        let cache = self.checked_cache()?;
        let chunks = self.checked_chunks()?;
        let sizes = self.checked_sizes()?;
        let front = self.front.choose()?;
        let layout = Layout::new(self.layout)?;
        let bytes = layout.bytes(frames)?;
        let shared = Shared::new(&Spec {
            frames,
            front,
            possible,
            shards,
            cache,
            layout,
            bytes,
            pages: self.pages,
            prefault: self.prefault,
            zero_on_free: self.zero_on_free,
            sizes: Arc::new(sizes),
            chunks,
            on_misuse: self.on_misuse,
        })?;
        Ok(Pool { shared })
    }

    fn checked_frames(&self) -> Result<u32, BuildError> {
        match self.frames {
            0 => Err(BuildError::ZeroFrames),
            frames if frames > MAX_FRAMES => Err(BuildError::TooManyFrames { frames }),
            frames => Ok(frames as u32),
        }
    }

    fn checked_cache(&self) -> Result<Option<u32>, BuildError> {
        match self.cache {
            Some(size) if !(1..=MAX_CACHE).contains(&size) => Err(BuildError::CacheSize { size }),
            size => Ok(size.map(|size| size as u32)),
        }
    }

    fn checked_chunks(&self) -> Result<Option<u32>, BuildError> {
        match self.dot11_bytes {
            Some(bytes) if bytes > MAX_CHUNKS * CHUNK => Err(BuildError::Dot11Bytes { bytes }),
            bytes => Ok(bytes.map(|bytes| bytes.div_ceil(CHUNK).max(1) as u32)),
        }
    }

    fn checked_sizes(&self) -> Result<Sizes, BuildError> {
        let sizes = &self.size_classes;
        if let Some(&bytes) = sizes
            .iter()
            .find(|size| !(1..=MAX_SIZE_CLASS).contains(*size))
        {
            return Err(BuildError::SizeClass { bytes });
        }
        let classes = sizes.len();
        Sizes::new(sizes).ok_or(BuildError::TooManySizeClasses { classes })
    }

    fn checked_shards(&self, possible: u32) -> Result<u32, BuildError> {
        match self.shards {
            None => Ok(possible.clamp(1, MAX_SHARDS as u32)),
            Some(shards) if (1..=MAX_SHARDS).contains(&shards) => Ok(shards as u32),
            Some(shards) => Err(BuildError::Shards { shards }),
        }
    }
}
