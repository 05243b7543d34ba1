//! The error of a packet that was not sent.

#![forbid(unsafe_code)]

use std::error;
use std::fmt;

use crate::error::Error;

/// The reason why a packet may not be posted.
///
/// The kernel sends no such packet, and reports it as done like any other. So it is refused before
/// that.
///
/// ```
/// use framewell_xdp::Unsendable;
///
/// let refused = Unsendable::TooLong { len: 2048, limit: 2032 };
/// assert_eq!(
///     refused.to_string(),
///     "2048 bytes exceed the 2032 that a frame can send; send it in several frames",
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Unsendable {
    /// There is no byte to send.
    Empty,
    /// The packet is longer than a chunk, less the TX metadata.
    TooLong {
        /// The length of the packet in this frame.
        len: usize,
        /// The most that a frame can send.
        limit: usize,
    },
    /// The headroom does not hold the TX metadata.
    Metadata {
        /// The headroom of the frame.
        headroom: usize,
        /// The bytes of the metadata.
        needed: usize,
    },
    /// The frame is of another pool.
    OtherPool,
    /// The packet is said to lie outside of the frame of its id.
    OtherFrame,
    /// The packet has more frames than the kernel sends in one.
    TooManyFrames {
        /// The frames of the packet.
        frames: usize,
        /// The most that the kernel takes.
        limit: usize,
    },
    /// The packet has several frames, and the socket was not built for that.
    SeveralFrames,
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("0 bytes are no packet; put data into the frame"),
            Self::TooLong { len, limit } => write!(
                f,
                "{len} bytes exceed the {limit} that a frame can send; send it in several frames"
            ),
            Self::Metadata { headroom, needed } => write!(
                f,
                "a headroom of {headroom} bytes does not hold the {needed} of TX metadata; leave \
                 room in front of the data"
            ),
            Self::OtherPool => f.write_str(
                "the frame is of another pool than the socket; copy its data into one of this pool",
            ),
            Self::OtherFrame => f.write_str(
                "the packet does not lie in the frame of its id; keep ids and spans in one order",
            ),
            Self::TooManyFrames { frames, limit } => write!(
                f,
                "a packet of {frames} frames exceeds the limit of {limit}; use larger frames"
            ),
            Self::SeveralFrames => f.write_str(
                "the socket sends no packets of several frames; ask for it with \
                 SocketBuilder::multi_buffer",
            ),
        }
    }
}

/// The error of a call that sends packets: it stopped before the end.
///
/// ```
/// use framewell_xdp::{SendError, SendReason, Unsendable};
///
/// let stopped = SendError { posted: 3, reason: SendReason::Packet(Unsendable::Empty) };
/// assert_eq!(
///     stopped.to_string(),
///     "after 3 frames: 0 bytes are no packet; put data into the frame",
/// );
/// ```
#[derive(Debug)]
pub struct SendError {
    /// The frames that were posted before. They are the kernel's, and are not in the burst any
    /// more.
    pub posted: usize,
    /// The reason why the call stopped.
    pub reason: SendReason,
}

/// The reason why a call that sends packets stopped.
///
/// ```
/// use framewell_xdp::{SendReason, Unsendable};
///
/// let reason = SendReason::Packet(Unsendable::OtherPool);
/// assert!(reason.to_string().starts_with("the frame is of another pool"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum SendReason {
    /// The first packet that is left may not be posted.
    Packet(Unsendable),
    /// The kernel refused to work on the ring. What was posted lies in it.
    Kernel(Error),
}

impl fmt::Display for SendReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet(reason) => reason.fmt(f),
            Self::Kernel(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} frames: {}", self.posted, self.reason)
    }
}

impl error::Error for SendError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.reason {
            SendReason::Packet(_) => None,
            SendReason::Kernel(error) => Some(error),
        }
    }
}
