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

use std::iter::Sum;

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
        let mut resting = vec![0_u32; self.cuts().chunks().count() as usize];
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
    rest: Option<Rest>,
}

impl Hand {
    fn gather(&mut self, class: &Class<Cuts>) {
        if self
            .ids
            .try_reserve(class.back().carved() as usize)
            .is_err()
        {
            // Without the memory to hold them they stay where they are.
            return;
        }
        self.rest = class.back().take_rest();
        class.take_all(&mut self.ids);
        self.ids.sort_unstable_by_key(|id| id.0);
    }

    /// Gives back the chunks of which all is in hand.
    fn give_back(&mut self, cuts: &Cuts) -> Trim {
        let mut trim = Trim::default();
        let mut kept = Vec::new();
        for ids in self
            .ids
            .chunk_by(|a, b| chunks::chunk_of(*a) == chunks::chunk_of(*b))
        {
            let chunk = chunks::chunk_of(ids[0]);
            let rest = self.rest.filter(|rest| rest.chunk == chunk);
            let uncarved = rest.map_or(0, |rest| cuts.per_chunk() - rest.next);
            if ids.len() as u32 + uncarved < cuts.per_chunk() {
                kept.extend_from_slice(ids);
                continue;
            }
            if rest.is_some() {
                self.rest = None;
            }
            cuts.uncarve(ids.len() as u32);
            trim.chunks += 1;
            trim.discarded += usize::from(return_chunk(cuts.chunks(), chunk, ids));
        }
        self.ids = kept;
        trim
    }

    /// Lays what is left down.
    fn lay_down(mut self, class: &Class<Cuts>) {
        if let Some(rest) = self.rest {
            if !class.back().leave_rest(rest) {
                self.ids.extend(class.back().carve_rest(rest));
            }
        }
        let mut runs: Vec<&[FrameId]> = self
            .ids
            .chunk_by(|a, b| chunks::chunk_of(*a) == chunks::chunk_of(*b))
            .collect();
        // The depot gives what was laid down last first.
        runs.sort_by_key(|ids| std::cmp::Reverse(ids.len()));
        for ids in runs {
            for ids in ids.chunks(class.batch()) {
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
