#![doc = include_str!("../README.md")]

#[cfg(not(target_has_atomic = "64"))]
compile_error!(
    "framewell needs 64-bit atomics: its lists are strictly lock-free by a tag beside each index, \
     which 32 bits have no room for"
);

mod arena;
mod batch;
mod burst;
mod cell;
mod depot;
mod error;
mod frame;
mod front;
mod id;
mod inner;
mod limits;
mod pool;
mod region;
mod slot;
mod stack;
mod stats;
mod sync;
mod sys;
mod tagged;

pub use burst::{Burst, Drain};
pub use cell::{Buffer, FrameCell, Reader, Snapshot, Writer};
pub use error::{BuildError, BulkError, CopyError, OutOfBuffers, Room, RoomError};
pub use frame::Frame;
pub use front::Front;
pub use id::FrameId;
pub use pool::{Pool, PoolBuilder};
pub use region::Region;
pub use stats::{FrontKind, Stats};
pub use sys::{HugePages, NoRseq, PageKind};

/// The code in docs/embedding.md, as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
mod embedding {}
