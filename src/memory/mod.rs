//! The memory of the buffers: the arena of the frames, and the chunks that the size classes cut.

pub(crate) mod arena;
pub(crate) mod back;
pub(crate) mod chunks;
pub(crate) mod cuts;
pub(crate) mod reservation;
pub(crate) mod shelves;
