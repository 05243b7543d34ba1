//! When a pool may say that it is empty.
//!
//! The claim: a refused call saw a moment at which nothing was at rest, in any shard, in the depot,
//! or uncarved. One look at each place in turn does not show that:
//!
//! ```text
//!   refuser                      other, who always leaves one frame at rest
//!   shard 0: empty
//!                                frees F to shard 0
//!                                takes G from shard 1
//!   shard 1: empty
//! ```
//!
//! So it looks twice. A place's word is "empty, t pops so far"; if it reads the same in both
//! rounds, nothing happened there in between (I4 of `stack`), so that at the moment between the
//! rounds all were empty. The number of pops only grows, so equal *sums* over all places mean that
//! each was equal, and no list of words need be kept. What can be carved is asked for last in a
//! round: "all carved" is final for frames; a cursor over chunks counts nothing, and the moment is
//! then the one at which the first round reads it.
//!
//! On a weak memory "the moment" is the cut through everybody's operations at the words that were
//! read. It must be closed under happens-before: if an operation lies before the cut, so does
//! everything that its thread did earlier. That is why pops, and carving, are *release* (S2, A):
//! the first round acquires what each word's writer did before, so the second round cannot read
//! older words.
//!
//! ```text
//!   other:    push F to shard 0 ──(program order)── pop G from shard 1: "empty", release
//!   refuser:  shard 0: "empty", stale   shard 1: acquires "empty"  ║  shard 0: not stale any more
//! ```
//!
//! Where memory is committed on demand, the system can refuse it for what is uncarved. That is then
//! not at rest, but for nobody to have: the call looks at the other places alone. It need not count
//! what others carve meanwhile, to whom the system may have been kinder: the moment is that at
//! which it looked.
//!
//! Where the kernel refuses the fence, the caches are not looked at, and the claim is made for the
//! other places alone: the exception, see `rseq`. Nothing else would end the call: the pool is not
//! dry, and only another thread can make it so.
//!
//! A free that happens-before the call is seen by coherence. Frames in the hands of a call in
//! progress do not count; as courtesy a refuser that sees such a transfer looks again a bounded
//! number of times.
//!
//! The caches of the rseq front are one place: empty while the mode is "dry", and its epoch counts.
//! A call that noted its opening before the sweep may have its cache's bounds open for a moment
//! longer (G4 of `gate`; the sweep has marked its gate, and it drains and shuts the cache instead).
//! Frees to that cache meanwhile happen before later calls, and are in the opener's hands: to wait
//! for it would not be lock-free.
//!
//! Progress: a round that finds two different sums means that another call took a frame or laid one
//! down: lock-free.

#![forbid(unsafe_code)]

use std::thread;

use crossbeam_utils::Backoff;

use super::Class;
use super::policy::Policy;
use crate::base::limits::{MAX_RESCANS, MAX_YIELDS};
use crate::memory::back::{Back, Lack};
use crate::percpu::match_front;

/// How often a refuser looks again because another call has frames on the move.
pub(super) struct Courtesy {
    rescans: u32,
    yields: u32,
    backoff: Backoff,
}

impl Courtesy {
    pub(super) fn new() -> Self {
        Self {
            rescans: MAX_RESCANS,
            yields: MAX_YIELDS,
            backoff: Backoff::new(),
        }
    }

    /// Waits a moment, or says that it was enough. A drain, which waits for the kernel, is worth
    /// more.
    fn is_spent(&mut self, draining: bool) -> bool {
        if self.rescans > 0 {
            self.rescans -= 1;
            self.backoff.spin();
        } else if draining && self.yields > 0 {
            self.yields -= 1;
            thread::yield_now();
        } else {
            return true;
        }
        false
    }
}

/// What a call that found nothing could not have.
#[derive(Clone, Copy)]
pub(super) struct Missed {
    /// Why nothing could be carved.
    pub(super) lack: Lack,
    /// Caches could not be swept: the kernel refuses the fence.
    pub(super) unfenced: bool,
}

impl<B: Back> Class<B> {
    /// Whether a call that found nothing may refuse; `false` if it has to look again.
    pub(super) fn exhausted(&self, missed: Missed, own: u64, courtesy: &mut Courtesy) -> bool {
        let look = || self.pops_if_empty(missed);
        let (Some(first), Some(second)) = (look(), look()) else {
            return false;
        };
        if first != second {
            return false;
        }
        let draining = self.front.is_draining();
        (self.front.on_the_move() <= own && !draining) || courtesy.is_spent(draining)
    }

    /// The sum of all pops so far if nothing is at rest, but for what the system refuses memory or
    /// the fence for, else `None`.
    fn pops_if_empty(&self, missed: Missed) -> Option<u64> {
        let front = if missed.unfenced {
            0
        } else {
            match_front!(self.front, front => front.pops_if_nothing_rests())?
        };
        let depot = self.depot.pops_if_empty()?;
        let back = self.back.carvings_if_used_up(missed.lack.is_of_memory())?;
        Some(front.wrapping_add(depot).wrapping_add(back))
    }
}
