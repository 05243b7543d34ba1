//! The portable front: a shard for each CPU, which is a slot and a lock-free stack of ids.
//!
//! ```text
//!   CPU 0 ─ hint ─► shard 0: slot, stack, counters   │ one cache line pair each
//!   CPU 1 ─ hint ─► shard 1: slot, stack, counters   │
//!     …                                              │   links: one word an id, common to all
//! ```
//!
//! A freed id goes to the slot if that is empty, else to the stack. A get looks into the slot
//! first. So a free and the next get, alone, touch no link.
//!
//! The CPU's number only chooses the shard. A thread that was moved between reading the number and
//! using the shard uses another CPU's shard, which is as correct and a little slower. A shard whose
//! stack holds `limit` ids refuses a single free, so that the caller moves a batch on first.
//!
//! The front never calls the depot or the back: it returns what happened, and the class decides.

#![forbid(unsafe_code)]

use crossbeam_utils::CachePadded;

use super::{Event, InFlight};
use crate::base::batch::Batch;
use crate::base::id::{BufferId, ShardId};
use crate::base::slot::Slot;
use crate::base::stack::{Closed, Links, Refused, Stack};
use crate::sync::{AtomicU64, Ordering, Unprotected};
use crate::sys::CpuHint;

/// The shards, and the way to choose one.
pub(crate) struct Portable(Unprotected<Parts>);

struct Parts {
    cpu: CpuHint,
    /// A shard whose stack holds this many ids refuses a single free. With 0 each shard refuses
    /// every one, because the slots are closed, too.
    limit: u32,
    shards: Box<[CachePadded<Shard>]>,
}

struct Shard {
    slot: Slot,
    stack: Stack,
    /// The number of batches that are between two places at the moment.
    in_flight: AtomicU64,
    counts: [AtomicU64; Event::ALL],
}

impl Portable {
    pub(crate) fn new(frames: u32, shards: u32, limit: u32) -> Self {
        let shard = |_| {
            CachePadded::new(Shard {
                slot: Slot::new(limit > 0),
                stack: Stack::new(frames),
                in_flight: AtomicU64::new(0),
                counts: std::array::from_fn(|_| AtomicU64::new(0)),
            })
        };
        Self(Unprotected::new(Parts {
            cpu: CpuHint::detect(),
            limit,
            shards: (0..shards).map(shard).collect(),
        }))
    }

    /// Returns the shard of the CPU that the caller most likely runs on.
    #[inline(always)]
    pub(crate) fn here(&self) -> ShardId {
        let cpu = self.0.cpu.current();
        let shards = self.0.shards.len() as u32;
        if cpu < shards {
            ShardId(cpu)
        } else {
            beyond(cpu, shards)
        }
    }

    #[inline(always)]
    fn shard(&self, shard: ShardId) -> &Shard {
        &self.0.shards[shard.index()]
    }

    /// Pops the id in the slot, or else the one that was pushed last to the stack.
    #[inline(always)]
    pub(crate) fn pop(&self, links: &Links, at: ShardId) -> Option<BufferId> {
        let shard = self.shard(at);
        let index = match shard.slot.pop() {
            Some(index) => Some(index),
            None => shard.stack.pop(links),
        };
        index.map(BufferId)
    }

    /// Pushes an id, unless the slot is taken and the stack is at its limit.
    #[inline(always)]
    pub(crate) fn push(&self, links: &Links, at: ShardId, id: BufferId) -> Result<(), Refused> {
        let shard = self.shard(at);
        if shard.slot.push(id.0) {
            return Ok(());
        }
        shard.stack.push(links, id.0, 1, self.0.limit)
    }

    /// Pops up to `most` ids at once, and appends them to the batch.
    #[inline]
    pub(crate) fn pop_burst(&self, links: &Links, at: ShardId, most: usize, batch: &mut Batch) {
        let shard = self.shard(at);
        let end = batch.len() + most.min(batch.room());
        shard.stack.pop_burst(links, most, batch);
        if batch.len() < end {
            if let Some(index) = shard.slot.pop() {
                batch.push(BufferId(index));
            }
        }
    }

    /// Pushes ids at once, whatever the shard holds.
    #[inline]
    pub(crate) fn push_bulk(
        &self,
        links: &Links,
        at: ShardId,
        ids: &[BufferId],
    ) -> Result<(), Closed> {
        self.shard(at).stack.push_bulk(links, ids)
    }

    /// Returns how many ids are in a shard.
    pub(crate) fn free_count(&self, links: &Links, at: ShardId) -> u32 {
        let shard = self.shard(at);
        shard.slot.weight() + shard.stack.weight(links)
    }

    /// Shows the ids that seem to be in the shards. The answer is a hint, as that of
    /// [`Stack::peek`].
    pub(crate) fn peek(&self, links: &Links, mut see: impl FnMut(BufferId)) {
        for shard in &self.0.shards {
            shard
                .slot
                .peek()
                .into_iter()
                .for_each(|id| see(BufferId(id)));
            shard.stack.peek(links, |id, _| see(BufferId(id)));
        }
    }

    /// Returns every shard once.
    pub(crate) fn all(&self) -> impl Iterator<Item = ShardId> {
        self.from(ShardId(0))
    }

    /// Returns every shard once, the given one first.
    pub(crate) fn from(&self, first: ShardId) -> impl Iterator<Item = ShardId> {
        let shards = self.0.shards.len() as u32;
        (first.0..shards).chain(0..first.0).map(ShardId)
    }

    /// Returns the sum of all shards' pops if every shard is empty, else `None`. See
    /// `class::exhaustion`.
    pub(crate) fn pops_if_empty(&self) -> Option<u64> {
        self.0.shards.iter().try_fold(0_u64, |sum, shard| {
            let here = shard.slot.pops_if_empty()?;
            Some(
                sum.wrapping_add(here)
                    .wrapping_add(shard.stack.pops_if_empty()?),
            )
        })
    }

    /// Closes every shard and returns how many ids were in them.
    pub(crate) fn close(&self, links: &Links) -> u32 {
        self.0
            .shards
            .iter()
            .map(|shard| shard.slot.close() + shard.stack.close(links))
            .sum()
    }

    /// Notes that a batch is in flight, until the returned guard is dropped.
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        self.in_flight_at(self.here())
    }

    /// Notes in one shard that a batch is in flight, until the returned guard is dropped.
    pub(crate) fn in_flight_at(&self, at: ShardId) -> InFlight<'_> {
        InFlight::new(&self.shard(at).in_flight)
    }

    /// Returns how many batches are in flight.
    pub(crate) fn in_flight_count(&self) -> u64 {
        let of = |shard: &CachePadded<Shard>| shard.in_flight.load(Ordering::Relaxed);
        // Relaxed: a hint, see `InFlight`.
        self.0
            .shards
            .iter()
            .fold(0, |sum, shard| sum.wrapping_add(of(shard)))
    }

    /// Returns whether a call has ids in flight that may have to wait for the kernel. On this front
    /// none has.
    pub(crate) fn is_draining(&self) -> bool {
        false
    }

    pub(crate) fn count(&self, event: Event) {
        self.count_at(self.here(), event);
    }

    /// Counts an event in one shard.
    pub(crate) fn count_at(&self, at: ShardId, event: Event) {
        // Relaxed: a statistic; it publishes nothing.
        self.shard(at).counts[event as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counted(&self, event: Event) -> u64 {
        let of = |shard: &CachePadded<Shard>| shard.counts[event as usize].load(Ordering::Relaxed);
        // Relaxed: a statistic, see `count`.
        self.0.shards.iter().map(of).sum()
    }
}

/// Returns the shard of a CPU that has none of its own.
#[cold]
fn beyond(cpu: u32, shards: u32) -> ShardId {
    ShardId(cpu % shards)
}
