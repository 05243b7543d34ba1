//! The parts of which everything else is made: the lock-free structures, and the ids that they
//! hold.

pub(crate) mod af_xdp;
pub(crate) mod batch;
pub(crate) mod count;
pub(crate) mod divider;
pub(crate) mod id;
pub(crate) mod in_place;
pub(crate) mod lazy;
pub(crate) mod limits;
pub(crate) mod part;
pub(crate) mod raw;
pub(crate) mod slot;
pub(crate) mod stack;
pub(crate) mod tagged;
pub(crate) mod transit;
