//! Copies of chains in one piece.

#![forbid(unsafe_code)]

use super::Pool;
use crate::buffer::chain::Chain;
use crate::buffer::frame::Frame;
use crate::buffer::var_buf::VarBuf;
use crate::error::{CopyError, OutOfMemory};

impl Chain {
    /// Returns a frame of a pool with a copy of all bytes.
    ///
    /// It has the pool's headroom. The call enters the kernel as
    /// [`Pool::copy_from`](crate::Pool::copy_from) does.
    ///
    /// # Errors
    ///
    /// - [`CopyError::TooLong`] if the bytes exceed the pool's payload.
    /// - [`CopyError::OutOfBuffers`] if no frame was free, as for [`Pool::get`](crate::Pool::get).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let chain = framewell::Chain::from_iter([pool.copy_from(b"ab")?, pool.copy_from(b"cd")?]);
    /// assert_eq!(*chain.linearize(&pool)?, *b"abcd");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn linearize(&self, pool: &Pool) -> Result<Frame, CopyError> {
        let mut frame = pool.get_exact(self.len())?;
        self.copy_to(&mut frame);
        Ok(frame)
    }

    /// Returns a variable-length buffer of a pool with a copy of all bytes.
    ///
    /// The call enters the kernel as [`Pool::alloc`](crate::Pool::alloc) does.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`], as for [`Pool::alloc`](crate::Pool::alloc).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let chain = framewell::Chain::from_iter([pool.get(1500)?, pool.get(1500)?]);
    /// assert_eq!(chain.linearize_buf(&pool)?.len(), 3000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn linearize_buf(&self, pool: &Pool) -> Result<VarBuf, OutOfMemory> {
        let mut buffer = pool.alloc(self.len())?;
        self.copy_to(&mut buffer);
        Ok(buffer)
    }
}
