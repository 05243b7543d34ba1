//! What is made when it is first needed, without a lock.
//!
//! Whoever finds nothing makes one and offers it; of those that are offered at the same time the first is kept, and the others
//! are dropped by their makers. Nobody waits.

use std::ptr;

use crate::sync::{AtomicPtr, Ordering};

/// Nothing, or for good a `T`.
pub(crate) struct Lazy<T> {
    made: AtomicPtr<T>,
}

// SAFETY: it owns a `T`, which whoever drops it drops.
unsafe impl<T: Send> Send for Lazy<T> {}
// SAFETY: shared access gives `&T`, and takes a `T` from any thread.
unsafe impl<T: Send + Sync> Sync for Lazy<T> {}

impl<T> Lazy<T> {
    pub(crate) fn new() -> Self {
        Self {
            made: AtomicPtr::new(ptr::null_mut()),
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> Option<&T> {
        // Acquire: pairs with the Release in `get_or_make` (L); what is behind the pointer was written before.
        let made = self.made.load(Ordering::Acquire);
        // SAFETY: null, or from the box that `get_or_make` leaked, which lives as long as `self`.
        unsafe { made.as_ref() }
    }

    pub(crate) fn get_or_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(made) = self.get() {
            return Ok(made);
        }
        let offered = Box::into_raw(Box::new(make()?));
        // AcqRel (L): publishes what was made. Acquire on failure: as in `get`.
        let kept = match self.made.compare_exchange(
            ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            Ok(_) => offered,
            Err(first) => {
                // SAFETY: the offer was refused: it is this call's alone.
                drop(unsafe { Box::from_raw(offered) });
                first
            }
        };
        // SAFETY: as in `get`.
        Ok(unsafe { &*kept })
    }
}

impl<T> Drop for Lazy<T> {
    fn drop(&mut self) {
        // Relaxed: who drops it has acquired all that was done with it.
        let made = self.made.load(Ordering::Relaxed);
        if !made.is_null() {
            // SAFETY: it was leaked from a box, and nobody borrows it any more.
            drop(unsafe { Box::from_raw(made) });
        }
    }
}
