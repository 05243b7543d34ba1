//! What a front does for its class: when ids move between a CPU's list and the depot, and where a
//! get looks that finds both empty.
//!
//! There is one policy for each front: in `rseq`, for caches, and in `portable`, for shards. A
//! class asks the one that its front has, by `match_front!`; no other code tells the fronts apart.

use super::{Class, Homeless};
use crate::base::batch::Batch;
use crate::base::id::FrameId;
use crate::memory::back::Back;
use crate::percpu::Unfenced;
use crate::stats::FrontKind;

pub(super) trait Policy {
    fn kind(&self) -> FrontKind;

    /// Takes an id from this CPU's list, unless the hot path has looked there itself; it is the
    /// caller's (P1).
    fn pop_here<B: Back>(&self, class: &Class<B>) -> Option<FrameId>;

    /// Lays an id down in this CPU's list, by its last step (P3), unless the hot path has tried
    /// that itself; `false` if the id is still the caller's.
    fn push_here<B: Back>(&self, class: &Class<B>, id: FrameId) -> bool;

    /// Takes up to `most` ids, as [`pop_here`](Self::pop_here) takes one.
    fn pop_many_here<B: Back>(&self, class: &Class<B>, most: usize, batch: &mut Batch);

    /// Lays up to a batch of freed ids to rest, whatever this CPU's list holds, by its last step
    /// (P3). Those that it answers with are still the caller's; if it answers with none, none is.
    fn settle<B: Back>(&self, class: &Class<B>, ids: &[FrameId]) -> Homeless;

    /// Lays the ids to rest that a refill has brought beyond the request. The caller has a handle.
    fn keep<B: Back>(&self, class: &Class<B>, ids: &[FrameId]) -> Homeless;

    /// Takes ids from any CPU's list into the empty batch, for a get that found the depot empty and
    /// nothing to carve. The caller has a handle.
    fn steal<B: Back>(
        &self,
        class: &Class<B>,
        want: usize,
        batch: &mut Batch,
    ) -> Result<(), Unfenced>;

    /// Takes all that rests in the lists, a batch at a time. `lay` has the ids then (P1), and says
    /// whether there shall be more; the answer is its last one. The caller has a handle.
    fn empty<B: Back>(&self, class: &Class<B>, lay: &mut impl FnMut(&[FrameId]) -> bool) -> bool;

    /// Lets the lists be used again that `empty` has shut.
    fn reopen(&self);

    /// Closes the lists for good, and returns how many ids rested in them; `None` if that cannot be
    /// told.
    fn close_lists<B: Back>(&self, class: &Class<B>) -> Option<u32>;

    /// A number that differs between any two moments between which something was popped, if nothing
    /// rests in the lists, else `None`. See `exhaustion`.
    fn pops_if_nothing_rests(&self) -> Option<u64>;

    /// How many ids rest in each CPU's list.
    fn resting_per_cpu<B: Back>(&self, class: &Class<B>) -> impl Iterator<Item = usize>;

    /// Shows the ids that seem to rest in the lists, and takes none: exact if no call is in
    /// progress.
    fn show<B: Back>(&self, class: &Class<B>, see: &mut impl FnMut(FrameId));

    /// The bytes that the lists reserve.
    fn bytes(&self) -> usize;
}
