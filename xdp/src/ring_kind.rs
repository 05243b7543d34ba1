//! The names of the four rings.

#![forbid(unsafe_code)]

use std::fmt;

/// One of the four rings of a socket.
///
/// ```
/// assert_eq!(framewell_xdp::Ring::Fill.to_string(), "fill");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Ring {
    /// The ring of frames that the kernel may receive into.
    Fill,
    /// The ring of packets that were received.
    Rx,
    /// The ring of packets to be sent.
    Tx,
    /// The ring of frames that the kernel is done sending from.
    Completion,
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fill => "fill",
            Self::Rx => "RX",
            Self::Tx => "TX",
            Self::Completion => "completion",
        })
    }
}
