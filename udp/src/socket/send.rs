//! From buffers to the kernel.

#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;

use super::Socket;
use crate::error::SendError;
use crate::outgoing::Outgoing;
use crate::plan::Run;
use crate::sys::{self, MESSAGES, Refusal, SEGMENTS};

/// The most packets of a super-datagram that older kernels take.
const OLD_SEGMENTS: usize = 64;

/// What a system call has sent.
struct Pass {
    packets: usize,
    /// The packets that are to be sent one by one next, since the kernel refused them together.
    alone: usize,
}

impl Socket {
    /// Sends packets, in order, and returns how many. Those that were sent are removed from the
    /// list and dropped; the others stay in it.
    ///
    /// Packets that follow each other, have one peer and one length (the last may be shorter), go
    /// out as one super-datagram, if the socket has [GSO](Self::gso): at most 128, and 65,507
    /// bytes, or 65,487 to an IPv6 address. Up to [`BURST`](Self::BURST) super-datagrams and single
    /// packets are one system call. If the kernel refuses a super-datagram, its packets are sent
    /// one by one ([`Stats::fallbacks`](crate::Stats)).
    ///
    /// The call enters the kernel, unless the list is empty. On a blocking socket it waits for
    /// room. What was sent may still be lost on its way.
    ///
    /// # Errors
    ///
    /// [`SendError`] says how many were sent, and why the next one was not. The next one is the
    /// first of the list then. It was refused
    ///
    /// - since the socket has no room now ([`WouldBlock`](io::ErrorKind::WouldBlock)),
    /// - since it is too long: more than the path takes, if the socket may not cut it, and 65,507
    ///   bytes at most,
    /// - for no fault of its own: the kernel tells here of an error that an earlier packet met
    ///   ([`ConnectionRefused`](io::ErrorKind::ConnectionRefused)). Try it again.
    ///
    /// # Panics
    ///
    /// It panics as the packets' own [`bytes`](Outgoing::bytes), [`peer`](Outgoing::peer) or `drop`
    /// do. What was sent is not in the list then.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let mut socket = Socket::bind("127.0.0.1:0", &pool)?;
    /// let to = socket.as_std().local_addr()?;
    /// let mut burst = vec![(pool.copy_from(b"one")?, to), (pool.copy_from(b"two")?, to)];
    /// assert_eq!(socket.send_burst(&mut burst)?, 2);
    /// assert!(burst.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send_burst<P: Outgoing>(&mut self, packets: &mut Vec<P>) -> Result<usize, SendError> {
        let (mut sent, mut alone) = (0, 0);
        while !packets.is_empty() {
            let all = packets.iter().map(|packet| (packet.bytes(), packet.peer()));
            let pass = self
                .pass(all, alone)
                .map_err(|source| SendError { sent, source })?;
            sent += pass.packets;
            alone = pass.alone;
            packets.drain(..pass.packets);
        }
        Ok(sent)
    }

    /// Sends the packets that lie one behind the other in `bytes`, each of `segment` bytes, the
    /// last of which may be shorter. Returns how many packets were sent.
    ///
    /// It is for a buffer that was filled with several packets, or that was received as merged. The
    /// packets go out as super-datagrams, as those of [`send_burst`](Self::send_burst). With `None`
    /// for the peer they go where the socket is connected to.
    ///
    /// The call enters the kernel as `send_burst` does.
    ///
    /// # Errors
    ///
    /// [`SendError`] as for `send_burst`: the first `sent * segment` bytes were sent.
    ///
    /// # Panics
    ///
    /// The call panics if `segment` is 0.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let mut socket = Socket::bind("127.0.0.1:0", &pool)?;
    /// let to = socket.as_std().local_addr()?;
    /// let three = pool.alloc_copy_from(0, &[0x45; 2500])?;
    /// assert_eq!(socket.send_segmented(&three, 1200, Some(to))?, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send_segmented(
        &mut self,
        bytes: &[u8],
        segment: usize,
        peer: Option<SocketAddr>,
    ) -> Result<usize, SendError> {
        let (mut sent, mut alone) = (0, 0);
        let mut rest = bytes.chunks(segment);
        while rest.len() > 0 {
            let all = rest.clone().map(|packet| (packet, peer));
            let pass = self
                .pass(all, alone)
                .map_err(|source| SendError { sent, source })?;
            sent += pass.packets;
            alone = pass.alone;
            if pass.packets > 0 {
                rest.nth(pass.packets - 1);
            }
        }
        Ok(sent)
    }

    /// Makes messages of the first packets, the first `alone` of them one by one, and sends them by
    /// one system call. If that refuses a super-datagram for what it is, nothing was sent, and the
    /// next pass sends its packets one by one.
    fn pass<'p>(
        &mut self,
        packets: impl Iterator<Item = (&'p [u8], Option<SocketAddr>)>,
        alone: usize,
    ) -> io::Result<Pass> {
        let mut messages = self.outbox.fill();
        let mut run: Option<Run> = None;
        for (at, (bytes, peer)) in packets.enumerate() {
            let joined = run
                .as_mut()
                .and_then(|run| run.join(bytes.len(), peer, self.segments));
            if let Some(segment) = joined {
                messages.add(bytes, segment);
                continue;
            }
            if messages.messages() == MESSAGES {
                break;
            }
            messages.begin(bytes, peer);
            run = Some(Run::begin(bytes.len(), peer, !self.gso || at < alone));
        }
        let sent = match messages.send(&self.io) {
            Ok(sent) => sent,
            Err(error) => {
                let together = messages.packets(0);
                if together == 1 || !self.blames_gso(&error, together) {
                    return Err(error);
                }
                self.stats.fallbacks += 1;
                // Where fewer are tried next, they are tried together.
                let alone = if together > self.segments {
                    0
                } else {
                    together
                };
                return Ok(Pass { packets: 0, alone });
            }
        };
        let mut packets = 0;
        for message in 0..sent {
            let together = messages.packets(message);
            packets += together;
            if together > 1 {
                self.stats.gso_batches += 1;
                self.stats.gso_packets += together as u64;
            }
        }
        self.stats.sent += packets as u64;
        Ok(Pass {
            packets,
            alone: alone.saturating_sub(packets),
        })
    }

    /// Returns whether a super-datagram was refused for what it is, and remembers what is so for
    /// good.
    fn blames_gso(&mut self, error: &io::Error, packets: usize) -> bool {
        match sys::refusal(error) {
            Refusal::Device => {
                self.gso = false;
                true
            }
            // Older kernels refuse more than 64 so, and all kernels what the path does not take.
            Refusal::Argument => {
                if packets > OLD_SEGMENTS && self.segments == SEGMENTS {
                    self.segments = OLD_SEGMENTS;
                }
                true
            }
            Refusal::Length => true,
            Refusal::Other => false,
        }
    }
}
