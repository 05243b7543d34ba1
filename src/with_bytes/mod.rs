//! The traits and the type of the crate `bytes`, for buffers, references and chains.
//!
//! | type | `Buf` | `BufMut` | into `Bytes` |
//! |---|---|---|---|
//! | `Frame`, `VarBuf` | `advance` pulls | all the tailroom is one chunk | one allocation |
//! | `Shared`, `Segment` | `advance` narrows the part | | one allocation |
//! | `Chain` | a chunk for each segment | | `copy_to_bytes` |
//!
//! An owner of pool memory becomes a `Bytes` with `Bytes::from_owner`, which puts it into a box.

mod owners;
mod references;

use bytes::Buf;

use crate::{CopyError, Frame, Pool};

impl Pool {
    /// Returns a frame with a copy of all bytes of a `Buf`, which is at its end then.
    ///
    /// It needs the feature `bytes`. The call never cuts the bytes. It enters the kernel as
    /// [`copy_from`](Self::copy_from) does.
    ///
    /// # Errors
    ///
    /// - [`CopyError::TooLong`] if the bytes exceed the payload.
    /// - [`CopyError::OutOfBuffers`] if no frame was free, as for [`get`](Self::get).
    ///
    /// Nothing was taken from the `Buf` then.
    ///
    /// ```
    /// use bytes::Buf;
    ///
    /// # let pool = framewell::Pool::builder().frames(8).build()?;
    /// let packet = b"header".chain(&b"payload"[..]);
    /// assert_eq!(*pool.copy_from_buf(packet)?, *b"headerpayload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy_from_buf(&self, mut source: impl Buf) -> Result<Frame, CopyError> {
        let mut frame = self.get_exact(source.remaining())?;
        source.copy_to_slice(&mut frame);
        Ok(frame)
    }
}
