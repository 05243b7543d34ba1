//! This crate's references: cloned one by one, or counted at once.

use std::array;
use std::num::NonZeroUsize;

use framewell::{Exclusive, Frame, Front, Pool, Shared, VarBuf};

use super::out;
use crate::contestant::BYTES;
use crate::rings;
use crate::work::sharing::{
    MERGED, REFERENCES, Reference, SLICE, SLICES, Sharer, Sharing, Slicing,
};

/// A pool whose buffers are shared, with a clone for each further reference.
pub(crate) struct Clones(Pool);

/// A pool whose frames are shared by all references at once.
pub(crate) struct Many(Pool);

impl Clones {
    pub(crate) fn new(front: Front) -> Self {
        Self(rings::pool(front))
    }
}

impl Many {
    pub(crate) fn new(front: Front) -> Self {
        Self(rings::pool(front))
    }
}

impl Sharer for Clones {
    fn out(&self) -> Option<usize> {
        Some(out(&self.0))
    }
}

impl Sharer for Many {
    fn out(&self) -> Option<usize> {
        Some(out(&self.0))
    }
}

// SAFETY: a reference shares the bytes that it derefs to.
unsafe impl<B: Exclusive> Reference for Shared<B> {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        self.as_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.len()
    }
}

impl Sharing for Clones {
    type Reference = Shared<Frame>;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Shared<Frame>; REFERENCES] {
        let mut frame = self.0.get(BYTES).expect("a frame");
        write(frame.as_mut_ptr());
        let last = frame.share();
        let [one, two, three] = array::from_fn(|_| last.clone());
        [one, two, three, last]
    }
}

impl Sharing for Many {
    type Reference = Shared<Frame>;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Shared<Frame>; REFERENCES] {
        const ALL: NonZeroUsize = NonZeroUsize::new(REFERENCES).unwrap();
        let mut frame = self.0.get(BYTES).expect("a frame");
        write(frame.as_mut_ptr());
        let mut all = Shared::share_many(frame, ALL);
        array::from_fn(|_| all.next().expect("one of as many"))
    }
}

impl Slicing for Clones {
    type Slice = Shared<VarBuf>;

    #[inline(always)]
    fn cut(&self, write: impl FnOnce(*mut u8), sink: impl FnMut(Shared<VarBuf>)) {
        let mut buffer = self.0.alloc(MERGED).expect("a buffer");
        write(buffer.as_mut_ptr());
        let mut whole = buffer.share();
        whole.truncate(SLICES * SLICE);
        whole.split_every(SLICE).for_each(sink);
    }
}
