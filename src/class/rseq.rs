//! The policy of the rseq front: caches are filled and emptied through the depot, and drained where
//! a get finds nothing else.
//!
//! ```text
//!   get:   own cache ── empty ─► depot ─► carve ─► sweep: all caches into the depot ─► refuse
//!   free:  own cache ── full ──► a batch to the depot, then own cache
//!                    ── shut ──► open it, else to the depot
//! ```
//!
//! The first get that finds nothing sweeps: it stops the caches of all CPUs with one fence, moves
//! their ids to the depot, and leaves them shut. The pool is then *dry*: frees go to the depot, and
//! whoever finds that empty may refuse, at the cost of a few loads, however many CPUs there are
//! (see `exhaustion`). When the depot holds enough again (`rich`), the next call that needs its
//! cache ends the dry time, and each CPU opens its own cache when it first misses it.
//!
//! A call that sweeps holds at most what the caches held; one that drains a single cache, what that
//! held. All of it moves batch by batch: what was not yet moved is still in its cache, whose gate
//! the call owns.
//!
//! A thread that the kernel refuses the fence cannot sweep. It gets what its own CPU's cache and
//! the depot hold, what is uncarved, and is refused otherwise, whatever rests in other caches: the
//! one refusal that is not exact. Nothing is lost by it: the caches are as they were, for their
//! CPUs and for the sweeps of other threads.

#![forbid(unsafe_code)]

use super::policy::Policy;
use super::{Class, Homeless};
use crate::base::batch::Batch;
use crate::base::id::FrameId;
use crate::memory::back::Back;
use crate::percpu::{Caches, Event, Held, Opened, Unfenced};
use crate::stats::FrontKind;

impl Policy for Caches {
    fn kind(&self) -> FrontKind {
        FrontKind::Rseq
    }

    /// The hot path has run the section inline: whoever comes here has found the cache empty.
    fn pop_here<B: Back>(&self, _class: &Class<B>) -> Option<FrameId> {
        None
    }

    /// As for `pop_here`: the section has refused the id.
    fn push_here<B: Back>(&self, _class: &Class<B>, _id: FrameId) -> bool {
        false
    }

    /// As for `pop_here`.
    fn pop_many_here<B: Back>(&self, _class: &Class<B>, _most: usize, _batch: &mut Batch) {}

    /// Lays up to a batch of ids to rest, by its last step (P3).
    fn settle<B: Back>(&self, class: &Class<B>, ids: &[FrameId]) -> Homeless {
        class.lay_with(self, ids, true)
    }

    /// A full cache is not flushed for the ids: the call would have a second batch in hand.
    fn keep<B: Back>(&self, class: &Class<B>, ids: &[FrameId]) -> Homeless {
        class.lay_with(self, ids, false)
    }

    /// Empties all caches: the first batch into the caller's empty one, the rest into the depot.
    /// Where it may not fence, up to `want` ids of this CPU's cache are all that it finds. The
    /// caller has a handle.
    fn steal<B: Back>(
        &self,
        class: &Class<B>,
        want: usize,
        batch: &mut Batch,
    ) -> Result<(), Unfenced> {
        let sweep = match self.sweep() {
            Ok(Some(sweep)) => sweep,
            Ok(None) => return Ok(()),
            Err(unfenced) => {
                // The caller's look at it is a while ago: the thread may have been moved since.
                self.pop_many(want, batch);
                return Err(unfenced);
            }
        };
        if sweep.held().take(class.transfer.batch, batch) {
            self.count(Event::Steal);
        }
        let drained = class.drain(sweep.held());
        debug_assert_eq!(
            drained,
            Homeless::NONE,
            "a pool with a handle is not closed"
        );
        sweep.finish();
        Ok(())
    }

    /// Once they are stopped, all that is in them is taken.
    fn empty<B: Back>(&self, class: &Class<B>, lay: &mut impl FnMut(&[FrameId]) -> bool) -> bool {
        // Without the fence the caches keep what they hold.
        let Ok(Some(sweep)) = self.sweep() else {
            return true;
        };
        let mut more = true;
        let mut batch = Batch::new();
        while sweep.held().take(class.transfer.batch, &mut batch) {
            more = lay(batch.as_slice());
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

    /// `None` if the kernel refuses the fence, without which nobody can tell what the caches hold.
    fn close_lists<B: Back>(&self, _class: &Class<B>) -> Option<u32> {
        self.close().map(|held| held.resting()).ok()
    }

    /// The caches are one place, empty while the pool is dry; the epoch counts instead of pops.
    fn pops_if_nothing_rests(&self) -> Option<u64> {
        self.epoch_if_dry()
    }

    fn resting_per_cpu<B: Back>(&self, _class: &Class<B>) -> impl Iterator<Item = usize> {
        self.resting_in_each()
    }

    fn show<B: Back>(&self, _class: &Class<B>, see: &mut impl FnMut(FrameId)) {
        self.look(see);
    }

    fn bytes(&self) -> usize {
        Self::bytes_for(self.resting_in_each().count() as u32)
    }
}

impl<B: Back> Class<B> {
    /// Lays up to a batch of ids down in this CPU's cache, or in the depot where the cache has no
    /// room. A full cache is flushed for them, if the caller says so.
    fn lay_with(&self, caches: &Caches, ids: &[FrameId], by_flush: bool) -> Homeless {
        if caches.push_many(ids) {
            return Homeless::NONE;
        }
        let (has_room, moved) = self.make_room(caches, by_flush);
        if has_room && caches.push_many(ids) {
            return moved;
        }
        caches.count(Event::Flush);
        Homeless(moved.0 + self.put(ids).0)
    }

    /// Opens the cache of this CPU, or, if it may, takes a batch out of it; `false` if it is not to
    /// be used at the moment. The caller has a handle or an id, which keeps the pool.
    fn make_room(&self, caches: &Caches, by_flush: bool) -> (bool, Homeless) {
        let epoch = caches.epoch();
        if epoch.is_dry_or_drying() && self.resting_in_depot() >= self.transfer.rich as usize {
            caches.end_dry(epoch);
        }
        match caches.open_here() {
            Opened::Yes => (true, Homeless::NONE),
            Opened::Already if by_flush => (true, self.flush_cache(caches)),
            Opened::Already | Opened::No => (false, Homeless::NONE),
            Opened::Marked(held) => (false, self.drain(&held)),
        }
    }

    /// Moves a batch from the cache of this CPU to the depot.
    fn flush_cache(&self, caches: &Caches) -> Homeless {
        let mut batch = Batch::new();
        let _moving = caches.moving();
        caches.pop_many(self.transfer.batch, &mut batch);
        if batch.is_empty() {
            return Homeless::NONE;
        }
        caches.count(Event::Flush);
        self.put(batch.as_slice())
    }

    /// Moves all that the caches hold to the depot. The caller has a handle or an id, which keeps
    /// the pool.
    fn drain(&self, held: &Held<'_>) -> Homeless {
        let mut homeless = 0;
        let mut batch = Batch::new();
        while held.take(self.transfer.batch, &mut batch) {
            homeless += self.put(batch.as_slice()).0;
            batch.truncate(0);
        }
        Homeless(homeless)
    }
}
