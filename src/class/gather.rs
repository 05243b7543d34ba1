//! All free ids of a class, for callers that want to see or to take every one.

#![forbid(unsafe_code)]

use super::Class;
use super::policy::Policy;
use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::memory::back::Back;
use crate::percpu::{InFlight, match_front};

impl<B: Back> Class<B> {
    /// Notes that ids are in flight, until the returned guard is dropped.
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        self.front.in_flight()
    }

    /// Shows the ids that seem to be in the lists, and takes none. The answer is exact if no call
    /// is in progress.
    pub(crate) fn peek(&self, mut see: impl FnMut(BufferId)) {
        match_front!(self.front, front => front.show(self, &mut see));
        self.depot.peek(self.back.links(), see);
    }

    /// Takes the ids in the lists, a batch at a time, without those that others push meanwhile. In
    /// all it takes about as many ids as were carved when it began. `push` becomes the owner of
    /// each batch (#single-owner), and returns whether it wants more. The caller has a handle, and
    /// calls [`reopen`](Self::reopen) afterwards.
    pub(crate) fn empty(&self, mut push: impl FnMut(&[BufferId]) -> bool) {
        let mut left = self.back.carved() as usize;
        let mut push = |ids: &[BufferId]| {
            left = left.saturating_sub(ids.len());
            push(ids) && left > 0
        };
        // The depot comes first: if it holds enough, the caches stay open. It comes again at the
        // end, for the ids that went there from the front meanwhile.
        let more = self.empty_depot(&mut push)
            && match_front!(self.front, front => front.empty(self, &mut push));
        if more {
            self.empty_depot(&mut push);
        }
    }

    fn empty_depot(&self, push: &mut impl FnMut(&[BufferId]) -> bool) -> bool {
        let mut batch = Batch::new();
        loop {
            self.depot.pop(self.back.links(), &mut batch);
            if batch.is_empty() {
                return true;
            }
            if !push(batch.as_slice()) {
                return false;
            }
        }
    }

    /// Lets the caches that `empty` has shut be used again.
    pub(crate) fn reopen(&self) {
        match_front!(self.front, front => front.reopen());
    }
}
