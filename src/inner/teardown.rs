//! The end of a pool: when the last handle goes, and when the last frame comes home.
//!
//! ```text
//!   last handle dropped           frees, still going on elsewhere
//!   ───────────────────           ───────────────────────────────
//!   close each shard ──────────►  a push finds it closed ──► home += 1
//!   close the depot  ──────────►  a flush finds it closed ─► home += its ids
//!   home += all that rested + 1
//!                 └────────── whoever makes home == capacity + 1 destroys (H) ────────┘
//! ```
//!
//! Closing takes a place's content and bars it in one atomic step, so every id is counted exactly once:
//! by the closer, if it was laid down before, or by its own free. The closer's own share, 1, keeps the pool until
//! it is done, also if nothing rested. The memory goes when all shares are counted: no thread has an
//! id left then, and no handle exists, so nobody can touch the pool (P2). A free
//! that laid its id down before the closing touches nothing afterwards (P3), and the closer acquires what it did
//! (S1, by the swap). Each `home` addition releases and acquires (H), so the destroyer comes after all.
//!
//! The number of handles follows `std::sync::Arc`: adding one is relaxed, since it is made from
//! another; dropping one releases, and who drops the last acquires (T).

use std::process;
use std::ptr::NonNull;

use super::Inner;
use crate::front::Which;
use crate::sync::{Ordering, fence};

impl Inner {
    pub(crate) fn add_handle(&self) {
        // Relaxed: the new handle is reached through the old one; nothing is published.
        let before = self.handles.fetch_add(1, Ordering::Relaxed);
        if before > isize::MAX as usize {
            // Only by forgetting handles; a wrap would free the pool under its users.
            process::abort();
        }
    }

    /// # Safety
    ///
    /// - The caller owns a handle to `this` and does not use it afterwards.
    pub(crate) unsafe fn drop_handle(this: NonNull<Self>) {
        // SAFETY: the caller's handle keeps the pool (P2).
        let inner = unsafe { this.as_ref() };
        // Release (T): what was done through this handle comes before the teardown.
        if inner.handles.fetch_sub(1, Ordering::Release) == 1 {
            // Acquire (T): pairs with the other handles' Release.
            fence(Ordering::Acquire);
            // SAFETY: that was the last handle, and frames are counted from now on.
            unsafe { Self::orphan(this) };
        }
    }

    /// Closes every place, and counts what rested there.
    ///
    /// # Safety
    ///
    /// - The last handle was dropped, by this thread, just now.
    #[cold]
    unsafe fn orphan(this: NonNull<Self>) {
        // SAFETY: `home` falls short until this call has added its own share.
        let inner = unsafe { this.as_ref() };
        let in_front = match inner.front.which() {
            Which::Rseq(caches) => caches.close().map(|held| held.resting()),
            Which::Portable(shards) => Some(shards.close(&inner.links)),
        };
        let Some(in_front) = in_front else {
            // Without the fence nobody can tell who still uses the pool: its memory stays.
            return;
        };
        let resting = in_front + inner.depot.close(&inner.links) + inner.arena.uncarved();
        // SAFETY: closing took these ids out of their places; they, and the closer's share, are
        // counted here alone.
        unsafe { Self::came_home(this, resting as usize + 1) };
    }

    /// Counts shares in an orphaned pool as home, and destroys the pool if they were the last.
    ///
    /// # Safety
    ///
    /// - The caller owns the shares (ids, or the closer's), gives them up, and with them the pool.
    #[cold]
    pub(super) unsafe fn came_home(this: NonNull<Self>, shares: usize) {
        // SAFETY: the caller's shares are not counted yet, so the pool is still there.
        let inner = unsafe { this.as_ref() };
        let all = u64::from(inner.arena.frames()) + 1;
        // AcqRel (H): releases what this thread did with the pool, and acquires what all who were
        // counted before did.
        let before = inner.home.fetch_add(shares as u64, Ordering::AcqRel);
        if before + shares as u64 == all {
            // SAFETY: the pool was leaked from a box; all shares are counted, no handle is left,
            // so nobody else can reach it, and this thread comes after everybody's last access (H).
            drop(unsafe { Box::from_raw(this.as_ptr()) });
        }
    }

    /// Counts ids as home that cannot be the last: the caller holds another one.
    pub(super) fn came_home_early(&self, ids: usize) {
        // Relaxed: the caller gives its other id up by a release (S1 or H) after this, which carries
        // all that it did before; nothing is read.
        self.home.fetch_add(ids as u64, Ordering::Relaxed);
    }
}
