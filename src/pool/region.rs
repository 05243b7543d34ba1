//! The memory range of a pool's frames.

use std::ptr::NonNull;

use crate::base::af_xdp::XdpLayout;
use crate::base::divider::Divider;
use crate::base::id::BufferId;
use crate::memory::arena::Arena;

/// The memory of a pool's frames: one contiguous range, readable and writable end to end.
///
/// A `Region` is for registering the frames with a device or the kernel (AF_XDP, io_uring, …). It
/// is an address, not an owner: it is valid as long as a [`Pool`](crate::Pool) handle or a frame of
/// the pool lives. Only the owner of a frame may touch the frame's bytes.
///
/// A kernel that registers the range pins all of it: memory is then no longer committed as frames
/// are first used, and without CAP_IPC_LOCK all of it counts towards `ulimit -l`. On Windows the
/// frames that were never handed out are not committed, unless
/// [`PoolBuilder::prefault`](crate::PoolBuilder::prefault) is on.
///
/// ```
/// # let pool = framewell::Pool::builder().frames(8).build()?;
/// let region = pool.region();
/// assert_eq!(region.base().as_ptr().addr() % (2 << 20), 0);
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    base: NonNull<u8>,
    stride: usize,
    frames: u32,
    by_stride: Divider,
    af_xdp: Option<XdpLayout>,
}

// SAFETY: a region yields addresses and numbers, and never reads or writes through an address.
unsafe impl Send for Region {}
// SAFETY: as for Send; nothing in a region changes.
unsafe impl Sync for Region {}

impl Region {
    pub(super) fn new(arena: &Arena) -> Self {
        Self {
            base: arena.base(),
            stride: arena.layout().stride,
            frames: arena.frames(),
            by_stride: arena.by_stride(),
            af_xdp: arena.layout().af_xdp(),
        }
    }

    /// Returns the address of frame 0, a multiple of 2 MiB.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// println!("{:p}", pool.region().base());
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Returns the distance from one frame to the next, in bytes.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// assert_eq!(pool.region().stride(), 1728);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Returns the bytes of all frames: the number of frames times the stride.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// assert_eq!(pool.region().len(), 8 * 1728);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a pool has at least one frame")]
    pub fn len(&self) -> usize {
        self.frames as usize * self.stride
    }

    /// Returns the range as one slice pointer, from frame 0 to the end of the last frame.
    ///
    /// This is the form in which libraries for rings take memory. Making the pointer is safe. A
    /// reference to the whole range must never be made of it, because each frame has its own owner.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let region = pool.region();
    /// assert_eq!(region.as_ptr().len(), region.len());
    /// assert_eq!(region.as_ptr().cast(), region.base());
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn as_ptr(&self) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(self.base, self.len())
    }

    /// Returns the distance of a frame's first byte from [`base`](Self::base), in bytes.
    ///
    /// Ids do not name their pool. The id of another pool's frame yields the place that the frame
    /// with the same number has in this region.
    ///
    /// # Panics
    ///
    /// If the region has no frame of this number, so that the offset never lies outside.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let (frame, region) = (pool.get(60)?, pool.region());
    /// let offset = region.offset_of(frame.id()) + frame.headroom();
    /// assert_eq!(frame.as_ptr(), region.base().as_ptr().wrapping_add(offset));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn offset_of(&self, id: BufferId) -> usize {
        if id.0 >= self.frames {
            foreign(id, self.frames);
        }
        id.index() * self.stride
    }

    /// Returns the frame that the byte at an offset from [`base`](Self::base) belongs to, and the
    /// distance of the byte from the frame's first byte. Returns `None` behind the last frame.
    ///
    /// The call costs two multiplications. There is no division in it, whatever the stride is.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let (frame, region) = (pool.get(60)?, pool.region());
    /// let offset = region.offset_of(frame.id()) + 128;
    /// assert_eq!(region.locate(offset), Some((frame.id(), 128)));
    /// assert_eq!(region.locate(region.len()), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn locate(&self, offset: usize) -> Option<(BufferId, usize)> {
        let (id, within) = self.by_stride.divide(offset as u64);
        (id < self.frames.into()).then_some((BufferId(id as u32), within as usize))
    }

    /// Returns what a registration with AF_XDP says of the frames, or `None` if they were not laid
    /// out for one ([`PoolBuilder::af_xdp`](crate::PoolBuilder::af_xdp)).
    ///
    /// ```
    /// # use framewell::{Pool, XdpChunks};
    /// let pool = Pool::builder().frames(8).af_xdp(XdpChunks::Aligned).build()?;
    /// let region = pool.region();
    /// let layout = region.af_xdp().unwrap();
    /// // The members of struct xdp_umem_reg, in their order:
    /// let (addr, len) = (region.base().as_ptr().addr() as u64, region.len() as u64);
    /// println!("{addr} {len} {} {} {}", layout.chunk_size, layout.headroom, layout.flags());
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn af_xdp(&self) -> Option<XdpLayout> {
        self.af_xdp
    }

    /// Returns whether an address lies in a frame of the pool.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// assert!(pool.region().contains(pool.get(60)?.as_ptr()));
    /// assert!(!pool.region().contains(&0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contains(&self, address: *const u8) -> bool {
        let offset = address.addr().wrapping_sub(self.base.as_ptr().addr());
        offset < self.len()
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn foreign(id: BufferId, frames: u32) -> ! {
    panic!("frame {id} is not one of the region's {frames}; ask the region of the frame's own pool")
}
