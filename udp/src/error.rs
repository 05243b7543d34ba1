//! The error of a call that sends.

#![forbid(unsafe_code)]

use std::error;
use std::fmt;
use std::io;

/// The error of a call that sends: it stopped before the end.
///
/// It converts into the [`io::Error`] of its source.
///
/// ```
/// use std::io;
///
/// use framewell_udp::SendError;
///
/// let stopped = SendError { sent: 3, source: io::ErrorKind::WouldBlock.into() };
/// assert_eq!(stopped.to_string(), "after 3 packets: operation would block");
/// assert_eq!(io::Error::from(stopped).kind(), io::ErrorKind::WouldBlock);
/// ```
#[derive(Debug)]
pub struct SendError {
    /// The packets that were sent before.
    pub sent: usize,
    /// What the system answered for the first packet that was not sent.
    pub source: io::Error,
}

impl SendError {
    /// Returns whether the socket has no room now, and the rest can be sent later.
    ///
    /// ```
    /// # use framewell_udp::SendError;
    /// let full = SendError { sent: 0, source: std::io::ErrorKind::WouldBlock.into() };
    /// assert!(full.would_block());
    /// ```
    #[must_use]
    pub fn would_block(&self) -> bool {
        self.source.kind() == io::ErrorKind::WouldBlock
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} packets: {}", self.sent, self.source)
    }
}

impl error::Error for SendError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}

impl From<SendError> for io::Error {
    fn from(error: SendError) -> Self {
        error.source
    }
}
