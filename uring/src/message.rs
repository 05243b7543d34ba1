//! What is sent: the buffers of a message, where it goes, and how.

use std::collections::VecDeque;
use std::iter::FusedIterator;
use std::net::SocketAddr;

use framewell::Borrower;

use crate::address;
use crate::control;
use crate::owner::{LentPart, Owner};

/// A message to be sent: one buffer or several, one behind the other, and where they go.
///
/// ```
/// use framewell::Pool;
/// use framewell_uring::Message;
///
/// let pool = Pool::builder().build()?;
/// let message = Message::new(pool.copy_from(b"head")?)
///     .part(pool.copy_from(b"body")?)
///     .to("127.0.0.1:9".parse()?)
///     .zero_copy();
/// assert_eq!(message.bytes(), 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a message is sent by `Ring::send`"]
pub struct Message {
    pub(crate) owners: Owners,
    pub(crate) to: Option<SocketAddr>,
    pub(crate) control: Vec<u8>,
    pub(crate) zero_copy: bool,
}

impl Message {
    /// Returns a message of one buffer, to the peer that its socket is connected to.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Message;
    /// # let pool = Pool::builder().build()?;
    /// assert_eq!(Message::new(pool.copy_from(b"packet")?).bytes(), 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn new(owner: impl Into<Owner>) -> Self {
        Self {
            owners: Owners {
                first: Some(owner.into()),
                rest: None,
            },
            to: None,
            control: Vec::new(),
            zero_copy: false,
        }
    }

    /// Sends the message to this address.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Message;
    /// # let pool = Pool::builder().build()?;
    /// let message = Message::new(pool.copy_from(b"packet")?).to("[::1]:9".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn to(mut self, address: SocketAddr) -> Self {
        self.to = Some(address);
        self
    }

    /// Appends a buffer. The kernel gathers the buffers of a message, at most 1,024.
    ///
    /// The call takes memory of the heap.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Message;
    /// # let pool = Pool::builder().build()?;
    /// let message = Message::new(pool.copy_from(b"head")?).part(pool.copy_from(b"body")?);
    /// assert_eq!(message.bytes(), 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn part(mut self, owner: impl Into<Owner>) -> Self {
        self.owners
            .rest
            .get_or_insert_default()
            .push_back(owner.into());
        self
    }

    /// Has the kernel send the buffers themselves, instead of a copy of them.
    ///
    /// They stay lent until the kernel tells that it is done with them
    /// ([`Event::Released`](crate::Event::Released)), which may be seconds later. On a kernel that
    /// cannot do it a copy is sent, and counted in [`RingStats`](crate::RingStats::copied).
    ///
    /// A message that crosses more than 17 pages is refused by the kernel (EMSGSIZE).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Message;
    /// # let pool = Pool::builder().build()?;
    /// let message = Message::new(pool.copy_from(b"packet")?).zero_copy();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn zero_copy(mut self) -> Self {
        self.zero_copy = true;
        self
    }

    /// Has the kernel cut the message into datagrams of so many bytes (`UDP_SEGMENT`). The last may
    /// be shorter.
    ///
    /// The kernel takes at most 128 segments, and 65,507 bytes.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Message;
    /// # let pool = Pool::builder().build()?;
    /// let message = Message::new(pool.alloc(12_000)?).segments(1200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn segments(self, bytes: u16) -> Self {
        self.control(libc::SOL_UDP, libc::UDP_SEGMENT, &bytes.to_ne_bytes())
    }

    /// Adds a control message: the number of its protocol, its own, and what it says.
    ///
    /// # Panics
    ///
    /// If it is one of descriptors (`SCM_RIGHTS`): here they are numbers, which somebody else may
    /// own.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Message;
    /// # let pool = Pool::builder().build()?;
    /// // IPPROTO_IP, IP_TOS
    /// let message = Message::new(pool.copy_from(b"packet")?).control(0, 1, &[0xb8]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn control(mut self, level: i32, kind: i32, data: &[u8]) -> Self {
        assert!(
            (level, kind) != (libc::SOL_SOCKET, libc::SCM_RIGHTS),
            "a control message of descriptors names what somebody else may own; send them by \
             sendmsg(2)"
        );
        control::append(&mut self.control, level, kind, data);
        self
    }

    /// Returns the bytes of all buffers' data.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Message;
    /// # let pool = Pool::builder().build()?;
    /// assert_eq!(Message::new(pool.get(60)?).bytes(), 60);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.owners.as_slices().map(<[u8]>::len).sum()
    }

    /// Returns the owners of the message's buffers, in order.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Message;
    /// # let pool = Pool::builder().build()?;
    /// assert_eq!(Message::new(pool.get(60)?).into_owners().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_owners(self) -> Owners {
        self.owners
    }
}

/// The owners of a message's buffers, in order; an iterator. Those that are not taken go back to
/// the pool.
///
/// ```
/// # use framewell::Pool;
/// # use framewell_uring::Message;
/// # let pool = Pool::builder().build()?;
/// let message = Message::new(pool.copy_from(b"a")?).part(pool.copy_from(b"b")?);
/// let bytes: Vec<u8> = message.into_owners().map(|owner| owner[0]).collect();
/// assert_eq!(bytes, *b"ab");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Owners {
    first: Option<Owner>,
    /// Boxed, because most messages have one buffer, and the owners move with each event.
    #[allow(clippy::box_collection, reason = "see above")]
    rest: Option<Box<VecDeque<Owner>>>,
}

impl Owners {
    fn as_slices(&self) -> impl Iterator<Item = &[u8]> {
        let rest = self.rest.iter().flat_map(|rest| rest.iter());
        self.first.iter().chain(rest).map(AsRef::as_ref)
    }
}

impl Iterator for Owners {
    type Item = Owner;

    #[inline]
    fn next(&mut self) -> Option<Owner> {
        self.first
            .take()
            .or_else(|| self.rest.as_mut()?.pop_front())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let rest = self.rest.as_ref().map_or(0, |rest| rest.len());
        let n = usize::from(self.first.is_some()) + rest;
        (n, Some(n))
    }
}

impl ExactSizeIterator for Owners {}
impl FusedIterator for Owners {}

impl FromIterator<Owner> for Owners {
    fn from_iter<I: IntoIterator<Item = Owner>>(owners: I) -> Self {
        let mut owners = owners.into_iter();
        let first = owners.next();
        let rest: VecDeque<Owner> = owners.collect();
        Self {
            first,
            rest: (!rest.is_empty()).then(|| Box::new(rest)),
        }
    }
}

/// The buffers of a message while they are lent.
#[derive(Debug)]
pub(crate) struct LentParts {
    pub(crate) first: LentPart,
    pub(crate) rest: Vec<LentPart>,
}

impl LentParts {
    /// Lends all buffers, or returns them all if one is of another pool.
    #[inline]
    pub(crate) fn lend(owners: Owners, to: &Borrower) -> Result<Self, Owners> {
        let mut lent: Vec<LentPart> = Vec::new();
        let mut first = None;
        let mut owners = owners;
        while let Some(owner) = owners.next() {
            match owner.lend(to) {
                Ok(part) if first.is_none() => first = Some(part),
                Ok(part) => lent.push(part),
                Err(refused) => {
                    // SAFETY: the kernel was told of none of them, and each comes back once.
                    let back = |part: LentPart| unsafe { part.take_back(to) }.ok();
                    let before = first.into_iter().chain(lent).filter_map(back);
                    let all: Vec<Owner> = before.chain([refused]).chain(owners).collect();
                    return Err(all.into_iter().collect());
                }
            }
        }
        let first = first.expect("a message has a buffer");
        Ok(Self { first, rest: lent })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &LentPart> {
        [&self.first].into_iter().chain(&self.rest)
    }

    /// Takes all buffers back. It returns them, and how many were refused.
    ///
    /// # Safety
    ///
    /// - The kernel is done with the buffers, and they are taken back once.
    #[inline]
    pub(crate) unsafe fn take_back(self, from: &Borrower) -> (Owners, u64) {
        let mut refused = 0;
        let mut back = |part: LentPart| {
            // SAFETY: the function's bullet.
            let taken = unsafe { part.take_back(from) };
            refused += u64::from(taken.is_err());
            taken.ok()
        };
        let first = back(self.first);
        let rest = match self.rest.is_empty() {
            true => None,
            false => Some(Box::new(self.rest.into_iter().filter_map(back).collect())),
        };
        (Owners { first, rest }, refused)
    }
}

/// What the kernel reads of a message beside its buffers: `struct msghdr`, and what that points to.
/// It stays in its place until the message is done.
#[derive(Debug)]
pub(crate) struct Held {
    header: libc::msghdr,
    iovecs: Vec<libc::iovec>,
    address: [u8; address::LONGEST],
    control: Vec<u8>,
}

// SAFETY: the pointers lead into the same value, and to buffers that are lent. Neither belongs to a
// thread.
unsafe impl Send for Held {}

impl Held {
    pub(crate) fn new() -> Box<Self> {
        // SAFETY: a structure of integers and of pointers that may be null.
        let header = unsafe { std::mem::zeroed() };
        Box::new(Self {
            header,
            iovecs: Vec::new(),
            address: [0; address::LONGEST],
            control: Vec::new(),
        })
    }

    /// Writes the header of a message, and returns where it lies.
    pub(crate) fn write(
        self: &mut Box<Self>,
        parts: &LentParts,
        from: &Borrower,
        to: Option<SocketAddr>,
        control: Vec<u8>,
    ) -> *const libc::msghdr {
        self.iovecs.clear();
        self.iovecs.extend(parts.iter().map(|part| libc::iovec {
            iov_base: part.address(from).cast(),
            iov_len: part.len,
        }));
        self.control = control;
        let (address, len) = to.map_or(([0; address::LONGEST], 0), address::to_bytes);
        self.address = address;
        self.header.msg_name = match len {
            0 => std::ptr::null_mut(),
            _ => self.address.as_mut_ptr().cast(),
        };
        self.header.msg_namelen = len as libc::socklen_t;
        self.header.msg_iov = self.iovecs.as_mut_ptr();
        self.header.msg_iovlen = self.iovecs.len() as _;
        self.header.msg_control = match self.control.len() {
            0 => std::ptr::null_mut(),
            _ => self.control.as_mut_ptr().cast(),
        };
        self.header.msg_controllen = self.control.len() as _;
        &raw const self.header
    }
}

/// The `struct msghdr` of a receive with headers: how much room the headers have.
#[derive(Debug)]
pub(crate) struct HeaderRoom(libc::msghdr);

// SAFETY: all pointers are null.
unsafe impl Send for HeaderRoom {}

impl HeaderRoom {
    pub(crate) fn new(peer: u32, control: u32) -> Box<Self> {
        // SAFETY: a structure of integers and of pointers that may be null.
        let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
        header.msg_namelen = peer;
        header.msg_controllen = control as _;
        Box::new(Self(header))
    }

    pub(crate) fn at(&self) -> *const libc::msghdr {
        &raw const self.0
    }
}
