//! When a pool may say that it is empty.
//!
//! A refused call claims that there was a moment at which nothing was free: no id in any shard,
//! none in the depot, none uncarved. One look at each place in turn does not show that:
//!
//! ```text
//!   refuser                      other, who always leaves one frame free
//!   shard 0: empty
//!                                frees F to shard 0
//!                                takes G from shard 1
//!   shard 1: empty
//! ```
//!
//! So a refuser looks twice. The word of a place says "empty, t pops so far". If it reads the same
//! in both rounds, nothing happened at that place in between (#pop-counts). If that holds for all
//! places, all of them were empty at the moment between the rounds. The number of pops only grows.
//! So equal *sums* over all places mean that each number was equal, and no list of words needs to
//! be kept. What can be carved is asked for last in a round. For frames, "all carved" is final. A
//! cursor over chunks counts nothing, and the moment is then the one at which the first round reads
//! it.
//!
//! On a weak memory "the moment" is a cut through the operations of all threads, at the words that
//! were read. The cut must be closed under happens-before: if an operation lies before the cut, so
//! does everything that its thread did earlier. That is why pops, and carving, are *release*
//! (#scan-sees-pop, #scan-sees-carve): the first round acquires what the writer of each word did
//! before, so the second round cannot read older words.
//!
//! ```text
//!   other:    push F to shard 0 ──(program order)── pop G from shard 1: "empty", release
//!   refuser:  shard 0: "empty", stale   shard 1: acquires "empty"  ║  shard 0: not stale any more
//! ```
//!
//! Where memory is committed on demand, the system can refuse memory for what is uncarved. The call
//! cannot get that, so it looks at the other places alone. It does not have to count what others
//! carve meanwhile, to whom the system may have granted memory: the moment is the one at which the
//! call itself looked.
//!
//! Where the kernel refuses the fence, the call does not look at the caches, and it makes its claim
//! for the other places alone. This is the exception that `rseq` describes. Nothing else would end
//! the call: the pool is not dry, and only another thread can make it so.
//!
//! A refuser sees a free that happens before its call, by coherence. Frames in the hands of a call
//! in progress do not count. A refuser that sees such a transfer looks again nevertheless, a
//! bounded number of times.
//!
//! The caches of the rseq front are one place. It is empty while the mode is "dry", and the epoch
//! of the mode counts instead of pops. A call that noted its opening of a cache before the sweep
//! may have the bounds of that cache open for a moment longer (#mode-before-bounds). The sweep has
//! marked the cache's gate, so the call drains and shuts the cache instead. Frees to that cache
//! meanwhile happen before later calls, and their ids are in the opener's hands. To wait for the
//! opener would not be lock-free.
//!
//! Progress is lock-free: a round that finds two different sums means that another call took a
//! frame or freed one.

#![forbid(unsafe_code)]

use std::thread;

use crossbeam_utils::Backoff;

use super::Class;
use super::policy::Policy;
use crate::base::limits::{MAX_RESCANS, MAX_YIELDS};
use crate::memory::back::{Back, CarveError};
use crate::percpu::match_front;

/// A bound on how often a refuser looks again because another call has frames in flight.
pub(super) struct RescanBudget {
    rescans: u32,
    yields: u32,
    backoff: Backoff,
}

impl RescanBudget {
    pub(super) fn new() -> Self {
        Self {
            rescans: MAX_RESCANS,
            yields: MAX_YIELDS,
            backoff: Backoff::new(),
        }
    }

    /// Waits a moment, or returns `true` if the refuser has waited often enough. It waits longer
    /// for a drain, which itself waits for the kernel.
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

/// The reasons why a call found nothing.
#[derive(Clone, Copy)]
pub(super) struct FetchError {
    /// The reason why nothing could be carved.
    pub(super) carve_error: CarveError,
    /// Whether caches could not be swept because the kernel refuses the fence.
    pub(super) fence_refused: bool,
}

impl<B: Back> Class<B> {
    /// Returns whether a call that found nothing may refuse; `false` means that it has to look
    /// again. Of the transfers in flight, `own` are the call's.
    pub(super) fn exhausted(
        &self,
        fetch_error: FetchError,
        own: u64,
        rescan_budget: &mut RescanBudget,
    ) -> bool {
        let peek = || self.pops_if_empty(fetch_error);
        let (Some(first), Some(second)) = (peek(), peek()) else {
            return false;
        };
        if first != second {
            return false;
        }
        let draining = self.front.is_draining();
        (self.front.in_flight_count() <= own && !draining) || rescan_budget.is_spent(draining)
    }

    /// Returns the sum of all pops so far if nothing is free, else `None`. What the system refuses
    /// memory or the fence for does not count as free.
    fn pops_if_empty(&self, fetch_error: FetchError) -> Option<u64> {
        let front = if fetch_error.fence_refused {
            0
        } else {
            match_front!(self.front, front => front.pops_if_lists_empty())?
        };
        let depot = self.depot.pops_if_empty()?;
        let back = self
            .back
            .carves_if_exhausted(fetch_error.carve_error.is_memory())?;
        Some(front.wrapping_add(depot).wrapping_add(back))
    }
}
