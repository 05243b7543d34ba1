//! Where the buffers of a class rest chunk by chunk, while chunks are taken back.
//!
//! ```text
//!   depot, caches ── 64 at a time ──►  shelf of chunk 0 │ shelf of chunk 1 │ …      all of it is here: the chunk can go
//!                                        └── carve: the class goes on with what rests here
//! ```
//!
//! A shelf is a stack of the ids of one chunk. Any number of calls sort the ids of a class at the
//! same time: each has at most a batch in hand, and what lies on a shelf is everybody's. So a call
//! that is stopped keeps a batch from the others, not a class.
//!
//! Invariants
//!
//! - B1. An id lies on no shelf but its own chunk's, and was laid there by a call that had it in
//!   hand.
//! - B2. A chunk changes its class only when a call has all its ids in hand. If some were on the
//!   shelf, that call popped them. So if nothing was popped since the head was read, the class that
//!   the owner word names after that reading has the chunk still, and the ids are that class's.

#![forbid(unsafe_code)]

use crate::base::batch::Batch;
use crate::base::id::{ChunkId, FrameId};
use crate::base::stack::{Links, Stack};

pub(crate) struct Shelves(Box<[Stack]>);

impl Shelves {
    /// A shelf for each of so many chunks, for ids below `ids`.
    pub(crate) fn new(chunks: u32, ids: u32) -> Self {
        Self((0..chunks).map(|_| Stack::new(ids)).collect())
    }

    fn of(&self, chunk: ChunkId) -> &Stack {
        &self.0[chunk.index()]
    }

    /// Lays ids of a chunk on its shelf, which the caller has in hand (B1).
    pub(crate) fn lay(&self, links: &Links, chunk: ChunkId, ids: &[FrameId]) {
        // Shelves are never closed, so this cannot be refused.
        let answer = self.of(chunk).push_all(links, ids);
        debug_assert_eq!(answer, Ok(()));
    }

    /// Takes up to `most` ids off a shelf, if the chunk `is_own` (B2).
    pub(crate) fn take(
        &self,
        links: &Links,
        chunk: ChunkId,
        most: usize,
        batch: &mut Batch,
        is_own: impl Fn() -> bool,
    ) {
        self.of(chunk).pop_many_if(links, most, batch, is_own);
    }

    /// Takes all off a shelf if that is so many ids, and the chunk `is_own` (B2).
    pub(crate) fn take_whole(
        &self,
        links: &Links,
        chunk: ChunkId,
        ids: u32,
        is_own: impl Fn() -> bool,
    ) -> bool {
        self.of(chunk).pop_all_if(links, ids, is_own)
    }

    /// How many ids rest on a shelf; stale as soon as it is read.
    pub(crate) fn resting(&self, links: &Links, chunk: ChunkId) -> u32 {
        self.of(chunk).weight(links)
    }

    /// The number of pops so far if nothing rests on a shelf of a chunk that `is_own`, else `None`.
    /// See `class::exhaustion`.
    pub(crate) fn pops_if_empty(&self, is_own: impl Fn(ChunkId) -> bool) -> Option<u64> {
        let mut sum = 0_u64;
        for (chunk, shelf) in self.0.iter().enumerate() {
            let (pops, holds) = shelf.pops();
            if holds && is_own(ChunkId(chunk as u32)) {
                return None;
            }
            sum = sum.wrapping_add(pops);
        }
        Some(sum)
    }

    /// The bytes of the shelves of so many chunks.
    pub(crate) fn bytes_for(chunks: u32) -> usize {
        chunks as usize * size_of::<Stack>()
    }
}
