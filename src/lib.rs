#![doc = include_str!("../README.md")]

#[cfg(not(target_has_atomic = "64"))]
compile_error!(
    "framewell needs 64-bit atomics, and this target has none: its lists are lock-free by a tag beside each index, which \
     32 bits have no room for; build it for a target with 64-bit atomics (`target_has_atomic = \"64\"`)"
);

#[cfg(not(any(unix, windows)))]
compile_error!(
    "framewell asks its memory of mmap or of VirtualAlloc: there is neither on this target"
);

mod arena;
mod back;
mod batch;
mod bulk;
mod burst;
mod cell;
mod class;
mod depot;
mod dot11;
mod dot11_buf;
mod error;
mod frame;
mod front;
mod id;
mod inner;
mod lazy;
mod limits;
mod misuse;
mod place;
mod pool;
mod raw;
mod region;
mod slot;
mod stack;
mod stats;
mod sync;
mod sys;
mod tagged;
mod transit;

pub use bulk::{Bulk, BulkDrain};
pub use burst::{Burst, Drain};
pub use cell::{Buffer, FrameCell, Reader, Snapshot, Writer};
pub use dot11_buf::Dot11Buf;
pub use error::{
    BuildError, BulkError, CopyError, OutOfBuffers, OutOfMemory, Purpose, Refusal, Room, RoomError,
};
pub use frame::Frame;
pub use front::Front;
pub use id::FrameId;
pub use misuse::{BufferKind, Found, Misuse, MisuseKind, OnMisuse};
pub use pool::{Pool, PoolBuilder, Trimmed};
pub use region::Region;
pub use stats::{ClassStats, Dot11Stats, FrontKind, Stats};
pub use sys::{HugePages, Limit, NoRseq, PageKind};

/// For the C library in the same workspace alone: it may change with any version.
#[doc(hidden)]
pub mod for_the_c_library {
    pub use crate::sys::{say, variable};
}

/// The code in docs/embedding.md, as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
mod embedding {}
