//! The facade: all atomics, fences and tracked cells of the crate come from here. They are std's
//! or, under `--cfg loom`, loom's.
//!
//! Besides the atomics it holds what differs between a real run (`std.rs`) and a model (`loom.rs`):
//!
//! - [`Table`] is an array of atomics. In a real run it is a view of zeroed memory, which is
//!   committed where it is used. In a model the atomics are constructed one by one, because loom's
//!   atomics cannot be made from zeroed bytes.
//! - [`Tracks`] has one cell for each index. In a real run it costs nothing. In a model loom
//!   reports an access to memory that the cell stands for if no happens-before edge orders it.
//! - [`Lifetime`] and [`LeakCheck`] are nothing in a real run. A model reports a use of an atomic,
//!   or of what is [`Unprotected`], beside or after its end. A model also reports a leak if the
//!   owner of a leak check is never dropped.
//! - [`PageStart`] begins a page in a real run. In a model it does not, because threads have small
//!   stacks there.
//! - [`scaled`] picks a smaller size in a model, which explores every interleaving.

use ::std::cell::UnsafeCell;
use ::std::ops::Deref;

#[cfg(loom)]
mod loom;
#[cfg(not(loom))]
mod std;

#[cfg(loom)]
use self::loom::Lifetime;
#[cfg(loom)]
#[allow(unused_imports, reason = "for the models")]
pub(crate) use self::loom::weakly;
#[cfg(loom)]
pub(crate) use self::loom::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, LeakCheck, Ordering, PageStart, Table, Tracks,
    ZeroAtomic, fence, scaled, yield_now,
};
#[cfg(not(loom))]
use self::std::Lifetime;
#[cfg(not(loom))]
pub(crate) use self::std::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, LeakCheck, Ordering, PageStart, Table, Tracks,
    ZeroAtomic, fence, scaled, yield_now,
};

/// Room before what the hot path loads, so that it does not begin a cache line. The data of frames
/// begins one, and a load waits for a store in flight whose address agrees with its own in the
/// lowest 12 bits.
pub(crate) struct Margin(#[allow(dead_code, reason = "room")] Unprotected<[u64; 2]>);

impl Margin {
    pub(crate) fn new() -> Self {
        Self(Unprotected::new([0; 2]))
    }
}

/// A field that stays readable through a shared reference, although its memory may go before the
/// reference does.
///
/// The free that returns the last frame of an orphaned pool may not be the last to *return*.
/// Another thread can unmap the pool between the committing compare-and-swap of a free and its
/// `return`. No byte of the pool is touched any more. But a `&self` argument promises the compiler
/// that its bytes stay readable until the function returns, except for those inside an
/// [`UnsafeCell`]. So whatever is passed by reference on the way to such a commit consists of
/// atomics and of this.
///
/// A model reports a use after the end.
pub(crate) struct Unprotected<T> {
    value: UnsafeCell<T>,
    lifetime: Lifetime,
}

// SAFETY: nothing is ever written through the cell, so sharing it is sharing a `T`.
unsafe impl<T: Sync> Sync for Unprotected<T> {}

impl<T> Unprotected<T> {
    /// Makes the field. It is inlined, so that a large value is made where it lies in the end.
    #[inline(always)]
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
            lifetime: Lifetime::new(),
        }
    }
}

impl<T> Unprotected<T> {
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T> Deref for Unprotected<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.lifetime.touch();
        // SAFETY: no mutable reference to the value is ever made but by owning `self`.
        unsafe { &*self.value.get() }
    }
}
