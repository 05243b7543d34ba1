//! Contestant: a `framewell::Pool`.

use framewell::{Burst, Frame};

use crate::pipeline::buffer::{Batch, Buffer, LINK, MAX_BURST, NoRoom, PAYLOAD, Pool, TRAILER};

/// Frames from a `framewell::Pool`.
#[derive(Clone)]
pub struct FramePool {
    pool: framewell::Pool,
}

/// A burst of frames.
pub type FrameBatch = Burst<MAX_BURST>;

impl FramePool {
    /// The pool's own statistics, as its table.
    pub fn stats(&self) -> String {
        self.pool.stats().to_string()
    }
}

impl Buffer for Frame {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }

    fn load(&mut self, link: usize, packet: &[u8], trailer: &[u8; TRAILER]) -> Result<(), NoRoom> {
        let layer3 = packet.len().checked_sub(link).ok_or(NoRoom)?;
        if layer3 > PAYLOAD {
            return Err(NoRoom);
        }
        self.trim(layer3).map_err(|_| NoRoom)?;
        self.push(link).map_err(|_| NoRoom)?;
        self.copy_from_slice(packet);
        let end = self.put(TRAILER).map_err(|_| NoRoom)?;
        end.copy_from_slice(trailer);
        Ok(())
    }

    fn prepend(&mut self, header: &[u8]) -> Result<(), NoRoom> {
        let front = self.push(header.len()).map_err(|_| NoRoom)?;
        front.copy_from_slice(header);
        Ok(())
    }

    fn receive_area(&mut self) -> Result<(*mut u8, usize), NoRoom> {
        self.push(LINK).map_err(|_| NoRoom)?;
        let tailroom = self.tailroom();
        self.put(tailroom).map_err(|_| NoRoom)?;
        Ok((self.as_mut_ptr(), self.len()))
    }

    unsafe fn received(&mut self, len: usize) {
        // A frame's bytes are always initialised: a wrong length could not do harm here.
        let trimmed = self.trim(len);
        debug_assert!(trimmed.is_ok());
    }
}

impl Batch<Frame> for FrameBatch {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn as_slice(&self) -> &[Frame] {
        self
    }

    fn retain(&mut self, keep: impl FnMut(&mut Frame) -> bool) {
        Burst::retain(self, keep);
    }

    fn truncate(&mut self, len: usize) {
        Burst::truncate(self, len);
    }
}

impl Pool for FramePool {
    type Buffer = Frame;
    type Batch = FrameBatch;

    fn build(frames: u32) -> Result<Self, String> {
        let pool = framewell::Pool::builder()
            .frames(frames as usize)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { pool })
    }

    fn get_burst(&self, burst: &mut Self::Batch, n: usize) -> usize {
        self.pool.get_burst(burst, n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_like_a_buffer_source() {
        crate::pipeline::buffer::conformance::check::<FramePool>();
    }

    #[test]
    fn hands_out_no_more_than_it_has() {
        let pool = FramePool::build(64).expect("pool");
        let mut bursts: Vec<FrameBatch> = Vec::new();
        let mut out = 0;
        for _ in 0..8 {
            let mut burst = FrameBatch::default();
            out += pool.get_burst(&mut burst, 32);
            bursts.push(burst);
        }
        assert_eq!(out, 64);
        drop(bursts);
        assert_eq!(pool.get_burst(&mut FrameBatch::default(), 32), 32);
    }
}
