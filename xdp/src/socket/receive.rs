//! From the RX ring to owners.

use framewell::{Burst, Span};

use super::Socket;
use crate::abi::Descriptor;
use crate::packets::Packets;

impl Socket {
    /// Receives packets, as many as the burst has room for, and returns how many were added. It
    /// never waits.
    ///
    /// A frame has the packet as its data, and the headroom that the kernel left
    /// ([`Umem::received_headroom`](crate::Umem::received_headroom)). A packet of several frames is
    /// dropped and counted: use [`receive_packets`](Self::receive_packets) for those.
    ///
    /// The call does not enter the kernel, and takes no frame from the pool: it goes on when the
    /// pool is dry.
    ///
    /// ```no_run
    /// # use framewell::{Burst, Pool};
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// let mut burst: Burst<32> = Burst::new();
    /// if socket.receive(&mut burst) > 0 {
    ///     println!("{} bytes, and {} before them", burst[0].len(), burst[0].headroom());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn receive<const N: usize>(&mut self, burst: &mut Burst<N>) -> usize {
        let there = self.rings.rx.available(burst.room());
        if there == 0 {
            return 0;
        }
        let mut spans = [Span::default(); N];
        let mut whole = 0;
        for ahead in 0..there {
            if let Some(span) = self.whole(ahead) {
                spans[whole] = span;
                whole += 1;
            }
        }
        self.rings.rx.release(there);
        let received = self.take_back(&spans[..whole], burst);
        self.counts.received += received as u64;
        received
    }

    /// Returns what the descriptor `ahead` places on names, if it is a packet of one frame. If it
    /// is a part of one, its frame is freed.
    #[inline]
    pub(super) fn whole(&mut self, ahead: usize) -> Option<Span> {
        let descriptor = self.rings.rx.read(ahead);
        let goes_on = descriptor.options & libc::XDP_PKT_CONTD != 0;
        if goes_on || self.skipping {
            self.skipping = goes_on;
            self.drop_part(descriptor);
            return None;
        }
        let span = self.shape.received(descriptor);
        self.counts.invalid += u64::from(span.is_none());
        span
    }

    /// Receives packets of one or more frames, as many as there is room for, and returns how many
    /// were added. It never waits.
    ///
    /// A packet of more than `N` frames is dropped and counted. A packet whose frames have not all
    /// come stays where it is. The call does not enter the kernel.
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Packets, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let eth0 = Interface::named("eth0")?;
    /// let mut socket = Socket::builder(&umem, &eth0, 0).multi_buffer(true).bind()?;
    /// let mut packets: Packets<64> = Packets::new();
    /// socket.receive_packets(&mut packets);
    /// for packet in packets.iter() {
    ///     println!("{} bytes", packet.iter().map(|frame| frame.len()).sum::<usize>());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn receive_packets<const N: usize>(&mut self, packets: &mut Packets<N>) -> usize {
        let before = packets.len();
        while packets.room() > 0 {
            let there = self.rings.rx.available(N + 1);
            let more =
                |ahead: &usize| self.rings.rx.read(*ahead).options & libc::XDP_PKT_CONTD != 0;
            let parts = (0..there).take_while(more).count();
            let ends = parts < there;
            let frames = parts + usize::from(ends);
            if self.skipping || frames > N || (!ends && there == self.rings.rx.size()) {
                // It is too long, or is what is left of one that was.
                if frames == 0 {
                    break;
                }
                self.drop_parts(frames);
                self.skipping = !ends;
            } else if !ends || frames > packets.room() {
                break;
            } else {
                self.receive_packet(frames, packets);
            }
        }
        packets.len() - before
    }

    /// Receives the next packet, which has so many frames.
    fn receive_packet<const N: usize>(&mut self, frames: usize, packets: &mut Packets<N>) {
        let mut spans = [Span::default(); N];
        for (ahead, span) in spans[..frames].iter_mut().enumerate() {
            match self.shape.received(self.rings.rx.read(ahead)) {
                Some(named) => *span = named,
                None => return self.drop_parts(frames),
            }
        }
        self.rings.rx.release(frames);
        let taken = self.take_back(&spans[..frames], packets.burst());
        if taken == frames {
            self.counts.received += taken as u64;
            packets.end_packet();
        } else {
            self.counts.dropped += taken as u64;
            packets.drop_open();
        }
    }

    /// Drops what the next descriptors have.
    #[cold]
    fn drop_parts(&mut self, frames: usize) {
        for ahead in 0..frames {
            self.drop_part(self.rings.rx.read(ahead));
        }
        self.rings.rx.release(frames);
    }

    /// Frees the frame of a descriptor.
    #[cold]
    fn drop_part(&mut self, descriptor: Descriptor) {
        let Some(span) = self.shape.received(descriptor) else {
            self.counts.invalid += 1;
            return;
        };
        let mut burst: Burst<1> = Burst::new();
        self.counts.dropped += self.take_back(&[span], &mut burst) as u64;
    }
}
