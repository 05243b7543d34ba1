//! The policy of the portable front. A full shard gives a batch to the depot, and a get that finds
//! nothing elsewhere takes from another CPU's shard.
//!
//! ```text
//!   get:   own shard ── empty ─► depot ─► carve ─► another shard ─► refuse (see `exhaustion`)
//!   free:  own shard ── full ──► a batch to the depot, then own shard
//! ```

#![forbid(unsafe_code)]

use super::policy::Policy;
use super::{Class, Rejected};
use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::memory::back::Back;
use crate::percpu::{Event, FenceRefused, Portable};
use crate::stats::FrontKind;

impl Policy for Portable {
    fn kind(&self) -> FrontKind {
        FrontKind::Portable
    }

    #[inline]
    fn pop_here<B: Back>(&self, class: &Class<B>) -> Option<BufferId> {
        self.pop(class.back.links(), self.here())
    }

    #[inline]
    fn push_here<B: Back>(&self, class: &Class<B>, id: BufferId) -> bool {
        self.push(class.back.links(), self.here(), id).is_ok()
    }

    #[inline]
    fn pop_burst_here<B: Back>(&self, class: &Class<B>, most: usize, batch: &mut Batch) {
        self.pop_burst(class.back.links(), self.here(), most, batch);
    }

    /// Pushes up to a batch of freed ids, as its last step (#free-ends-access). A shard that would
    /// hold too many gives a batch to the depot first.
    fn push_slow<B: Back>(&self, class: &Class<B>, ids: &[BufferId]) -> Rejected {
        let at = self.here();
        let held = self.free_count(class.back.links(), at) as usize;
        if held + ids.len() <= class.transfer.limit {
            return self.push_surplus(class, ids);
        }
        if ids.len() == class.transfer.batch {
            self.count_at(at, Event::Flush);
            return class.push_to_depot(ids);
        }
        let flushed = class.flush_shard(self);
        let pushed = self.push_surplus(class, ids);
        Rejected(flushed.0 + pushed.0)
    }

    /// Pushes the ids to this CPU's shard, which takes them whatever it holds.
    fn push_surplus<B: Back>(&self, class: &Class<B>, ids: &[BufferId]) -> Rejected {
        match self.push_bulk(class.back.links(), self.here(), ids) {
            Ok(()) => Rejected::NONE,
            Err(_) => Rejected(ids.len()),
        }
    }

    /// Takes ids from the first shard that has some. The search begins with this CPU's shard.
    fn steal<B: Back>(
        &self,
        class: &Class<B>,
        want: usize,
        batch: &mut Batch,
    ) -> Result<(), FenceRefused> {
        let at = self.here();
        for shard in self.from(at) {
            // The call takes half of what is there, so that the shard's CPU keeps some, but not
            // fewer ids than are wanted.
            let half = self.free_count(class.back.links(), shard).div_ceil(2) as usize;
            let most = want.max(half.min(class.transfer.batch));
            self.pop_burst(class.back.links(), shard, most, batch);
            if !batch.is_empty() {
                if shard != at {
                    self.count(Event::Steal);
                }
                break;
            }
        }
        Ok(())
    }

    fn empty<B: Back>(&self, class: &Class<B>, push: &mut impl FnMut(&[BufferId]) -> bool) -> bool {
        let mut batch = Batch::new();
        for shard in self.all() {
            loop {
                batch.truncate(0);
                let room = batch.room();
                self.pop_burst(class.back.links(), shard, room, &mut batch);
                if batch.is_empty() {
                    break;
                }
                if !push(batch.as_slice()) {
                    return false;
                }
            }
        }
        true
    }

    /// Does nothing: shards are never shut.
    fn reopen(&self) {}

    fn close_lists<B: Back>(&self, class: &Class<B>) -> Option<u32> {
        Some(self.close(class.back.links()))
    }

    fn pops_if_lists_empty(&self) -> Option<u64> {
        self.pops_if_empty()
    }

    fn free_per_cpu<B: Back>(&self, class: &Class<B>) -> impl Iterator<Item = usize> {
        let free_count = |shard| self.free_count(class.back.links(), shard) as usize;
        self.all().map(free_count)
    }

    fn show<B: Back>(&self, class: &Class<B>, see: &mut impl FnMut(BufferId)) {
        self.peek(class.back.links(), see);
    }

    /// Returns 0: the memory of the shards is the heap's.
    fn bytes(&self) -> usize {
        0
    }
}

impl<B: Back> Class<B> {
    /// Moves a batch from this CPU's shard to the depot. The caller holds an id, which keeps the
    /// pool (#ids-keep-pool).
    fn flush_shard(&self, shards: &Portable) -> Rejected {
        let at = shards.here();
        let mut batch = Batch::new();
        let _in_flight = shards.in_flight_at(at);
        shards.pop_burst(self.back.links(), at, self.transfer.batch, &mut batch);
        if batch.is_empty() {
            return Rejected::NONE;
        }
        shards.count_at(at, Event::Flush);
        self.push_to_depot(batch.as_slice())
    }
}
