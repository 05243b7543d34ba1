//! The memory of the buffers: the arena of the frames, and the chunks that the size classes carve.

pub(crate) mod arena;
pub(crate) mod back;
pub(crate) mod carver;
pub(crate) mod chunk_lists;
pub(crate) mod chunks;
pub(crate) mod reservation;
