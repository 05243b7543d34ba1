//! All that rests in a class, for those who want it together.

#![forbid(unsafe_code)]

use super::Class;
use crate::back::Back;
use crate::batch::Batch;
use crate::front::{Caches, Moving, Portable, Which};
use crate::id::FrameId;

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

    /// Takes what rests anywhere, but for what others lay down meanwhile: at most as many ids as were carved by now. They are the
    /// caller's (P1), who has a handle, and calls [`reopen`](Self::reopen) when it has laid them down.
    pub(crate) fn take_all(&self, ids: &mut Vec<FrameId>) {
        let most = self.back.carved() as usize;
        match self.front.which() {
            Which::Rseq(caches) => self.take_all_of_caches(caches, ids),
            Which::Portable(shards) => self.take_all_of_shards(shards, most, ids),
        }
        let mut batch = Batch::new();
        while ids.len() < most {
            self.depot.take(self.back.links(), &mut batch);
            if batch.is_empty() {
                return;
            }
            ids.extend_from_slice(batch.as_slice());
        }
    }

    fn take_all_of_caches(&self, caches: &Caches, ids: &mut Vec<FrameId>) {
        let Some(sweep) = caches.sweep() else {
            return;
        };
        let mut batch = Batch::new();
        while sweep.held().take(self.transfer.batch, &mut batch) {
            ids.extend_from_slice(batch.as_slice());
            batch.truncate(0);
        }
        sweep.finish();
    }

    fn take_all_of_shards(&self, shards: &Portable, most: usize, ids: &mut Vec<FrameId>) {
        let mut batch = Batch::new();
        for shard in shards.all() {
            while ids.len() < most {
                batch.truncate(0);
                let room = batch.room();
                shards.pop_many(self.back.links(), shard, room, &mut batch);
                if batch.is_empty() {
                    break;
                }
                ids.extend_from_slice(batch.as_slice());
            }
        }
    }

    /// Lets caches be used again that `take_all` has shut.
    pub(crate) fn reopen(&self) {
        if let Which::Rseq(caches) = self.front.which() {
            let epoch = caches.epoch();
            if epoch.is_dry_or_drying() {
                caches.end_dry(epoch);
            }
        }
    }
}
