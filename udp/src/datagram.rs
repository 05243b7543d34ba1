//! What was received: an owner of a buffer, with what the kernel said about it.

#![forbid(unsafe_code)]

use std::fmt;
use std::iter::FusedIterator;
use std::net::SocketAddr;

use framewell::{Exclusive, Pieces, Shared};

use crate::sys::Arrival;

/// A buffer with what was received into it.
///
/// ```
/// # use framewell::Pool;
/// # use framewell_udp::{Form, Socket};
/// # let pool = Pool::builder().build()?;
/// let mut socket = Socket::bind("127.0.0.1:0", &pool)?;
/// let here = socket.as_std().local_addr()?;
/// socket.as_std().send_to(b"packet", here)?;
///
/// let mut received = Vec::new();
/// socket.recv_burst(&mut received, 32)?;
/// let datagram = &received[0];
/// assert_eq!((&*datagram.buffer, datagram.peer), (&b"packet"[..], here));
/// assert_eq!((datagram.sent_len, datagram.form), (6, Form::Whole));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Datagram<B> {
    /// The buffer. Its data is what was received.
    pub buffer: B,
    /// The sender.
    pub peer: SocketAddr,
    /// The bytes that the datagram, or the merged datagrams together, had. They are more than the
    /// buffer's if the form is [`Form::Cut`].
    pub sent_len: usize,
    /// What the buffer holds.
    pub form: Form,
}

/// What a buffer holds that was received.
///
/// ```
/// use framewell_udp::Form;
///
/// assert!(Form::Whole.is_whole() && !Form::Cut.is_whole());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Form {
    /// One datagram, all of it.
    Whole,
    /// Several datagrams, all of them.
    Merged {
        /// The bytes of each datagram. The last may be shorter.
        segment: usize,
    },
    /// The beginning of a datagram, or of several merged ones. The buffer was too small, and the
    /// rest is lost.
    Cut,
    /// All that was received, but nobody knows whether it is one datagram or several: control data
    /// was cut, or the kernel had merged before GRO was turned off.
    Unknown,
}

impl Form {
    /// Returns whether the buffer holds one datagram, and all of it.
    ///
    /// ```
    /// assert!(!framewell_udp::Form::Merged { segment: 1448 }.is_whole());
    /// ```
    #[must_use]
    pub fn is_whole(self) -> bool {
        self == Self::Whole
    }

    /// Returns the form of what arrived, where `tells` says that the kernel tells what it merged.
    pub(crate) fn of(arrival: &Arrival, tells: bool) -> Self {
        match arrival.segment {
            _ if arrival.cut => Self::Cut,
            // The kernel gives no such size.
            Some(0) => Self::Unknown,
            Some(segment) if segment < arrival.sent_len => Self::Merged { segment },
            Some(_) => Self::Whole,
            None if arrival.control_cut || !tells => Self::Unknown,
            None => Self::Whole,
        }
    }
}

impl<B: Exclusive> Datagram<B> {
    /// Splits the buffer into its datagrams, without a copy.
    ///
    /// Each is a reference to its part of the buffer, which is freed when the last of them is
    /// dropped. A datagram that was not merged is one segment, also if it is empty. The call does
    /// not enter the kernel.
    ///
    /// # Errors
    ///
    /// The error is the datagram itself, if its form is [`Form::Cut`] or [`Form::Unknown`]: its
    /// segments would not be datagrams.
    ///
    /// ```
    /// # use framewell::{Pool, VarBuf};
    /// # use framewell_udp::{Datagram, Socket};
    /// # let pool = Pool::builder().build()?;
    /// let mut socket = Socket::builder(&pool).gro(true).bind("127.0.0.1:0")?;
    /// let here = socket.as_std().local_addr()?;
    /// socket.send_segmented(&[7; 3000], 1400, Some(here))?; // 1400, 1400 and 200 bytes
    ///
    /// let mut packets = Vec::new();
    /// while packets.len() < 3 {
    ///     let mut received: Vec<Datagram<VarBuf>> = Vec::new();
    ///     socket.recv_merged(&mut received, 32)?;
    ///     for datagram in received {
    ///         packets.extend(datagram.segments().expect("the buffer holds any"));
    ///     }
    /// }
    /// assert_eq!((packets.len(), packets[2].len()), (3, 200));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn segments(self) -> Result<Segments<B>, Self> {
        let segments = match self.form {
            Form::Whole => Inner::One(Some(Shared::from(self.buffer))),
            Form::Merged { segment } => {
                Inner::Several(Shared::from(self.buffer).split_every(segment))
            }
            Form::Cut | Form::Unknown => return Err(self),
        };
        Ok(Segments(segments))
    }
}

/// The iterator of [`Datagram::segments`]. Dropping it drops the references that it has not
/// returned.
///
/// ```
/// # use framewell::Pool;
/// # use framewell_udp::Socket;
/// # let pool = Pool::builder().build()?;
/// let mut socket = Socket::bind("127.0.0.1:0", &pool)?;
/// socket.as_std().send_to(b"", socket.as_std().local_addr()?)?;
/// let mut received = Vec::new();
/// socket.recv_merged(&mut received, 1)?;
/// let segments = received.remove(0).segments().unwrap();
/// assert_eq!(segments.len(), 1); // an empty datagram is one, too
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping the iterator drops the segments"]
pub struct Segments<B: Exclusive>(Inner<B>);

enum Inner<B: Exclusive> {
    One(Option<Shared<B>>),
    Several(Pieces<B>),
}

impl<B: Exclusive> Iterator for Segments<B> {
    type Item = Shared<B>;

    #[inline]
    fn next(&mut self) -> Option<Shared<B>> {
        match &mut self.0 {
            Inner::One(one) => one.take(),
            Inner::Several(pieces) => pieces.next(),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Inner::One(one) => {
                let left = usize::from(one.is_some());
                (left, Some(left))
            }
            Inner::Several(pieces) => pieces.size_hint(),
        }
    }
}

impl<B: Exclusive> ExactSizeIterator for Segments<B> {}
impl<B: Exclusive> FusedIterator for Segments<B> {}

impl<B: Exclusive> fmt::Debug for Segments<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments")
            .field("left", &self.len())
            .finish_non_exhaustive()
    }
}
