//! The memory range of a pool's frames.

#![forbid(unsafe_code)]

use std::ptr::NonNull;

/// The memory of a pool's frames: one contiguous range, readable and writable end to end.
///
/// A `Region` is for registering the frames with a device or the kernel (AF_XDP, io_uring, …). It
/// is an address, not an owner: it is valid as long as a [`Pool`](crate::Pool) handle or a frame of
/// the pool lives. Only the owner of a frame may touch the frame's bytes.
///
/// A kernel that registers the range pins all of it: memory is then no longer committed as frames
/// are first used. On Windows the frames that were never handed out are not committed, unless
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
    frames: usize,
}

impl Region {
    pub(crate) fn new(base: NonNull<u8>, stride: usize, frames: usize) -> Self {
        Self {
            base,
            stride,
            frames,
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
        self.frames * self.stride
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
