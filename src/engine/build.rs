//! How a pool is made from its specification: part by part, each in the place where it is to lie.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::Engine;
use super::misuse::{Hook, OnMisuse};
use crate::base::in_place::init_in_place;
use crate::base::lazy::Lazy;
use crate::base::limits::{MAX_CPUS, PORTABLE_CACHE, RSEQ_CACHE};
use crate::base::raw::FrameStates;
use crate::base::stack::Links;
use crate::class::{Class, ClassSpec, Transfer};
use crate::depot::Depot;
use crate::error::{BuildError, Purpose};
use crate::memory::arena::{Arena, Layout};
use crate::percpu::{Chosen, Process};
use crate::sync::{AtomicU64, AtomicUsize, LeakCheck, PageStart, Unprotected};
use crate::sys::{Area, HugePages, Refused, online_cpus};
use crate::varlen::{ClassByLen, SizeClassesSpec, Sizes};

/// The specification of a pool, which the builder has checked.
pub(crate) struct Spec {
    pub(crate) frames: u32,
    pub(crate) front: Chosen,
    /// The number of CPUs that the machine can have.
    pub(crate) possible: u32,
    /// The number of shards, for the portable front.
    pub(crate) shards: u32,
    /// The largest number of frames that one CPU's cache or shard keeps, if the builder says so.
    pub(crate) cache: Option<u32>,
    pub(crate) layout: Layout,
    /// The size of all frames together, in bytes.
    pub(crate) bytes: usize,
    pub(crate) pages: HugePages,
    pub(crate) prefault: bool,
    pub(crate) zero_on_free: bool,
    pub(crate) sizes: Arc<Sizes>,
    /// The number of chunks for variable-length buffers, if the builder says so.
    pub(crate) chunks: Option<u32>,
    pub(crate) on_misuse: OnMisuse,
}

impl Spec {
    /// Returns how many caches or shards a class has.
    fn cpus(&self) -> u32 {
        match self.front {
            Chosen::Rseq(_) => self.possible.clamp(1, MAX_CPUS),
            Chosen::Portable(_) => self.shards,
        }
    }

    /// Returns how many CPUs share the buffers of a class. On the rseq front there is a cache for
    /// each CPU that may come online, and a share for each CPU that is online.
    fn shares(&self) -> u32 {
        match self.front {
            Chosen::Rseq(_) => online_cpus().clamp(1, self.cpus()),
            Chosen::Portable(_) => self.shards,
        }
    }

    fn size_classes(&self, rseq: Option<(Area, Arc<Process>)>) -> SizeClassesSpec {
        SizeClassesSpec {
            sizes: self.sizes.clone(),
            chunks: self.chunks,
            // The system sets explicit huge pages aside at once. There are none unless they are
            // asked for, both by kind and by size.
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
        let default = match self.front {
            Chosen::Rseq(_) => RSEQ_CACHE,
            Chosen::Portable(_) => PORTABLE_CACHE,
        };
        let wanted = self.cache.unwrap_or(default as u32);
        Transfer::new(self.frames, self.shares(), wanted, self.zero_on_free)
    }
}

impl Engine {
    /// Makes a pool with one handle.
    pub(crate) fn new(spec: &Spec) -> Result<NonNull<Self>, BuildError> {
        let pool = Self::of_frames(spec).map_err(|refusal| refused(refusal, Purpose::Frames))?;
        if spec.chunks.is_some() {
            // SAFETY: the pool was made just now, and this call keeps it.
            let made = unsafe { Self::size_classes_or_make(pool) }.map(|_| ());
            if let Err(refusal) = made {
                // SAFETY: `of_frames` has leaked it from a box, and nobody else knows it.
                drop(unsafe { Box::from_raw(pool.as_ptr()) });
                return Err(refused(refusal, Purpose::SizeClasses));
            }
        }
        Ok(pool)
    }

    /// Makes a pool without variable-length buffers.
    fn of_frames(spec: &Spec) -> Result<NonNull<Self>, Refused> {
        let frames = spec.frames;
        let (rseq, no_rseq) = match spec.front {
            Chosen::Rseq(area) => {
                let process = Process::new().map_err(Refused::of(Process::BYTES))?;
                (Some((area, Arc::new(process))), None)
            }
            Chosen::Portable(reason) => (None, Some(reason)),
        };
        let size_classes_spec = spec.size_classes(rseq.clone());
        let transfer = spec.transfer();
        let shape = ClassSpec {
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

        let mut engine = Box::<Self>::new_uninit();
        let at = engine.as_mut_ptr();
        // SAFETY: `at` is the place of a pool, so the field's place lies in it.
        let class = unsafe { &raw mut (*at).frames };
        // SAFETY: the place is this call's alone, and a `MaybeUninit` does not need a value yet.
        Class::make(unsafe { &mut *class.cast() }, arena, &shape)?;
        init_in_place!(at, Self {
            _page: PageStart,
            _behind_slots: Unprotected::new(MaybeUninit::uninit()),
            size_classes: Lazy::new(),
            size_classes_spec: Unprotected::new(size_classes_spec),
            class_by_len: Unprotected::new(ClassByLen::EMPTY),
            on_misuse: Unprotected::new(Hook::new(spec.on_misuse.clone())),
            borrowers: Lazy::new(),
            misuses: AtomicU64::new(0),
            large: Lazy::new(),
            no_rseq: Unprotected::new(no_rseq),
            handles: CachePadded::new(AtomicUsize::new(1)),
            returned: CachePadded::new(AtomicU64::new(0)),
            retired: CachePadded::new(AtomicU64::new(0)),
            _leak_check: LeakCheck::new(),
        } made frames);
        // SAFETY: every part of it was made.
        let mut engine = unsafe { engine.assume_init() };
        engine.class_by_len.get_mut().fill(&spec.sizes);
        Ok(NonNull::from(Box::leak(engine)))
    }
}

/// Returns the builder's error for a refusal.
fn refused(refusal: Refused, purpose: Purpose) -> BuildError {
    BuildError::Map {
        bytes: refusal.bytes,
        purpose,
        limit: refusal.limit,
        source: refusal.source,
    }
}
