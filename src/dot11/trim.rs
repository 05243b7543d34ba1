//! Taking chunks back of which all buffers are at rest.
//!
//! ```text
//!   lists of the class ── a batch at a time ──► shelves, by chunk
//!   a shelf with all of its chunk, or all but the rest of the cursor ──► the chunk is in the caller's hands (C1 of `chunks`):
//!     trim: its memory to the system, the chunk to `free`
//!     an allocation of another class: to that class
//! ```
//!
//! Nobody waits meanwhile, and nobody has to: what lies on the shelves is there for the class to
//! carve off, and for others to take chunks back, who come to the same shelves. One call has a
//! batch in hand at most, or what the caches held that it stops, or a chunk.
//!
//! An allocation comes here when the system has refused memory: none is asked for.

use std::iter::Sum;

use super::{Cuts, SizeClass};
use crate::base::id::{ChunkId, FrameId};
use crate::memory::back::Back;
use crate::memory::chunks::{self, Chunks};
use crate::sync::{AtomicU32, Ordering};

/// What a trim has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Trim {
    /// Chunks taken back.
    pub(crate) chunks: usize,
    /// Of these, chunks whose memory went back to the system.
    pub(crate) discarded: usize,
    /// Chunks that stay with their classes.
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
    /// Whether the class ever took a chunk, and has not given all back.
    pub(crate) fn was_used(&self) -> bool {
        self.cuts().carved() > 0
    }

    /// Whether it is worth while to look for a chunk here: one seems to be idle, or another call
    /// does look, and has some on the way.
    pub(crate) fn may_have_idle_chunks(&self) -> bool {
        // Relaxed: a hint. Who sees no call here any more sees what came of it in `transit`.
        self.was_used()
            && (self.cuts().reclaimers().load(Ordering::Relaxed) > 0
                || self.seems_to_have_idle_chunks())
    }

    /// Whether a chunk seems to be idle: exact if no call is in progress. Looks, and takes nothing:
    /// what is taken in vain is missed in the caches.
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
        // The shelves last: ids go there from the lists meanwhile, and are rather seen twice than
        // never.
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

    /// Takes the chunks back that hold no buffer in use. The caller has a handle.
    pub(crate) fn trim(&self) -> Trim {
        let mut trim = Trim::default();
        self.reclaim(|chunk| {
            trim.chunks += 1;
            trim.discarded += usize::from(return_chunk(self.cuts().chunks(), chunk));
            true
        });
        trim
    }

    /// Takes a chunk back that holds no buffer in use, for another class, and an id of that off it,
    /// which is the caller's. The caller has a handle.
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

    /// Takes chunks back that hold no buffer in use: `take` has each in hand, and says whether
    /// there shall be more.
    fn reclaim(&self, mut take: impl FnMut(ChunkId) -> bool) {
        let cuts = self.cuts();
        let _reclaimer = Reclaimer::new(cuts.reclaimers());
        let _under_way = cuts.chunks().transit().begin();
        let mut take_if_whole = |chunk| !cuts.take_whole(chunk, 0) || take(chunk);
        // Those that lie on their shelves already.
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
        // Last: of an idle chunk all that was carved lies on the shelf by now.
        let last = if more {
            cuts.take_whole_with_rest()
        } else {
            None
        };
        last.into_iter().for_each(|chunk| _ = take(chunk));
    }
}

/// A call that takes chunks back from a class; until it is dropped.
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

/// Returns a chunk that is in the caller's hands; whether its memory went to the system.
fn return_chunk(chunks: &Chunks, chunk: ChunkId) -> bool {
    let discarded = chunks.discard(chunk);
    chunks.give_back(chunk);
    discarded
}
