//! The ids of a size class that rest on the shelves of its chunks.
//!
//! A chunk whose ids all lie on its shelf can be taken off the class as a whole.

use super::{Cuts, Rest};
use crate::base::batch::Batch;
use crate::base::id::{ChunkId, FrameId};
use crate::base::limits::MAGAZINE;
use crate::memory::back::Back;
use crate::memory::chunks;
use crate::sync::Ordering;

impl Cuts {
    /// Returns the class's chunks of which some buffers seem to lie on the shelf, each with their
    /// number.
    pub(crate) fn on_shelves(&self) -> impl Iterator<Item = (ChunkId, u32)> {
        // Acquire: pairs with the Releases in `take_whole` and `take_off_shelf`. A call that reads
        // 0 finds the shelves empty afterwards, and a call that has found ids there finds them
        // counted (`shelve`). So `class::exhaustion` and this agree in the end.
        let chunks = match self.shelved.load(Ordering::Acquire) {
            0 => 0,
            _ => self.chunks.count(),
        };
        let all = (0..chunks).map(ChunkId);
        let resting = |chunk| self.chunks.shelves().resting(self.chunks.links(), chunk);
        let each = all.map(move |chunk| (chunk, resting(chunk)));
        each.filter(|(chunk, ids)| *ids > 0 && self.is_own(*chunk))
    }

    /// Puts up to a batch of ids, which the caller has in hand, on the shelves of their chunks.
    /// Calls `then` with each of these chunks.
    pub(crate) fn shelve_all(&self, ids: &[FrameId], mut then: impl FnMut(ChunkId)) {
        let mut sorted = [FrameId(0); MAGAZINE];
        let sorted = &mut sorted[..ids.len()];
        sorted.copy_from_slice(ids);
        sorted.sort_unstable_by_key(|id| id.0);
        for ids in sorted.chunk_by(|a, b| chunks::chunk_of(*a) == chunks::chunk_of(*b)) {
            let chunk = chunks::chunk_of(ids[0]);
            self.shelve(chunk, ids);
            then(chunk);
        }
    }

    /// Puts ids of one chunk, which the caller has in hand, on the chunk's shelf.
    pub(crate) fn shelve(&self, chunk: ChunkId, ids: &[FrameId]) {
        // Relaxed: the push afterwards publishes it, so a call that finds the ids finds them
        // counted.
        self.shelved.fetch_add(ids.len() as u32, Ordering::Relaxed);
        self.chunks.shelves().lay(self.chunks.links(), chunk, ids);
        self.chunks.transit().arrived();
    }

    /// Takes a chunk off the class if all its buffers lie on the shelf, except for `uncarved`
    /// buffers that the caller has in hand. Then all of the chunk is the caller's (C1 of `chunks`).
    pub(crate) fn take_whole(&self, chunk: ChunkId, uncarved: u32) -> bool {
        let ids = self.per_chunk - uncarved;
        let links = self.chunks.links();
        let is_own = || self.is_own(chunk);
        if !self.chunks.shelves().take_whole(links, chunk, ids, is_own) {
            return false;
        }
        // Release: as in `take_off_shelf`.
        self.shelved.fetch_sub(ids, Ordering::Release);
        self.uncarve(ids);
        for number in 0..self.per_chunk {
            self.wrote(chunks::id(chunk, number));
        }
        true
    }

    /// Takes the chunk that the cursor cuts off the class, if all that was carved of it lies on the
    /// shelf. Then the chunk is the caller's.
    pub(crate) fn take_whole_with_rest(&self) -> Option<ChunkId> {
        let is_idle = |rest: &Rest| {
            let links = self.chunks.links();
            self.chunks.shelves().resting(links, rest.chunk) >= rest.next
        };
        // It only reads first: while the rest is off the cursor, other calls would take another
        // chunk.
        self.look_at_rest().filter(is_idle)?;
        let rest = self.take_rest()?;
        if self.take_whole(rest.chunk, self.per_chunk - rest.next) {
            return Some(rest.chunk);
        }
        if !self.leave_rest(rest) {
            let mut batch: Batch = Batch::new();
            for id in self.carve_rest(rest) {
                batch.push(id);
                if batch.room() == 0 {
                    self.shelve(rest.chunk, batch.as_slice());
                    batch.truncate(0);
                }
            }
            self.shelve(rest.chunk, batch.as_slice());
        }
        None
    }

    /// Takes up to `most` ids off the shelf with the fewest, so that the fullest chunk fills up and
    /// the other chunks can be given back. Returns `false` if there are no ids.
    pub(super) fn take_off_shelf(&self, most: usize, batch: &mut Batch) -> bool {
        while let Some((chunk, _)) = self.on_shelves().min_by_key(|(_, ids)| *ids) {
            let links = self.chunks.links();
            let is_own = || self.is_own(chunk);
            self.chunks
                .shelves()
                .take(links, chunk, most, batch, is_own);
            if !batch.is_empty() {
                // Release: pairs with the Acquire in `on_shelves`. It comes after the pop, so that
                // the count is never less than what lies there.
                self.shelved
                    .fetch_sub(batch.len() as u32, Ordering::Release);
                return true;
            }
        }
        false
    }
}
