//! What is made when it is first needed, without a lock.
//!
//! Whoever finds nothing makes one and offers it; of those that are offered at the same time the first is kept, and the others
//! are dropped by their makers. Nobody waits, but who is refused what others have in hand for
//! theirs (`transit`).

use std::ptr;

use crate::base::transit::{Patience, Transit};
use crate::sync::{AtomicPtr, Ordering};

/// Nothing, or for good a `T`.
pub(crate) struct Lazy<T> {
    made: AtomicPtr<T>,
    makers: Transit,
}

// SAFETY: it owns a `T`, which whoever drops it drops.
unsafe impl<T: Send> Send for Lazy<T> {}
// SAFETY: shared access gives `&T`, and takes a `T` from any thread.
unsafe impl<T: Send + Sync> Sync for Lazy<T> {}

impl<T> Lazy<T> {
    pub(crate) fn new() -> Self {
        Self {
            made: AtomicPtr::new(ptr::null_mut()),
            makers: Transit::new(),
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> Option<&T> {
        // Acquire: pairs with the Release in `keep` (L); what is behind the pointer was written
        // before.
        let made = self.made.load(Ordering::Acquire);
        // SAFETY: null, or from the box that `keep` leaked, which lives as long as `self`.
        unsafe { made.as_ref() }
    }

    pub(crate) fn get_or_make<E>(&self, make: impl Fn() -> Result<T, E>) -> Result<&T, E> {
        let mut patience = Patience::default();
        loop {
            // First, so that whatever comes after `get` has arrived since.
            let before = self.makers.look();
            if let Some(made) = self.get() {
                return Ok(made);
            }
            let making = self.makers.begin();
            let refusal = match make() {
                Ok(made) => return Ok(self.keep(made)),
                Err(refusal) => refusal,
            };
            drop(making);
            if self.makers.is_settled(before, &mut patience) {
                return Err(refusal);
            }
        }
    }

    /// Offers what was made, and answers with what is kept.
    fn keep(&self, made: T) -> &T {
        let offered = Box::into_raw(Box::new(made));
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
        self.makers.arrived();
        // SAFETY: as in `get`.
        unsafe { &*kept }
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
