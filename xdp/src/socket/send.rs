//! From owners to the TX ring.

use framewell::{Burst, Frame, Span};

use super::Socket;
use super::wake::SENT_AT_ONCE;
use crate::abi::{Descriptor, MAX_FRAMES};
use crate::packets::Packets;
use crate::send_error::{SendError, SendReason, Unsendable};

impl Socket {
    /// Posts the packets of a burst to be sent, in order, and returns how many were posted. Those
    /// are the kernel's. The others stay in the burst: the TX ring has no room for them. It never
    /// waits.
    ///
    /// Each frame's data is a packet. That a frame comes back by [`complete`](Self::complete) does
    /// not mean that its packet was sent: the kernel drops it if the interface is down or its queue
    /// full.
    ///
    /// The call enters the kernel if the kernel waits to be woken, as it does where it copies.
    ///
    /// # Errors
    ///
    /// [`SendError`] if a packet may not be posted: it is then the first of the burst, and those
    /// before it were posted. Also if the kernel refuses to be woken, because the interface is down
    /// or gone.
    ///
    /// ```no_run
    /// # use framewell::{Burst, Pool};
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// let mut burst: Burst<32> = Burst::new();
    /// burst.push(pool.copy_from(&[0xff; 60])?).unwrap();
    /// socket.send(&mut burst)?;
    /// assert!(burst.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn send<const N: usize>(&mut self, burst: &mut Burst<N>) -> Result<usize, SendError> {
        let free = self.rings.tx.free(burst.len());
        let mut refused = None;
        let mut good = 0;
        for frame in &burst[..free] {
            match self.may_send(frame) {
                Ok(()) => good += 1,
                Err(reason) => {
                    refused = Some(reason);
                    break;
                }
            }
        }
        let mut spans = [Span::default(); N];
        let posted = self.lent.tx.lend_spans(burst, &mut spans[..good]);
        for (ahead, span) in spans[..posted].iter().enumerate() {
            self.write(ahead, span, false);
        }
        self.publish(posted, refused)
    }

    /// Posts packets of one or more frames, in order, and returns how many packets were posted. It
    /// never waits.
    ///
    /// A packet has at most 18 frames. All of its frames are posted, or none. The call enters the
    /// kernel as [`send`](Self::send) does.
    ///
    /// # Errors
    ///
    /// [`SendError`] as for [`send`](Self::send); a packet may not be posted either if one of its
    /// frames may not, or if it has several and the socket was not built for that.
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Packets, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let eth0 = Interface::named("eth0")?;
    /// let mut socket = Socket::builder(&umem, &eth0, 0).multi_buffer(true).bind()?;
    /// let mut packets: Packets<64> = Packets::new();
    /// packets.push([pool.copy_from(&[0xff; 1500])?, pool.copy_from(&[0; 500])?]).unwrap();
    /// assert_eq!(socket.send_packets(&mut packets)?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send_packets<const N: usize>(
        &mut self,
        packets: &mut Packets<N>,
    ) -> Result<usize, SendError> {
        let free = self.rings.tx.free(packets.frames_in(packets.len()));
        let mut refused = None;
        let (mut good, mut frames) = (0, 0);
        for packet in packets.iter() {
            if frames + packet.len() > free {
                break;
            }
            if let Err(reason) = self.may_send_packet(packet) {
                refused = Some(reason);
                break;
            }
            good += 1;
            frames += packet.len();
        }
        let mut spans = [Span::default(); N];
        self.lent
            .tx
            .lend_spans(packets.burst(), &mut spans[..frames]);
        for packet in 0..good {
            let (start, end) = (packets.frames_in(packet), packets.frames_in(packet + 1));
            for (ahead, span) in spans[..end].iter().enumerate().skip(start) {
                self.write(ahead, span, ahead + 1 < end);
            }
        }
        packets.forget_first(good);
        self.publish(frames, refused).map(|_| good)
    }

    /// Returns whether a frame may be posted as a packet, or a part of one.
    #[inline]
    fn may_send(&self, frame: &Frame) -> Result<(), Unsendable> {
        self.shape.may_send(frame.headroom(), frame.len())?;
        // A frame with data in it lies where its data begin.
        if !self.shape.contains(frame.as_ptr()) {
            return Err(Unsendable::OtherPool);
        }
        Ok(())
    }

    fn may_send_packet(&self, packet: &[Frame]) -> Result<(), Unsendable> {
        let frames = packet.len();
        if frames > 1 && !self.multi_buffer {
            return Err(Unsendable::SeveralFrames);
        }
        if frames > MAX_FRAMES {
            let limit = MAX_FRAMES;
            return Err(Unsendable::TooManyFrames { frames, limit });
        }
        packet.iter().try_for_each(|frame| self.may_send(frame))
    }

    /// Writes the descriptor of a frame that is lent.
    #[inline]
    pub(super) fn write(&mut self, ahead: usize, span: &Span, goes_on: bool) {
        let descriptor = Descriptor {
            addr: span.offset,
            len: span.len,
            options: if goes_on { libc::XDP_PKT_CONTD } else { 0 },
        };
        self.rings.tx.write(ahead, descriptor);
    }

    /// Publishes descriptors, and has the kernel work on them.
    #[inline]
    pub(super) fn publish(
        &mut self,
        posted: usize,
        refused: Option<Unsendable>,
    ) -> Result<usize, SendError> {
        if posted > 0 {
            self.rings.tx.publish(posted);
            self.counts.posted += posted as u64;
        }
        if let Err(error) = self.wake_tx(1 + posted / SENT_AT_ONCE) {
            let reason = SendReason::Kernel(error);
            return Err(SendError { posted, reason });
        }
        match refused {
            None => Ok(posted),
            Some(reason) => Err(SendError {
                posted,
                reason: SendReason::Packet(reason),
            }),
        }
    }
}
