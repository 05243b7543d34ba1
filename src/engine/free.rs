//! How a buffer is freed.
//!
//! ```text
//!   drop ──► free: this CPU's cache, inline ──► done
//!              └─ free_slow ──► class: shard, cache or depot ──► done
//!                                 └─ every list is closed ──► counted as returned (see `teardown`)
//! ```
//!
//! A free visits each layer once. The class pushes the ids where it can, and answers with those for
//! which every list was closed.

use std::ptr::NonNull;

use super::Engine;
use crate::base::id::BufferId;
use crate::class::{Class, Rejected};
use crate::memory::back::Back;
use crate::varlen::LargeId;

impl Engine {
    /// Frees a frame.
    ///
    /// # Safety
    ///
    /// - `this` is a pool of which the caller owns frame `id`, by #single-owner.
    /// - The caller uses neither afterwards, unless it holds something else that keeps the pool
    ///   (#ids-keep-pool).
    #[inline(always)]
    pub(crate) unsafe fn free(this: NonNull<Self>, id: BufferId) {
        // SAFETY: the caller's id keeps the pool (#ids-keep-pool) until it is given up.
        let class = unsafe { &this.as_ref().frames };
        class.back().loom_write(id);
        // SAFETY: the caller owns the id.
        if !unsafe { class.fast_path().push(id) } {
            // SAFETY: the id was refused: it is still the caller's.
            unsafe { Self::free_slow(this, class, id) };
        }
    }

    /// Frees several frames at once.
    ///
    /// # Safety
    ///
    /// - As for [`free`](Self::free), for every id.
    #[inline(always)]
    pub(crate) unsafe fn free_bulk(this: NonNull<Self>, ids: &[BufferId]) {
        // SAFETY: the caller's ids keep the pool (#ids-keep-pool) until they are given up.
        let class = unsafe { &this.as_ref().frames };
        // SAFETY: the caller owns the ids.
        if unsafe { class.free_bulk_to_cache(ids) } {
            return;
        }
        // SAFETY: nothing took the ids: they are still the caller's.
        unsafe { Self::free_bulk_slow(this, class, ids) };
    }

    /// Frees a buffer that no cache has taken. On the portable front that is every buffer.
    ///
    /// The function is not inlined, so that each free in a user's code holds the instructions of
    /// one front, and few besides.
    ///
    /// # Safety
    ///
    /// - As for [`free`](Self::free); `class` is the pool's, and the id the class's.
    #[inline(never)]
    pub(crate) unsafe fn free_slow<B: Back>(this: NonNull<Self>, class: &Class<B>, id: BufferId) {
        // SAFETY: the function's bullet.
        let rejected = unsafe { class.free_slow(id) };
        // SAFETY: the ids that the class answers with are still the caller's.
        unsafe { Self::count_rejected(this, rejected) };
    }

    /// Frees buffers that no cache has taken.
    ///
    /// # Safety
    ///
    /// - As for [`free_slow`](Self::free_slow), for every id.
    #[inline(never)]
    unsafe fn free_bulk_slow<B: Back>(this: NonNull<Self>, class: &Class<B>, ids: &[BufferId]) {
        // SAFETY: the function's bullet.
        let rejected = unsafe { class.free_bulk_slow(ids) };
        // SAFETY: as in `free_slow`.
        unsafe { Self::count_rejected(this, rejected) };
    }

    /// Counts the ids for which every list was closed, if there are some.
    ///
    /// # Safety
    ///
    /// - The caller owns the ids, and gives them up. Without any id the function touches nothing of
    ///   the pool.
    #[inline]
    unsafe fn count_rejected(this: NonNull<Self>, Rejected(ids): Rejected) {
        if ids > 0 {
            // SAFETY: no list took the ids. They are still the caller's, and the pool is orphaned.
            unsafe { Self::count_returned(this, ids as u64) };
        }
    }

    /// Frees a large buffer. Enters the kernel.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer, and does not use it afterwards.
    pub(crate) unsafe fn free_large(id: LargeId) {
        // SAFETY: the function's bullet.
        let this = unsafe { id.block() }.pool();
        // SAFETY: the buffer keeps the pool (#ids-keep-pool) until it is given up.
        let engine = unsafe { this.as_ref() };
        let large = engine.large().expect("the buffer was made by them");
        // SAFETY: as the function's bullet.
        if unsafe { large.free(id) } {
            // SAFETY: the closer counts the buffer as out.
            unsafe { Self::count_returned(this, 1) };
        }
    }
}
