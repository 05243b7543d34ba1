//! Contestant: the system allocator, as a C program uses it.

use std::ptr::NonNull;

use arrayvec::ArrayVec;

use crate::pipeline::buffer::{
    Batch, Buffer, HEADROOM, LINK, MAX_BURST, NoRoom, PAYLOAD, Pool, ROOM, TRAILER,
};

/// `malloc(1728)` for each buffer, `free` when it is dropped.
#[derive(Debug, Clone, Copy)]
pub struct SystemPool;

/// A buffer from `malloc`.
///
/// Invariant: `memory` is a live allocation of [`ROOM`] bytes that nobody else owns, and the bytes
/// `start..start + len` of it lie inside and were written.
#[derive(Debug)]
pub struct SystemBuffer {
    memory: NonNull<u8>,
    start: u16,
    len: u16,
}

// SAFETY: the buffer owns its memory alone, and `free` may run on any thread.
unsafe impl Send for SystemBuffer {}

impl SystemBuffer {
    fn new() -> Option<Self> {
        // SAFETY: malloc may be called with any size.
        let memory = unsafe { libc::malloc(ROOM) };
        Some(Self {
            memory: NonNull::new(memory.cast())?,
            start: HEADROOM as u16,
            len: 0,
        })
    }

    /// The address of a byte of the buffer.
    fn at(&self, offset: usize) -> *mut u8 {
        debug_assert!(offset <= ROOM);
        self.memory.as_ptr().wrapping_add(offset)
    }

    /// Writes `bytes` at `offset`; the caller has checked that they fit.
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= ROOM);
        let to = self.at(offset);
        // SAFETY: the assertion keeps the target inside the allocation (invariant), which nobody
        // else can refer to as `self` is borrowed mutably.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }
}

impl Drop for SystemBuffer {
    fn drop(&mut self) {
        // SAFETY: `memory` came from malloc and is owned by this buffer alone (invariant).
        unsafe { libc::free(self.memory.as_ptr().cast()) };
    }
}

impl Buffer for SystemBuffer {
    fn bytes(&self) -> &[u8] {
        let from = self.at(usize::from(self.start));
        // SAFETY: these bytes lie in the allocation and were written (invariant).
        unsafe { std::slice::from_raw_parts(from, usize::from(self.len)) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let from = self.at(usize::from(self.start));
        // SAFETY: these bytes lie in the allocation and were written (invariant), and `self` is
        // borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(from, usize::from(self.len)) }
    }

    fn load(&mut self, link: usize, packet: &[u8], trailer: &[u8; TRAILER]) -> Result<(), NoRoom> {
        let layer3 = packet.len().checked_sub(link).ok_or(NoRoom)?;
        let start = HEADROOM.checked_sub(link).ok_or(NoRoom)?;
        if layer3 > PAYLOAD {
            return Err(NoRoom);
        }
        self.write(start, packet);
        self.write(HEADROOM + layer3, trailer);
        self.start = start as u16;
        self.len = (packet.len() + TRAILER) as u16;
        Ok(())
    }

    fn prepend(&mut self, header: &[u8]) -> Result<(), NoRoom> {
        let start = usize::from(self.start)
            .checked_sub(header.len())
            .ok_or(NoRoom)?;
        self.write(start, header);
        self.start = start as u16;
        self.len += header.len() as u16;
        Ok(())
    }

    fn receive_area(&mut self) -> Result<(*mut u8, usize), NoRoom> {
        let start = HEADROOM - LINK;
        self.start = start as u16;
        self.len = 0;
        Ok((self.at(start), ROOM - start))
    }

    unsafe fn received(&mut self, len: usize) {
        self.len = len as u16;
    }
}

impl<B: Send + 'static> Batch<B> for ArrayVec<B, MAX_BURST> {
    fn len(&self) -> usize {
        ArrayVec::len(self)
    }

    fn as_slice(&self) -> &[B] {
        self
    }

    fn retain(&mut self, keep: impl FnMut(&mut B) -> bool) {
        ArrayVec::retain(self, keep);
    }

    fn truncate(&mut self, len: usize) {
        ArrayVec::truncate(self, len);
    }
}

impl Pool for SystemPool {
    type Buffer = SystemBuffer;
    type Batch = ArrayVec<SystemBuffer, MAX_BURST>;

    fn build(_frames: u32) -> Result<Self, String> {
        Ok(Self)
    }

    fn get_burst(&self, burst: &mut Self::Batch, n: usize) -> usize {
        let before = burst.len();
        let room = burst.remaining_capacity();
        burst.extend(std::iter::from_fn(SystemBuffer::new).take(n.min(room)));
        burst.len() - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_like_a_buffer_source() {
        crate::pipeline::buffer::conformance::check::<SystemPool>();
    }
}
