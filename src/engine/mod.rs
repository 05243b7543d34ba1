//! What the handles and the buffers of a pool share: its classes, and how long it lives.
//!
//! ```text
//!   Pool, Burst   Frame {pool, id, offset, length}   VarBuf {class or mapping, id, offset, length}
//!        │ get           │ free                             │ free
//!        ▼               ▼                                  ▼
//!   Engine ─┬─ frames: a class over the arena   a class for each size; large buffers.
//!           │                                     Each is made when it is first needed.
//!           ├─ misuses: see `raw`; loans: see `lent`, `shared_loans`
//!           └─ handles, returned: see `teardown`
//! ```
//!
//! A pool is made in `build`, and a buffer is freed in `free`.
//!
//! The lists of free buffers and the invariants are those of `class`. #ids-keep-pool is kept by
//! `teardown`, for all buffers.

mod borrowers;
mod build;
mod free;
mod lending;
mod lent;
pub(crate) mod misuse;
mod raw;
mod shared_loans;
mod stats;
mod teardown;

pub(crate) use borrowers::Borrowers;
pub(crate) use build::Spec;
pub(crate) use lending::Lending;
pub(crate) use raw::Claimed;
pub(crate) use shared_loans::SharedLoans;

use std::convert::Infallible;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use crossbeam_utils::CachePadded;

use crate::base::id::BufferId;
use crate::base::lazy::Lazy;
use crate::base::limits::RSEQ_CACHE;
use crate::base::raw::FrameStates;
use crate::class::Class;
use crate::engine::misuse::Hook;
use crate::error::OutOfBuffers;
use crate::memory::arena::Arena;
use crate::percpu::SLOT;
use crate::sync::{AtomicU64, AtomicUsize, LeakCheck, Ordering, PageStart, Unprotected, scaled};
use crate::sys::{NoRseq, Refused};
use crate::varlen::{ClassByLen, Large, SizeClass, SizeClasses, SizeClassesSpec, Sizes};

/// What the handles and the buffers of a pool share.
///
/// The frames begin behind the place in a page where their caches have the count and, if they are
/// of the usual size, the slots. A load whose address agrees in its lowest 12 bits with that of a
/// store in flight waits for the store, and each get and each free loads from here.
#[repr(C)]
pub(crate) struct Engine {
    _page: PageStart,
    _behind_slots: Unprotected<MaybeUninit<[u8; BEHIND_SLOTS]>>,
    frames: Class<Arena>,
    /// The size classes of variable-length buffers, once one was needed.
    size_classes: Lazy<SizeClasses>,
    size_classes_spec: Unprotected<SizeClassesSpec>,
    /// The class of each length up to the largest built-in size, by value, for the hot path.
    class_by_len: Unprotected<ClassByLen>,
    /// The variable-length buffers above the size classes, once there was one. They need nothing of
    /// the size classes.
    large: Lazy<Large>,
    /// What the pool does on a misuse. It is dropped after the buffers, which it could not reach
    /// then.
    on_misuse: Unprotected<Hook>,
    /// The borrowers, once there was one. Before that nobody takes the list's lock.
    borrowers: Lazy<Borrowers>,
    misuses: AtomicU64,
    no_rseq: Unprotected<Option<NoRseq>>,
    /// The number of `Pool` handles.
    handles: CachePadded<AtomicUsize>,
    /// The number of buffers that were counted after the last handle was dropped, less those that
    /// were out by then.
    returned: CachePadded<AtomicU64>,
    /// The number of buffers that wait in a cell for its readers.
    retired: CachePadded<AtomicU64>,
    _leak_check: LeakCheck,
}

const BEHIND_SLOTS: usize = scaled(4 * (SLOT + RSEQ_CACHE) as u32, 0) as usize;

impl Engine {
    /// Returns the size classes of variable-length buffers, if they were made.
    #[inline(always)]
    pub(crate) fn size_classes(&self) -> Option<&SizeClasses> {
        self.size_classes.get()
    }

    /// Returns the class that serves a length of 1 up to the largest built-in size, if there are
    /// variable-length buffers.
    #[inline(always)]
    pub(crate) fn class_for(&self, len: usize) -> Option<&SizeClass> {
        let class = self.class_by_len.class_of(len)?;
        // SAFETY: the number comes from the sizes that the variable-length buffers are made from.
        Some(unsafe { self.size_classes()?.numbered(class) })
    }

    /// Returns the sizes that the classes have, or would have.
    pub(crate) fn sizes(&self) -> &Sizes {
        &self.size_classes_spec.sizes
    }

    /// Returns the large buffers, if there were some.
    pub(crate) fn large(&self) -> Option<&Large> {
        self.large.get()
    }

    pub(crate) fn large_or_make(&self) -> &Large {
        let made = self.large.get_or_make(|| Ok(Large::new()));
        made.unwrap_or_else(|never: Infallible| match never {})
    }

    /// Returns the size classes, made now if there were none, or what was refused for them.
    ///
    /// # Safety
    ///
    /// - The caller keeps the pool (#ids-keep-pool) as long as the reference lives.
    pub(crate) unsafe fn size_classes_or_make<'a>(
        this: NonNull<Self>,
    ) -> Result<&'a SizeClasses, Refused> {
        // SAFETY: the function's bullet.
        let engine = unsafe { this.as_ref() };
        engine
            .size_classes
            .get_or_make(|| SizeClasses::new(&engine.size_classes_spec, this))
    }

    /// Returns the words that say which frames are out as pointers, or lent.
    pub(crate) fn raw(&self) -> &FrameStates {
        self.arena().raw()
    }

    /// Returns the list of borrowers, or `None` if the pool never had one.
    pub(crate) fn borrowers(&self) -> Option<&Borrowers> {
        self.borrowers.get()
    }

    /// Returns the list of borrowers. The first call makes it.
    pub(crate) fn borrowers_or_make(&self) -> &Borrowers {
        let made = self.borrowers.get_or_make(|| Ok(Borrowers::new()));
        made.unwrap_or_else(|never: Infallible| match never {})
    }

    #[inline(always)]
    pub(crate) fn frames(&self) -> &Class<Arena> {
        &self.frames
    }

    #[inline(always)]
    pub(crate) fn arena(&self) -> &Arena {
        self.frames.back()
    }

    /// Takes a frame's id when this CPU's cache has none; it is the caller's then (#single-owner).
    ///
    /// The function is not inlined, so that each get in a user's code holds the instructions of one
    /// front, not of two.
    #[inline(never)]
    pub(crate) fn get_slow(&self) -> Result<BufferId, OutOfBuffers> {
        match self.frames.get_from_shard() {
            Some(id) => Ok(id),
            None => self.frames.get_slow().map_err(|_| OutOfBuffers),
        }
    }

    /// Counts a buffer as retired. The caller owns the buffer, or keeps it from being freed.
    pub(crate) fn count_retired(&self) {
        // Relaxed: a statistic; nothing is concluded from it.
        self.retired.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a buffer as retired no more, before it is freed (#free-ends-access).
    pub(crate) fn uncount_retired(&self) {
        // Relaxed: a statistic, as in `count_retired`.
        self.retired.fetch_sub(1, Ordering::Relaxed);
    }
}
