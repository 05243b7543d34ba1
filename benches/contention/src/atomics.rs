//! Atomics that tell the machine of each access. In all else they are std's.

#![allow(
    clippy::disallowed_types,
    reason = "what the facade of the crate's copy is made from"
)]

use std::sync::atomic::{self, Ordering};

use crate::machine::{Access, access, fetch_error};

macro_rules! counted {
    ($atomic:ident, $value:ty) => {
        /// An atomic that is like std's, in size and alignment too.
        #[repr(transparent)]
        pub(crate) struct $atomic(atomic::$atomic);

        #[allow(dead_code, reason = "not every width is used in every way")]
        impl $atomic {
            pub(crate) const fn new(value: $value) -> Self {
                Self(atomic::$atomic::new(value))
            }

            fn tell(&self, kind: Access) {
                access(std::ptr::from_ref(self).addr(), kind);
            }

            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.tell(Access::Load);
                self.0.load(order)
            }

            pub(crate) fn store(&self, value: $value, order: Ordering) {
                self.tell(Access::Store);
                self.0.store(value, order);
            }

            pub(crate) fn swap(&self, value: $value, order: Ordering) -> $value {
                self.tell(Access::Change);
                self.0.swap(value, order)
            }

            pub(crate) fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.tell(Access::Change);
                self.0.fetch_add(value, order)
            }

            pub(crate) fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                self.tell(Access::Change);
                self.0.fetch_sub(value, order)
            }

            pub(crate) fn fetch_max(&self, value: $value, order: Ordering) -> $value {
                self.tell(Access::Change);
                self.0.fetch_max(value, order)
            }

            pub(crate) fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                self.tell(Access::Change);
                self.0.fetch_or(value, order)
            }

            pub(crate) fn fetch_and(&self, value: $value, order: Ordering) -> $value {
                self.tell(Access::Change);
                self.0.fetch_and(value, order)
            }

            pub(crate) fn compare_exchange(
                &self,
                from: $value,
                to: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.tell(Access::Change);
                let answer = self.0.compare_exchange(from, to, success, failure);
                if answer.is_err() {
                    fetch_error(std::ptr::from_ref(self).addr());
                }
                answer
            }

            /// Compares and swaps, and never fails without a reason: what is counted is contention.
            pub(crate) fn compare_exchange_weak(
                &self,
                from: $value,
                to: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(from, to, success, failure)
            }
        }
    };
}

counted!(AtomicU32, u32);
counted!(AtomicU64, u64);
counted!(AtomicUsize, usize);
