//! The facade's part for a real run: std's atomics, tables over mapped memory, and checks that cost
//! nothing.

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

/// An atomic whose value is 0 if all its bytes are zero.
///
/// # Safety
///
/// - Zeroed, suitably aligned memory is a valid value of the type, and it needs no drop.
pub(crate) unsafe trait ZeroAtomic {}
// SAFETY: std documents AtomicU32 to have the representation of u32, for which zero is valid.
unsafe impl ZeroAtomic for AtomicU32 {}
// SAFETY: std documents AtomicU64 to have the representation of u64, for which zero is valid.
unsafe impl ZeroAtomic for AtomicU64 {}

/// A struct that begins a page.
#[repr(align(4096))]
pub(crate) struct PageStart;

/// Picks the size `real`, because this is a real run.
pub(crate) const fn scaled(real: u32, _modelled: u32) -> u32 {
    real
}

/// A fixed array of atomics, all zero at first. It lies in a mapping of its own that is committed
/// page by page as it is used.
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

    /// Reserves a table of `len` zeros. Each may be touched after [`commit`](Self::commit).
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
        // SAFETY: `first` starts a page-aligned mapping of at least `len` zeroed `A`s (`over`),
        // valid by `ZeroAtomic`, mapped as long as `self` lives, and only ever accessed through
        // shared references to atomics. Those that are not yet committed are not accessed: atomics
        // lie in cells, which no reference lets the compiler read unasked.
        unsafe { slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
}

/// A type that does nothing in a real run; see the facade's head.
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

/// A type that does nothing in a real run; see the facade's head.
pub(super) struct Lifetime;

impl Lifetime {
    pub(super) fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(super) fn touch(&self) {}
}

/// A type that does nothing in a real run; see the facade's head.
pub(crate) struct LeakCheck;

impl LeakCheck {
    pub(crate) fn new() -> Self {
        Self
    }
}
