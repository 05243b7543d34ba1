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

use super::Shared;
use crate::base::id::FrameId;
use crate::class::{Class, Homeless};
use crate::dot11::LargeId;
use crate::memory::back::Back;

impl Shared {
    /// Frees a frame.
    ///
    /// # Safety
    ///
    /// - `this` is a pool of which the caller owns frame `id`, by P1.
    /// - The caller uses neither afterwards, unless it holds something else that keeps the pool
    ///   (P2).
    #[inline(always)]
    pub(crate) unsafe fn free(this: NonNull<Self>, id: FrameId) {
        // SAFETY: the caller's id keeps the pool (P2) until it is given up.
        let class = unsafe { &this.as_ref().frames };
        class.back().wrote(id);
        // SAFETY: the caller owns the id.
        if !unsafe { class.near().lay(id) } {
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
    pub(crate) unsafe fn free_many(this: NonNull<Self>, ids: &[FrameId]) {
        // SAFETY: the caller's ids keep the pool (P2) until they are given up.
        let class = unsafe { &this.as_ref().frames };
        // SAFETY: the caller owns the ids.
        if unsafe { class.lay_many(ids) } {
            return;
        }
        // SAFETY: nothing took the ids: they are still the caller's.
        unsafe { Self::free_many_slow(this, class, ids) };
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
    pub(crate) unsafe fn free_slow<B: Back>(this: NonNull<Self>, class: &Class<B>, id: FrameId) {
        // SAFETY: the function's bullet.
        let homeless = unsafe { class.free_slow(id) };
        // SAFETY: the ids that the class answers with are still the caller's.
        unsafe { Self::count_home(this, homeless) };
    }

    /// Frees buffers that no cache has taken.
    ///
    /// # Safety
    ///
    /// - As for [`free_slow`](Self::free_slow), for every id.
    #[inline(never)]
    unsafe fn free_many_slow<B: Back>(this: NonNull<Self>, class: &Class<B>, ids: &[FrameId]) {
        // SAFETY: the function's bullet.
        let homeless = unsafe { class.free_many_slow(ids) };
        // SAFETY: as in `free_slow`.
        unsafe { Self::count_home(this, homeless) };
    }

    /// Counts the ids for which every list was closed, if there are some.
    ///
    /// # Safety
    ///
    /// - The caller owns the ids, and gives them up. Without any id the function touches nothing of
    ///   the pool.
    #[inline]
    unsafe fn count_home(this: NonNull<Self>, Homeless(ids): Homeless) {
        if ids > 0 {
            // SAFETY: no list took the ids. They are still the caller's, and the pool is orphaned.
            unsafe { Self::came_home(this, ids as u64) };
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
        // SAFETY: the buffer keeps the pool (P2) until it is given up.
        let shared = unsafe { this.as_ref() };
        let large = shared.large().expect("the buffer was made by them");
        // SAFETY: as the function's bullet.
        if unsafe { large.free(id) } {
            // SAFETY: the closer counts the buffer as out.
            unsafe { Self::came_home(this, 1) };
        }
    }
}
