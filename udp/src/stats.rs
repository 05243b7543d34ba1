//! The counts of a socket.

#![forbid(unsafe_code)]

use std::fmt;

/// What a [`Socket`](crate::Socket) has counted since it was made. A clone counts for itself.
///
/// ```
/// # use framewell::Pool;
/// # use framewell_udp::Socket;
/// let socket = Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?;
/// assert_eq!(socket.stats().received, 0);
/// println!("{}", socket.stats());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Buffers that came with data: a datagram each, or several that were merged.
    pub received: u64,
    /// Those among them that hold several datagrams.
    pub merged: u64,
    /// The datagrams in these, by their segment size. Those that were cut do not count.
    pub segments: u64,
    /// Buffers that hold less than what was sent.
    pub cut: u64,
    /// Buffers whose control data was cut.
    pub control_cut: u64,
    /// Calls that found fewer buffers in the pool than they asked for.
    pub no_buffers: u64,
    /// Packets that were sent, each for itself or as a part of a super-datagram.
    pub sent: u64,
    /// Super-datagrams that were sent.
    pub gso_batches: u64,
    /// The packets in these.
    pub gso_packets: u64,
    /// Super-datagrams that the kernel refused. Their packets were sent one by one.
    pub fallbacks: u64,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "received: {} buffers, {} of them merged from {} datagrams, {} cut, {} with control \
             data cut, {} calls short of buffers",
            self.received, self.merged, self.segments, self.cut, self.control_cut, self.no_buffers
        )?;
        write!(
            f,
            "sent: {} packets, {} of them in {} super-datagrams, {} super-datagrams refused",
            self.sent, self.gso_packets, self.gso_batches, self.fallbacks
        )
    }
}
