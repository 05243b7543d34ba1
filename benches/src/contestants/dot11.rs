//! The variable-length buffers of this crate.

use framewell::{Dot11Buf, Front, Pool};

use crate::varying::{VaryingBuffer, VaryingContestant};

/// A contestant of varying lengths: a pool's size classes.
pub struct Dot11 {
    name: &'static str,
    pool: Pool,
}

impl Dot11 {
    /// Makes a pool with its defaults.
    ///
    /// # Panics
    ///
    /// If its memory cannot be reserved.
    #[must_use]
    pub fn new() -> Self {
        Self::with("framewell", Front::Auto)
    }

    /// Makes a pool with the portable front.
    ///
    /// # Panics
    ///
    /// If its memory cannot be reserved.
    #[must_use]
    pub fn portable() -> Self {
        Self::with("framewell, portable", Front::Portable)
    }

    fn with(name: &'static str, front: Front) -> Self {
        let pool = Pool::builder().frames(1).front(front).build();
        Self {
            name,
            pool: pool.expect("a pool of one frame"),
        }
    }
}

impl Default for Dot11 {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: a buffer owns the bytes that it derefs to.
unsafe impl VaryingBuffer for Dot11Buf {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }

    #[inline]
    fn length(&self) -> usize {
        self.len()
    }
}

impl VaryingContestant for Dot11 {
    type Buffer = Dot11Buf;

    fn name(&self) -> &'static str {
        self.name
    }

    #[inline]
    fn get(&self, length: usize) -> Dot11Buf {
        self.pool.dot11(length).expect("the budget has room")
    }
}
