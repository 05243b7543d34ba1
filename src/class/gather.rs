//! All that rests in a class, for those who want it together.

#![forbid(unsafe_code)]

use super::Class;
use crate::base::batch::Batch;
use crate::base::id::FrameId;
use crate::memory::back::Back;
use crate::percpu::{Caches, Moving, Portable, Which};

impl<B: Back> Class<B> {
    /// Notes that ids are on the move, until the answer is dropped.
    pub(crate) fn moving(&self) -> Moving<'_> {
        self.front.moving()
    }

    /// Shows the ids that seem to rest in the lists, and takes none: exact if no call is in progress.
    pub(crate) fn look(&self, mut see: impl FnMut(FrameId)) {
        match self.front.which() {
            Which::Rseq(caches) => caches.look(&mut see),
            Which::Portable(shards) => shards.look(self.back.links(), &mut see),
        }
        self.depot.look(self.back.links(), see);
    }

    /// Takes what rests anywhere in the lists, a batch at a time, but for what others lay down
    /// meanwhile: about as many ids as were carved by now. `lay` has them then (P1), and says
    /// whether there shall be more. The caller has a handle, and calls [`reopen`](Self::reopen)
    /// afterwards.
    pub(crate) fn empty(&self, mut lay: impl FnMut(&[FrameId]) -> bool) {
        let mut left = self.back.carved() as usize;
        let mut lay = |ids: &[FrameId]| {
            left = left.saturating_sub(ids.len());
            lay(ids) && left > 0
        };
        // The depot first: what is enough may be there, and the caches stay open. It comes again,
        // for what went there from the front meanwhile.
        let more = self.empty_depot(&mut lay)
            && match self.front.which() {
                Which::Rseq(caches) => self.empty_caches(caches, &mut lay),
                Which::Portable(shards) => self.empty_shards(shards, &mut lay),
            };
        if more {
            self.empty_depot(&mut lay);
        }
    }

    fn empty_depot(&self, lay: &mut impl FnMut(&[FrameId]) -> bool) -> bool {
        let mut batch = Batch::new();
        loop {
            self.depot.take(self.back.links(), &mut batch);
            if batch.is_empty() {
                return true;
            }
            if !lay(batch.as_slice()) {
                return false;
            }
        }
    }

    /// Once they are stopped, all that is in them is taken.
    fn empty_caches(&self, caches: &Caches, lay: &mut impl FnMut(&[FrameId]) -> bool) -> bool {
        // Without the fence the caches keep what they hold.
        let Ok(Some(sweep)) = caches.sweep() else {
            return true;
        };
        let mut more = true;
        let mut batch = Batch::new();
        while sweep.held().take(self.transfer.batch, &mut batch) {
            more = lay(batch.as_slice());
            batch.truncate(0);
        }
        sweep.finish();
        more
    }

    fn empty_shards(&self, shards: &Portable, lay: &mut impl FnMut(&[FrameId]) -> bool) -> bool {
        let mut batch = Batch::new();
        for shard in shards.all() {
            loop {
                batch.truncate(0);
                let room = batch.room();
                shards.pop_many(self.back.links(), shard, room, &mut batch);
                if batch.is_empty() {
                    break;
                }
                if !lay(batch.as_slice()) {
                    return false;
                }
            }
        }
        true
    }

    /// Lets caches be used again that `empty` has shut.
    pub(crate) fn reopen(&self) {
        if let Which::Rseq(caches) = self.front.which() {
            let epoch = caches.epoch();
            if epoch.is_dry_or_drying() {
                caches.end_dry(epoch);
            }
        }
    }
}
