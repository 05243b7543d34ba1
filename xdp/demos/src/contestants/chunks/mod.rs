//! The twin: sockets of xdpilone, and a vector of the chunks that are free.
//!
//! xdpilone does not say who owns a chunk. So this module has to: a chunk is in the vector, or it
//! was posted to a ring and has not come back, or it waits to be sent.

mod map;
mod side;

use std::marker::PhantomData;
use std::os::fd::RawFd;
use std::ptr::NonNull;
use std::slice;

use xdpilone::xdp::XdpDesc;
use xdpilone::{Umem, UmemConfig};

use super::memory::Memory;
use super::{Account, BURST, Contestant, Engine, Port, RING, Shape};
use side::Side;

/// Memory for sockets of xdpilone.
#[derive(Debug)]
pub struct Chunks {
    memory: Memory,
    shape: Shape,
}

impl Contestant for Chunks {
    const NAME: &'static str = "xdpilone, vector";

    type Open<'c> = Open<'c>;

    fn new(shape: Shape) -> Result<Self, String> {
        Ok(Self {
            memory: Memory::new(shape.chunk * shape.chunks),
            shape,
        })
    }

    fn open(&mut self, ports: &[Port]) -> Result<Open<'_>, String> {
        let config = UmemConfig {
            fill_size: RING,
            complete_size: RING,
            frame_size: self.shape.chunk as u32,
            headroom: 0,
            flags: 0,
        };
        let area = self.memory.as_ptr();
        // SAFETY: the range begins at a page, and lives until the sockets are closed: they borrow
        // it.
        let umem = unsafe { Umem::new(config, area) };
        let umem = umem.map_err(|error| format!("registering chunks: {error}"))?;
        let chunk = self.shape.chunk as u64;
        let mut open = Open {
            sides: Vec::new(),
            free: (0..self.shape.chunks as u64).map(|at| at * chunk).collect(),
            base: area.cast(),
            shape: self.shape,
            _memory: PhantomData,
        };
        for port in ports {
            let first = open.sides.is_empty();
            let side = Side::open(&umem, port, first, self.shape.several, &mut open.free)?;
            open.sides.push(side);
        }
        Ok(open)
    }
}

/// Sockets of xdpilone.
#[derive(Debug)]
pub struct Open<'c> {
    sides: Vec<Side>,
    /// The offsets of the chunks that are free.
    free: Vec<u64>,
    base: NonNull<u8>,
    shape: Shape,
    _memory: PhantomData<&'c mut Memory>,
}

impl Open<'_> {
    /// Returns the offset of the chunk that a packet lies in.
    fn chunk_of(&self, address: u64) -> u64 {
        address & !(self.shape.chunk as u64 - 1)
    }

    /// Has the work done on the packets that came since the last call, and frees those that are
    /// not wanted. It returns how many came.
    fn work(&mut self, from: usize, mut work: impl FnMut(&mut [u8]) -> bool) -> usize {
        let mut waiting = std::mem::take(&mut self.sides[from].waiting);
        let (mut at, mut kept, mut packets) = (self.sides[from].worked, self.sides[from].worked, 0);
        while let Some(parts) = parts(&waiting[at..]) {
            let first = waiting[at];
            // SAFETY: the kernel names an offset in the memory, which is borrowed.
            let start = unsafe { self.base.add(first.addr as usize) };
            // SAFETY: the kernel has written so many bytes there, and has given the chunk back; it
            // is in no ring, and nobody else has a reference into it.
            let head = unsafe { slice::from_raw_parts_mut(start.as_ptr(), first.len as usize) };
            if work(head) {
                waiting.copy_within(at..at + parts, kept);
                kept += parts;
            } else {
                for part in &waiting[at..at + parts] {
                    self.free.push(self.chunk_of(part.addr));
                }
            }
            packets += 1;
            at += parts;
        }
        waiting.drain(kept..at);
        self.sides[from].waiting = waiting;
        self.sides[from].worked = kept;
        packets
    }
}

impl Engine for Open<'_> {
    fn round(
        &mut self,
        from: usize,
        to: usize,
        work: impl FnMut(&mut [u8]) -> bool,
    ) -> Result<usize, String> {
        let most = if self.shape.several { 3 * BURST } else { BURST };
        let side = &mut self.sides[from];
        side.fill(&mut self.free);
        side.receive(most.saturating_sub(side.waiting.len()));
        let packets = self.work(from, work);
        let mut waiting = std::mem::take(&mut self.sides[from].waiting);
        let worked = self.sides[from].worked;
        let posted = self.sides[to].send(&mut waiting, worked);
        self.sides[from].waiting = waiting;
        self.sides[from].worked -= posted;
        let mask = self.shape.chunk as u64 - 1;
        self.sides[to].complete(&mut self.free, mask);
        Ok(packets)
    }

    fn descriptors(&self) -> Vec<RawFd> {
        self.sides.iter().map(Side::descriptor).collect()
    }

    fn finish(mut self) -> Result<Account, String> {
        let mask = self.shape.chunk as u64 - 1;
        let mut account = Account::default();
        let mut posted = 0;
        for side in &mut self.sides {
            side.drain(&mut self.free, mask);
            side.add_to(&mut account)?;
            posted += side.with_kernel();
            self.free
                .extend(side.waiting.drain(..).map(|part| part.addr & !mask));
        }
        // What was posted and has not come back does so by the closing of the sockets.
        account.out = self.shape.chunks.abs_diff(self.free.len() + posted);
        Ok(account)
    }
}

/// Returns how many chunks the first packet of a list has; `None` if it is not all there.
fn parts(list: &[XdpDesc]) -> Option<usize> {
    let ends = |part: &XdpDesc| part.options & libc::XDP_PKT_CONTD == 0;
    list.iter().position(ends).map(|last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_ends_where_nothing_goes_on() {
        let list = [
            libc::XDP_PKT_CONTD,
            libc::XDP_PKT_CONTD,
            0,
            0,
            libc::XDP_PKT_CONTD,
        ];
        let list = list.map(|options| XdpDesc {
            options,
            ..XdpDesc::default()
        });
        assert_eq!(parts(&list), Some(3));
        assert_eq!(parts(&list[3..]), Some(1));
        assert_eq!(parts(&list[4..]), None);
        assert_eq!(parts(&[]), None);
    }
}
