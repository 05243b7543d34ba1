//! What a front does for its class: when ids move between a CPU's list and the depot, and where a
//! get looks that finds both empty.
//!
//! There is one policy for each front: in `rseq` for caches, and in `portable` for shards. A class
//! asks the policy of its front by `match_front!`. Apart from the hot path, which looks whether
//! there are `sections`, no other code tells the fronts apart.

use super::{Class, Rejected};
use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::memory::back::Back;
use crate::percpu::FenceRefused;
use crate::stats::FrontKind;

/// The policy of a front, for the class that has the front.
pub(super) trait Policy {
    /// Returns which front this is.
    fn kind(&self) -> FrontKind;

    /// Takes an id from this CPU's list, unless the hot path has looked there itself. The id is the
    /// caller's then (#single-owner).
    fn pop_here<B: Back>(&self, class: &Class<B>) -> Option<BufferId>;

    /// Pushes an id to this CPU's list, as its last step (#free-ends-access), unless the hot path
    /// has tried that itself. Returns `false` if the id is still the caller's.
    fn push_here<B: Back>(&self, class: &Class<B>, id: BufferId) -> bool;

    /// Appends up to `most` ids to the batch, from where [`pop_here`](Self::pop_here) takes one.
    fn pop_burst_here<B: Back>(&self, class: &Class<B>, most: usize, batch: &mut Batch);

    /// Pushes up to a batch of freed ids, whatever this CPU's list holds, as its last step
    /// (#free-ends-access). The ids that the answer counts are still the caller's. If it counts
    /// none, the caller owns none of them any more.
    fn push_slow<B: Back>(&self, class: &Class<B>, ids: &[BufferId]) -> Rejected;

    /// Pushes the ids that a refill has brought beyond the request.
    ///
    /// The caller has a handle, or this is its last access to the class (#free-ends-access).
    fn push_surplus<B: Back>(&self, class: &Class<B>, ids: &[BufferId]) -> Rejected;

    /// Takes ids from any CPU's list into the empty batch, for a get that found the depot empty and
    /// nothing to carve. The caller has a handle.
    fn steal<B: Back>(
        &self,
        class: &Class<B>,
        want: usize,
        batch: &mut Batch,
    ) -> Result<(), FenceRefused>;

    /// Takes all ids in the lists, a batch at a time. `push` becomes the owner of each batch
    /// (#single-owner), and returns whether it wants more. The method returns the last answer of
    /// `push`, or `true` if there was none. The caller has a handle.
    fn empty<B: Back>(&self, class: &Class<B>, push: &mut impl FnMut(&[BufferId]) -> bool) -> bool;

    /// Lets the lists that `empty` has shut be used again.
    fn reopen(&self);

    /// Closes the lists for good, and returns how many ids were in them. Returns `None` if nobody
    /// can tell.
    fn close_lists<B: Back>(&self, class: &Class<B>) -> Option<u32>;

    /// Returns a number, if the lists are empty, else `None`. The number differs between two
    /// moments if anything was popped between them. See `exhaustion`.
    fn pops_if_lists_empty(&self) -> Option<u64>;

    /// Returns how many ids are in each CPU's list.
    fn free_per_cpu<B: Back>(&self, class: &Class<B>) -> impl Iterator<Item = usize>;

    /// Shows the ids that seem to be in the lists, and takes none. The answer is exact if no call
    /// is in progress.
    fn show<B: Back>(&self, class: &Class<B>, see: &mut impl FnMut(BufferId));

    /// Returns how many bytes the lists reserve.
    fn bytes(&self) -> usize;
}
