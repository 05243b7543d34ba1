//! The 802.11 buffers of a pool: other names for its buffers of variable length.

use super::{Pool, PoolBuilder};
use crate::buffer::var_buf::VarBuf;
use crate::engine::misuse::Misuse;
use crate::error::OutOfMemory;

/// Another name of [`VarBuf`], for 802.11 buffers.
pub type Dot11Buf = VarBuf;

impl Pool {
    /// Returns a buffer of `len` bytes for 802.11, as [`alloc`](Self::alloc) does.
    ///
    /// # Errors
    ///
    /// As for [`alloc`](Self::alloc).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut msdu = pool.dot11(2304)?;
    /// msdu[0] = 0x88;
    /// assert_eq!((msdu.len(), msdu.capacity()), (2304, 2368));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn dot11(&self, len: usize) -> Result<Dot11Buf, OutOfMemory> {
        self.alloc(len)
    }

    /// Returns an 802.11 buffer aligned to 64 bytes, as [`alloc_aligned`](Self::alloc_aligned)
    /// does.
    ///
    /// # Errors
    ///
    /// As for [`alloc`](Self::alloc).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.dot11_aligned(100)?.as_ptr().addr() % 64, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn dot11_aligned(&self, len: usize) -> Result<Dot11Buf, OutOfMemory> {
        self.alloc_aligned(len)
    }

    /// Returns the buffer that was handed out as `pointer`, as [`buf_from_raw`](Self::buf_from_raw)
    /// does.
    ///
    /// # Errors
    ///
    /// As for [`buf_from_raw`](Self::buf_from_raw).
    ///
    /// # Safety
    ///
    /// - As for [`buf_from_raw`](Self::buf_from_raw).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.dot11(100)?.into_raw().as_ptr();
    /// // SAFETY: nobody else has the pointer.
    /// assert_eq!(unsafe { pool.dot11_from_raw(pointer) }?.len(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn dot11_from_raw(&self, pointer: *mut u8) -> Result<Dot11Buf, Misuse> {
        // SAFETY: the function's bullet.
        unsafe { self.buf_from_raw(pointer) }
    }
}

impl PoolBuilder {
    /// Sets the budget of the size classes, as [`alloc_bytes`](Self::alloc_bytes) does. The later
    /// of the two calls counts.
    ///
    /// ```
    /// # use framewell::Pool;
    /// let pool = Pool::builder().dot11_bytes(16 << 20).build()?;
    /// assert_eq!(pool.stats().alloc.unwrap().budget, 16 << 20);
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn dot11_bytes(self, bytes: usize) -> Self {
        self.alloc_bytes(bytes)
    }
}
