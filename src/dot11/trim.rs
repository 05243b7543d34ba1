//! Taking back chunks of which all buffers are free.
//!
//! ```text
//!   lists of the class ── a batch at a time ──► shelves, by chunk
//!   a shelf with all of its chunk, or all but the rest of the cursor
//!     ──► the chunk is in the caller's hands (C1 of `chunks`):
//!           trim: its memory goes to the system, and the chunk to `free`
//!           an allocation of another class: the chunk goes to that class
//! ```
//!
//! No call waits meanwhile. What lies on the shelves is there for the class to carve, and for other
//! calls that take chunks back, which use the same shelves. One call has in hand at most a batch,
//! or what the caches that it stops held, or a chunk.
//!
//! An allocation may come here after the system has refused memory. So a refusal of memory for the
//! counts that this makes ends nothing.

use std::iter::Sum;

use super::{Cuts, SizeClass};
use crate::base::id::{ChunkId, FrameId};
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
        self.cuts().carved() > 0
    }

    /// Returns whether looking for a chunk here is worth while: a chunk seems to be idle, or
    /// another call is looking and has some ids in hand.
    pub(crate) fn may_have_idle_chunks(&self) -> bool {
        // Relaxed: a hint. A caller that sees no call here any more sees in `transit` what came of
        // it.
        self.was_used()
            && (self.cuts().reclaimers().load(Ordering::Relaxed) > 0
                || self.seems_to_have_idle_chunks())
    }

    /// Returns whether a chunk seems to be idle. The answer is exact if no call is in progress.
    ///
    /// It only reads: ids that were taken in vain would be missed in the caches.
    fn seems_to_have_idle_chunks(&self) -> bool {
        let cuts = self.cuts();
        if cuts.on_shelves().any(|(_, ids)| ids >= cuts.per_chunk()) {
            return true;
        }
        let chunks = cuts.chunks().count() as usize;
        let mut resting = Vec::new();
        if resting.try_reserve_exact(chunks).is_err() {
            return true;
        }
        resting.resize(chunks, 0_u32);
        // The shelves come last. Ids go there from the lists meanwhile, and an id that is seen
        // twice does less harm than one that is not seen.
        self.lists()
            .look(|id| resting[chunks::chunk_of(id).index()] += 1);
        if let Some(rest) = cuts.look_at_rest() {
            resting[rest.chunk.index()] += cuts.per_chunk() - rest.next;
        }
        for (chunk, ids) in cuts.on_shelves() {
            resting[chunk.index()] += ids;
        }
        resting.iter().any(|ids| *ids >= cuts.per_chunk())
    }

    /// Takes back the chunks that hold no buffer in use. The caller has a handle.
    pub(crate) fn trim(&self) -> Trim {
        let mut trim = Trim::default();
        self.reclaim(|chunk| {
            trim.chunks += 1;
            trim.discarded += usize::from(return_chunk(self.cuts().chunks(), chunk));
            true
        });
        trim
    }

    /// Takes back a chunk that holds no buffer in use for another class, and an id off it, which is
    /// the caller's. The caller has a handle.
    pub(crate) fn give_to(&self, other: &Cuts) -> Option<FrameId> {
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
        let cuts = self.cuts();
        let _reclaimer = Reclaimer::new(cuts.reclaimers());
        let _under_way = cuts.chunks().transit().begin();
        let mut take_if_whole = |chunk| !cuts.take_whole(chunk, 0) || take(chunk);
        // The chunks whose ids all lie on their shelves already come first.
        let mut more = cuts.on_shelves().all(|(chunk, _)| take_if_whole(chunk));
        if !more {
            return;
        }
        let moving = self.lists().moving();
        self.lists().empty(|ids| {
            cuts.shelve_all(ids, |chunk| more = more && take_if_whole(chunk));
            more
        });
        self.lists().reopen();
        drop(moving);
        // This comes last: all that was carved of an idle chunk lies on the shelf by now.
        let last = if more {
            cuts.take_whole_with_rest()
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
