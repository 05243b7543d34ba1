//! What the handles and the buffers of a pool share: its classes, and how long it lives.
//!
//! ```text
//!   Pool, Burst    Frame {pool, id, offset, length}    Dot11Buf {size class or mapping, id, length}
//!        │ take, free     │                                  │
//!        ▼                ▼                                  ▼
//!   Inner ─┬─ frames: a class over the arena          dot11: a class for each size, large buffers; made when
//!          │                                                 it is first needed
//!          ├─ misuses: see `raw`
//!          └─ handles, home: see `teardown`
//! ```
//!
//! The lists of free buffers and the invariants P1–P3 are those of `class`. P2 is kept here, for all buffers:
//!
//! - P2. A pool's memory lasts until its last handle is dropped and all its ids are at rest.
//!   So whoever owns an id, or borrows a handle, may touch the pool.

pub(crate) mod misuse;
mod raw;
mod teardown;

pub(crate) use raw::Claimed;

use std::convert::Infallible;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use crate::base::id::FrameId;
use crate::base::lazy::Lazy;
use crate::base::limits::{MAX_CPUS, PORTABLE_CACHE, RSEQ_CACHE};
use crate::base::place::lay_out;
use crate::base::raw::FrameStates;
use crate::base::stack::Links;
use crate::class::{Class, Homeless, Near, Shape, Transfer};
use crate::depot::Depot;
use crate::dot11::{Dot11, Dot11Spec, Large, LargeId, Least, SizeClass, Sizes};
use crate::error::{BuildError, OutOfBuffers, Purpose};
use crate::inner::misuse::{Hook, OnMisuse};
use crate::memory::arena::{Arena, Layout};
use crate::memory::back::Back;
use crate::percpu::Process;
use crate::percpu::{Event, SLOT};
use crate::stats::{Dot11Stats, Stats};
use crate::sync::{AtomicU64, AtomicUsize, LeakCheck, Ordering, PageStart, Unprotected, scaled};
use crate::sys::{Area, HugePages, NoRseq, Refused, online_cpus};

/// The frames begin behind the place in a page where their caches have the count and, of the usual size, the slots: a load whose
/// address agrees in its lowest 12 bits with that of a store in flight waits for it, and each get and each free loads from here.
#[repr(C)]
pub(crate) struct Inner {
    _page: PageStart,
    _behind_slots: Unprotected<MaybeUninit<[u8; BEHIND_SLOTS]>>,
    frames: Class<Arena>,
    /// The size classes of 802.11 buffers, when one was needed.
    dot11: Lazy<Dot11>,
    dot11_spec: Unprotected<Dot11Spec>,
    /// Of the same sizes.
    least: Unprotected<Least>,
    /// The 802.11 buffers above the size classes, when there was one: they need nothing of those.
    large: Lazy<Large>,
    /// Dropped behind the buffers, which it could not reach then.
    on_misuse: Unprotected<Hook>,
    misuses: AtomicU64,
    no_rseq: Unprotected<Option<NoRseq>>,
    /// `Pool` handles.
    handles: CachePadded<AtomicUsize>,
    /// Buffers that were counted after the last handle was dropped, less those that were out by then.
    home: CachePadded<AtomicU64>,
    /// Buffers that wait in a cell for its readers.
    retired: CachePadded<AtomicU64>,
    _leak_check: LeakCheck,
}

const BEHIND_SLOTS: usize = scaled(4 * (SLOT + RSEQ_CACHE) as u32, 0) as usize;

/// What a pool is made from; checked by the builder.
pub(crate) struct Spec {
    pub(crate) frames: u32,
    /// For the rseq front, or why there is none.
    pub(crate) area: Result<Area, NoRseq>,
    /// As many CPUs as the machine can have.
    pub(crate) possible: u32,
    /// Of the portable front.
    pub(crate) shards: u32,
    /// The most frames that rest with one CPU, if the builder says so.
    pub(crate) cache: Option<u32>,
    pub(crate) layout: Layout,
    /// Of all frames.
    pub(crate) bytes: usize,
    pub(crate) pages: HugePages,
    pub(crate) prefault: bool,
    pub(crate) zero_on_free: bool,
    pub(crate) sizes: Arc<Sizes>,
    /// The chunks for 802.11 buffers, if the builder says how many.
    pub(crate) chunks: Option<u32>,
    pub(crate) on_misuse: OnMisuse,
}

impl Spec {
    /// How many caches or shards a class has.
    fn cpus(&self) -> u32 {
        match self.area {
            Ok(_) => self.possible.clamp(1, MAX_CPUS),
            Err(_) => self.shards,
        }
    }

    /// How many of them share a class's buffers: there is a cache for each CPU that may come online, and a share for
    /// each that is.
    fn shares(&self) -> u32 {
        match self.area {
            Ok(_) => online_cpus().clamp(1, self.cpus()),
            Err(_) => self.shards,
        }
    }

    fn dot11(&self, rseq: Option<(Area, Arc<Process>)>) -> Dot11Spec {
        Dot11Spec {
            sizes: self.sizes.clone(),
            chunks: self.chunks,
            // Explicit huge pages are set aside at once: none unless they are asked for, both by kind and by size.
            pages: match self.pages {
                HugePages::Explicit | HugePages::PreferExplicit if self.chunks.is_some() => {
                    self.pages
                }
                HugePages::Transparent => HugePages::Transparent,
                _ => HugePages::Off,
            },
            cpus: self.cpus(),
            shares: self.shares(),
            rseq,
            zero_on_free: self.zero_on_free,
        }
    }

    fn transfer(&self) -> Transfer {
        let default = match self.area {
            Ok(_) => RSEQ_CACHE,
            Err(_) => PORTABLE_CACHE,
        };
        let wanted = self.cache.unwrap_or(default as u32);
        Transfer::new(self.frames, self.shares(), wanted, self.zero_on_free)
    }
}

impl Inner {
    /// Makes a pool with one handle.
    pub(crate) fn new(spec: &Spec) -> Result<NonNull<Self>, BuildError> {
        let pool = Self::of_frames(spec).map_err(|refusal| refused(refusal, Purpose::Frames))?;
        if spec.chunks.is_some() {
            // SAFETY: the pool was made just now.
            let made = unsafe { Self::dot11_or_make(pool) }.map(|_| ());
            if let Err(refusal) = made {
                // SAFETY: it was leaked from a box, and nobody else knows it.
                drop(unsafe { Box::from_raw(pool.as_ptr()) });
                return Err(refused(refusal, Purpose::Dot11));
            }
        }
        Ok(pool)
    }

    /// Makes a pool without 802.11 buffers.
    fn of_frames(spec: &Spec) -> Result<NonNull<Self>, Refused> {
        let frames = spec.frames;
        let rseq = match spec.area {
            Ok(area) => {
                let process = Process::new().map_err(Refused::of(Process::BYTES))?;
                Some((area, Arc::new(process)))
            }
            Err(_) => None,
        };
        let dot11_spec = spec.dot11(rseq.clone());
        let transfer = spec.transfer();
        let shape = Shape {
            ids: frames,
            in_magazines: Depot::in_magazines(frames, transfer.batch()),
            cpus: spec.cpus(),
            rseq,
            colour: 0,
            transfer,
        };
        let links = Links::new(frames).map_err(Refused::of(Links::bytes_for(frames)))?;
        let raw = FrameStates::bytes_for(frames);
        let raw = FrameStates::new(frames).map_err(Refused::of(raw))?;
        let arena = Arena::new(
            (links, raw),
            frames,
            spec.layout,
            spec.bytes,
            spec.pages,
            spec.prefault,
        )
        .map_err(Refused::on(spec.pages, spec.bytes))?;

        let mut inner = Box::<Self>::new_uninit();
        let at = inner.as_mut_ptr();
        // SAFETY: the field's place in the pool's.
        let class = unsafe { &raw mut (*at).frames };
        // SAFETY: the place is this call's alone, and need not hold a value yet.
        Class::make(unsafe { &mut *class.cast() }, arena, &shape)?;
        lay_out!(at, Self {
            _page: PageStart,
            _behind_slots: Unprotected::new(MaybeUninit::uninit()),
            dot11: Lazy::new(),
            dot11_spec: Unprotected::new(dot11_spec),
            least: Unprotected::new(Least::EMPTY),
            on_misuse: Unprotected::new(Hook::new(spec.on_misuse.clone())),
            misuses: AtomicU64::new(0),
            large: Lazy::new(),
            no_rseq: Unprotected::new(spec.area.err()),
            handles: CachePadded::new(AtomicUsize::new(1)),
            home: CachePadded::new(AtomicU64::new(0)),
            retired: CachePadded::new(AtomicU64::new(0)),
            _leak_check: LeakCheck::new(),
        } made frames);
        // SAFETY: all of it was made.
        let mut inner = unsafe { inner.assume_init() };
        inner.least.get_mut().fill(&spec.sizes);
        Ok(NonNull::from(Box::leak(inner)))
    }

    /// The size classes of 802.11 buffers, if they were made.
    #[inline(always)]
    pub(crate) fn dot11(&self) -> Option<&Dot11> {
        self.dot11.get()
    }

    /// The class that serves a length up to the largest built-in size, 1 or more, if there are 802.11 buffers.
    #[inline(always)]
    pub(crate) fn dot11_class(&self, len: usize) -> Option<&SizeClass> {
        let class = self.least.class_of(len)?;
        // SAFETY: the number is from the sizes that the 802.11 buffers are made from.
        Some(unsafe { self.dot11()?.numbered(class) })
    }

    /// The sizes that the classes have, or would have.
    pub(crate) fn sizes(&self) -> &Sizes {
        &self.dot11_spec.sizes
    }

    /// The large buffers, if there were some.
    pub(crate) fn large(&self) -> Option<&Large> {
        self.large.get()
    }

    pub(crate) fn large_or_make(&self) -> &Large {
        let made = self.large.get_or_make(|| Ok(Large::new()));
        made.unwrap_or_else(|never: Infallible| match never {})
    }

    /// The size classes, or what was refused for them.
    ///
    /// # Safety
    ///
    /// - The caller keeps the pool (P2) as long as the reference lives.
    pub(crate) unsafe fn dot11_or_make<'a>(this: NonNull<Self>) -> Result<&'a Dot11, Refused> {
        // SAFETY: the function's bullet.
        let inner = unsafe { this.as_ref() };
        inner
            .dot11
            .get_or_make(|| Dot11::new(&inner.dot11_spec, this))
    }

    /// Which frames are out as pointers.
    pub(crate) fn raw(&self) -> &FrameStates {
        self.arena().raw()
    }

    /// Frees a large buffer. Enters the kernel.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer, and does not use it afterwards.
    pub(crate) unsafe fn free_large(id: LargeId) {
        // SAFETY: the function's bullet.
        let this = unsafe { id.block() }.pool();
        // SAFETY: the buffer keeps the pool (P2) until it is given up.
        let inner = unsafe { this.as_ref() };
        let large = inner.large().expect("the buffer was made by them");
        // SAFETY: as the function's bullet.
        if unsafe { large.free(id) } {
            // SAFETY: the closer counts the buffer as out.
            unsafe { Self::came_home(this, 1) };
        }
    }

    #[inline(always)]
    pub(crate) fn frames(&self) -> &Class<Arena> {
        &self.frames
    }

    #[inline(always)]
    pub(crate) fn arena(&self) -> &Arena {
        self.frames.back()
    }

    /// Takes a frame's id from anywhere; it is the caller's (P1).
    #[cold]
    #[inline(never)]
    pub(crate) fn take_slow(&self) -> Result<FrameId, OutOfBuffers> {
        self.frames.take_slow().map_err(|_| OutOfBuffers)
    }

    /// Frees a frame.
    ///
    /// # Safety
    ///
    /// - `this` is a pool of which the caller owns frame `id`, by P1.
    /// - The caller uses neither afterwards, unless it holds something else that keeps the pool (P2).
    #[inline(always)]
    pub(crate) unsafe fn free(this: NonNull<Self>, id: FrameId) {
        // SAFETY: the caller's id keeps the pool (P2) until it is given up.
        let class = unsafe { &this.as_ref().frames };
        // SAFETY: as the function's bullets.
        unsafe { Self::free_to(this, class.near(), class, id) };
    }

    /// Frees frames at once.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free`], for every id.
    #[inline(always)]
    pub(crate) unsafe fn free_many(this: NonNull<Self>, ids: &[FrameId]) {
        // SAFETY: the caller's ids keep the pool (P2) until they are given up.
        let class = unsafe { &this.as_ref().frames };
        // SAFETY: the caller owns the ids.
        if unsafe { class.lay_many(ids) } {
            return;
        }
        // SAFETY: nothing took the ids: they are still the caller's.
        unsafe { Self::free_all(this, class, ids) };
    }

    /// Frees a buffer of a class.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free`]; `class` is the pool's, `near` is of it, and the id the class's.
    #[inline(always)]
    pub(crate) unsafe fn free_to<B: Back>(
        this: NonNull<Self>,
        near: Near,
        class: &Class<B>,
        id: FrameId,
    ) {
        class.back().wrote(id);
        // SAFETY: the caller owns the id.
        if !unsafe { near.lay(id) } {
            // SAFETY: the id was refused: it is still the caller's.
            unsafe { Self::free_slow(this, class, id) };
        }
    }

    /// Frees a buffer that no cache has taken: on the portable front all are. Out of line, so that each free in a user's code
    /// holds one front's instructions, and few besides.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free_to`].
    #[inline(never)]
    pub(crate) unsafe fn free_slow<B: Back>(this: NonNull<Self>, class: &Class<B>, id: FrameId) {
        if !class.lay_in_own_shard(id) {
            // SAFETY: the shard refused the id, or there is none: it is still the caller's.
            unsafe { Self::free_all(this, class, &[id]) };
        }
    }

    /// Frees buffers of one class, whatever its front holds.
    ///
    /// # Safety
    ///
    /// - As for [`Inner::free_to`], for every id.
    #[inline(never)]
    unsafe fn free_all<B: Back>(this: NonNull<Self>, class: &Class<B>, ids: &[FrameId]) {
        // SAFETY: the buffers are the caller's alone and it does not use them again.
        unsafe { class.clean(ids) };
        // Each round ends by giving its ids up; the next has ids of its own to keep the pool.
        for ids in ids.chunks(class.batch()) {
            let Homeless(ids) = class.settle(ids);
            if ids > 0 {
                // SAFETY: no place took the ids: they are still the caller's, and the pool is orphaned.
                unsafe { Self::came_home(this, ids as u64) };
            }
        }
    }

    /// Counts a buffer as retired; whoever calls this owns it, or keeps it from being freed.
    pub(crate) fn count_retired(&self) {
        // Relaxed: a statistic; nothing is concluded from it.
        self.retired.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a buffer as retired no more, before it is freed (P3).
    pub(crate) fn uncount_retired(&self) {
        // Relaxed: as above.
        self.retired.fetch_sub(1, Ordering::Relaxed);
    }

    /// Of size classes, large buffers, or both.
    fn dot11_stats(&self) -> Option<Dot11Stats> {
        let (large, large_bytes) = self.large().map(Large::live).unwrap_or_default();
        let classes = self.dot11().map(Dot11::stats);
        if classes.is_none() && self.large().is_none() {
            return None;
        }
        Some(Dot11Stats {
            large,
            large_bytes,
            ..classes.unwrap_or_default()
        })
    }

    pub(crate) fn stats(&self) -> Stats {
        let class = &self.frames;
        let per_cpu = class.resting_per_cpu();
        let depot = class.resting_in_depot();
        let frames = self.arena().frames();
        let uncarved = (frames - self.arena().carved()) as usize;
        let capacity = frames as usize;
        // Between two reads a frame may move and be seen in both places.
        let free = (per_cpu.iter().sum::<usize>() + depot + uncarved).min(capacity);
        let caches = class.front_bytes();
        let batch = class.batch();
        let of_all = |event| {
            let of_dot11 = self.dot11().map_or(0, |dot11| dot11.counted(event));
            class.counted(event) + of_dot11
        };
        Stats {
            capacity,
            free,
            out: capacity - free,
            // Relaxed: a statistic.
            retired: self.retired.load(Ordering::Relaxed) as usize,
            per_cpu,
            depot,
            uncarved,
            batch,
            cache: class.cache(),
            refills: class.counted(Event::Refill),
            flushes: class.counted(Event::Flush),
            steals: class.counted(Event::Steal),
            refusals: class.counted(Event::Refusal),
            pages: self.arena().pages(),
            front: class.front_kind(),
            no_rseq: *self.no_rseq,
            fences_refused: of_all(Event::FenceRefused),
            uncached: of_all(Event::Uncached),
            metadata: caches
                + Links::bytes_for(frames)
                + FrameStates::bytes_for(frames)
                + Depot::bytes_for(Depot::in_magazines(frames, batch as u32), batch as u32),
            dot11: self.dot11_stats(),
            // Relaxed: a statistic.
            misuses: self.misuses.load(Ordering::Relaxed),
        }
    }
}

/// What a refusal becomes.
fn refused(refusal: Refused, purpose: Purpose) -> BuildError {
    BuildError::Map {
        bytes: refusal.bytes,
        purpose,
        limit: refusal.limit,
        source: refusal.source,
    }
}
