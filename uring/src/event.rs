//! What a ring tells: events, each made of a completion.

#![forbid(unsafe_code)]

use std::io;

use crate::error::Error;
use crate::handles::{Group, Receive, SendId};
use crate::message::Owners;
use crate::received::Received;

/// Something that has happened; returned by [`Ring::next_event`](crate::Ring::next_event).
///
/// ```
/// use framewell_uring::Event;
///
/// fn handle(event: Event) {
///     match event {
///         Event::Received(received) => println!("{} bytes", received.len()),
///         Event::Sent(sent) if sent.result.is_err() => println!("not sent: {:?}", sent.result),
///         Event::Ended(ended) => println!("no more is received: {:?}", ended.ending),
///         _ => {}
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A datagram, or a piece of a stream, has come.
    Received(Received),
    /// A datagram without data has come. The kernel needs no buffer for it.
    Empty(Receive),
    /// A piece of a stream has come into a buffer that gets more ([`GroupConfig::incremental`]).
    ///
    /// [`GroupConfig::incremental`]: crate::GroupConfig::incremental
    Piece(Piece),
    /// A message was sent, or was not.
    Sent(Sent),
    /// The kernel is done with the buffers of a message that was sent without a copy.
    Released(Released),
    /// A receive had an error that passes, such as the refusal of an earlier datagram by its
    /// receiver. The receive goes on.
    Interrupted {
        /// The receive.
        receive: Receive,
        /// The error.
        error: io::Error,
    },
    /// A receive is over.
    Ended(Ended),
}

/// A message was sent, or was not.
///
/// ```
/// fn show(sent: framewell_uring::Sent) {
///     match sent.result {
///         Ok(bytes) => println!("{:?}: {bytes} bytes", sent.send),
///         Err(error) => println!("{:?}: {error}", sent.send),
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent {
    /// The send.
    pub send: SendId,
    /// How many bytes were sent. A stream may take fewer than the message has.
    pub result: io::Result<usize>,
    /// The buffers of the message, as they were given. There are none if the kernel still has them:
    /// then an [`Event::Released`] follows.
    pub owners: Owners,
}

/// The kernel is done with the buffers of a message that was sent without a copy.
///
/// ```
/// fn again(released: framewell_uring::Released) -> usize {
///     released.owners.map(|owner| owner.len()).sum()
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Released {
    /// The send.
    pub send: SendId,
    /// The buffers of the message, as they were given.
    pub owners: Owners,
}

/// A receive is over.
///
/// ```
/// fn show(ended: framewell_uring::Ended) {
///     println!("{:?} has ended: {:?}", ended.receive, ended.ending);
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// The receive.
    pub receive: Receive,
    /// The reason.
    pub ending: Ending,
}

/// The reason why a receive is over.
///
/// ```
/// use framewell_uring::Ending;
///
/// fn is_bad(ending: &Ending) -> bool {
///     matches!(ending, Ending::Failed(_))
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Ending {
    /// The peer has ended the stream.
    EndOfStream,
    /// The program has ended the receive.
    Cancelled,
    /// The one buffer of [`Ring::recv`](crate::Ring::recv) was received, or was not needed.
    Done,
    /// The socket or the kernel has failed.
    Failed(Error),
}

/// A piece of a stream in a buffer that gets more.
///
/// Its bytes are read by [`Ring::piece`](crate::Ring::piece) while the kernel has the buffer. The
/// owner comes with the last piece, as an [`Event::Received`]. Its headroom holds the pieces
/// before.
///
/// ```
/// # use framewell_uring::{Piece, Ring};
/// fn show(ring: &Ring, piece: &Piece) {
///     println!("{:?}", ring.piece(piece));
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    pub(crate) receive: Receive,
    pub(crate) group: Group,
    pub(crate) id: u16,
    pub(crate) serial: u64,
    pub(crate) offset: u32,
    pub(crate) len: u32,
}

impl Piece {
    /// Returns the receive that brought it.
    ///
    /// ```
    /// # fn show(piece: &framewell_uring::Piece) {
    /// println!("by {:?}", piece.receive());
    /// # }
    /// ```
    #[must_use]
    pub fn receive(&self) -> Receive {
        self.receive
    }
}
