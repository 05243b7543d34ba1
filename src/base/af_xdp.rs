//! What AF_XDP takes as the chunks of a UMEM. A frame of a pool can be such a chunk.
//!
//! ```text
//!   │◄─────────────────── chunk: a frame, one stride ───────────────────►│
//!   │◄─ the kernel's: 256 ─►│◄─ UMEM headroom ─►│◄─ a received packet ─►│
//!   │◄──────────── the frame's headroom ───────►│◄─── at least 448 ────►│
//! ```
//!
//! Source: `xdp_umem_reg` in net/xdp/xdp_umem.c of Linux.

#![forbid(unsafe_code)]

use std::ops::RangeInclusive;

/// The least and the most bytes of a chunk. The most is the smallest page that Linux has.
pub(crate) const XDP_CHUNK: RangeInclusive<usize> = 2048..=4096;

/// The bytes that the kernel keeps at the front of a chunk in which it receives a packet.
pub(crate) const XDP_HEADROOM: usize = 256;

/// The bytes that a chunk has to have behind the headroom. Older kernels ask for less.
pub(crate) const XDP_LEAST_DATA: usize = 448;

/// How the chunks of AF_XDP lie in the registered memory. It is the choice of
/// [`PoolBuilder::af_xdp`](crate::PoolBuilder::af_xdp).
///
/// ```
/// use framewell::{Pool, XdpChunks};
///
/// let pool = Pool::builder().frames(8).af_xdp(XdpChunks::Unaligned).build()?;
/// assert_eq!(pool.region().stride(), 2112);
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum XdpChunks {
    /// Chunks of 2048 or 4096 bytes, which lie at multiples of their size.
    Aligned,
    /// Chunks of any size from 2048 to 4096 bytes, which may lie anywhere
    /// (`XDP_UMEM_UNALIGNED_CHUNK_FLAG`).
    ///
    /// In zero-copy mode the kernel skips a chunk that crosses two pages which are no neighbours in
    /// physical memory. Choose [`Aligned`](Self::Aligned) there.
    Unaligned,
}

impl XdpChunks {
    /// Returns whether the kernel takes chunks of this size.
    pub(crate) fn takes(self, size: usize) -> bool {
        XDP_CHUNK.contains(&size) && (self == Self::Unaligned || size.is_power_of_two())
    }
}

/// What a registration with AF_XDP (`XDP_UMEM_REG`) says of a pool's frames. The names are those of
/// `struct xdp_umem_reg`.
///
/// [`Region::af_xdp`](crate::Region::af_xdp) returns it. The address and the length of the
/// registered range are the region's.
///
/// ```
/// # use framewell::{Pool, XdpChunks};
/// let builder = Pool::builder().frames(8).headroom(320);
/// let pool = builder.af_xdp(XdpChunks::Aligned).build()?;
/// let layout = pool.region().af_xdp().unwrap();
/// assert_eq!((layout.chunk_size, layout.headroom, layout.flags()), (2048, 64, 0));
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct XdpLayout {
    /// The bytes of a chunk: the region's stride.
    pub chunk_size: u32,
    /// The bytes between the 256 that the kernel keeps and a received packet: the pool's headroom
    /// less 256.
    pub headroom: u32,
    /// How the chunks lie in the range.
    pub chunks: XdpChunks,
}

impl XdpLayout {
    /// Returns the layout of frames with this headroom, at least 256.
    pub(crate) fn new(chunks: XdpChunks, stride: usize, headroom: u16) -> Self {
        Self {
            chunk_size: stride as u32,
            headroom: u32::from(headroom) - XDP_HEADROOM as u32,
            chunks,
        }
    }

    /// Returns the flags of the registration: `XDP_UMEM_UNALIGNED_CHUNK_FLAG` or none.
    ///
    /// ```
    /// # use framewell::{Pool, XdpChunks};
    /// let pool = Pool::builder().frames(8).af_xdp(XdpChunks::Unaligned).build()?;
    /// assert_eq!(pool.region().af_xdp().unwrap().flags(), 1);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn flags(&self) -> u32 {
        match self.chunks {
            XdpChunks::Aligned => 0,
            XdpChunks::Unaligned => 1,
        }
    }
}
