//! The shape of a UMEM: which addresses and lengths may go to the kernel, and which may come back.
//!
//! ```text
//!   unaligned   │ offset in the chunk: 16 │ address of the chunk: 48 │
//!   aligned     │ address of the data: 64                            │
//! ```
//!
//! An address is the distance of a byte from the pool's first frame. The kernel writes the address
//! of a received packet as the drawing shows. It takes an address with nothing in the high bits in
//! both modes, and that is what is posted.

#![forbid(unsafe_code)]

use framewell::{Pool, Region, Span, XdpChunks};

use crate::abi::{BESIDE_HEADROOM, Descriptor, KERNEL_HEADROOM};
use crate::error::Error;
use crate::send_error::Unsendable;

/// The bits of an address that are not the offset in a chunk.
const ADDRESS: u64 = (1 << libc::XSK_UNALIGNED_BUF_OFFSET_SHIFT) - 1;

/// The chunks of a UMEM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    /// The address of the first chunk.
    base: usize,
    /// The bytes of all chunks.
    len: u64,
    /// The bytes of a chunk, which is a frame.
    chunk: u32,
    /// Whether the chunks are registered as lying at multiples of their size.
    aligned: bool,
    /// The headroom of a received packet beside the kernel's own.
    headroom: u32,
    /// The bytes in front of a packet to be sent that are the kernel's to read.
    metadata: u32,
}

impl Shape {
    /// Returns the shape of a pool's frames, or says why they are none. Unless a headroom is asked
    /// for, it is that of the pool, if the pool was laid out for AF_XDP.
    pub(crate) fn of(pool: &Pool, headroom: Option<u32>, metadata: u32) -> Result<Self, Error> {
        let region = pool.region();
        let layout = region.af_xdp();
        let headroom = headroom.or(layout.map(|layout| layout.headroom));
        let aligned = match layout {
            Some(layout) => layout.chunks == XdpChunks::Aligned,
            None => region.stride().is_power_of_two(),
        };
        Self::new(&region, aligned, headroom.unwrap_or(0), metadata)
    }

    fn new(region: &Region, aligned: bool, headroom: u32, metadata: u32) -> Result<Self, Error> {
        let stride = region.stride();
        if !(2048..=4096).contains(&stride) {
            return Err(Error::Chunk { stride });
        }
        let chunk = stride as u32;
        if headroom > chunk - BESIDE_HEADROOM {
            return Err(Error::Headroom {
                asked: headroom,
                chunk,
            });
        }
        if metadata != 0 && !(metadata % 8 == 0 && (16..=248).contains(&metadata)) {
            return Err(Error::Metadata { asked: metadata });
        }
        Ok(Self {
            base: region.base().as_ptr().addr(),
            len: region.len() as u64,
            chunk,
            aligned,
            headroom,
            metadata,
        })
    }

    pub(crate) fn is_aligned(&self) -> bool {
        self.aligned
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.len
    }

    pub(crate) fn chunk(&self) -> u32 {
        self.chunk
    }

    pub(crate) fn headroom(&self) -> u32 {
        self.headroom
    }

    pub(crate) fn metadata(&self) -> u32 {
        self.metadata
    }

    /// Returns the headroom of a received packet.
    pub(crate) fn received_headroom(&self) -> u32 {
        KERNEL_HEADROOM + self.headroom
    }

    /// Returns the longest packet that fits into one frame as it is received.
    pub(crate) fn received_room(&self) -> u32 {
        self.chunk - self.received_headroom()
    }

    /// Returns the longest packet that can be sent from one frame.
    pub(crate) fn sent_room(&self) -> u32 {
        self.chunk - self.metadata
    }

    /// Returns whether an address of this process lies in a chunk.
    #[inline]
    pub(crate) fn contains(&self, address: *const u8) -> bool {
        (address.addr().wrapping_sub(self.base) as u64) < self.len
    }

    /// Returns whether an address may be posted to the fill ring: it is that of a chunk. The kernel
    /// says nothing to one that is not, and never gives the frame back.
    #[inline]
    pub(crate) fn may_fill(&self, offset: u64) -> bool {
        offset < self.len && offset % u64::from(self.chunk) == 0
    }

    /// Returns whether a packet may be posted to the TX ring, by the headroom and the length of its
    /// frame. The kernel completes what it refuses, and says nothing.
    #[inline]
    pub(crate) fn may_send(&self, headroom: usize, len: usize) -> Result<(), Unsendable> {
        if len == 0 {
            return Err(Unsendable::Empty);
        }
        let limit = self.sent_room() as usize;
        if len > limit {
            return Err(Unsendable::TooLong { len, limit });
        }
        let needed = self.metadata as usize;
        if headroom < needed {
            return Err(Unsendable::Metadata { headroom, needed });
        }
        Ok(())
    }

    /// Returns the part of the pool that a descriptor of the RX ring names, or `None` if it does
    /// not begin in the pool. Whether it ends in its frame, and whether the frame is lent, the
    /// borrower checks.
    #[inline]
    pub(crate) fn received(&self, descriptor: Descriptor) -> Option<Span> {
        let offset = self.offset_of(descriptor.addr)?;
        let len = descriptor.len;
        Some(Span { offset, len })
    }

    /// Returns the distance from the pool's first byte that an address means, if it lies in the
    /// pool.
    #[inline]
    pub(crate) fn offset_of(&self, address: u64) -> Option<u64> {
        let offset = if self.is_aligned() {
            address
        } else {
            (address & ADDRESS) + (address >> libc::XSK_UNALIGNED_BUF_OFFSET_SHIFT)
        };
        (offset < self.len).then_some(offset)
    }
}
