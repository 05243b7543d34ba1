//! The end of a pool: its last handle is dropped, and its last buffer comes back.
//!
//! ```text
//!   last handle dropped           frees, still going on elsewhere
//!   ───────────────────           ───────────────────────────────
//!   close the lists ───────────►  a free finds them closed ──► returned += 1
//!     of each class               a flush finds them closed ─► returned += its ids
//!   returned -= all that were out
//!                 └────────── whoever makes returned == 0 destroys (#returned-count) ─┘
//! ```
//!
//! Closing takes a list's content and bars the list in one atomic step. So every id is counted
//! exactly once: as free by the closer, if it was pushed before, or by its own free. What is out
//! when all lists are closed is thereby certain. The closer takes it off in one step, for all
//! classes together. Before that step, `returned` is the number of ids that were counted, so only
//! the closer can find 0. After it, `returned` is 0 when no id is out any more. The memory goes
//! then: no thread has an id left, and no handle exists, so nobody can touch the pool
//! (#ids-keep-pool).
//!
//! A free that pushed its id before the closing touches nothing afterwards (#free-ends-access), and
//! the closer acquires what it did (#stack-publish, by the swap). Each change of `returned`
//! releases and acquires (#returned-count), so the destroyer comes after all.
//!
//! The number of handles follows `std::sync::Arc`. Adding a handle is relaxed, since the new one is
//! made from another. Dropping a handle releases, and the thread that drops the last one acquires
//! (#last-handle).

use std::process;
use std::ptr::NonNull;

use super::Engine;
use crate::sync::{Ordering, fence};
use crate::varlen::Large;

impl Engine {
    pub(crate) fn add_handle(&self) {
        // Relaxed: the new handle is reached through the old one; nothing is published.
        let before = self.handles.fetch_add(1, Ordering::Relaxed);
        if before > isize::MAX as usize {
            // Only a program that forgets handles comes here. A wrap would free the pool under its
            // users.
            process::abort();
        }
    }

    /// Drops a handle. The pool ends with its last one.
    ///
    /// # Safety
    ///
    /// - The caller owns a handle to `this` and does not use it afterwards.
    pub(crate) unsafe fn drop_handle(this: NonNull<Self>) {
        // SAFETY: the caller's handle keeps the pool (#ids-keep-pool).
        let engine = unsafe { this.as_ref() };
        // Release (#last-handle): what was done through this handle comes before the teardown.
        if engine.handles.fetch_sub(1, Ordering::Release) == 1 {
            // Acquire (#last-handle): pairs with the other handles' Release.
            fence(Ordering::Acquire);
            // SAFETY: that was the last handle, and frames are counted from now on.
            unsafe { Self::orphan(this) };
        }
    }

    /// Closes every list, and takes what is out off the count.
    ///
    /// # Safety
    ///
    /// - The last handle was dropped, by this thread, just now.
    #[cold]
    unsafe fn orphan(this: NonNull<Self>) {
        // SAFETY: nobody but this call can find `returned` to be 0 before it has taken its share
        // off.
        let engine = unsafe { this.as_ref() };
        let large = engine.large().map_or(0, Large::close);
        let var_out = match engine.size_classes() {
            Some(size_classes) => size_classes.close(),
            None => Some(0),
        };
        let (Some(frames), Some(size_classes)) = (engine.frames.close(), var_out) else {
            // Without the fence nobody can tell who still uses the pool. So its memory stays.
            return;
        };
        let out = u64::from(frames) + u64::from(size_classes) + u64::from(large);
        // SAFETY: this is the one call that closes.
        unsafe { Self::count_returned(this, out.wrapping_neg()) };
    }

    /// Counts ids of an orphaned pool as returned, and destroys the pool if they were the last.
    ///
    /// # Safety
    ///
    /// - The caller owns this many ids, gives them up, and with them the pool. Or it is the closer,
    ///   and `ids` is the number that are out, negated.
    #[cold]
    pub(super) unsafe fn count_returned(this: NonNull<Self>, ids: u64) {
        // SAFETY: the caller's ids are not counted yet, so the pool is still there.
        let engine = unsafe { this.as_ref() };
        // AcqRel (#returned-count): releases what this thread did with the pool, and acquires what
        // all who were counted before did.
        let before = engine.returned.fetch_add(ids, Ordering::AcqRel);
        if before.wrapping_add(ids) == 0 {
            // SAFETY: the pool was leaked from a box. All ids were returned and no handle is left,
            // so nobody else can reach it, and this thread comes after everybody's last access
            // (#returned-count).
            drop(unsafe { Box::from_raw(this.as_ptr()) });
        }
    }
}
