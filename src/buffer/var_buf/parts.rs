//! The bytes of a buffer: its data, and the room before and after the data.

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

use super::{Place, VarBuf};
use crate::base::part::Part;

impl VarBuf {
    /// Returns the address of the buffer's first byte.
    #[inline(always)]
    pub(super) fn first(&self) -> NonNull<u8> {
        match self.place() {
            Place::Class(class, id) => {
                // SAFETY: the buffer keeps the pool, and with it the class (#ids-keep-pool).
                let place = unsafe { class.as_ref() }.place();
                // SAFETY: the id is the class's.
                unsafe { place.start(id) }
            }
            // SAFETY: the handle owns the buffer.
            Place::Large(id) => unsafe { id.block() }.start(),
        }
    }

    /// Returns the address of the byte at an offset in the buffer.
    ///
    /// # Safety
    ///
    /// - `offset` is at most the capacity.
    #[inline(always)]
    pub(super) unsafe fn byte(&self, offset: usize) -> NonNull<u8> {
        // SAFETY: the byte lies in the buffer, or just behind it (the function's bullet).
        unsafe { self.first().add(offset) }
    }

    /// Returns the bytes of a part of the buffer.
    ///
    /// # Safety
    ///
    /// - The part lies in the buffer.
    #[inline(always)]
    unsafe fn bytes(&self, part: Part) -> &[u8] {
        self.loom_access(false);
        // SAFETY: by the function's bullet.
        let start = unsafe { self.byte(part.offset) };
        // SAFETY: the bytes lie inside the buffer (the function's bullet). They are initialised,
        // because anonymous memory is zeroed. They belong to this handle alone, which the slice
        // borrows.
        unsafe { slice::from_raw_parts(start.as_ptr(), part.len) }
    }

    /// Returns the bytes of a part of the buffer, to be written.
    ///
    /// # Safety
    ///
    /// - The part lies in the buffer.
    #[inline(always)]
    unsafe fn bytes_mut(&mut self, part: Part) -> &mut [u8] {
        self.loom_access(true);
        // SAFETY: by the function's bullet.
        let start = unsafe { self.byte(part.offset) };
        // SAFETY: as in `bytes`. The handle is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(start.as_ptr(), part.len) }
    }

    /// Returns the bytes of the headroom. They hold what was last written there.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.alloc_copy_from(0, b"headpayload")?;
    /// packet.pull(4)?;
    /// assert_eq!(packet.head(), b"head");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn head(&self) -> &[u8] {
        // SAFETY: the headroom ends where the data begins, in the buffer.
        unsafe { self.bytes(self.part().head()) }
    }

    /// Returns the bytes of the headroom, to be written. The data stays as it is.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.alloc_copy_from(8, b"payload")?;
    /// packet.head_mut().copy_from_slice(&1234_u64.to_ne_bytes()); // a note for a later stage
    /// assert_eq!(*packet, *b"payload");
    /// assert_eq!(packet.head(), 1234_u64.to_ne_bytes());
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
    /// let mut packet = pool.alloc_copy_from(0, b"payloadtrailer")?;
    /// packet.trim(7)?;
    /// assert!(packet.tail().starts_with(b"trailer"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn tail(&self) -> &[u8] {
        // SAFETY: the tailroom is what is left of the buffer behind the data.
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
    /// let mut source = &[0x45; 30_000][..];
    /// let mut packet = pool.alloc_with_room(64, 0, 65_535)?;
    /// let read = source.read(packet.tail_mut())?;
    /// packet.resize(packet.len() + read)?;
    /// assert_eq!((packet.headroom(), packet.len()), (64, 30_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn tail_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `tail`.
        unsafe { self.bytes_mut(self.part().tail(self.capacity())) }
    }

    /// Tells a loom model that the owner reads or writes the bytes.
    #[inline(always)]
    pub(super) fn loom_access(&self, writes: bool) {
        if cfg!(loom) {
            if let Place::Class(class, id) = self.place() {
                // SAFETY: as in `first`.
                let chunks = unsafe { class.as_ref() }.carver().chunks();
                if writes {
                    chunks.tracks().write(id.0);
                } else {
                    chunks.tracks().read(id.0);
                }
            }
        }
    }
}

impl Deref for VarBuf {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: the data lies in the buffer.
        unsafe { self.bytes(self.part()) }
    }
}

impl DerefMut for VarBuf {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`.
        unsafe { self.bytes_mut(self.part()) }
    }
}
