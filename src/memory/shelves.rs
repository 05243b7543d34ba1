//! The shelves: where the buffers of a class rest, chunk by chunk, while chunks are taken back.
//!
//! ```text
//!   depot, caches ── 64 at a time ──►  shelf of chunk 0 │ shelf of chunk 1 │ …
//!                                        │                  └── all ids of the chunk rest here:
//!                                        │                      the chunk can be given back
//!                                        └── carve: the class goes on with what rests here
//! ```
//!
//! A shelf is a stack of the ids of one chunk. Any number of calls sort the ids of a class at the
//! same time. Each has at most a batch in hand, and any call may take what lies on a shelf. So a
//! call that is stopped keeps a batch from the others, not a class.
//!
//! Invariants
//!
//! - B1. An id lies on no shelf but its own chunk's. A call that had it in hand put it there.
//! - B2. A chunk changes its class only when a call has all its ids in hand. If some were on the
//!   shelf, that call popped them. So if nothing was popped since the head was read, the chunk
//!   still belongs to the class that the owner word names after that reading, and the ids are that
//!   class's.

#![forbid(unsafe_code)]

use crate::base::batch::Batch;
use crate::base::id::{ChunkId, FrameId};
use crate::base::stack::{Links, Stack};

pub(crate) struct Shelves(Box<[Stack]>);

impl Shelves {
    /// Makes a shelf for each of `chunks` chunks, whose ids are below `ids`.
    pub(crate) fn new(chunks: u32, ids: u32) -> Self {
        Self((0..chunks).map(|_| Stack::new(ids)).collect())
    }

    fn of(&self, chunk: ChunkId) -> &Stack {
        &self.0[chunk.index()]
    }

    /// Puts ids of a chunk, which the caller has in hand, on the chunk's shelf (B1).
    pub(crate) fn lay(&self, links: &Links, chunk: ChunkId, ids: &[FrameId]) {
        // Shelves are never closed, so this cannot be refused.
        let answer = self.of(chunk).push_all(links, ids);
        debug_assert_eq!(answer, Ok(()));
    }

    /// Takes up to `most` ids off a shelf, if `is_own` says that the chunk is the class's (B2).
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

    /// Takes all ids off a shelf, if there are `ids` of them and `is_own` says that the chunk is
    /// the class's (B2).
    pub(crate) fn take_whole(
        &self,
        links: &Links,
        chunk: ChunkId,
        ids: u32,
        is_own: impl Fn() -> bool,
    ) -> bool {
        self.of(chunk).pop_all_if(links, ids, is_own)
    }

    /// Returns how many ids rest on a shelf. The number is stale as soon as it is read.
    pub(crate) fn resting(&self, links: &Links, chunk: ChunkId) -> u32 {
        self.of(chunk).weight(links)
    }

    /// Returns the number of pops so far if nothing rests on a shelf of a chunk that `is_own`
    /// accepts, else `None`. See `class::exhaustion`.
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

    /// Returns the bytes that the shelves of `chunks` chunks take.
    pub(crate) fn bytes_for(chunks: u32) -> usize {
        chunks as usize * size_of::<Stack>()
    }
}
