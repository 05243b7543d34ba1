//! Buffers of a pool in the standard library's `Arc`, which allocates for each buffer.

use std::array;
use std::sync::Arc;

use framewell::{Frame, Pool, VarBuf};

use super::{out, pool};
use crate::contestant::BYTES;
use crate::work::sharing::{
    MERGED, REFERENCES, Reference, SLICE, SLICES, Sharer, Sharing, Slicing,
};

/// A pool whose buffers are put into an `Arc`.
pub(crate) struct Arcs(Pool);

/// A reference to a frame.
pub(crate) struct Whole(Arc<Frame>);

/// A reference to a buffer, with the start of a slice.
pub(crate) struct Slice(Arc<VarBuf>, usize);

impl Arcs {
    pub(crate) fn new() -> Self {
        Self(pool())
    }
}

impl Sharer for Arcs {
    fn out(&self) -> Option<usize> {
        Some(out(&self.0))
    }
}

// SAFETY: a frame derefs to its data, which it owns.
unsafe impl Reference for Whole {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        self.0.as_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.0.len()
    }
}

// SAFETY: the range lies within the buffer, which is checked here.
unsafe impl Reference for Slice {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        self.0[self.1..self.1 + SLICE].as_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        SLICE
    }
}

impl Sharing for Arcs {
    type Reference = Whole;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Whole; REFERENCES] {
        let mut frame = self.0.get(BYTES).expect("a frame");
        write(frame.as_mut_ptr());
        let frame = Arc::new(frame);
        let [one, two, three] = array::from_fn(|_| Whole(Arc::clone(&frame)));
        [one, two, three, Whole(frame)]
    }
}

impl Slicing for Arcs {
    type Slice = Slice;

    #[inline(always)]
    fn cut(&self, write: impl FnOnce(*mut u8), mut sink: impl FnMut(Slice)) {
        let mut buffer = self.0.alloc(MERGED).expect("a buffer");
        write(buffer.as_mut_ptr());
        let buffer = Arc::new(buffer);
        for at in 0..SLICES - 1 {
            sink(Slice(Arc::clone(&buffer), at * SLICE));
        }
        sink(Slice(buffer, (SLICES - 1) * SLICE));
    }
}
