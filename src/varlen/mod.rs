//! Buffers of variable length: size classes over chunks of memory, and a mapping for each larger
//! buffer.
//!
//! ```text
//!   length ── sizes ──► class: front, depot ── carve ──► carver ── take ──► chunks
//!      │                                                      ◄── trim ──┘
//!      └── too large ──► large: a mapping each, found by its address
//! ```
//!
//! A pool makes this when it is first needed. A class is `Class<Carver>`, so its lists are the same
//! code as the lists of the frames. `trim` takes chunks back from the classes if all buffers of a
//! chunk are free. An allocation that finds all chunks taken does so, too.
//!
//! A buffer that is out keeps the pool, as a frame does (#ids-keep-pool).

mod large;
mod registry;
mod sizes;
mod trim;

use std::ptr::{self, NonNull};
use std::sync::Arc;

pub(crate) use crate::memory::carver::{Carver, Place};
pub(crate) use crate::memory::chunks::{Chunks, Owner, chunk_of};
pub(crate) use large::{Block, Large, LargeId, NotOut};
#[cfg(loom)]
#[allow(unused_imports, reason = "for the models")]
pub(crate) use registry::{Entry, Registry};
pub(crate) use sizes::{ClassByLen, LINE, STEP, Sizes};
pub(crate) use trim::Trim;

use crate::base::id::{BufferId, ClassId};
use crate::base::limits::{CACHED_BYTES, CHUNK, CLASS_CACHE, DEFAULT_CHUNKS};
use crate::base::transit::WaitBudget;
use crate::class::{Class, ClassSpec, FastPath, Transfer};
use crate::depot::Depot;
use crate::engine::Engine;
use crate::memory::back::{Back, CarveError};
use crate::percpu::{Event, Process};
use crate::stats::{AllocStats, ClassStats};
use crate::sync::Unprotected;
use crate::sys::{Area, HugePages, Limit, Refused};

/// What the size classes are made from.
pub(crate) struct SizeClassesSpec {
    pub(crate) sizes: Arc<Sizes>,
    /// The number of chunks is exactly this; `None` stands for the usual number, or less if the
    /// system grants less.
    pub(crate) chunks: Option<u32>,
    pub(crate) pages: HugePages,
    pub(crate) cpus: u32,
    /// How many CPUs share a class's buffers.
    pub(crate) shares: u32,
    pub(crate) rseq: Option<(Area, Arc<Process>)>,
    pub(crate) zero_on_free: bool,
}

pub(crate) struct SizeClasses {
    classes: Box<[SizeClass]>,
    chunks: Arc<Chunks>,
}

/// A size class, and what its hot path needs of it. Together they fill a cache line.
#[repr(align(64))]
pub(crate) struct SizeClass {
    fast_path: Unprotected<FastPath>,
    place: Unprotected<Place>,
    lists: Unprotected<Box<Class<Carver>>>,
    pool: Unprotected<NonNull<Engine>>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(cfg!(loom) || size_of::<SizeClass>() == 64);

// SAFETY: the pool's address is passed on alone; a caller that follows it answers for that.
unsafe impl Send for SizeClass {}
// SAFETY: as for Send.
unsafe impl Sync for SizeClass {}

impl SizeClass {
    fn new(lists: Box<Class<Carver>>, pool: NonNull<Engine>) -> Self {
        Self {
            fast_path: Unprotected::new(lists.fast_path()),
            place: Unprotected::new(lists.back().place()),
            lists: Unprotected::new(lists),
            pool: Unprotected::new(pool),
        }
    }

    #[inline(always)]
    pub(crate) fn lists(&self) -> &Class<Carver> {
        &self.lists
    }

    #[inline(always)]
    pub(crate) fn carver(&self) -> &Carver {
        self.lists.back()
    }

    /// Returns the pool that the class is part of.
    pub(crate) fn pool(&self) -> NonNull<Engine> {
        *self.pool
    }

    /// Returns where the class's buffers lie.
    #[inline(always)]
    pub(crate) fn place(&self) -> Place {
        *self.place
    }

    /// Takes an id from this CPU's cache. The id is the caller's (#single-owner).
    #[inline(always)]
    pub(crate) fn get_from_cache(&self) -> Option<BufferId> {
        // SAFETY: `self` is borrowed, so the pool lives.
        unsafe { self.fast_path.pop() }
    }

    /// Takes an id from this CPU's list, cache or shard. The id is the caller's (#single-owner).
    pub(crate) fn get(&self) -> Option<BufferId> {
        self.get_from_cache()
            .or_else(|| self.lists.get_from_shard())
    }

    /// Frees a buffer.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, which is the class's. It uses neither the id nor the class
    ///   afterwards, unless it holds something else that keeps the pool.
    #[inline(always)]
    pub(crate) unsafe fn free(&self, id: BufferId) {
        self.carver().loom_write(id);
        // SAFETY: the caller owns the id.
        if !unsafe { self.fast_path.push(id) } {
            // SAFETY: the id was refused: it is still the caller's.
            unsafe { self.free_slow(id) };
        }
    }

    /// Frees a buffer that this CPU's cache has not taken.
    ///
    /// # Safety
    ///
    /// - As for [`free`](Self::free).
    #[inline(never)]
    unsafe fn free_slow(&self, id: BufferId) {
        // SAFETY: as the function's bullets.
        unsafe { Engine::free_slow(*self.pool, &self.lists, id) };
    }

    /// Returns whether the class seems to have a buffer without taking a chunk.
    fn seems_to_have_some(&self) -> bool {
        self.was_used() && (self.lists.free_count() > 0 || self.carver().peek_remainder().is_some())
    }

    fn stats(&self) -> ClassStats {
        let carved = self.carver().carved() as usize;
        // Between the two reads a buffer may move and be seen in both places.
        let free = self.lists.free_count().min(carved);
        ClassStats {
            size: self.carver().stride(),
            out: carved - free,
            free,
            cache: self.lists.cache(),
        }
    }
}

impl SizeClasses {
    pub(crate) fn new(spec: &SizeClassesSpec, pool: NonNull<Engine>) -> Result<Self, Refused> {
        let mut most = spec.chunks.unwrap_or_else(usual_chunks);
        loop {
            match Self::over(most, spec, pool) {
                // If nobody has asked for a number of chunks, there are as many as the system
                // grants.
                Err(_) if spec.chunks.is_none() && most > 1 => most /= 2,
                answer => return answer,
            }
        }
    }

    /// Makes the classes over `chunks` chunks.
    fn over(chunks: u32, spec: &SizeClassesSpec, pool: NonNull<Engine>) -> Result<Self, Refused> {
        let chunks = Arc::new(Chunks::new(chunks, spec.pages)?);
        let strides = spec.sizes.strides();
        let mut classes = Vec::with_capacity(strides.len());
        for (number, stride) in strides.iter().enumerate() {
            let lists = Self::lists(number as u8, *stride, &chunks, spec)?;
            classes.push(SizeClass::new(lists, pool));
        }
        Ok(Self {
            classes: classes.into_boxed_slice(),
            chunks,
        })
    }

    /// Makes the lists of a class.
    fn lists(
        number: u8,
        stride: u32,
        chunks: &Arc<Chunks>,
        spec: &SizeClassesSpec,
    ) -> Result<Box<Class<Carver>>, Refused> {
        let carver = Carver::new(chunks.clone(), ClassId(number), stride);
        let most = chunks.count() * carver.per_chunk();
        let cached = (CACHED_BYTES / stride).clamp(2, CLASS_CACHE);
        let shape = ClassSpec {
            ids: chunks.ids(),
            // The magazines have room for all ids, because all of a class can be there once its
            // caches are shut.
            in_magazines: most,
            cpus: spec.cpus,
            rseq: spec.rseq.clone(),
            colour: number.into(),
            transfer: Transfer::new(most, spec.shares, cached, spec.zero_on_free),
        };
        Class::new(carver, &shape)
    }

    /// Returns a class by its number.
    ///
    /// # Safety
    ///
    /// - The number is one that the pool's sizes return.
    #[inline(always)]
    pub(crate) unsafe fn numbered(&self, class: usize) -> &SizeClass {
        // SAFETY: the number is an index into the strides, and each of these has a class.
        unsafe { self.classes.get_unchecked(class) }
    }

    pub(crate) fn class(&self, class: ClassId) -> &SizeClass {
        &self.classes[usize::from(class.0)]
    }

    pub(crate) fn chunks(&self) -> &Chunks {
        &self.chunks
    }

    /// Takes an id of a class from anywhere, also from the chunks of other classes. Otherwise takes
    /// an id of a larger class whose size is a multiple of `align`. The id is the caller's
    /// (#single-owner).
    ///
    /// *Errors*: nothing can be allocated; the answer says why.
    #[cold]
    pub(crate) fn get_slow<'a>(
        &'a self,
        class: &'a SizeClass,
        align: usize,
    ) -> Result<(&'a SizeClass, BufferId), CarveError> {
        let transit = self.chunks.transit();
        let mut wait_budget = WaitBudget::default();
        loop {
            let before = transit.peek();
            let carve_error = match class.lists.get_slow() {
                Ok(id) => return Ok((class, id)),
                Err(carve_error) => carve_error,
            };
            if let Some(id) = self.get_from_others(class) {
                return Ok((class, id));
            }
            if let Some(larger) = self.get_larger(class, align) {
                return Ok(larger);
            }
            if transit.may_refuse(before, &mut wait_budget) {
                return Err(carve_error);
            }
        }
    }

    /// Takes an idle chunk of another class for a class, and an id off that chunk.
    fn get_from_others(&self, class: &SizeClass) -> Option<BufferId> {
        let others = self.classes.iter().filter(|other| !ptr::eq(*other, class));
        let mut idle = others.filter(|other| other.may_have_idle_chunks());
        idle.find_map(|other| other.give_to(class.carver()))
    }

    /// Takes an id of the smallest larger class that seems to have free ids.
    fn get_larger(&self, class: &SizeClass, align: usize) -> Option<(&SizeClass, BufferId)> {
        let size = class.carver().stride();
        let fits = |larger: &&SizeClass| {
            let stride = larger.carver().stride();
            stride > size && stride % align == 0 && larger.seems_to_have_some()
        };
        let mut larger = self.classes.iter().filter(fits);
        larger.find_map(|larger| Some((larger, larger.lists.get_slow().ok()?)))
    }

    /// Takes back all chunks that hold no buffer in use, and returns their memory to the system.
    pub(crate) fn trim(&self) -> Trim {
        let used = self.classes.iter().filter(|class| class.was_used());
        let mut trim = used.map(SizeClass::trim).sum::<Trim>();
        trim.pinned = self.chunks.taken();
        trim
    }

    /// Closes all classes for good. Returns how many buffers are out, as [`Class::close`] does.
    pub(crate) fn close(&self) -> Option<u32> {
        let mut out = 0;
        for class in &self.classes {
            out += class.lists.close()?;
        }
        Some(out)
    }

    /// Returns how often something happened on the slow paths of the classes.
    pub(crate) fn counted(&self, event: Event) -> u64 {
        let used = self.classes.iter().filter(|class| class.was_used());
        used.map(|class| class.lists.counted(event)).sum()
    }

    pub(crate) fn stats(&self) -> AllocStats {
        let used = self.classes.iter().filter(|class| class.was_used());
        let classes: Vec<ClassStats> = used.map(SizeClass::stats).collect();
        let tables = |class: &SizeClass| {
            let most = self.chunks.count() * class.carver().per_chunk();
            class.lists.front_bytes() + Depot::bytes_for(most, class.lists.batch() as u32)
        };
        AllocStats {
            budget: self.chunks.bytes(),
            chunks: self.chunks.taken(),
            out: classes.iter().map(|class| class.out).sum(),
            classes,
            large: 0,
            large_bytes: 0,
            pages: self.chunks.pages(),
            metadata: Chunks::bytes_for(self.chunks.count())
                + self.classes.iter().map(tables).sum::<usize>(),
        }
    }
}

/// Returns the number of chunks of a pool whose builder has set none.
///
/// The chunks and the tables about them, which take less than they do, take at most a half of what
/// the limits of the process leave. The other half is left to the heap, the stacks and the large
/// buffers.
fn usual_chunks() -> u32 {
    let granted = Limit::least_left().map_or(DEFAULT_CHUNKS, |left| left / 2 / (2 * CHUNK));
    granted.clamp(1, DEFAULT_CHUNKS) as u32
}
