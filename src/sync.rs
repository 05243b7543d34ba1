//! The facade: every atomic, fence and tracked cell of the crate comes from here, from std or, under
//! `--cfg loom`, from loom.
//!
//! Besides the atomics it holds what differs between a real run and a model:
//!
//! - [`Table`]: an array of atomics. Really a view of zeroed memory that is committed where it is used; in a model
//!   atomics constructed one by one (loom's atomics cannot be conjured from zeroed bytes).
//! - [`Tracks`]: one cell an index, without any cost in a real run. In a model loom reports an
//!   access to memory that the cell stands for which no happens-before edge orders.
//! - [`Lifetime`] and [`LeakCheck`]: nothing in a real run. In a model a use beside or after the end of an atomic, or of
//!   what is [`Unprotected`], is reported, and what holds a leak check and is never dropped is a leak.
//! - [`scaled`]: sizes shrink in a model, which explores every interleaving.

use std::cell::UnsafeCell;
use std::ops::Deref;

#[cfg(loom)]
use self::modelled::Lifetime;
#[cfg(loom)]
pub(crate) use self::modelled::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, LeakCheck, Ordering, Table, Tracks, ZeroAtomic,
    fence, modelled_cpu, yield_now,
};
#[cfg(loom)]
#[allow(unused_imports, reason = "for the models")]
pub(crate) use self::modelled::{run_on, weakly};
#[cfg(not(loom))]
use self::real::Lifetime;
#[cfg(not(loom))]
pub(crate) use self::real::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, LeakCheck, Ordering, Table, Tracks, ZeroAtomic,
    fence, yield_now,
};

/// Room before what the hot path loads, where that would begin a cache line: the data of frames begins one, too, and a load waits for
/// a store in flight whose address agrees with its own in the lowest 12 bits.
pub(crate) struct Margin(#[allow(dead_code, reason = "room")] Unprotected<[u64; 2]>);

impl Margin {
    pub(crate) fn new() -> Self {
        Self(Unprotected::new([0; 2]))
    }
}

/// Begins a page; not in a model, whose threads have small stacks.
#[cfg_attr(not(loom), repr(align(4096)))]
pub(crate) struct PageStart;

/// A field that stays readable through a shared reference whose memory may go before the reference does.
///
/// The free that brings the last frame of an orphaned pool home may not be the last to *return*: between
/// the committing compare-and-swap of a free and its `return`, another thread can unmap the pool. No
/// byte of it is touched any more, but a `&self` argument promises the compiler that its bytes stay
/// readable until the function returns, except for those inside an [`UnsafeCell`]. So
/// whatever is passed by reference on the way to such a commit consists of atomics and of this.
///
/// In a model a use after the end is reported.
pub(crate) struct Unprotected<T> {
    value: UnsafeCell<T>,
    lifetime: Lifetime,
}

// SAFETY: nothing is ever written through the cell, so sharing it is sharing a `T`.
unsafe impl<T: Sync> Sync for Unprotected<T> {}

impl<T> Unprotected<T> {
    /// Inlined, so that what is large is made where it shall lie.
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

/// Picks a size: `real` in a real run, `modelled` under loom.
pub(crate) const fn scaled(real: u32, modelled: u32) -> u32 {
    if cfg!(loom) { modelled } else { real }
}

#[cfg(not(loom))]
mod real {
    #![allow(
        clippy::disallowed_types,
        reason = "the facade is where the types come from"
    )]

    use std::io;
    use std::marker::PhantomData;
    use std::ops::Deref;
    use std::ptr::NonNull;
    use std::slice;

    use crate::sys::Mapping;

    pub(crate) use std::sync::atomic::{Ordering, fence};
    pub(crate) use std::thread::yield_now;
    pub(crate) type AtomicU32 = std::sync::atomic::AtomicU32;
    pub(crate) type AtomicU64 = std::sync::atomic::AtomicU64;
    pub(crate) type AtomicUsize = std::sync::atomic::AtomicUsize;
    pub(crate) type AtomicPtr<T> = std::sync::atomic::AtomicPtr<T>;

    /// An atomic for which all bytes zero is the value 0.
    ///
    /// # Safety
    ///
    /// - Zeroed, suitably aligned memory is a valid value of the type, and it needs no drop.
    pub(crate) unsafe trait ZeroAtomic {}
    // SAFETY: std documents AtomicU32 to have the representation of u32, for which zero is valid.
    unsafe impl ZeroAtomic for AtomicU32 {}
    // SAFETY: std documents AtomicU64 to have the representation of u64, for which zero is valid.
    unsafe impl ZeroAtomic for AtomicU64 {}

    /// A fixed array of atomics, all zero at first, in a mapping of its own that is committed page by
    /// page as it is used.
    pub(crate) struct Table<A> {
        first: NonNull<A>,
        len: usize,
        mapping: Mapping,
        marker: PhantomData<A>,
    }

    // SAFETY: the table owns its mapping, which is not bound to a thread.
    unsafe impl<A: Send> Send for Table<A> {}
    // SAFETY: shared access gives `&[A]` alone, and `A` is Sync.
    unsafe impl<A: Sync> Sync for Table<A> {}

    impl<A: ZeroAtomic> Table<A> {
        /// Maps a table of `len` zeros.
        pub(crate) fn zeroed(len: usize) -> io::Result<Self> {
            Self::over(len, Mapping::zeroed)
        }

        /// Makes the elements `from` to `to` usable.
        #[inline(always)]
        pub(crate) fn commit(&self, from: usize, to: usize) -> io::Result<()> {
            debug_assert!(from <= to && to <= self.len);
            let bytes = (to - from) * size_of::<A>();
            self.mapping.commit(from * size_of::<A>(), bytes)
        }

        fn over(len: usize, map: fn(usize) -> io::Result<Mapping>) -> io::Result<Self> {
            let bytes = len
                .checked_mul(size_of::<A>())
                .ok_or(io::ErrorKind::OutOfMemory)?;
            let mapping = map(bytes)?;
            Ok(Self {
                first: mapping.base().cast(),
                len,
                mapping,
                marker: PhantomData,
            })
        }

        /// Reserves a table of `len` zeros, of which each may be touched after [`commit`](Self::commit).
        pub(crate) fn reserved(len: usize) -> io::Result<Self> {
            Self::over(len, Mapping::reserved)
        }

        /// Maps a table of `len` zeros, which a forked child finds zeroed again.
        pub(crate) fn wiped_on_fork(len: usize) -> io::Result<Self> {
            let table = Self::zeroed(len)?;
            table.mapping.wipe_on_fork()?;
            Ok(table)
        }
    }

    impl<A: ZeroAtomic> Deref for Table<A> {
        type Target = [A];

        #[inline(always)]
        fn deref(&self) -> &[A] {
            // SAFETY: `first` starts a page-aligned mapping of at least `len` zeroed `A`s
            // (`over`), valid by `ZeroAtomic`, mapped as long as `self` lives, and only
            // ever accessed through shared references to atomics. Those that are not yet
            // committed are not accessed: atomics lie in cells, which no reference lets the compiler read unasked.
            unsafe { slice::from_raw_parts(self.first.as_ptr(), self.len) }
        }
    }

    /// Nothing in a real run; see the module's head.
    pub(crate) struct Tracks;

    impl Tracks {
        pub(crate) fn new(_len: usize) -> Self {
            Self
        }

        #[inline(always)]
        pub(crate) fn read(&self, _index: u32) {}

        #[inline(always)]
        pub(crate) fn write(&self, _index: u32) {}
    }

    /// Nothing in a real run; see the module's head.
    pub(super) struct Lifetime;

    impl Lifetime {
        pub(super) fn new() -> Self {
            Self
        }

        #[inline(always)]
        pub(super) fn touch(&self) {}
    }

    /// Nothing in a real run; see the module's head.
    pub(crate) struct LeakCheck;

    impl LeakCheck {
        pub(crate) fn new() -> Self {
            Self
        }
    }
}

#[cfg(loom)]
mod modelled {
    use std::cell::Cell;
    use std::hash::{Hash, Hasher};
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
        /// All threads of a model run on the one of the system that explores it.
        static WEAKLY: Cell<bool> = const { Cell::new(false) };
    }

    /// Explores a model in which a compare-and-swap that fails may read an older value than the
    /// newest. Each takes three or four steps then instead of one, so models ask for it.
    #[allow(dead_code, reason = "for the models")]
    pub(crate) fn weakly(explore: impl FnOnce()) {
        WEAKLY.set(true);
        explore();
        WEAKLY.set(false);
    }

    /// An atomic whose loads loom explores in full, and whose use after its end it reports.
    ///
    /// loom 0.7.3 remembers one access to an atomic to decide which orders are worth exploring. A
    /// thread that loads before it writes hides, by its own load, the other threads' loads from its write, and the
    /// order in which they come later is never tried: of a compare-and-swap loop nearly everything is
    /// skipped (tokio-rs/loom issues 166 and 392). So each load is announced by a relaxed
    /// read-modify-write of a witness beside it. That makes loads depend on each other in loom's
    /// eyes, and orders nothing in the model's.
    ///
    /// A compare-and-swap that fails reads the newest value in loom. In C++ it is a load with the
    /// failure ordering, which may read an older value. In a model that runs [`weakly`] it is
    /// such a load here.
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

                /// Each answer is one that C++ allows. An `Err` never holds `from`: that the weak form
                /// may fail for nothing is not modelled. After a load of `from` each holds a
                /// later value, so that a loop ends.
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

    /// Written when it is dropped, read by every use of what it belongs to.
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

        /// A model is committed when it is made.
        pub(crate) fn commit(&self, _from: usize, _to: usize) -> io::Result<()> {
            Ok(())
        }

        /// A model does not fork.
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

    loom::thread_local! {
        static CPU: Cell<Option<u32>> = Cell::new(None);
    }

    /// Moves the calling thread to a modelled CPU. Without it thread `n` stays on CPU `n`.
    #[allow(dead_code, reason = "for the models of the shards")]
    pub(crate) fn run_on(cpu: u32) {
        CPU.with(|here| here.set(Some(cpu)));
    }

    /// The CPU that the calling thread runs on.
    pub(crate) fn modelled_cpu() -> u32 {
        CPU.with(Cell::get).unwrap_or_else(thread_number)
    }

    /// The number of the modelled thread within its execution, from 0 up.
    fn thread_number() -> u32 {
        /// Keeps the last number hashed: of loom's thread id that is the thread's index.
        struct Last(u64);

        impl Hasher for Last {
            fn finish(&self) -> u64 {
                self.0
            }

            fn write(&mut self, bytes: &[u8]) {
                let mut word = [0; 8];
                let n = bytes.len().min(8);
                word[..n].copy_from_slice(&bytes[..n]);
                self.0 = u64::from_le_bytes(word);
            }
        }

        let mut last = Last(0);
        loom::thread::current().id().hash(&mut last);
        last.finish() as u32
    }
}
