//! Packet buffers from a lock-free pool with a cache for each CPU.
//!
//! A [`Pool`] owns one range of memory, cut into equal *frames* for packets of up to 1,500 bytes.
//! [`Pool::get`] returns a [`Frame`], which owns its bytes and has room before and after them for
//! headers and trailers. Any thread may get a frame, send it to another thread, and drop it there.
//! Dropping a frame returns it to the pool.
//!
//! ```
//! use framewell::Pool;
//!
//! let pool = Pool::builder().frames(8192).build()?;
//! let mut packet = pool.copy_from(&[0x45; 60])?; // an IP packet
//! packet.push(14)?.fill(0xff); // its link header, in the headroom
//! std::thread::spawn(move || drop(packet)).join().unwrap();
//! assert_eq!(pool.stats().out, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which type for what
//!
//! | you have | use |
//! |---|---|
//! | a packet at a time | [`Pool::get`] or [`Pool::copy_from`], and a [`Frame`] |
//! | packets in bursts, each of which goes its own way | [`Pool::get_burst`] and a [`Burst`] |
//! | packets in bursts that stay together | an [`IdBatch`], which holds numbers instead of owners |
//! | buffers of other lengths, from a beacon to megabytes | [`Pool::alloc`] and a [`VarBuf`] |
//! | a C library or a driver that takes pointers | [`Frame::into_raw`] and [`Pool::from_raw`] |
//! | rings, a device or a library that holds buffers for a while | [`Pool::borrower`] and a [`Borrower`] |
//! | a kernel interface that registers memory | [`Pool::region`] and a [`Region`] |
//! | sockets of AF_XDP | [`PoolBuilder::af_xdp`], and the crate `framewell-xdp` |
//! | one packet with several readers | [`Frame::share`] and [`Shared`] |
//! | one packet in several parts | a [`Chain`] |
//! | one buffer that many read while it is replaced | a [`FrameCell`] |
//! | questions about how full a pool is | [`Pool::stats`] and [`Stats`] |
//!
//! # What a call costs
//!
//! Getting or freeing a frame takes no lock and touches no byte of the frame. On Linux with glibc
//! 2.35 or newer it is one restartable sequence on the cache of the CPU that runs the thread, the
//! *rseq front*. Elsewhere it is one compare-and-swap in a list of that CPU, the *portable front*.
//! [`PoolBuilder::front`] chooses, and [`Stats::front`] says which front serves.
//!
//! A cache that is empty or full exchanges a batch of frames with the *depot*, which all CPUs
//! share. If the depot is empty too, a get takes frames that were never handed out, and then frames
//! from the caches of other CPUs. Each method says when it may enter the kernel.
//!
//! # When nothing is free
//!
//! A pool never grows. [`OutOfBuffers`] is an ordinary answer, and it is exact: at some moment of
//! the call no frame was free anywhere in the pool. [`Pool::get`] names the two
//! exceptions.
//!
//! # The end of a pool
//!
//! A [`Pool`] is a handle that can be cloned. The memory is unmapped when the last handle and the
//! last buffer are dropped, in any order and on any threads.
//!
//! # Features
//!
//! `bytes` is off by default. It brings the traits of the crate [bytes](https://docs.rs/bytes) to
//! buffers, references and chains, and turns them into `Bytes`.
//!
//! # Environment
//!
//! `FRAMEWELL_FRONT` (`auto`, `rseq` or `portable`) chooses the front for pools whose builder says
//! [`Front::Auto`], which is the default. A program with rights that are not its user's does not
//! read it.
//!
//! # Models
//!
//! Under `--cfg loom` the crate uses the atomics of [loom](https://docs.rs/loom), so that a pool
//! can be a part of your own models. The example `loom_model` is such a model.
//!
//! The package contains longer texts in `docs/`: `embedding.md` is about using a pool in a program,
//! `sharing.md` about packets with several readers, and `design.md` about how it works.

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
mod engine;
mod error;
mod memory;
mod percpu;
mod pool;
mod stats;
mod sync;
mod sys;
mod varlen;
#[cfg(feature = "bytes")]
mod with_bytes;

pub use base::af_xdp::{XdpChunks, XdpLayout};
pub use base::id::{BorrowerId, BufferId};
pub use buffer::burst::{Burst, Drain};
pub use buffer::cell::{Buffer, FrameCell, Reader, Snapshot, Writer};
pub use buffer::chain::{Chain, Segment, Segments};
pub use buffer::frame::Frame;
pub use buffer::id_batch::{IdBatch, IdBatchDrain};
pub use buffer::shared::{Exclusive, Pieces, References, Shared};
pub use buffer::var_buf::VarBuf;
pub use engine::misuse::{BufferKind, Found, Misuse, MisuseKind, OnMisuse, TakeBackError};
pub use error::{
    BuildError, BulkError, CopyError, OutOfBuffers, OutOfMemory, Purpose, ReclaimError, Refusal,
    Room, RoomError, TooManyBorrowers, TooManyReferences,
};
pub use percpu::Front;
pub use pool::region::Region;
pub use pool::{Borrower, Dot11Buf, Pool, PoolBuilder, Span, Trimmed};
pub use stats::{AllocStats, BorrowerStats, ClassStats, FrontKind, Stats};
pub use sys::{HugePages, Limit, NoRseq, PageKind};

/// The functions for the C library in the same workspace. They may change with any version.
#[doc(hidden)]
pub mod for_the_c_library {
    pub use crate::sys::{say, variable};
}

/// The examples in README.md, which run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// The examples in docs/embedding.md, which run as tests.
#[cfg(all(doctest, feature = "bytes"))]
#[doc = include_str!("../docs/embedding.md")]
mod embedding {}

/// The examples in docs/sharing.md, which run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/sharing.md")]
mod sharing {}
