//! The two ends of a buffer's data, and how they move within the buffer's room.

#![forbid(unsafe_code)]

use super::VarBuf;
use crate::base::part::{Part, check};
use crate::error::{Room, RoomError};

impl VarBuf {
    /// Grows the data by `n` bytes at the front, into the headroom, and returns the new bytes.
    ///
    /// The new bytes hold what was last written there.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if the headroom is less than `n`. The buffer is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.alloc_copy_from(64, &[0x45; 9000])?;
    /// packet.push(50)?.fill(0xff);
    /// assert_eq!((packet.len(), packet.headroom()), (9050, 14));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn push(&mut self, n: usize) -> Result<&mut [u8], RoomError> {
        self.set_part(self.part().push(n)?);
        Ok(&mut self[..n])
    }

    /// Removes `n` bytes from the front of the data; they become headroom.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if there are fewer than `n` bytes of data. The buffer is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.alloc_copy_from(0, b"headpayload")?;
    /// packet.pull(4)?;
    /// assert_eq!((&packet[..], packet.headroom()), (&b"payload"[..], 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn pull(&mut self, n: usize) -> Result<(), RoomError> {
        self.set_part(self.part().pull(n)?);
        Ok(())
    }

    /// Grows the data by `n` bytes at the end, into the tailroom, and returns the new bytes.
    ///
    /// The new bytes hold what was last written there.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if the tailroom is less than `n`. The buffer is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.alloc_with_room(64, 0, 9000)?;
    /// packet.put(2)?.copy_from_slice(&[0x45, 0]);
    /// assert_eq!(*packet, [0x45, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn put(&mut self, n: usize) -> Result<&mut [u8], RoomError> {
        let before = self.part();
        self.set_part(before.put(n, self.capacity())?);
        Ok(&mut self[before.len..])
    }

    /// Cuts the data to its first `len` bytes; the rest becomes tailroom.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if there are fewer than `len` bytes of data. The buffer is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut buffer = pool.alloc_merged()?;
    /// let received = 44_000;
    /// buffer.trim(received)?;
    /// assert_eq!(buffer.len(), 44_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn trim(&mut self, len: usize) -> Result<(), RoomError> {
        self.set_part(self.part().trim(len)?);
        Ok(())
    }

    /// Sets the length of the data: grows it at the end, into the tailroom, or cuts it there.
    ///
    /// New bytes hold what was last written there.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if what the [`capacity`](Self::capacity) leaves behind the headroom is less
    /// than `len`. The buffer is unchanged then.
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
        let part = self.part();
        check(Room::Capacity, len, self.capacity() - part.offset)?;
        self.set_part(Part { len, ..part });
        Ok(())
    }

    /// Makes `len` bytes behind a headroom of `headroom` bytes the data, wherever it was before.
    ///
    /// This is for buffers that a device, the kernel or C code has filled, and then says where the
    /// data lies. The bytes hold what was last written there.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if headroom and length together exceed the buffer's
    /// [`capacity`](Self::capacity). The buffer is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.alloc(2368)?;
    /// packet.set_view(68, 2300)?;
    /// assert_eq!((packet.headroom(), packet.len(), packet.tailroom()), (68, 2300, 0));
    /// assert_eq!(
    ///     packet.set_view(68, 2301).unwrap_err().to_string(),
    ///     "2369 bytes exceed the capacity of 2368 left; allocate a larger buffer, and copy",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn set_view(&mut self, headroom: usize, len: usize) -> Result<(), RoomError> {
        let part = Part::within(headroom, len, self.capacity(), Room::Capacity)?;
        self.set_part(part);
        Ok(())
    }
}
