//! The rseq front: a cache for each CPU, used by restartable sequences.

pub(crate) mod caches;
pub(crate) mod drain;
pub(crate) mod gate;
pub(crate) mod process;
pub(crate) mod sections;
