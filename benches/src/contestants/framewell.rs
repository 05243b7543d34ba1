//! The pool of this crate as a contestant.

use framewell::{Burst, Frame, Front, FrontKind, IdBatch, Pool, Stats};

use crate::contestant::{BYTES, Buffer, Contestant};
use crate::home::BURST;

/// The number of frames of a pool, unless it is asked for another number.
const FRAMES: usize = 16_384;

/// A pool of this crate.
pub struct Framewell {
    name: &'static str,
    wish: Front,
    pool: Pool,
}

impl Framewell {
    /// Makes a pool with its defaults.
    ///
    /// # Panics
    ///
    /// If its memory (30 MiB) cannot be reserved.
    #[must_use]
    pub fn new() -> Self {
        Self::with("framewell", Front::Auto, FRAMES)
    }

    /// Makes a pool of so many frames, of which none is committed yet.
    ///
    /// # Panics
    ///
    /// If the address space cannot be reserved.
    #[must_use]
    pub fn of(name: &'static str, frames: usize) -> Self {
        Self::with(name, Front::Auto, frames)
    }

    /// Makes a pool with the portable front.
    ///
    /// # Panics
    ///
    /// If its memory (30 MiB) cannot be reserved.
    #[must_use]
    pub fn portable() -> Self {
        Self::with("framewell, portable", Front::Portable, FRAMES)
    }

    fn with(name: &'static str, front: Front, frames: usize) -> Self {
        let pool = Pool::builder()
            .frames(frames)
            .payload(BYTES)
            .front(front)
            .build();
        Self {
            name,
            wish: front,
            pool: pool.expect("a pool"),
        }
    }

    /// Returns the pool itself.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Returns the statistics of the pool.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.pool.stats()
    }

    /// Returns the front that the pool has.
    #[must_use]
    pub fn front(&self) -> FrontKind {
        self.pool.stats().front
    }
}

impl Default for Framewell {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: `get` asks for BYTES of data, the pool's payload allows as many, and a frame owns its
// data.
unsafe impl Buffer for Frame {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }
}

impl Contestant for Framewell {
    type Buffer = Frame;

    const BOUNDED: bool = true;

    fn fresh(&self, buffers: usize) -> Option<Self> {
        Some(Self::with(self.name, self.wish, buffers))
    }

    #[inline]
    fn try_get(&self) -> Option<Frame> {
        self.pool.get(BYTES).ok()
    }

    fn name(&self) -> &'static str {
        self.name
    }

    #[inline]
    fn get(&self) -> Frame {
        self.pool.get(BYTES).expect("a frame")
    }

    #[inline]
    fn bulk<const N: usize>(&self, mut work: impl FnMut(*mut u8)) {
        let mut bulk: IdBatch<N> = IdBatch::new(&self.pool);
        bulk.get_bulk(N).expect("a bulk");
        bulk.iter_mut().for_each(|bytes| work(bytes.as_mut_ptr()));
    }
}

/// A pool of this crate that is asked for bursts of owners throughout, also where numbers would do.
pub struct Bursts(Framewell);

impl Bursts {
    /// Makes a pool with its defaults.
    ///
    /// # Panics
    ///
    /// If its memory (30 MiB) cannot be reserved.
    #[must_use]
    pub fn new() -> Self {
        Self(Framewell::with(BURST, Front::Auto, FRAMES))
    }
}

impl Default for Bursts {
    fn default() -> Self {
        Self::new()
    }
}

impl Contestant for Bursts {
    type Buffer = Frame;

    fn name(&self) -> &'static str {
        self.0.name()
    }

    #[inline]
    fn get(&self) -> Frame {
        self.0.get()
    }

    #[inline]
    fn bulk<const N: usize>(&self, mut work: impl FnMut(*mut u8)) {
        let pool = &self.0.pool;
        let mut burst: Burst<N> = Burst::new();
        pool.get_bulk(&mut burst, N).expect("a burst");
        burst.iter_mut().for_each(|frame| work(frame.as_mut_ptr()));
    }

    #[inline]
    fn get_bulk<const N: usize>(&self, sink: impl FnMut(Frame)) {
        let mut burst: Burst<N> = Burst::new();
        self.0.pool.get_bulk(&mut burst, N).expect("a burst");
        burst.drain().for_each(sink);
    }

    #[inline]
    fn free_bulk<const N: usize>(&self, frames: impl Iterator<Item = Frame>) {
        let mut burst: Burst<N> = Burst::new();
        burst.extend(frames);
    }
}
