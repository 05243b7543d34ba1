//! The two ends of a frame's data, and how they move within the frame's room.

#![forbid(unsafe_code)]

use super::Frame;
use crate::base::part::{Part, check};
use crate::error::{Room, RoomError};

impl Frame {
    /// Grows the data by `n` bytes at the front, into the headroom, and returns the new bytes.
    ///
    /// The new bytes hold what was last written there.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if the headroom is less than `n`. The frame is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"\x45\x00")?;
    /// packet.push(14)?.fill(0xff);
    /// assert_eq!((packet.len(), packet.headroom()), (16, 114));
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
    /// [`RoomError`] if there are fewer than `n` bytes of data. The frame is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"headpayload")?;
    /// packet.pull(4)?;
    /// assert_eq!(*packet, *b"payload");
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
    /// [`RoomError`] if the tailroom is less than `n`. The frame is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.get(0)?;
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
    /// [`RoomError`] if there are fewer than `len` bytes of data. The frame is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut buffer = pool.get(1500)?;
    /// let received = 60;
    /// buffer.trim(received)?;
    /// assert_eq!(buffer.len(), 60);
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
    /// [`RoomError`] if the tailroom is less than what the data would grow by. The frame is
    /// unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(&[0x45; 60])?;
    /// packet.resize(1600)?;
    /// packet.resize(40)?;
    /// assert_eq!((packet.len(), packet.tailroom()), (40, 1560));
    /// assert_eq!(
    ///     packet.resize(1601).unwrap_err().to_string(),
    ///     "1561 bytes exceed the tailroom of 1560 left; raise it with PoolBuilder::tailroom or \
    ///      Pool::alloc_with_room",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn resize(&mut self, len: usize) -> Result<(), RoomError> {
        let part = self.part();
        let growth = len.saturating_sub(part.len);
        check(Room::Tailroom, growth, part.tailroom(self.capacity()))?;
        self.set_part(Part { len, ..part });
        Ok(())
    }

    /// Makes `len` bytes behind a headroom of `headroom` bytes the data, wherever it was before.
    ///
    /// This is for frames that a device, the kernel or C code has filled, and then says where the
    /// data lies. The bytes hold what was last written there.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if headroom and length together exceed the frame's
    /// [`capacity`](Self::capacity). The frame is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.get(0)?;
    /// packet.set_view(256, 1472)?;
    /// assert_eq!((packet.headroom(), packet.len(), packet.tailroom()), (256, 1472, 0));
    /// assert_eq!(
    ///     packet.set_view(256, 1473).unwrap_err().to_string(),
    ///     "headroom and data of 1729 bytes exceed the frame of 1728; ask for less, \
    ///      or raise PoolBuilder::payload",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn set_view(&mut self, headroom: usize, len: usize) -> Result<(), RoomError> {
        let part = Part::within(headroom, len, self.capacity(), Room::Frame)?;
        self.set_part(part);
        Ok(())
    }
}
