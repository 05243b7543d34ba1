//! Taking back chunks of which all buffers are free.
//!
//! ```text
//!   lists of the class ── a batch at a time ──► chunk lists, by chunk
//!   a chunk list with all of its chunk, or all but the rest of the cursor
//!     ──► the chunk is in the caller's hands (#whole-chunk):
//!           trim: its memory goes to the system, and the chunk to `free`
//!           an allocation of another class: the chunk goes to that class
//! ```
//!
//! No call waits meanwhile. What lies in the chunk lists is there for the class to carve, and for
//! other calls that take chunks back, which use the same chunk lists. One call has in hand at most
//! a batch, or what the caches that it stops held, or a chunk.
//!
//! An allocation may come here after the system has refused memory. So a refusal of memory for the
//! counts that this makes ends nothing.

use std::iter::Sum;

use super::{Carver, SizeClass};
use crate::base::id::{BufferId, ChunkId};
use crate::memory::back::Back;
use crate::memory::chunks::{self, Chunks};
use crate::sync::{AtomicU32, Ordering};

/// What a trim has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Trim {
    /// How many chunks were taken back.
    pub(crate) chunks: usize,
    /// How many of these chunks returned their memory to the system.
    pub(crate) discarded: usize,
    /// How many chunks stay with their classes.
    pub(crate) pinned: usize,
}

impl Sum for Trim {
    fn sum<I: Iterator<Item = Self>>(trims: I) -> Self {
        trims.fold(Self::default(), |sum, trim| Self {
            chunks: sum.chunks + trim.chunks,
            discarded: sum.discarded + trim.discarded,
            pinned: sum.pinned + trim.pinned,
        })
    }
}

impl SizeClass {
    /// Returns whether the class has taken a chunk and has not given all back.
    pub(crate) fn was_used(&self) -> bool {
        self.carver().carved() > 0
    }

    /// Returns whether looking for a chunk here is worth while: a chunk seems to be idle, or
    /// another call is looking and has some ids in hand.
    pub(crate) fn may_have_idle_chunks(&self) -> bool {
        // Relaxed: a hint. A caller that sees no call here any more sees in `transit` what came of
        // it.
        self.was_used()
            && (self.carver().reclaimers().load(Ordering::Relaxed) > 0
                || self.seems_to_have_idle_chunks())
    }

    /// Returns whether a chunk seems to be idle. The answer is exact if no call is in progress.
    ///
    /// It only reads: ids that were taken in vain would be missed in the caches.
    fn seems_to_have_idle_chunks(&self) -> bool {
        let carver = self.carver();
        if carver
            .chunks_with_free()
            .any(|(_, ids)| ids >= carver.per_chunk())
        {
            return true;
        }
        let chunks = carver.chunks().count() as usize;
        let mut free_count = Vec::new();
        if free_count.try_reserve_exact(chunks).is_err() {
            return true;
        }
        free_count.resize(chunks, 0_u32);
        // The chunk lists come last. Ids go there from the lists meanwhile, and an id that is seen
        // twice does less harm than one that is not seen.
        self.lists()
            .peek(|id| free_count[chunks::chunk_of(id).index()] += 1);
        if let Some(remainder) = carver.peek_remainder() {
            free_count[remainder.chunk.index()] += carver.per_chunk() - remainder.next;
        }
        for (chunk, ids) in carver.chunks_with_free() {
            free_count[chunk.index()] += ids;
        }
        free_count.iter().any(|ids| *ids >= carver.per_chunk())
    }

    /// Takes back the chunks that hold no buffer in use. The caller has a handle.
    pub(crate) fn trim(&self) -> Trim {
        let mut trim = Trim::default();
        self.reclaim(|chunk| {
            trim.chunks += 1;
            trim.discarded += usize::from(return_chunk(self.carver().chunks(), chunk));
            true
        });
        trim
    }

    /// Takes back a chunk that holds no buffer in use for another class, and an id off it, which is
    /// the caller's. The caller has a handle.
    pub(crate) fn give_to(&self, other: &Carver) -> Option<BufferId> {
        let mut got = None;
        self.reclaim(|chunk| {
            got = other.adopt(chunk);
            if got.is_none() {
                return_chunk(other.chunks(), chunk);
            }
            false
        });
        got
    }

    /// Takes back chunks that hold no buffer in use. `take` has each of them in hand, and says
    /// whether to go on.
    fn reclaim(&self, mut take: impl FnMut(ChunkId) -> bool) {
        let carver = self.carver();
        let _reclaimer = Reclaimer::new(carver.reclaimers());
        let _in_transit = carver.chunks().transit().begin();
        let mut take_if_whole = |chunk| !carver.take_whole(chunk, 0) || take(chunk);
        // The chunks whose ids all lie in their chunk lists already come first.
        let mut more = carver
            .chunks_with_free()
            .all(|(chunk, _)| take_if_whole(chunk));
        if !more {
            return;
        }
        let in_flight = self.lists().in_flight();
        self.lists().empty(|ids| {
            carver.push_to_chunks(ids, |chunk| more = more && take_if_whole(chunk));
            more
        });
        self.lists().reopen();
        drop(in_flight);
        // This comes last: all that was carved of an idle chunk lies in the chunk list by now.
        let last = if more {
            carver.take_whole_with_remainder()
        } else {
            None
        };
        last.into_iter().for_each(|chunk| _ = take(chunk));
    }
}

/// A mark for a call that takes chunks back from a class. The mark ends when it is dropped.
struct Reclaimer<'a>(&'a AtomicU32);

impl<'a> Reclaimer<'a> {
    fn new(reclaimers: &'a AtomicU32) -> Self {
        // Relaxed, here and below: a hint.
        reclaimers.fetch_add(1, Ordering::Relaxed);
        Self(reclaimers)
    }
}

impl Drop for Reclaimer<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Gives back a chunk that is in the caller's hands. Returns whether its memory went to the system.
fn return_chunk(chunks: &Chunks, chunk: ChunkId) -> bool {
    let discarded = chunks.discard(chunk);
    chunks.give_back(chunk);
    discarded
}
