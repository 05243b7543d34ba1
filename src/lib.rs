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

mod base;
mod buffer;
mod class;
mod depot;
mod dot11;
mod error;
mod inner;
mod memory;
mod percpu;
mod pool;
mod stats;
mod sync;
mod sys;

pub use base::id::FrameId;
pub use buffer::bulk::{Bulk, BulkDrain};
pub use buffer::burst::{Burst, Drain};
pub use buffer::cell::{Buffer, FrameCell, Reader, Snapshot, Writer};
pub use buffer::dot11_buf::Dot11Buf;
pub use buffer::frame::Frame;
pub use error::{
    BuildError, BulkError, CopyError, OutOfBuffers, OutOfMemory, Purpose, Refusal, Room, RoomError,
};
pub use inner::misuse::{BufferKind, Found, Misuse, MisuseKind, OnMisuse};
pub use percpu::Front;
pub use pool::region::Region;
pub use pool::{Pool, PoolBuilder, Trimmed};
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
