//! Buffers of a pool as owners of `Bytes`, which allocates for each buffer.

use std::array;

use bytes::Bytes;
use framewell::Pool;

use super::{out, pool};
use crate::contestant::BYTES;
use crate::work::sharing::{
    MERGED, REFERENCES, Reference, SLICE, SLICES, Sharer, Sharing, Slicing,
};

/// A pool whose buffers are owners of `Bytes`.
pub(crate) struct Owners(Pool);

impl Owners {
    pub(crate) fn new() -> Self {
        Self(pool())
    }
}

impl Sharer for Owners {
    fn out(&self) -> Option<usize> {
        Some(out(&self.0))
    }
}

// SAFETY: `Bytes` owns, or shares, the bytes that it derefs to.
unsafe impl Reference for Bytes {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        self.as_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.len()
    }
}

impl Sharing for Owners {
    type Reference = Bytes;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Bytes; REFERENCES] {
        let mut frame = self.0.get(BYTES).expect("a frame");
        write(frame.as_mut_ptr());
        let bytes = Bytes::from_owner(frame);
        let [one, two, three] = array::from_fn(|_| bytes.clone());
        [one, two, three, bytes]
    }
}

impl Slicing for Owners {
    type Slice = Bytes;

    #[inline(always)]
    fn cut(&self, write: impl FnOnce(*mut u8), sink: impl FnMut(Bytes)) {
        let mut buffer = self.0.alloc(MERGED).expect("a buffer");
        write(buffer.as_mut_ptr());
        let bytes = Bytes::from_owner(buffer);
        let starts = (0..SLICES).map(|at| at * SLICE);
        starts
            .map(|start| bytes.slice(start..start + SLICE))
            .for_each(sink);
    }
}
