//! sendmmsg: messages of one packet, or of several that the kernel cuts apart (`UDP_SEGMENT`).
//!
//! ```text
//!   messages[i]: first piece, number of pieces, name, segment size
//!   headers[i] ──► names[i], controls[i], pieces[first..]  ──► packets of the caller
//! ```
//!
//! [`Filling`] borrows the packets. What is left of it in the outbox is read by nobody.

use std::marker::PhantomData;
use std::mem::zeroed;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::{io, ptr};

use libc::{c_int, cmsghdr, iovec, mmsghdr, socklen_t};

use super::address::Name;
use super::answer;
use crate::sys::MESSAGES;

/// The bytes behind a segment size, up to the next multiple of the header's alignment.
const REST: usize = align_of::<cmsghdr>() - size_of::<u16>();

/// A control message with a segment size, as the kernel reads it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Control {
    head: cmsghdr,
    segment: u16,
    rest: [u8; REST],
}

/// A message: pieces of memory, and where they go.
struct Message {
    first: usize,
    pieces: usize,
    packets: usize,
    name: Name,
    /// 0 if the message goes where the socket is connected to.
    name_len: socklen_t,
    segment: u16,
}

/// The memory of outboxes, which is used again.
pub(crate) struct Outbox {
    messages: Vec<Message>,
    pieces: Vec<iovec>,
    headers: Vec<mmsghdr>,
    controls: Vec<Control>,
}

// SAFETY: the pointers are used in `Filling::send` alone, and written while that value exists.
unsafe impl Send for Outbox {}
// SAFETY: as above; nothing is changed through a shared reference.
unsafe impl Sync for Outbox {}

/// An outbox that is being filled with packets, which it borrows.
pub(crate) struct Filling<'o, 'p> {
    outbox: &'o mut Outbox,
    packets: PhantomData<&'p [u8]>,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            messages: Vec::with_capacity(MESSAGES),
            pieces: Vec::with_capacity(MESSAGES),
            headers: Vec::with_capacity(MESSAGES),
            controls: Vec::with_capacity(MESSAGES),
        }
    }

    /// Empties the outbox, and begins to fill it.
    pub(crate) fn fill<'p>(&mut self) -> Filling<'_, 'p> {
        self.messages.clear();
        self.pieces.clear();
        Filling {
            outbox: self,
            packets: PhantomData,
        }
    }
}

impl<'p> Filling<'_, 'p> {
    /// Returns the number of messages.
    pub(crate) fn messages(&self) -> usize {
        self.outbox.messages.len()
    }

    /// Begins a message with its first packet.
    pub(crate) fn begin(&mut self, packet: &'p [u8], peer: Option<SocketAddr>) {
        let (name, name_len) = match peer {
            Some(peer) => Name::of(peer),
            None => (Name::none(), 0),
        };
        self.outbox.messages.push(Message {
            first: self.outbox.pieces.len(),
            pieces: 1,
            packets: 1,
            name,
            name_len,
            segment: 0,
        });
        self.outbox.pieces.push(piece(packet));
    }

    /// Adds a packet to the message that was begun last, which is to be cut every `segment` bytes.
    pub(crate) fn add(&mut self, packet: &'p [u8], segment: u16) {
        let message = self.outbox.messages.last_mut();
        let message = message.expect("a message was begun");
        message.segment = segment;
        message.packets += 1;
        let last = self
            .outbox
            .pieces
            .last_mut()
            .expect("a message has a piece");
        // Packets that follow each other in memory are one piece.
        if last.iov_base.addr() + last.iov_len == packet.as_ptr().addr() {
            last.iov_len += packet.len();
        } else {
            message.pieces += 1;
            self.outbox.pieces.push(piece(packet));
        }
    }

    /// Returns the number of packets in a message.
    pub(crate) fn packets(&self, message: usize) -> usize {
        self.outbox.messages[message].packets
    }

    /// Sends the messages, in order, and returns how many were sent: at least one.
    pub(crate) fn send(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let Outbox {
            messages,
            pieces,
            headers,
            controls,
        } = &mut *self.outbox;
        headers.clear();
        controls.clear();
        controls.extend(messages.iter().map(|message| control(message.segment)));
        for (message, control) in messages.iter_mut().zip(controls) {
            // SAFETY: a structure of integers and of pointers that may be null.
            let mut header: mmsghdr = unsafe { zeroed() };
            if message.name_len > 0 {
                header.msg_hdr.msg_name = ptr::from_mut(&mut message.name).cast();
                header.msg_hdr.msg_namelen = message.name_len;
            }
            header.msg_hdr.msg_iov = pieces[message.first..].as_mut_ptr();
            header.msg_hdr.msg_iovlen = message.pieces as _;
            if message.segment > 0 {
                header.msg_hdr.msg_control = ptr::from_mut(control).cast();
                header.msg_hdr.msg_controllen = size_of::<Control>() as _;
            }
            headers.push(header);
        }
        let (first, len) = (headers.as_mut_ptr(), headers.len());
        // SAFETY: there are `len` headers. What they point to is this outbox's, and does not move
        // meanwhile; each header's pieces lie in the array, and name packets that are borrowed for
        // `'p`, which outlives this value. The kernel only reads them.
        let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), first, len as _, 0) };
        Ok(answer(sent)? as usize)
    }
}

fn piece(packet: &[u8]) -> iovec {
    iovec {
        iov_base: packet.as_ptr().cast_mut().cast(),
        iov_len: packet.len(),
    }
}

fn control(segment: u16) -> Control {
    // SAFETY: a structure of integers.
    let mut head: cmsghdr = unsafe { zeroed() };
    head.cmsg_level = libc::SOL_UDP;
    head.cmsg_type = libc::UDP_SEGMENT as c_int;
    head.cmsg_len = (size_of::<cmsghdr>() + size_of::<u16>()) as _;
    Control {
        head,
        segment,
        rest: [0; REST],
    }
}
