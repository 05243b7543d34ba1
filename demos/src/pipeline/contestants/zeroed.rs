//! Contestant: a zeroed `Vec<u8>` for each packet, as most programs do it.

use arrayvec::ArrayVec;

use crate::pipeline::buffer::{
    Buffer, HEADROOM, LINK, MAX_BURST, NoRoom, PAYLOAD, Pool, ROOM, TRAILER,
};

/// `vec![0; 1728]` for each buffer.
#[derive(Debug, Clone, Copy)]
pub struct VecPool;

/// A zeroed vector with the packet somewhere in it.
#[derive(Debug)]
pub struct ZeroedBuffer {
    memory: Vec<u8>,
    start: u16,
    len: u16,
}

impl ZeroedBuffer {
    fn new() -> Self {
        Self {
            memory: vec![0; ROOM],
            start: HEADROOM as u16,
            len: 0,
        }
    }

    fn range(&self) -> std::ops::Range<usize> {
        usize::from(self.start)..usize::from(self.start) + usize::from(self.len)
    }
}

impl Buffer for ZeroedBuffer {
    fn bytes(&self) -> &[u8] {
        &self.memory[self.range()]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let range = self.range();
        &mut self.memory[range]
    }

    fn load(&mut self, link: usize, packet: &[u8], trailer: &[u8; TRAILER]) -> Result<(), NoRoom> {
        let layer3 = packet.len().checked_sub(link).ok_or(NoRoom)?;
        let start = HEADROOM.checked_sub(link).ok_or(NoRoom)?;
        if layer3 > PAYLOAD {
            return Err(NoRoom);
        }
        let end = start + packet.len();
        self.memory[start..end].copy_from_slice(packet);
        self.memory[end..end + TRAILER].copy_from_slice(trailer);
        self.start = start as u16;
        self.len = (packet.len() + TRAILER) as u16;
        Ok(())
    }

    fn prepend(&mut self, header: &[u8]) -> Result<(), NoRoom> {
        let end = usize::from(self.start);
        let start = end.checked_sub(header.len()).ok_or(NoRoom)?;
        self.memory[start..end].copy_from_slice(header);
        self.start = start as u16;
        self.len += header.len() as u16;
        Ok(())
    }

    fn receive_area(&mut self) -> Result<(*mut u8, usize), NoRoom> {
        let start = HEADROOM - LINK;
        self.start = start as u16;
        self.len = 0;
        let area = &mut self.memory[start..];
        Ok((area.as_mut_ptr(), area.len()))
    }

    unsafe fn received(&mut self, len: usize) {
        self.len = len as u16;
    }
}

impl Pool for VecPool {
    type Buffer = ZeroedBuffer;
    type Batch = ArrayVec<ZeroedBuffer, MAX_BURST>;

    fn build(_frames: u32) -> Result<Self, String> {
        Ok(Self)
    }

    fn get_burst(&self, burst: &mut Self::Batch, n: usize) -> usize {
        let n = n.min(burst.remaining_capacity());
        burst.extend(std::iter::repeat_with(ZeroedBuffer::new).take(n));
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_like_a_buffer_source() {
        crate::pipeline::buffer::conformance::check::<VecPool>();
    }
}
