//! The two ends of a frame's data, and how they move within the frame's room.

#![forbid(unsafe_code)]

use super::Frame;
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
        let left = self.headroom();
        if n > left {
            return Err(refuse(Room::Headroom, n, left));
        }
        // Both fit in 16 bits: n ≤ headroom, and headroom + length ≤ room ≤ 65,535.
        let (offset, len) = (self.view.offset() - n as u16, self.view.len() + n as u16);
        self.view = self.view.part(offset, len);
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
        let left = self.len();
        if n > left {
            return Err(refuse(Room::Data, n, left));
        }
        // Both fit in 16 bits: n ≤ length.
        let (offset, len) = (self.view.offset() + n as u16, self.view.len() - n as u16);
        self.view = self.view.part(offset, len);
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
        let left = self.tailroom();
        if n > left {
            return Err(refuse(Room::Tailroom, n, left));
        }
        let before = self.len();
        // The sum fits in 16 bits: offset + length + n ≤ room ≤ 65,535.
        self.view = self
            .view
            .part(self.view.offset(), self.view.len() + n as u16);
        Ok(&mut self[before..])
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
        let left = self.len();
        if len > left {
            return Err(refuse(Room::Data, len, left));
        }
        self.view = self.view.part(self.view.offset(), len as u16);
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
    ///     "1561 bytes exceed the tailroom of 1560 left; raise it with PoolBuilder::tailroom",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn resize(&mut self, len: usize) -> Result<(), RoomError> {
        let growth = len.saturating_sub(self.len());
        let left = self.tailroom();
        if growth > left {
            return Err(refuse(Room::Tailroom, growth, left));
        }
        // The length fits in 16 bits: offset + length ≤ room ≤ 65,535.
        self.view = self.view.part(self.view.offset(), len as u16);
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
        let (asked, left) = (headroom.saturating_add(len), self.capacity());
        if asked > left {
            return Err(refuse(Room::Frame, asked, left));
        }
        // Both fit in 16 bits: headroom + length ≤ room ≤ 65,535.
        self.view = self.view.part(headroom as u16, len as u16);
        Ok(())
    }
}

#[cold]
fn refuse(room: Room, asked: usize, left: usize) -> RoomError {
    RoomError { room, asked, left }
}
