//! The bytes of a frame: its data, and the room before and after the data.

use std::ops::{Deref, DerefMut};
use std::slice;

use super::Frame;
use crate::memory::back::Back;

impl Frame {
    /// Returns `len` bytes of the frame from `offset` on.
    ///
    /// # Safety
    ///
    /// - `offset` and `len` together are at most the room.
    #[inline(always)]
    unsafe fn part(&self, offset: u16, len: usize) -> &[u8] {
        self.engine().arena().loom_read(self.id());
        // SAFETY: by the function's bullet.
        let start = unsafe { self.byte(offset) };
        // SAFETY: the bytes lie inside the frame (the function's bullet). They are initialised,
        // because anonymous memory is zeroed. They belong to this handle alone, which the slice
        // borrows.
        unsafe { slice::from_raw_parts(start.as_ptr(), len) }
    }

    /// Returns `len` bytes of the frame from `offset` on, to be written.
    ///
    /// # Safety
    ///
    /// - `offset` and `len` together are at most the room.
    #[inline(always)]
    unsafe fn part_mut(&mut self, offset: u16, len: usize) -> &mut [u8] {
        self.engine().arena().loom_write(self.id());
        // SAFETY: by the function's bullet.
        let start = unsafe { self.byte(offset) };
        // SAFETY: as in `part`. The handle is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) }
    }

    /// Returns the bytes of the headroom.
    ///
    /// They hold what was last written there, by a device for example that leaves what it knows of
    /// a packet in front of it.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"headpayload")?;
    /// packet.pull(4)?;
    /// assert_eq!(packet.head().len(), packet.headroom());
    /// assert!(packet.head().ends_with(b"head"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn head(&self) -> &[u8] {
        // SAFETY: the headroom ends where the data begins, in the room.
        unsafe { self.part(0, self.headroom()) }
    }

    /// Returns the bytes of the headroom, to be written. The data stays as it is.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"payload")?;
    /// packet.head_mut()[..8].copy_from_slice(&1234_u64.to_ne_bytes()); // a note for a later stage
    /// assert_eq!(*packet, *b"payload");
    /// assert_eq!(packet.head()[..8], 1234_u64.to_ne_bytes());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn head_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `head`.
        unsafe { self.part_mut(0, self.headroom()) }
    }

    /// Returns the bytes of the tailroom. They hold what was last written there.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"payloadtrailer")?;
    /// packet.trim(7)?;
    /// assert!(packet.tail().starts_with(b"trailer"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn tail(&self) -> &[u8] {
        // SAFETY: the tailroom is what is left of the room behind the data.
        unsafe { self.part(self.end(), self.tailroom()) }
    }

    /// Returns the bytes of the tailroom, to be written. The data stays as it is.
    ///
    /// [`resize`](Self::resize) makes data of what was written there, as a read of unknown length
    /// needs it.
    ///
    /// ```
    /// # use std::io::Read;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut source = &b" and more"[..];
    /// let mut packet = pool.copy_from(b"payload")?;
    /// let read = source.read(packet.tail_mut())?;
    /// packet.resize(packet.len() + read)?;
    /// assert_eq!(*packet, *b"payload and more");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn tail_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `tail`.
        unsafe { self.part_mut(self.end(), self.tailroom()) }
    }

    /// Returns the offset of the first byte behind the data.
    #[inline(always)]
    fn end(&self) -> u16 {
        // The sum fits in 16 bits: it is at most the room, at most 65,535.
        self.view.offset() + self.view.len()
    }
}

impl Deref for Frame {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: the data lies in the room.
        unsafe { self.part(self.view.offset(), self.len()) }
    }
}

impl DerefMut for Frame {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`.
        unsafe { self.part_mut(self.view.offset(), self.len()) }
    }
}
