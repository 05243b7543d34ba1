//! The facade's part for a model: loom's atomics, explored in full, and the cells by which loom
//! reports unordered accesses, uses after the end, and leaks.

use std::cell::Cell;
use std::io;
use std::ops::Deref;

use loom::cell::UnsafeCell;

pub(crate) use loom::sync::atomic::{Ordering, fence};
pub(crate) use loom::thread::yield_now;
pub(crate) type AtomicU32 = Explored<loom::sync::atomic::AtomicU32>;
pub(crate) type AtomicU64 = Explored<loom::sync::atomic::AtomicU64>;
pub(crate) type AtomicUsize = Explored<loom::sync::atomic::AtomicUsize>;
pub(crate) type AtomicPtr<T> = Explored<loom::sync::atomic::AtomicPtr<T>>;

std::thread_local! {
    /// Whether [`weakly`] is on. All threads of a model run on the system thread that explores it.
    static WEAKLY: Cell<bool> = const { Cell::new(false) };
}

/// Explores a model in which a compare-and-swap that fails may read an older value than the newest.
/// Each takes three or four steps then instead of one, so models have to ask for it.
#[allow(dead_code, reason = "for the models")]
pub(crate) fn weakly(explore: impl FnOnce()) {
    WEAKLY.set(true);
    explore();
    WEAKLY.set(false);
}

/// An atomic whose loads loom explores in full, and whose use after its end it reports.
///
/// loom 0.7.3 remembers one access to an atomic to decide which orders are worth exploring. A
/// thread that loads before it writes hides, by its own load, the other threads' loads from its
/// write. The order in which they come later is never tried, so nearly everything of a
/// compare-and-swap loop is skipped (tokio-rs/loom issues 166 and 392). So each load is announced
/// by a relaxed read-modify-write of a witness beside it. That makes loads depend on each other in
/// loom's eyes. It orders nothing in the model.
///
/// A compare-and-swap that fails reads the newest value in loom. In C++ it is a load with the
/// failure ordering, which may read an older value. In a model that runs [`weakly`] it is such a
/// load here.
pub(crate) struct Explored<A> {
    atomic: A,
    witness: loom::sync::atomic::AtomicU32,
    lifetime: Lifetime,
}

impl<A> Deref for Explored<A> {
    type Target = A;

    #[track_caller]
    fn deref(&self) -> &A {
        self.lifetime.touch();
        &self.atomic
    }
}

macro_rules! explored {
    ($atomic:ident $(<$of:ident>)?, $value:ty) => {
        impl $(<$of>)? Explored<loom::sync::atomic::$atomic $(<$of>)?> {
            pub(crate) fn new(value: $value) -> Self {
                Self {
                    atomic: loom::sync::atomic::$atomic::new(value),
                    witness: loom::sync::atomic::AtomicU32::new(0),
                    lifetime: Lifetime::new(),
                }
            }

            #[track_caller]
            #[allow(dead_code, reason = "not every width is loaded")]
            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.witness.fetch_add(0, Ordering::Relaxed);
                (**self).load(order)
            }

            /// Compares and exchanges. Each answer is one that C++ allows.
            ///
            /// An `Err` never holds `from`, so spurious failures of the weak form are not modelled.
            /// After the caller has loaded `from`, each `Err` holds a later value, so that a loop
            /// ends.
            #[track_caller]
            #[allow(dead_code, reason = "not every width is exchanged")]
            pub(crate) fn compare_exchange(
                &self,
                from: $value,
                to: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                if WEAKLY.get() {
                    // Relaxed: a success acquires nothing by the failure ordering.
                    let mut seen = self.load(Ordering::Relaxed);
                    if seen != from && failure != Ordering::Relaxed {
                        seen = self.load(failure);
                    }
                    if seen != from {
                        return Err(seen);
                    }
                }
                (**self).compare_exchange(from, to, success, failure)
            }

            #[track_caller]
            #[allow(dead_code, reason = "not every width is exchanged")]
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

explored!(AtomicU32, u32);
explored!(AtomicU64, u64);
explored!(AtomicUsize, usize);
explored!(AtomicPtr<T>, *mut T);

/// A struct that does not begin a page, because the threads of a model have small stacks.
pub(crate) struct PageStart;

/// Picks the size `modelled`, because a model explores every interleaving.
pub(crate) const fn scaled(_real: u32, modelled: u32) -> u32 {
    modelled
}

/// A cell that every use of its owner reads, and that the owner's drop writes.
pub(super) struct Lifetime(UnsafeCell<()>);

// SAFETY: the cell holds nothing; loom checks the accesses that it stands for.
unsafe impl Send for Lifetime {}
// SAFETY: as for Send.
unsafe impl Sync for Lifetime {}

impl Lifetime {
    pub(super) fn new() -> Self {
        Self(UnsafeCell::new(()))
    }

    #[track_caller]
    pub(super) fn touch(&self) {
        self.0.with(|_| ());
    }
}

impl Drop for Lifetime {
    fn drop(&mut self) {
        self.0.with_mut(|_| ());
    }
}

/// An atomic that can be made with the value 0.
pub(crate) trait ZeroAtomic {
    fn zero() -> Self;
}

impl ZeroAtomic for AtomicU32 {
    fn zero() -> Self {
        Self::new(0)
    }
}

impl ZeroAtomic for AtomicU64 {
    fn zero() -> Self {
        Self::new(0)
    }
}

pub(crate) struct Table<A> {
    cells: Box<[A]>,
}

impl<A: ZeroAtomic> Table<A> {
    pub(crate) fn zeroed(len: usize) -> io::Result<Self> {
        Ok(Self {
            cells: (0..len).map(|_| A::zero()).collect(),
        })
    }

    pub(crate) fn reserved(len: usize) -> io::Result<Self> {
        Self::zeroed(len)
    }

    /// Does nothing: a model is committed when it is made.
    pub(crate) fn commit(&self, _from: usize, _to: usize) -> io::Result<()> {
        Ok(())
    }

    /// Makes a table of zeros. A model does not fork.
    pub(crate) fn wiped_on_fork(len: usize) -> io::Result<Self> {
        Self::zeroed(len)
    }
}

impl<A> Deref for Table<A> {
    type Target = [A];

    fn deref(&self) -> &[A] {
        &self.cells
    }
}

pub(crate) struct Tracks {
    cells: Box<[UnsafeCell<()>]>,
}

// SAFETY: the cells hold nothing; loom checks the accesses that they stand for.
unsafe impl Send for Tracks {}
// SAFETY: as above: `with` and `with_mut` only record the access.
unsafe impl Sync for Tracks {}

impl Tracks {
    pub(crate) fn new(len: usize) -> Self {
        Self {
            cells: (0..len).map(|_| UnsafeCell::new(())).collect(),
        }
    }

    #[track_caller]
    pub(crate) fn read(&self, index: u32) {
        self.cells[index as usize].with(|_| ());
    }

    #[track_caller]
    pub(crate) fn write(&self, index: u32) {
        self.cells[index as usize].with_mut(|_| ());
    }
}

pub(crate) struct LeakCheck {
    _track: loom::alloc::Track<()>,
}

impl LeakCheck {
    pub(crate) fn new() -> Self {
        Self {
            _track: loom::alloc::Track::new(()),
        }
    }
}
