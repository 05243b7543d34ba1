//! Buffers that their owner allocates and frees, from the global allocator, which is the system's.

use std::marker::PhantomData;

use bytes::BytesMut;
use framewell_bench::{BYTES, Buffer, Contestant, VaryingBuffer, VaryingContestant};

/// A buffer that is made for a length.
///
/// # Safety
///
/// - [`first`](Self::first) returns a pointer to [`length`](Self::length) bytes that the buffer
///   owns and that may be written until it is dropped. These are as many as `make` was asked for.
pub(crate) unsafe trait Own: Send + Sync + 'static {
    /// The name, as shown in tables.
    const NAME: &'static str;

    fn make(length: usize) -> Self;

    fn first(&mut self) -> *mut u8;

    fn length(&self) -> usize;
}

/// A vector of zeros: what most programs make for a buffer to receive into.
pub(crate) struct Zeroed(Vec<u8>);

// SAFETY: a vector owns its elements.
unsafe impl Own for Zeroed {
    const NAME: &'static str = "Vec<u8>, zeroed";

    #[inline(always)]
    fn make(length: usize) -> Self {
        Self(vec![0; length])
    }

    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.0.len()
    }
}

/// A vector that is not filled.
pub(crate) struct Reserved(Vec<u8>);

// SAFETY: a vector owns its capacity. It is what was asked for, which the check demands.
unsafe impl Own for Reserved {
    const NAME: &'static str = "Vec::with_capacity";

    #[inline(always)]
    fn make(length: usize) -> Self {
        Self(Vec::with_capacity(length))
    }

    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.0.capacity()
    }
}

// SAFETY: a `BytesMut` owns its capacity. It is what was asked for, which the check demands.
unsafe impl Own for BytesMut {
    const NAME: &'static str = "BytesMut";

    #[inline(always)]
    fn make(length: usize) -> Self {
        Self::with_capacity(length)
    }

    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.capacity()
    }
}

/// A buffer of [`Fresh`].
pub(crate) struct Owned<O>(O);

// SAFETY: `Fresh` makes it with BYTES, and `Own` promises that they may be written.
unsafe impl<O: Own> Buffer for Owned<O> {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0.first()
    }
}

// SAFETY: `Own` promises the same.
unsafe impl<O: Own> VaryingBuffer for Owned<O> {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0.first()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.0.length()
    }
}

/// A contestant that makes a new buffer each time.
pub(crate) struct Fresh<O>(PhantomData<O>);

impl<O> Fresh<O> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O: Own> Contestant for Fresh<O> {
    type Buffer = Owned<O>;

    fn name(&self) -> &'static str {
        O::NAME
    }

    #[inline(always)]
    fn get(&self) -> Owned<O> {
        Owned(O::make(BYTES))
    }
}

impl<O: Own> VaryingContestant for Fresh<O> {
    type Buffer = Owned<O>;

    fn name(&self) -> &'static str {
        O::NAME
    }

    #[inline(always)]
    fn get(&self, length: usize) -> Owned<O> {
        Owned(O::make(length))
    }
}
