//! The ways with borrowers: one for the side that receives, and one for the side that sends.

use framewell::{Borrower, BufferId, Burst, IdBatch, Pool, Span};

use crate::work::rings::{BURST, Ownership};

/// A pool and its two borrowers.
struct Sides {
    pool: Pool,
    rx: Borrower,
    tx: Borrower,
}

impl Sides {
    fn new(pool: Pool) -> Self {
        Self {
            rx: pool.borrower("rx").expect("a borrower"),
            tx: pool.borrower("tx").expect("a borrower"),
            pool,
        }
    }

    /// Lends whole frames to the side that receives.
    #[inline(always)]
    fn fill(&self, to: &mut [u64; BURST]) {
        let mut batch: IdBatch<BURST> = IdBatch::new(&self.pool);
        batch.get_bulk(BURST).expect("frames");
        self.rx.lend_offsets(&mut batch, to);
    }

    /// Frees what was sent.
    #[inline(always)]
    fn complete(&self, sent: &[u64; BURST]) {
        let mut batch: IdBatch<BURST> = IdBatch::new(&self.pool);
        // SAFETY: nothing touches the frames, and this thread alone brings them.
        unsafe { self.tx.take_back_offsets(sent, &mut batch) }.expect("they were lent");
    }

    fn out(&self) -> usize {
        assert_eq!(self.pool.stats().misuses, 0);
        self.pool.stats().out
    }
}

/// Owners as numbers.
pub(crate) struct ByNumbers {
    sides: Sides,
    /// Where lending writes the numbers. The descriptors name the frames already.
    ids: [BufferId; BURST],
}

impl ByNumbers {
    pub(crate) fn new(pool: Pool) -> Self {
        let id = pool.get(0).expect("a frame").id();
        Self {
            sides: Sides::new(pool),
            ids: [id; BURST],
        }
    }
}

impl Ownership for ByNumbers {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        self.sides.fill(to);
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        let Sides { pool, rx, tx } = &self.sides;
        let mut batch: IdBatch<BURST> = IdBatch::new(pool);
        let mut offsets = [0; BURST];
        for (offset, span) in offsets.iter_mut().zip(received) {
            *offset = span.offset;
        }
        // SAFETY: as in `Sides::complete`.
        unsafe { rx.take_back_offsets(&offsets, &mut batch) }.expect("they were lent");
        tx.lend_ids(&mut batch, &mut self.ids);
        for (to, span) in to.iter_mut().zip(received) {
            *to = *span;
        }
    }

    #[inline(always)]
    fn complete(&mut self, sent: &[u64; BURST]) {
        self.sides.complete(sent);
    }

    fn out(&self) -> usize {
        self.sides.out()
    }
}

/// An owner for each packet, in a burst.
pub(crate) struct InBursts(Sides);

impl InBursts {
    pub(crate) fn new(pool: Pool) -> Self {
        Self(Sides::new(pool))
    }
}

impl Ownership for InBursts {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        self.0.fill(to);
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        let mut burst: Burst<BURST> = Burst::new();
        // SAFETY: as in `Sides::complete`.
        unsafe { self.0.rx.take_back_spans(received, &mut burst) }.expect("they were lent");
        self.0.tx.lend_spans(&mut burst, to);
    }

    #[inline(always)]
    fn complete(&mut self, sent: &[u64; BURST]) {
        self.0.complete(sent);
    }

    fn out(&self) -> usize {
        self.0.out()
    }
}

/// An owner for each packet, one after another.
pub(crate) struct OneByOne {
    sides: Sides,
    stride: usize,
}

impl OneByOne {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            stride: pool.region().stride(),
            sides: Sides::new(pool),
        }
    }

    #[inline(always)]
    fn offset(&self, id: BufferId) -> u64 {
        (id.index() * self.stride) as u64
    }
}

impl Ownership for OneByOne {
    #[inline(always)]
    fn fill(&mut self, to: &mut [u64; BURST]) {
        for to in to {
            let frame = self.sides.pool.get(0).expect("a frame");
            *to = self.offset(self.sides.rx.lend(frame).expect("a frame of this pool"));
        }
    }

    #[inline(always)]
    fn forward(&mut self, received: &[Span; BURST], to: &mut [Span; BURST]) {
        for (span, to) in received.iter().zip(to) {
            // SAFETY: as in `Sides::complete`.
            let back = unsafe { self.sides.rx.take_back_at(span.offset, span.len as usize) };
            let frame = back.expect("it was lent");
            let (headroom, len) = (frame.headroom() as u64, frame.len() as u32);
            let id = self.sides.tx.lend(frame).expect("a frame of this pool");
            let offset = self.offset(id) + headroom;
            *to = Span { offset, len };
        }
    }

    #[inline(always)]
    fn complete(&mut self, sent: &[u64; BURST]) {
        for offset in sent {
            // SAFETY: as in `Sides::complete`.
            let back = unsafe { self.sides.tx.take_back_at(*offset, 0) };
            drop(back.expect("it was lent"));
        }
    }

    fn out(&self) -> usize {
        self.sides.out()
    }
}
