//! A value that is made when it is first needed, without a lock.
//!
//! A call that finds no value makes one and offers it. If several calls offer one at the same time,
//! the first is kept, and the others are dropped by their makers. No call waits, except one whose
//! making is refused because of what other makers have in hand. That call waits for them
//! (`transit`).

use std::ptr;

use crate::base::transit::{Transit, WaitBudget};
use crate::sync::{AtomicPtr, Ordering};

/// Nothing, or a `T` that stays for good.
pub(crate) struct Lazy<T> {
    made: AtomicPtr<T>,
    makers: Transit,
}

// SAFETY: it owns a `T`, and drops it in whatever thread it is dropped in.
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
        // Acquire (#lazy-publish): pairs with the Release in `publish`; what is behind the pointer
        // was written before.
        let made = self.made.load(Ordering::Acquire);
        // SAFETY: the pointer is null, or from the box that `publish` leaked, which lives as long
        // as `self`.
        unsafe { made.as_ref() }
    }

    pub(crate) fn get_or_make<E>(&self, make: impl Fn() -> Result<T, E>) -> Result<&T, E> {
        let mut wait_budget = WaitBudget::default();
        loop {
            // This comes before `get`, so that whatever is kept after `get` counts as an arrival.
            let before = self.makers.peek();
            if let Some(made) = self.get() {
                return Ok(made);
            }
            let making = self.makers.begin();
            let refusal = match make() {
                Ok(made) => return Ok(self.publish(made)),
                Err(refusal) => refusal,
            };
            drop(making);
            if self.makers.may_refuse(before, &mut wait_budget) {
                return Err(refusal);
            }
        }
    }

    /// Offers what was made, and returns what is kept.
    fn publish(&self, made: T) -> &T {
        let offered = Box::into_raw(Box::new(made));
        // AcqRel (#lazy-publish): pairs with the Acquire in `get`, and publishes what was made.
        // Acquire on failure: as in `get`.
        let kept = match self.made.compare_exchange(
            ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            Ok(_) => offered,
            Err(first) => {
                // SAFETY: the offer was refused, so it is this call's alone.
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
        // Relaxed: the thread that drops it has acquired all that was done with it.
        let made = self.made.load(Ordering::Relaxed);
        if !made.is_null() {
            // SAFETY: the pointer was leaked from a box, and nobody borrows it any more.
            drop(unsafe { Box::from_raw(made) });
        }
    }
}
