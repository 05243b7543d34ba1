//! The bytes of a frame: its data, and the room before and after the data.

use std::ops::{Deref, DerefMut};
use std::slice;

use super::Frame;
use crate::base::part::Part;
use crate::memory::back::Back;

impl Frame {
    /// Returns the bytes of a part of the frame.
    ///
    /// # Safety
    ///
    /// - The part lies in the room.
    #[inline(always)]
    unsafe fn bytes(&self, part: Part) -> &[u8] {
        self.engine().arena().loom_read(self.id());
        // SAFETY: by the function's bullet.
        let start = unsafe { self.byte(part.offset) };
        // SAFETY: the bytes lie inside the frame (the function's bullet). They are initialised,
        // because anonymous memory is zeroed. They belong to this handle alone, which the slice
        // borrows.
        unsafe { slice::from_raw_parts(start.as_ptr(), part.len) }
    }

    /// Returns the bytes of a part of the frame, to be written.
    ///
    /// # Safety
    ///
    /// - The part lies in the room.
    #[inline(always)]
    unsafe fn bytes_mut(&mut self, part: Part) -> &mut [u8] {
        self.engine().arena().loom_write(self.id());
        // SAFETY: by the function's bullet.
        let start = unsafe { self.byte(part.offset) };
        // SAFETY: as in `bytes`. The handle is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(start.as_ptr(), part.len) }
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
        unsafe { self.bytes(self.part().head()) }
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
        unsafe { self.bytes_mut(self.part().head()) }
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
        unsafe { self.bytes(self.part().tail(self.capacity())) }
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
        unsafe { self.bytes_mut(self.part().tail(self.capacity())) }
    }
}

impl Deref for Frame {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: the data lies in the room.
        unsafe { self.bytes(self.part()) }
    }
}

impl DerefMut for Frame {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`.
        unsafe { self.bytes_mut(self.part()) }
    }
}
