//! The two ends of a buffer's data, and how they move within the buffer's room.

#![forbid(unsafe_code)]

use super::VarBuf;
use crate::base::part::Part;
use crate::error::{Room, RoomError};

impl VarBuf {
    /// Grows or shrinks the buffer in place, to a length of at most its
    /// [`capacity`](Self::capacity).
    ///
    /// New bytes hold what was last written there.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if the capacity is less than `len`. The buffer is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut buffer = pool.alloc(2304)?;
    /// buffer.resize(2346)?;
    /// assert_eq!(buffer.len(), 2346);
    /// assert_eq!(
    ///     buffer.resize(3000).unwrap_err().to_string(),
    ///     "3000 bytes exceed the capacity of 2368 left; allocate a larger buffer, and copy",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn resize(&mut self, len: usize) -> Result<(), RoomError> {
        let left = self.capacity() - self.part().offset;
        if len > left {
            return Err(RoomError {
                room: Room::Capacity,
                asked: len,
                left,
            });
        }
        self.set_part(Part { len, ..self.part() });
        Ok(())
    }
}
