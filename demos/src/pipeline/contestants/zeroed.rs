//! Contestant: a zeroed `Vec<u8>` for each packet, as most programs do it.

use std::ops::Range;

use super::heap::{self, HeapBatch, HeapBuffer, Memory};
use crate::pipeline::buffer::{Pool, ROOM};

/// `vec![0; 1728]` for each buffer.
#[derive(Debug, Clone, Copy)]
pub struct VecPool;

/// A vector of [`ROOM`] bytes, zeroed when it is made.
#[derive(Debug)]
pub struct Zeroed(Vec<u8>);

impl Memory for Zeroed {
    fn allocate() -> Option<Self> {
        Some(Self(vec![0; ROOM]))
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    unsafe fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.0[range]
    }

    unsafe fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        &mut self.0[range]
    }

    fn area(&mut self, offset: usize) -> *mut u8 {
        self.0[offset..].as_mut_ptr()
    }
}

impl Pool for VecPool {
    type Buffer = HeapBuffer<Zeroed>;
    type Batch = HeapBatch<Zeroed>;

    fn build(_frames: u32) -> Result<Self, String> {
        Ok(Self)
    }

    fn get_burst(&self, burst: &mut Self::Batch, n: usize) -> usize {
        heap::allocate_burst(burst, n)
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
