//! The buffer sources that allocate each buffer on its own: what they have in common.

use std::fmt;
use std::ops::Range;

use arrayvec::ArrayVec;

use crate::pipeline::buffer::{
    Batch, Buffer, HEADROOM, LINK, MAX_BURST, NoRoom, PAYLOAD, ROOM, TRAILER,
};

/// The memory of one buffer: [`ROOM`] bytes, of which some may never have been written.
pub trait Memory: fmt::Debug + Send + Sized + 'static {
    /// Allocates it, unless the allocator refuses.
    fn allocate() -> Option<Self>;

    /// Writes bytes at an offset.
    ///
    /// # Panics
    ///
    /// If they do not fit.
    fn write(&mut self, offset: usize, bytes: &[u8]);

    /// The bytes of a range.
    ///
    /// # Safety
    ///
    /// - The range lies in the memory, and its bytes were written.
    unsafe fn bytes(&self, range: Range<usize>) -> &[u8];

    /// The bytes of a range, to be changed.
    ///
    /// # Safety
    ///
    /// - As for [`bytes`](Self::bytes).
    unsafe fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8];

    /// The address of the byte at an offset. The caller may write from there to the end.
    fn area(&mut self, offset: usize) -> *mut u8;
}

/// A packet somewhere in memory of its own.
///
/// Invariant: the bytes `start..start + len` of the memory lie inside it and were written.
#[derive(Debug)]
pub struct HeapBuffer<M> {
    memory: M,
    start: u16,
    len: u16,
}

impl<M: Memory> HeapBuffer<M> {
    fn new() -> Option<Self> {
        Some(Self {
            memory: M::allocate()?,
            start: HEADROOM as u16,
            len: 0,
        })
    }

    fn range(&self) -> Range<usize> {
        usize::from(self.start)..usize::from(self.start) + usize::from(self.len)
    }
}

impl<M: Memory> Buffer for HeapBuffer<M> {
    fn bytes(&self) -> &[u8] {
        // SAFETY: these bytes lie in the memory and were written (invariant).
        unsafe { self.memory.bytes(self.range()) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let range = self.range();
        // SAFETY: these bytes lie in the memory and were written (invariant).
        unsafe { self.memory.bytes_mut(range) }
    }

    fn load(&mut self, link: usize, packet: &[u8], trailer: &[u8; TRAILER]) -> Result<(), NoRoom> {
        let layer3 = packet.len().checked_sub(link).ok_or(NoRoom)?;
        let start = HEADROOM.checked_sub(link).ok_or(NoRoom)?;
        if layer3 > PAYLOAD {
            return Err(NoRoom);
        }
        self.memory.write(start, packet);
        self.memory.write(HEADROOM + layer3, trailer);
        self.start = start as u16;
        self.len = (packet.len() + TRAILER) as u16;
        Ok(())
    }

    fn prepend(&mut self, header: &[u8]) -> Result<(), NoRoom> {
        let start = usize::from(self.start)
            .checked_sub(header.len())
            .ok_or(NoRoom)?;
        self.memory.write(start, header);
        self.start = start as u16;
        self.len += header.len() as u16;
        Ok(())
    }

    fn receive_area(&mut self) -> Result<(*mut u8, usize), NoRoom> {
        let start = HEADROOM - LINK;
        self.start = start as u16;
        self.len = 0;
        Ok((self.memory.area(start), ROOM - start))
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

/// A burst of such buffers.
pub type HeapBatch<M> = ArrayVec<HeapBuffer<M>, MAX_BURST>;

/// Appends up to `n` new buffers to a burst, as far as it has room, and returns how many.
pub(super) fn allocate_burst<M: Memory>(burst: &mut HeapBatch<M>, n: usize) -> usize {
    let before = burst.len();
    let room = burst.remaining_capacity();
    burst.extend(std::iter::from_fn(HeapBuffer::new).take(n.min(room)));
    burst.len() - before
}
