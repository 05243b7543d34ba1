//! Taking chunks back of which all buffers are at rest.
//!
//! ```text
//!   all that rests in the class, and the rest of its cursor, into the hands of one call
//!   a chunk that is there as a whole ──► its memory to the system, the chunk to `free` (C1 of `chunks`)
//!   what is left ──► the depot, that of the fullest chunks last: they are used first
//! ```
//!
//! Meanwhile other calls find less at rest, and carve: nobody waits. What this call has in hand counts as in the hands of a call in
//! progress (`class::exhaustion`).
//!
//! An allocation comes here when the system has refused memory, and the heap may have none either: all that is needed of that is asked for
//! before anything is taken, and without it everything stays where it is.

use std::cmp::Reverse;
use std::iter::Sum;
use std::ops::Range;

use super::chunks::{self, Chunks};
use super::cuts::Rest;
use super::{Cuts, SizeClass};
use crate::back::Back;
use crate::class::{Class, Homeless};
use crate::id::{ChunkId, FrameId};

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

    /// Whether a chunk seems to be idle: exact if no call is in progress. Looks, and takes nothing: a trim in vain would leave the class
    /// without a buffer at rest for as long as it takes.
    pub(crate) fn seems_to_have_idle_chunks(&self) -> bool {
        if !self.was_used() {
            return false;
        }
        let chunks = self.cuts().chunks().count() as usize;
        let mut resting = Vec::new();
        if resting.try_reserve_exact(chunks).is_err() {
            return false;
        }
        resting.resize(chunks, 0_u32);
        self.lists()
            .look(|id| resting[chunks::chunk_of(id).index()] += 1);
        if let Some(rest) = self.cuts().look_at_rest() {
            resting[rest.chunk.index()] += self.cuts().per_chunk() - rest.next;
        }
        resting.iter().any(|ids| *ids >= self.cuts().per_chunk())
    }

    /// Takes the chunks back that hold no buffer in use. The caller has a handle.
    pub(crate) fn trim(&self) -> Trim {
        let _moving = self.lists().moving();
        let mut hand = Hand::default();
        hand.gather(self.lists());
        let trim = hand.give_back(self.cuts());
        hand.lay_down(self.lists());
        trim
    }
}

/// What a trim has in hand: ids, sorted, and what the cursor left.
#[derive(Default)]
struct Hand {
    ids: Vec<FrameId>,
    /// Which of them are to be laid down again: those of one chunk each.
    kept: Vec<Range<usize>>,
    rest: Option<Rest>,
}

fn are_of_one_chunk(a: &FrameId, b: &FrameId) -> bool {
    chunks::chunk_of(*a) == chunks::chunk_of(*b)
}

impl Hand {
    fn gather(&mut self, class: &Class<Cuts>) {
        let cuts = class.back();
        // What was carved, and what the rest may be carved into; a run for each chunk, and for the rest.
        let ids = cuts.carved() as usize + cuts.per_chunk() as usize;
        let runs = cuts.chunks().count() as usize + 1;
        let reserved = self.ids.try_reserve(ids).and(self.kept.try_reserve(runs));
        if reserved.is_err() {
            return;
        }
        self.rest = cuts.take_rest();
        class.take_all(&mut self.ids);
        self.ids.sort_unstable_by_key(|id| id.0);
    }

    /// Gives back the chunks of which all is in hand.
    fn give_back(&mut self, cuts: &Cuts) -> Trim {
        let mut trim = Trim::default();
        let mut start = 0;
        for ids in self.ids.chunk_by(are_of_one_chunk) {
            let run = start..start + ids.len();
            start = run.end;
            let chunk = chunks::chunk_of(ids[0]);
            let rest = self.rest.filter(|rest| rest.chunk == chunk);
            let uncarved = rest.map_or(0, |rest| cuts.per_chunk() - rest.next);
            if ids.len() as u32 + uncarved < cuts.per_chunk() {
                self.kept.push(run);
                continue;
            }
            if rest.is_some() {
                self.rest = None;
            }
            cuts.uncarve(ids.len() as u32);
            trim.chunks += 1;
            trim.discarded += usize::from(return_chunk(cuts.chunks(), chunk, ids));
        }
        trim
    }

    /// Lays what is left down.
    fn lay_down(mut self, class: &Class<Cuts>) {
        if let Some(rest) = self.rest {
            if !class.back().leave_rest(rest) {
                let start = self.ids.len();
                self.ids.extend(class.back().carve_rest(rest));
                self.kept.push(start..self.ids.len());
            }
        }
        // The depot gives what was laid down last first. Sorted in place: without the heap.
        self.kept.sort_unstable_by_key(|run| Reverse(run.len()));
        for run in self.kept {
            for ids in self.ids[run].chunks(class.batch()) {
                let homeless = class.put(ids);
                debug_assert_eq!(
                    homeless,
                    Homeless::NONE,
                    "a pool with a handle is not closed"
                );
            }
        }
        class.reopen();
    }
}

/// Returns a chunk, all of whose buffers are in the caller's hands; whether its memory went to the system.
fn return_chunk(chunks: &Chunks, chunk: ChunkId, ids: &[FrameId]) -> bool {
    for id in ids {
        chunks.tracks().write(id.0);
    }
    let discarded = chunks.discard(chunk);
    chunks.give_back(chunk);
    discarded
}
