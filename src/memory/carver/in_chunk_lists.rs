//! The ids of a size class that are in the chunk lists of its chunks.
//!
//! A chunk whose ids all lie in its chunk list can be taken off the class as a whole.

use super::{Carver, Remainder};
use crate::base::batch::Batch;
use crate::base::id::{BufferId, ChunkId};
use crate::base::limits::MAGAZINE;
use crate::memory::back::Back;
use crate::memory::chunks;
use crate::sync::Ordering;

impl Carver {
    /// Returns the class's chunks of which some buffers seem to lie in the chunk list, each with
    /// their number.
    pub(crate) fn chunks_with_free(&self) -> impl Iterator<Item = (ChunkId, u32)> {
        // Acquire: pairs with the Releases in `take_whole` and `pop_from_chunk`. A call that reads
        // 0 finds the chunk lists empty afterwards, and a call that has found ids there finds them
        // counted (`push_to_chunk`). So `class::exhaustion` and this agree in the end.
        let chunks = match self.in_chunk_lists.load(Ordering::Acquire) {
            0 => 0,
            _ => self.chunks.count(),
        };
        let all = (0..chunks).map(ChunkId);
        let free_count = |chunk| {
            self.chunks
                .chunk_lists()
                .free_count(self.chunks.links(), chunk)
        };
        let each = all.map(move |chunk| (chunk, free_count(chunk)));
        each.filter(|(chunk, ids)| *ids > 0 && self.is_own(*chunk))
    }

    /// Puts up to a batch of ids, which the caller has in hand, in the chunk lists of their chunks.
    /// Calls `then` with each of these chunks.
    pub(crate) fn push_to_chunks(&self, ids: &[BufferId], mut then: impl FnMut(ChunkId)) {
        let mut sorted = [BufferId(0); MAGAZINE];
        let sorted = &mut sorted[..ids.len()];
        sorted.copy_from_slice(ids);
        sorted.sort_unstable_by_key(|id| id.0);
        for ids in sorted.chunk_by(|a, b| chunks::chunk_of(*a) == chunks::chunk_of(*b)) {
            let chunk = chunks::chunk_of(ids[0]);
            self.push_to_chunk(chunk, ids);
            then(chunk);
        }
    }

    /// Pushes ids of one chunk, which the caller has in hand, to the list of that chunk.
    pub(crate) fn push_to_chunk(&self, chunk: ChunkId, ids: &[BufferId]) {
        // Relaxed: the push afterwards publishes it, so a call that finds the ids finds them
        // counted.
        self.in_chunk_lists
            .fetch_add(ids.len() as u32, Ordering::Relaxed);
        self.chunks
            .chunk_lists()
            .push(self.chunks.links(), chunk, ids);
        self.chunks.transit().arrived();
    }

    /// Takes a chunk off the class if all its buffers lie in the chunk list, except for `uncarved`
    /// buffers that the caller has in hand. Then all of the chunk is the caller's (#whole-chunk).
    pub(crate) fn take_whole(&self, chunk: ChunkId, uncarved: u32) -> bool {
        let ids = self.per_chunk - uncarved;
        let links = self.chunks.links();
        let is_own = || self.is_own(chunk);
        if !self
            .chunks
            .chunk_lists()
            .take_whole(links, chunk, ids, is_own)
        {
            return false;
        }
        // Release: as in `pop_from_chunk`.
        self.in_chunk_lists.fetch_sub(ids, Ordering::Release);
        self.uncarve(ids);
        for number in 0..self.per_chunk {
            self.loom_write(chunks::id(chunk, number));
        }
        true
    }

    /// Takes the chunk that the cursor carves off the class, if all that was carved of it lies in
    /// the chunk list. Then the chunk is the caller's.
    pub(crate) fn take_whole_with_remainder(&self) -> Option<ChunkId> {
        let is_idle = |remainder: &Remainder| {
            let links = self.chunks.links();
            self.chunks.chunk_lists().free_count(links, remainder.chunk) >= remainder.next
        };
        // It only reads first: while the rest is off the cursor, other calls would take another
        // chunk.
        self.peek_remainder().filter(is_idle)?;
        let remainder = self.take_remainder()?;
        if self.take_whole(remainder.chunk, self.per_chunk - remainder.next) {
            return Some(remainder.chunk);
        }
        if !self.restore_remainder(remainder) {
            let mut batch: Batch = Batch::new();
            for id in self.carve_remainder(remainder) {
                batch.push(id);
                if batch.room() == 0 {
                    self.push_to_chunk(remainder.chunk, batch.as_slice());
                    batch.truncate(0);
                }
            }
            self.push_to_chunk(remainder.chunk, batch.as_slice());
        }
        None
    }

    /// Takes up to `most` ids off the chunk list with the fewest, so that the fullest chunk fills
    /// up and the other chunks can be given back. Returns `false` if there are no ids.
    pub(super) fn pop_from_chunk(&self, most: usize, batch: &mut Batch) -> bool {
        while let Some((chunk, _)) = self.chunks_with_free().min_by_key(|(_, ids)| *ids) {
            let links = self.chunks.links();
            let is_own = || self.is_own(chunk);
            self.chunks
                .chunk_lists()
                .pop_burst(links, chunk, most, batch, is_own);
            if !batch.is_empty() {
                // Release: pairs with the Acquire in `chunks_with_free`. It comes after the pop, so
                // that the count is never less than what lies there.
                self.in_chunk_lists
                    .fetch_sub(batch.len() as u32, Ordering::Release);
                return true;
            }
        }
        false
    }
}
