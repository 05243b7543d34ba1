//! What a receive brings: the owner of a buffer, and what the kernel says of its contents.
//!
//! A receive with headers begins a buffer with `struct io_uring_recvmsg_out`, and with room for the
//! peer's address and the control messages. That room is there whether it is used or not:
//!
//! ```text
//!   │◄─ headroom ─►│ 16 bytes │ peer │ control │ payload │
//!                                             └─► the data of the owner begins here
//! ```
//!
//! They lie in the headroom of the owner then, and are read there.

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};

use crate::address;
use crate::control::ControlMessages;
use crate::handles::Receive;
use crate::owner::Owner;

/// The bytes that the kernel writes before the peer's address.
const OUT: usize = 16;

/// What a receive asks for beside the payload: the address of the peer, and control messages. Both
/// take room in the buffer, in front of the payload.
///
/// ```
/// use framewell_uring::Headers;
///
/// let headers = Headers::new().peer().control(64);
/// assert_eq!(headers.bytes(), 16 + 28 + 64);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Headers {
    peer: u32,
    control: u32,
}

impl Headers {
    /// Returns headers that hold nothing.
    ///
    /// ```
    /// assert_eq!(framewell_uring::Headers::new().bytes(), 16);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            peer: 0,
            control: 0,
        }
    }

    /// Asks for the address of the peer: 28 bytes, which hold any address of IPv4 and IPv6.
    ///
    /// ```
    /// assert_eq!(framewell_uring::Headers::new().peer().bytes(), 44);
    /// ```
    #[must_use]
    pub const fn peer(mut self) -> Self {
        self.peer = address::LONGEST as u32;
        self
    }

    /// Asks for control messages, with so many bytes of room for all of them. It is rounded up to a
    /// multiple of 8.
    ///
    /// Do not ask for them on a socket of the Unix domain whose peer may send descriptors: the
    /// kernel opens those in this process, and nobody closes them.
    ///
    /// ```
    /// assert_eq!(framewell_uring::Headers::new().control(30).bytes(), 48);
    /// ```
    #[must_use]
    pub const fn control(mut self, bytes: u32) -> Self {
        self.control = bytes.saturating_add(7) & !7;
        self
    }

    /// Returns how many bytes lie in front of the payload.
    ///
    /// ```
    /// assert_eq!(framewell_uring::Headers::new().peer().control(24).bytes(), 68);
    /// ```
    #[must_use]
    pub const fn bytes(&self) -> usize {
        OUT + self.peer as usize + self.control as usize
    }

    pub(crate) fn peer_room(&self) -> u32 {
        self.peer
    }

    pub(crate) fn control_room(&self) -> u32 {
        self.control
    }
}

/// What the kernel has written in front of a payload: which parts of it are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Parts {
    /// Where the peer's address begins, in bytes from the buffer's first.
    peer: u32,
    peer_len: u32,
    control: u32,
    control_len: u32,
    flags: i32,
}

/// A datagram, or a piece of a stream, in the buffer into which the kernel has written it.
///
/// It dereferences to the payload.
///
/// ```
/// # use framewell_uring::Received;
/// fn answer(received: Received) {
///     let from = received.peer();
///     let len = received.len();
///     if received.is_cut() {
///         println!("{from:?} sent {} bytes, of which {len} are here", received.full_len());
///     }
///     let owner = received.into_owner();
///     drop(owner); // the buffer goes back to the pool
/// }
/// ```
#[derive(Debug)]
pub struct Received {
    receive: Receive,
    owner: Owner,
    full_len: usize,
    cut: bool,
    parts: Option<Parts>,
}

impl Received {
    /// Describes a buffer whose data is all that the kernel has written, without headers.
    pub(crate) fn plain(receive: Receive, owner: Owner, full_len: usize) -> Self {
        let cut = full_len > owner.len();
        Self {
            receive,
            owner,
            full_len,
            cut,
            parts: None,
        }
    }

    /// Describes a buffer whose data begins with headers. `None` if the data is shorter than they.
    #[inline]
    pub(crate) fn with_headers(
        receive: Receive,
        mut owner: Owner,
        headers: &Headers,
    ) -> Option<Self> {
        let first = owner.headroom() as u32;
        let word = |at: usize| {
            let bytes = owner.get(4 * at..)?.first_chunk()?;
            Some(u32::from_ne_bytes(*bytes))
        };
        let (peer_len, control_len) = (word(0)?, word(1)?);
        let (full_len, flags) = (word(2)? as usize, word(3)? as i32);
        owner.pull(headers.bytes()).ok()?;
        let peer = first + OUT as u32;
        let parts = Parts {
            peer,
            peer_len: peer_len.min(headers.peer),
            control: peer + headers.peer,
            control_len: control_len.min(headers.control),
            flags,
        };
        let cut = full_len > owner.len() || flags & libc::MSG_TRUNC != 0;
        Some(Self {
            receive,
            owner,
            full_len,
            cut,
            parts: Some(parts),
        })
    }

    /// Returns the receive that brought it.
    ///
    /// ```
    /// # fn show(received: &framewell_uring::Received) {
    /// println!("by {:?}", received.receive());
    /// # }
    /// ```
    #[must_use]
    pub fn receive(&self) -> Receive {
        self.receive
    }

    /// Returns the address of the sender, if the receive [asked](Headers::peer) for it and it is
    /// one of IPv4 or IPv6.
    ///
    /// ```
    /// # fn show(received: &framewell_uring::Received) {
    /// println!("from {:?}", received.peer());
    /// # }
    /// ```
    #[inline]
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        let parts = self.parts.as_ref()?;
        let bytes = self.owner.head().get(parts.peer as usize..)?;
        address::from_bytes(bytes.get(..parts.peer_len as usize)?)
    }

    /// Returns the control messages that came along.
    ///
    /// ```
    /// # fn show(received: &framewell_uring::Received) {
    /// println!("{} control messages", received.control().count());
    /// # }
    /// ```
    #[must_use]
    pub fn control(&self) -> ControlMessages<'_> {
        let bytes = self.parts.as_ref().and_then(|parts| {
            let bytes = self.owner.head().get(parts.control as usize..)?;
            bytes.get(..parts.control_len as usize)
        });
        ControlMessages(bytes.unwrap_or(&[]))
    }

    /// Returns whether there was no room for all control messages.
    ///
    /// ```
    /// # fn show(received: &framewell_uring::Received) {
    /// assert!(!received.is_control_cut(), "ask for more with Headers::control");
    /// # }
    /// ```
    #[must_use]
    pub fn is_control_cut(&self) -> bool {
        self.parts
            .is_some_and(|parts| parts.flags & libc::MSG_CTRUNC != 0)
    }

    /// Returns the length of each of the datagrams that were merged into this one, if the socket
    /// has `UDP_GRO` and the kernel has merged some. The last may be shorter.
    ///
    /// The receive has to ask for control messages, of which this is one.
    ///
    /// ```
    /// # fn show(received: &framewell_uring::Received) {
    /// let each = received.segment_size().map_or(received.len(), usize::from);
    /// println!("{} datagrams", received.len().div_ceil(each.max(1)));
    /// # }
    /// ```
    #[must_use]
    pub fn segment_size(&self) -> Option<u16> {
        let mut messages = self.control();
        let message = messages
            .find(|message| message.level == libc::SOL_UDP && message.kind == libc::UDP_GRO)?;
        let size = i32::from_ne_bytes(*message.data.first_chunk()?);
        u16::try_from(size).ok().filter(|size| *size > 0)
    }

    /// Returns whether the datagram was longer than the room for it. The rest of it is lost.
    ///
    /// ```
    /// # fn show(received: &framewell_uring::Received) {
    /// println!("cut: {}", received.is_cut());
    /// # }
    /// ```
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Returns how many bytes the datagram had, also if it was cut.
    ///
    /// ```
    /// # fn show(received: &framewell_uring::Received) {
    /// println!("{} of {} bytes", received.len(), received.full_len());
    /// # }
    /// ```
    #[must_use]
    pub fn full_len(&self) -> usize {
        self.full_len
    }

    /// Returns the owner of the buffer. Its data is the payload, and what lay in front of that is
    /// headroom.
    ///
    /// ```
    /// # fn show(received: framewell_uring::Received) {
    /// let frame = received.into_owner().into_frame().expect("the group is one of frames");
    /// # }
    /// ```
    #[inline]
    #[must_use = "dropping the owner gives its buffer back to the pool"]
    pub fn into_owner(self) -> Owner {
        self.owner
    }
}

impl Deref for Received {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.owner
    }
}

impl DerefMut for Received {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.owner
    }
}
