//! The plan of a burst: which packets go out as one super-datagram.
//!
//! The kernel cuts a super-datagram every so many bytes. So packets are one if they have the same
//! peer and the same length, but for the last, which may be shorter, though not empty: an empty
//! packet would leave no trace. The plan looks at each packet once, in order.

#![forbid(unsafe_code)]

use std::net::SocketAddr;

use crate::sys::SEGMENTS;

/// The most bytes of a super-datagram to an IPv4 address: 65,535 less the headers of IPv4 and UDP.
pub(crate) const MOST_V4: usize = 65_535 - 20 - 8;

/// The most bytes of a super-datagram to any other address: less the header of IPv6.
pub(crate) const MOST_V6: usize = 65_535 - 40 - 8;

/// A message that further packets may join.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    peer: Option<SocketAddr>,
    /// The length of the first packet.
    segment: usize,
    /// The length of all packets.
    bytes: usize,
    packets: usize,
    /// Whether a shorter packet has ended the run.
    ended: bool,
}

impl Run {
    /// Begins a run with a packet. `alone` says that no other may join it.
    pub(crate) fn begin(len: usize, peer: Option<SocketAddr>, alone: bool) -> Self {
        Self {
            peer,
            segment: len,
            bytes: len,
            packets: 1,
            ended: alone,
        }
    }

    /// Has a packet join the run, and returns the segment size. It returns `None`, and changes
    /// nothing, if the packet may not join.
    pub(crate) fn join(
        &mut self,
        len: usize,
        peer: Option<SocketAddr>,
        most_packets: usize,
    ) -> Option<u16> {
        let most_bytes = match self.peer {
            Some(SocketAddr::V4(_)) => MOST_V4,
            _ => MOST_V6,
        };
        let fits = !self.ended
            && peer == self.peer
            && (1..=self.segment).contains(&len)
            && self.packets < most_packets.min(SEGMENTS)
            && self.bytes + len <= most_bytes;
        let segment = u16::try_from(self.segment).ok().filter(|_| fits)?;
        self.bytes += len;
        self.packets += 1;
        self.ended = len < self.segment;
        Some(segment)
    }
}
