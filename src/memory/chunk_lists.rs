//! The chunk lists: where the buffers of a class are, chunk by chunk, while chunks are taken back.
//!
//! ```text
//!   depot, caches ── 64 at a time ──►  list of chunk 0 │ list of chunk 1 │ …
//!                                        │                  └── all ids of the chunk are here:
//!                                        │                      the chunk can be given back
//!                                        └── carve: the class goes on with what is here
//! ```
//!
//! A chunk list is a stack of the ids of one chunk. Any number of calls sort the ids of a class at
//! the same time. Each has at most a batch in hand, and any call may take what lies in a chunk
//! list. So a call that is stopped keeps a batch from the others, not a class.
//!
//! Invariants
//!
//! - #list-own-chunk: An id is in no list but its own chunk's. A call that had it in hand put it
//!   there.
//! - #list-own-class: A chunk changes its class only when a call has all its ids in hand. If some
//!   were in the chunk list, that call popped them. So if nothing was popped since the head was
//!   read, the chunk still belongs to the class that the owner word names after that reading, and
//!   the ids are that class's.

#![forbid(unsafe_code)]

use crate::base::batch::Batch;
use crate::base::id::{BufferId, ChunkId};
use crate::base::stack::{Links, Stack};

pub(crate) struct ChunkLists(Box<[Stack]>);

impl ChunkLists {
    /// Makes a chunk list for each of `chunks` chunks, whose ids are below `ids`.
    pub(crate) fn new(chunks: u32, ids: u32) -> Self {
        Self((0..chunks).map(|_| Stack::new(ids)).collect())
    }

    fn of(&self, chunk: ChunkId) -> &Stack {
        &self.0[chunk.index()]
    }

    /// Pushes ids of a chunk, which the caller has in hand, to the list of that chunk
    /// (#list-own-chunk).
    pub(crate) fn push(&self, links: &Links, chunk: ChunkId, ids: &[BufferId]) {
        // Chunk lists are never closed, so this cannot be refused.
        let answer = self.of(chunk).push_bulk(links, ids);
        debug_assert_eq!(answer, Ok(()));
    }

    /// Takes up to `most` ids off a chunk list, if `is_own` says that the chunk is the class's
    /// (#list-own-class).
    pub(crate) fn pop_burst(
        &self,
        links: &Links,
        chunk: ChunkId,
        most: usize,
        batch: &mut Batch,
        is_own: impl Fn() -> bool,
    ) {
        self.of(chunk).pop_burst_if(links, most, batch, is_own);
    }

    /// Takes all ids off a chunk list, if there are `ids` of them and `is_own` says that the chunk
    /// is the class's (#list-own-class).
    pub(crate) fn take_whole(
        &self,
        links: &Links,
        chunk: ChunkId,
        ids: u32,
        is_own: impl Fn() -> bool,
    ) -> bool {
        self.of(chunk).pop_all_if(links, ids, is_own)
    }

    /// Returns how many ids are in a chunk list. The number is stale as soon as it is read.
    pub(crate) fn free_count(&self, links: &Links, chunk: ChunkId) -> u32 {
        self.of(chunk).weight(links)
    }

    /// Returns the number of pops so far if nothing is in a chunk list of a chunk that `is_own`
    /// accepts, else `None`. See `class::exhaustion`.
    pub(crate) fn pops_if_empty(&self, is_own: impl Fn(ChunkId) -> bool) -> Option<u64> {
        let mut sum = 0_u64;
        for (chunk, list) in self.0.iter().enumerate() {
            let (pops, holds) = list.pops();
            if holds && is_own(ChunkId(chunk as u32)) {
                return None;
            }
            sum = sum.wrapping_add(pops);
        }
        Some(sum)
    }

    /// Returns the bytes that the chunk lists of `chunks` chunks take.
    pub(crate) fn bytes_for(chunks: u32) -> usize {
        chunks as usize * size_of::<Stack>()
    }
}
