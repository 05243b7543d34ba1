//! The ways without borrowers: what a program keeps by itself, so that frames can come back from
//! outside.

use framewell::{Burst, Frame, Pool, Region, Span};

use crate::work::rings::{BURST, Ownership};

/// The frames of the rings are in a table, by their numbers.
pub(crate) struct InTable {
    pool: Pool,
    region: Region,
    table: Vec<Option<Frame>>,
}

impl InTable {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            region: pool.region(),
            table: (0..pool.capacity()).map(|_| None).collect(),
            pool,
        }
    }

    /// Takes the frame that an offset lies in, and returns the offset within it.
    #[inline(always)]
    fn take(&mut self, offset: u64) -> (Frame, usize) {
        let (id, headroom) = self.region.locate(offset as usize).expect("a frame");
        (
            self.table[id.index()].take().expect("it is there"),
            headroom,
        )
    }

    /// Puts a frame into the table, and returns the offset of its first byte.
    #[inline(always)]
    fn put(&mut self, frame: Frame) -> u64 {
        let id = frame.id();
        let before = self.table[id.index()].replace(frame);
        assert!(before.is_none(), "it was not there");
        (id.index() * self.region.stride()) as u64
    }
}

impl Ownership for InTable {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        let mut burst: Burst<BURST> = Burst::new();
        let got = self.pool.get_bulk(&mut burst, BURST);
        got.expect("frames");
        for (frame, to) in burst.drain().zip(to) {
            *to = self.put(frame);
        }
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        let mut burst: Burst<BURST> = Burst::new();
        for span in received {
            let (mut frame, headroom) = self.take(span.offset);
            let seen = frame.set_view(headroom, span.len as usize);
            seen.expect("the view lies in the frame");
            burst.push(frame).expect("there is room");
        }
        for (frame, to) in burst.drain().zip(to) {
            let (headroom, len) = (frame.headroom() as u64, frame.len() as u32);
            let offset = self.put(frame) + headroom;
            *to = Span { offset, len };
        }
    }

    #[inline(always)]
    fn complete(&mut self, sent: &[u64; BURST]) {
        let mut burst: Burst<BURST> = Burst::new();
        for offset in sent {
            let (frame, _) = self.take(*offset);
            burst.push(frame).expect("there is room");
        }
    }

    fn out(&self) -> usize {
        self.pool.stats().out
    }
}

/// The frames of the rings are out as pointers.
pub(crate) struct AsPointers {
    pool: Pool,
    region: Region,
    /// Where the data of a frame begins when it is got.
    headroom: usize,
}

impl AsPointers {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            region: pool.region(),
            headroom: pool.get(0).expect("a frame").headroom(),
            pool,
        }
    }

    #[inline(always)]
    fn send(&self, frame: Frame) -> u64 {
        (frame.into_raw().as_ptr().addr() - self.region.base().as_ptr().addr()) as u64
    }

    #[inline(always)]
    fn take(&self, offset: usize) -> Frame {
        let pointer = self.region.base().as_ptr().wrapping_add(offset);
        // SAFETY: the pointer was handed out, and comes back once.
        unsafe { self.pool.from_raw(pointer) }.expect("it was handed out")
    }
}

impl Ownership for AsPointers {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        let mut burst: Burst<BURST> = Burst::new();
        let got = self.pool.get_bulk(&mut burst, BURST);
        got.expect("frames");
        for (frame, to) in burst.drain().zip(to) {
            *to = self.send(frame) - self.headroom as u64;
        }
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        for (span, to) in received.iter().zip(to) {
            let (id, headroom) = self.region.locate(span.offset as usize).expect("a frame");
            // A frame comes back at the place where it was handed out.
            let mut frame = self.take(self.region.offset_of(id) + self.headroom);
            let seen = frame.set_view(headroom, span.len as usize);
            seen.expect("the view lies in the frame");
            let len = frame.len() as u32;
            let offset = self.send(frame);
            *to = Span { offset, len };
        }
    }

    #[inline(always)]
    fn complete(&mut self, sent: &[u64; BURST]) {
        let mut burst: Burst<BURST> = Burst::new();
        for offset in sent {
            let frame = self.take(*offset as usize);
            burst.push(frame).expect("there is room");
        }
    }

    fn out(&self) -> usize {
        self.pool.stats().out
    }
}
