//! The builder of a pool: it checks what is asked for, and makes the pool or says why not.

use std::sync::Arc;

use super::Pool;
use crate::base::af_xdp::XdpChunks;
use crate::base::limits::{CHUNK, MAX_CACHE, MAX_CHUNKS, MAX_FRAMES, MAX_SHARDS, MAX_SIZE_CLASS};
use crate::engine::misuse::OnMisuse;
use crate::engine::{Engine, Spec};
use crate::error::BuildError;
use crate::memory::arena::{Layout, LayoutRequest, Rule};
use crate::percpu::Front;
use crate::sys::{HugePages, possible_cpus};
use crate::varlen::Sizes;

/// The settings of a new pool; made by [`Pool::builder`].
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
    layout: LayoutRequest,
    front: Front,
    cache: Option<usize>,
    shards: Option<usize>,
    pages: HugePages,
    prefault: bool,
    zero_on_free: bool,
    alloc_bytes: Option<usize>,
    size_classes: Vec<usize>,
    on_misuse: OnMisuse,
}

impl PoolBuilder {
    pub(super) fn new() -> Self {
        Self {
            frames: 4096,
            layout: LayoutRequest {
                headroom: None,
                payload: None,
                tailroom: 0,
                stride: None,
                rule: Rule::Colouring,
            },
            front: Front::Auto,
            cache: None,
            shards: None,
            pages: HugePages::Auto,
            prefault: false,
            zero_on_free: false,
            alloc_bytes: None,
            size_classes: Vec::new(),
            on_misuse: OnMisuse::Count,
        }
    }

    /// Sets the number of frames, 1 to 2²⁶ (4096 unless set).
    ///
    /// Address space is reserved for all frames at once. Memory is committed as frames are first
    /// used, on Windows as they are first handed out. A kernel that registers the
    /// [`Region`](crate::Region) commits all of it at once. In a process whose memory is locked
    /// (`mlockall` with `MCL_FUTURE`) the memory that is used is locked, and the memory that is
    /// only reserved is not.
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

    /// Sets the payload of a frame in bytes (1500 unless set; 9000 for jumbo frames).
    ///
    /// The 1500 bytes count from layer 3: the link header has its place at the end of the headroom.
    /// With [`af_xdp`](Self::af_xdp) the payload is all that the chunk leaves, unless set.
    ///
    /// ```
    /// # use framewell::Pool;
    /// assert_eq!(Pool::builder().frames(1).payload(9000).build()?.get(9000)?.len(), 9000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn payload(mut self, bytes: usize) -> Self {
        self.layout.payload = Some(bytes);
        self
    }

    /// Sets the headroom: the bytes before the payload of a new frame (128 unless set;
    /// 256 with [`af_xdp`](Self::af_xdp)).
    ///
    /// The payload starts on a cache line if this is a multiple of 64, and the stride is one too,
    /// as the default is.
    ///
    /// ```
    /// # use framewell::Pool;
    /// assert_eq!(Pool::builder().frames(1).headroom(256).build()?.get(0)?.headroom(), 256);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn headroom(mut self, bytes: usize) -> Self {
        self.layout.headroom = Some(bytes);
        self
    }

    /// Sets the least tailroom: the bytes after the payload of a new frame (0 unless set).
    ///
    /// What is left of the stride is added: with the other defaults the tailroom is 100 bytes.
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
    /// Unless set, the stride is the least odd number of cache lines that holds the frame. That
    /// spreads the frames over the sets of the processor's caches. A power of two spreads them
    /// least; some interfaces demand one. For AF_XDP [`af_xdp`](Self::af_xdp) chooses the stride.
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

    /// Lays the frames out as the chunks of AF_XDP's UMEM, so that the kernel takes the
    /// [`Region`](crate::Region) as it is. [`Region::af_xdp`](crate::Region::af_xdp) then says what
    /// the registration needs.
    ///
    /// - A frame is a chunk, and the stride is the chunk's size. Unless [`stride`](Self::stride)
    ///   sets it, it is the smallest that holds the frame: 2048 or 4096 in aligned mode. In
    ///   unaligned mode it is an odd number of cache lines from 2112 on, or 4096.
    /// - The headroom is 256 unless set, and at least that. The kernel keeps 256 bytes at the front
    ///   of a chunk in which it receives. What the headroom has beyond 256 is the UMEM's headroom.
    ///   So a frame that was received has the headroom that a new frame has. A frame to be sent may
    ///   have its data anywhere.
    /// - The payload is all that the chunk leaves, unless set. It includes the link header.
    /// - A packet that is longer comes, and goes, in several frames (`XDP_USE_SG`).
    ///
    /// Registering pins the whole region: all of it is then resident, whatever is in use.
    ///
    /// ```
    /// # use framewell::{Pool, XdpChunks};
    /// let pool = Pool::builder().frames(8).af_xdp(XdpChunks::Aligned).build()?;
    /// assert_eq!((pool.region().stride(), pool.payload()), (2048, 1792));
    ///
    /// let refused = Pool::builder().payload(9000).af_xdp(XdpChunks::Aligned).build();
    /// assert_eq!(
    ///     refused.unwrap_err().to_string(),
    ///     "headroom, payload and tailroom of 9256 bytes together exceed the AF_XDP chunk of \
    ///      4096; lower one of them, and let a longer packet take several frames",
    /// );
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn af_xdp(mut self, chunks: XdpChunks) -> Self {
        self.layout.rule = Rule::AfXdp(chunks);
        self
    }

    /// Sets which front serves the hot path ([`Front::Auto`] unless set).
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

    /// Sets the largest number of frames that one CPU's cache holds, 1 to 1020.
    ///
    /// Unless set, it is 512, or 128 on the portable front.
    ///
    /// A larger cache exchanges frames with the depot less often, and spreads its frames over more
    /// memory. The caches of all CPUs that are online take at most half of the pool together, but
    /// each may hold at least 2 frames. [`Stats::cache`](crate::Stats::cache) says what was
    /// granted.
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

    /// Sets the number of shards of the portable front, 1 to 4096.
    ///
    /// A shard is the list of free frames of one CPU on that front. Unless set, there is one for
    /// each CPU that the machine can have, and at most 4096.
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

    /// Sets which pages the memory of the pool should have ([`HugePages::Auto`] unless set).
    ///
    /// A pool takes explicit huge pages only if this asks for them: a forked child must not touch
    /// buffers on them ([`HugePages::Explicit`]).
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

    /// Sets whether [`build`](Self::build) commits all memory of the frames (off unless set).
    ///
    /// Then no first use of a frame causes a page fault, and on Windows no
    /// [`get`](crate::Pool::get) is refused for want of memory.
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

    /// Sets whether freed buffers, frames and variable-length ones, are overwritten with zeros (off
    /// unless set).
    ///
    /// Headroom and tailroom are overwritten too, so that no owner sees another's data. Every free
    /// then takes the slow path and writes the whole frame.
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

    /// Sets the budget of the size classes of variable-length buffers, in bytes, at most 4 GiB.
    ///
    /// The budget is rounded up to chunks of 1 MiB. Together with its tables it takes nearly twice
    /// its size in address space. Memory is committed as buffers are first used. Buffers above the
    /// largest size class do not count against the budget.
    ///
    /// A budget that is set is granted or refused: [`build`](Self::build) reserves it. With
    /// [`HugePages::Explicit`] all of it is populated at once.
    ///
    /// Unless set, the budget is 256 MiB (64 MiB with 32-bit addresses), which the first
    /// [`Pool::alloc`] that needs a class reserves. It is less where the process is limited
    /// (`ulimit -v`, `ulimit -d`): at most half of what is left to it. It is also less where the
    /// system grants no more. [`AllocStats::budget`](crate::AllocStats::budget) says how much it
    /// is.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let pool = Pool::builder().alloc_bytes(16 << 20).build()?;
    /// assert_eq!(pool.stats().alloc.unwrap().budget, 16 << 20);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn alloc_bytes(mut self, bytes: usize) -> Self {
        self.alloc_bytes = Some(bytes);
        self
    }

    /// Adds a size class of variable-length buffers, of 1 byte to 256 KiB.
    ///
    /// Its size is rounded up to a multiple of 16 bytes.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let pool = Pool::builder().size_class(5000).build()?;
    /// assert_eq!(pool.alloc(5000)?.capacity(), 5008);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn size_class(mut self, bytes: usize) -> Self {
        self.size_classes.push(bytes);
        self
    }

    /// Sets what happens when a pointer is misused, besides the refusal ([`OnMisuse::Count`] unless
    /// set).
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

    /// Makes the pool.
    ///
    /// The call enters the kernel to reserve memory. It takes some 8 KiB of stack where it is
    /// compiled with optimisation.
    ///
    /// Before a process has its first pool on the rseq front, `build` checks that the kernel aborts
    /// sequences as it should. For that it starts a thread, which has ended when the call returns.
    /// The check takes some 100 µs where two CPUs are free, and milliseconds on a busy machine. It
    /// waits for the thread for about two seconds, or up to 20 where the machine is emulated or has
    /// much to do. If there is no thread, or it does not run in time, the front is the portable one
    /// ([`NoRseq::Untested`](crate::NoRseq::Untested)). The calling thread's signals wait
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
    ///     "stride 1024 does not hold a frame of 1628 bytes; raise it to 1628 or more, \
    ///      or leave PoolBuilder::stride out",
    /// );
    /// ```
    pub fn build(self) -> Result<Pool, BuildError> {
        let engine = Engine::new(&self.checked()?)?;
        Ok(Pool { engine })
    }

    /// Checks all that is asked for. It is not inlined: the stack that the checks take is free
    /// again before the pool is made.
    #[inline(never)]
    fn checked(self) -> Result<Spec, BuildError> {
        let frames = self.checked_frames()?;
        let possible = possible_cpus();
        let shards = self.checked_shards(possible)?;
        let cache = self.checked_cache()?;
        let chunks = self.checked_chunks()?;
        let sizes = self.checked_sizes()?;
        let front = self.front.choose()?;
        let layout = Layout::new(self.layout)?;
        let bytes = layout.bytes(frames)?;
        Ok(Spec {
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
        })
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
        match self.alloc_bytes {
            Some(bytes) if bytes > MAX_CHUNKS * CHUNK => Err(BuildError::AllocBytes { bytes }),
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
