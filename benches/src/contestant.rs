//! The traits that a workload uses: a contestant and its buffers.

use arrayvec::ArrayVec;

/// The number of bytes of every buffer.
pub const BYTES: usize = 1500;

/// A buffer, which is freed when it is dropped.
///
/// # Safety
///
/// - [`first`](Self::first) returns a pointer to [`BYTES`] bytes. The buffer alone owns them, and
///   they may be written until it is dropped.
pub unsafe trait Buffer: Send + 'static {
    /// Returns the first byte.
    fn first(&mut self) -> *mut u8;
}

/// A source of buffers that several threads use.
///
/// The methods for several buffers fall back on single ones. A contestant that has bulk calls of
/// its own overrides them.
pub trait Contestant: Sync + 'static {
    /// A buffer of [`BYTES`] bytes.
    type Buffer: Buffer;

    /// Whether it can run out of buffers. If so, it implements [`try_get`](Self::try_get).
    const BOUNDED: bool = false;

    /// Makes another contestant of the same kind with this many buffers; `None` if that cannot be
    /// done.
    #[must_use]
    fn fresh(&self, buffers: usize) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = buffers;
        None
    }

    /// Returns the name, as shown in tables.
    fn name(&self) -> &'static str;

    /// Prepares the calling thread. Workloads call it on each thread that gets or frees.
    fn enter(&self) {}

    /// Gets a buffer.
    ///
    /// # Panics
    ///
    /// If there is no buffer. Workloads stay far below the capacity of every contestant.
    fn get(&self) -> Self::Buffer;

    /// Gets a buffer if there is one.
    #[inline]
    fn try_get(&self) -> Option<Self::Buffer> {
        Some(self.get())
    }

    /// Gets `N` buffers at once, has `work` done on the first byte of each, and frees them at once.
    #[inline]
    fn bulk<const N: usize>(&self, mut work: impl FnMut(*mut u8)) {
        let mut buffers: ArrayVec<Self::Buffer, N> = (0..N).map(|_| self.get()).collect();
        buffers.iter_mut().for_each(|buffer| work(buffer.first()));
    }

    /// Gets `N` buffers at once and gives them to `sink` one by one.
    #[inline]
    fn get_bulk<const N: usize>(&self, mut sink: impl FnMut(Self::Buffer)) {
        (0..N).for_each(|_| sink(self.get()));
    }

    /// Frees up to `N` buffers at once.
    #[inline]
    fn free_bulk<const N: usize>(&self, buffers: impl Iterator<Item = Self::Buffer>) {
        buffers.for_each(drop);
    }
}
