//! What can be sent.

#![forbid(unsafe_code)]

use std::net::SocketAddr;

use crate::datagram::Datagram;

/// A packet to be sent, and where it goes.
///
/// A pair of a buffer and an address is one, and so is a [`Datagram`], which goes back to its peer.
/// A buffer is whatever has bytes: a frame, a [`VarBuf`](framewell::VarBuf), a
/// [`Shared`](framewell::Shared), a `Vec<u8>`. With `None` for the address the packet goes where
/// the socket is connected to.
///
/// For buffers of several kinds in one list, make a [`Segment`](framewell::Segment) of each. A
/// [`Chain`](framewell::Chain) is no packet here: it has its bytes in several places.
///
/// ```
/// use std::net::SocketAddr;
///
/// use framewell_udp::Outgoing;
///
/// let packet = (b"packet", "127.0.0.1:53".parse::<SocketAddr>().unwrap());
/// assert_eq!((packet.bytes().len(), packet.peer().unwrap().port()), (6, 53));
/// ```
pub trait Outgoing {
    /// Returns the packet. An implementation may panic; nothing is lost then.
    ///
    /// ```
    /// # use framewell_udp::Outgoing;
    /// assert_eq!((b"packet", None).bytes(), b"packet");
    /// ```
    fn bytes(&self) -> &[u8];

    /// Returns where the packet goes; `None` if the socket is connected. An implementation may
    /// panic; nothing is lost then.
    ///
    /// ```
    /// # use framewell_udp::Outgoing;
    /// assert_eq!((b"packet", None).peer(), None);
    /// ```
    fn peer(&self) -> Option<SocketAddr>;
}

impl<B: AsRef<[u8]>> Outgoing for (B, SocketAddr) {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    #[inline]
    fn peer(&self) -> Option<SocketAddr> {
        Some(self.1)
    }
}

impl<B: AsRef<[u8]>> Outgoing for (B, Option<SocketAddr>) {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    #[inline]
    fn peer(&self) -> Option<SocketAddr> {
        self.1
    }
}

impl<B: AsRef<[u8]>> Outgoing for Datagram<B> {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.buffer.as_ref()
    }

    #[inline]
    fn peer(&self) -> Option<SocketAddr> {
        Some(self.peer)
    }
}
