//! The policy of the rseq front. Caches are filled and emptied through the depot, and a get that
//! finds nothing elsewhere drains them.
//!
//! ```text
//!   get:   own cache ── empty ─► depot ─► carve ─► sweep: all caches into the depot ─► refuse
//!   free:  own cache ── full ──► a batch to the depot, then own cache
//!                    ── shut ──► open it, else to the depot
//! ```
//!
//! The first get that finds nothing sweeps: it stops the caches of all CPUs with one fence, moves
//! their ids to the depot, and leaves them shut. The pool is then *dry*: frees go to the depot. A
//! get that finds the depot empty may refuse, at the cost of a few loads, however many CPUs there
//! are (see `exhaustion`). When the depot holds enough again (`dry_ends_at`), the next call that
//! needs its cache ends the dry time. Each CPU opens its own cache when it first misses it.
//!
//! A call that sweeps holds at most what the caches held, and a call that drains a single cache at
//! most what that one held. The ids move batch by batch: those that were not yet moved are still in
//! their cache, whose gate the call owns.
//!
//! A thread that the kernel refuses the fence cannot sweep. It gets what its own CPU's cache and
//! the depot hold, and what is uncarved. Otherwise it is refused, whatever is in other caches: this
//! is the one refusal that is not exact. Nothing is lost by it: the caches are as they were, for
//! their CPUs and for the sweeps of other threads.

#![forbid(unsafe_code)]

use super::policy::Policy;
use super::{Class, Rejected};
use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::memory::back::Back;
use crate::percpu::{Caches, Event, FenceRefused, Opened, OwnedCaches};
use crate::stats::FrontKind;

impl Policy for Caches {
    fn kind(&self) -> FrontKind {
        FrontKind::Rseq
    }

    /// Returns `None`: the hot path has run the section inline, so whoever comes here has found the
    /// cache empty.
    fn pop_here<B: Back>(&self, _class: &Class<B>) -> Option<BufferId> {
        None
    }

    /// Returns `false`: the hot path has run the section inline, and the section has refused the
    /// id.
    fn push_here<B: Back>(&self, _class: &Class<B>, _id: BufferId) -> bool {
        false
    }

    /// Appends nothing: the hot path has run the section inline, and has found the cache empty.
    fn pop_burst_here<B: Back>(&self, _class: &Class<B>, _most: usize, _batch: &mut Batch) {}

    /// Pushes up to a batch of freed ids, as its last step (#free-ends-access). A full cache gives
    /// a batch to the depot first.
    fn push_slow<B: Back>(&self, class: &Class<B>, ids: &[BufferId]) -> Rejected {
        class.push_or_flush(self, ids, true)
    }

    /// Pushes the ids to this CPU's cache, or to the depot if the cache is full. A full cache is
    /// not flushed for them: the call would have a second batch in hand.
    fn push_surplus<B: Back>(&self, class: &Class<B>, ids: &[BufferId]) -> Rejected {
        class.push_or_flush(self, ids, false)
    }

    /// Empties all caches: the first batch goes into the caller's empty one, the rest into the
    /// depot. If the thread may not fence, it finds up to `want` ids of this CPU's cache, and no
    /// others. The caller has a handle.
    fn steal<B: Back>(
        &self,
        class: &Class<B>,
        want: usize,
        batch: &mut Batch,
    ) -> Result<(), FenceRefused> {
        let sweep = match self.sweep() {
            Ok(Some(sweep)) => sweep,
            Ok(None) => return Ok(()),
            Err(fence_refused) => {
                // The caller looked at its cache a while ago, and the thread may have been moved
                // since.
                self.pop_burst(want, batch);
                return Err(fence_refused);
            }
        };
        if sweep.owned().pop_burst(class.transfer.batch, batch) {
            self.count(Event::Steal);
        }
        let drained = class.drain(sweep.owned());
        debug_assert_eq!(
            drained,
            Rejected::NONE,
            "a pool with a handle is not closed"
        );
        sweep.finish();
        Ok(())
    }

    /// Takes all ids in the caches, once these are stopped, even if `push` wants no more.
    fn empty<B: Back>(&self, class: &Class<B>, push: &mut impl FnMut(&[BufferId]) -> bool) -> bool {
        // Without the fence the caches keep what they hold.
        let Ok(Some(sweep)) = self.sweep() else {
            return true;
        };
        let mut more = true;
        let mut batch = Batch::new();
        while sweep.owned().pop_burst(class.transfer.batch, &mut batch) {
            more = push(batch.as_slice());
            batch.truncate(0);
        }
        sweep.finish();
        more
    }

    fn reopen(&self) {
        let epoch = self.epoch();
        if epoch.is_dry_or_drying() {
            self.end_dry(epoch);
        }
    }

    /// Returns `None` if the kernel refuses the fence, without which nobody can tell what the
    /// caches hold.
    fn close_lists<B: Back>(&self, _class: &Class<B>) -> Option<u32> {
        self.close().map(|held| held.free_count()).ok()
    }

    /// Returns the epoch while the pool is dry. The caches are one place, which is empty then, and
    /// the epoch counts instead of pops.
    fn pops_if_lists_empty(&self) -> Option<u64> {
        self.epoch_if_dry()
    }

    fn free_per_cpu<B: Back>(&self, _class: &Class<B>) -> impl Iterator<Item = usize> {
        self.free_counts()
    }

    fn show<B: Back>(&self, _class: &Class<B>, see: &mut impl FnMut(BufferId)) {
        self.peek(see);
    }

    fn bytes(&self) -> usize {
        Self::bytes_for(self.free_counts().count() as u32)
    }
}

impl<B: Back> Class<B> {
    /// Pushes up to a batch of ids to this CPU's cache, or to the depot if the cache has no room.
    /// If `by_flush` is set, a full cache is flushed to make room.
    fn push_or_flush(&self, caches: &Caches, ids: &[BufferId], by_flush: bool) -> Rejected {
        if caches.push_bulk(ids) {
            return Rejected::NONE;
        }
        let (has_room, moved) = self.make_room(caches, by_flush);
        if has_room && caches.push_bulk(ids) {
            return moved;
        }
        caches.count(Event::Flush);
        Rejected(moved.0 + self.push_to_depot(ids).0)
    }

    /// Opens the cache of this CPU, or takes a batch out of it if `by_flush` is set. Returns
    /// `false` if the cache is not to be used at the moment. The caller has a handle or an id,
    /// which keeps the pool (#ids-keep-pool).
    fn make_room(&self, caches: &Caches, by_flush: bool) -> (bool, Rejected) {
        let epoch = caches.epoch();
        if epoch.is_dry_or_drying() && self.free_in_depot() >= self.transfer.dry_ends_at as usize {
            caches.end_dry(epoch);
        }
        match caches.open_here() {
            Opened::Yes => (true, Rejected::NONE),
            Opened::Already if by_flush => (true, self.flush_cache(caches)),
            Opened::Already | Opened::No => (false, Rejected::NONE),
            Opened::Marked(held) => (false, self.drain(&held)),
        }
    }

    /// Moves a batch from the cache of this CPU to the depot.
    fn flush_cache(&self, caches: &Caches) -> Rejected {
        let mut batch = Batch::new();
        let _in_flight = caches.in_flight();
        caches.pop_burst(self.transfer.batch, &mut batch);
        if batch.is_empty() {
            return Rejected::NONE;
        }
        caches.count(Event::Flush);
        self.push_to_depot(batch.as_slice())
    }

    /// Moves all ids of the owned caches to the depot. The caller has a handle or an id, which
    /// keeps the pool (#ids-keep-pool).
    fn drain(&self, held: &OwnedCaches<'_>) -> Rejected {
        let mut rejected = 0;
        let mut batch = Batch::new();
        while held.pop_burst(self.transfer.batch, &mut batch) {
            rejected += self.push_to_depot(batch.as_slice()).0;
            batch.truncate(0);
        }
        Rejected(rejected)
    }
}
