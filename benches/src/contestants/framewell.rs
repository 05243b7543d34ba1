//! The pool of this crate.

use framewell::{Burst, Frame, Front, FrontKind, Pool};

use crate::contestant::{BYTES, Buffer, Contestant};

/// A pool of 16,384 frames.
pub struct Framewell {
    name: &'static str,
    pool: Pool,
}

impl Framewell {
    /// Makes a pool as its defaults make it.
    ///
    /// # Panics
    ///
    /// If its memory (30 MiB) cannot be reserved.
    #[must_use]
    pub fn new() -> Self {
        Self::with("framewell", Front::Auto)
    }

    /// Makes a pool with the portable front.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn portable() -> Self {
        Self::with("framewell, portable", Front::Portable)
    }

    fn with(name: &'static str, front: Front) -> Self {
        let pool = Pool::builder()
            .frames(16_384)
            .payload(BYTES)
            .front(front)
            .build();
        Self {
            name,
            pool: pool.expect("a pool of 16,384 frames"),
        }
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

// SAFETY: `get` asks for BYTES of data, the pool's payload allows as many, and a frame owns its data.
unsafe impl Buffer for Frame {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }
}

impl Contestant for Framewell {
    type Buffer = Frame;

    fn name(&self) -> &'static str {
        self.name
    }

    #[inline]
    fn get(&self) -> Frame {
        self.pool.get(BYTES).expect("a frame")
    }

    #[inline]
    fn bulk<const N: usize>(&self, work: impl FnMut(&mut Frame)) {
        let mut burst: Burst<N> = Burst::new();
        self.pool.get_bulk(&mut burst, N).expect("a burst");
        burst.iter_mut().for_each(work);
    }

    #[inline]
    fn get_many<const N: usize>(&self, sink: impl FnMut(Frame)) {
        let mut burst: Burst<N> = Burst::new();
        self.pool.get_bulk(&mut burst, N).expect("a burst");
        burst.drain().for_each(sink);
    }

    #[inline]
    fn free_many<const N: usize>(&self, frames: impl Iterator<Item = Frame>) {
        let mut burst: Burst<N> = Burst::new();
        burst.extend(frames);
    }
}
