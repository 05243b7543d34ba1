//! Bursts of datagrams by one system call each: `sendmmsg` and `recvmmsg`.

use std::io;
use std::mem;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::ptr;

use super::pattern::{HEAD, Pattern};

/// The datagrams in a burst.
pub(super) const BURST: usize = 32;

/// The room for control data: a time to live, with its head, takes 24 bytes.
type Control = [u64; 4];

fn nothing() -> [libc::mmsghdr; BURST] {
    // SAFETY: the structure holds integers and pointers, which may be zero.
    unsafe { mem::zeroed() }
}

/// Turns the answer of a call into how many datagrams it moved. No room or nothing there is none.
fn moved(answer: libc::c_int) -> io::Result<usize> {
    match usize::try_from(answer) {
        Ok(n) => Ok(n),
        Err(_) => {
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EAGAIN | libc::EINTR | libc::ENOBUFS) => Ok(0),
                _ => Err(error),
            }
        }
    }
}

/// Sends `n` datagrams of a flow, with these numbers and so many bytes each, and returns how many
/// the socket took.
///
/// # Errors
///
/// The kernel's error, if it took none for another reason than want of room.
pub(super) fn send(
    socket: &UdpSocket,
    pattern: &Pattern,
    flow: u32,
    first: u64,
    n: usize,
    len: usize,
) -> io::Result<usize> {
    let mut heads = [[0; HEAD]; BURST];
    let mut parts = [[libc::iovec {
        iov_base: ptr::null_mut(),
        iov_len: 0,
    }; 2]; BURST];
    let mut messages = nothing();
    let n = n.min(BURST);
    for at in 0..n {
        let number = first + at as u64;
        heads[at] = Pattern::head(flow, number);
        let rest = pattern.rest(flow, number, len - HEAD);
        parts[at][0].iov_base = heads[at].as_mut_ptr().cast();
        parts[at][0].iov_len = HEAD;
        // The kernel only reads what it sends.
        parts[at][1].iov_base = rest.as_ptr().cast_mut().cast();
        parts[at][1].iov_len = rest.len();
        messages[at].msg_hdr.msg_iov = parts[at].as_mut_ptr();
        messages[at].msg_hdr.msg_iovlen = 2;
    }
    let (fd, at) = (socket.as_raw_fd(), messages.as_mut_ptr());
    // SAFETY: the first `n` messages have the address and length of two parts, each of which may be
    // read; all of them outlive the call.
    moved(unsafe { libc::sendmmsg(fd, at, n as u32, libc::MSG_DONTWAIT) })
}

/// The most datagrams that are sent as one. The first kernels with that took no more.
const MERGED: usize = 64;
/// The most bytes that are sent as one, which IPv4 allows.
const LONGEST: usize = 65_507;

/// Returns how many datagrams of so many bytes are sent as one, if `n` are to be sent.
pub(super) fn merged(n: usize, len: usize) -> usize {
    n.min(MERGED).min(LONGEST / len)
}

/// Sends `n` datagrams of a flow as one, which the kernel takes apart into so many bytes each, and
/// returns whether the socket took them. There are no more than [`merged`] allows.
///
/// # Errors
///
/// The kernel's error, if it took none for another reason than want of room.
pub(super) fn send_merged(
    socket: &UdpSocket,
    pattern: &Pattern,
    flow: u32,
    first: u64,
    n: usize,
    len: usize,
) -> io::Result<bool> {
    let mut heads = [[0; HEAD]; MERGED];
    let mut parts = [libc::iovec {
        iov_base: ptr::null_mut(),
        iov_len: 0,
    }; 2 * MERGED];
    for (at, pair) in parts.chunks_exact_mut(2).take(n).enumerate() {
        let number = first + at as u64;
        heads[at] = Pattern::head(flow, number);
        let rest = pattern.rest(flow, number, len - HEAD);
        pair[0].iov_base = heads[at].as_mut_ptr().cast();
        pair[0].iov_len = HEAD;
        // The kernel only reads what it sends.
        pair[1].iov_base = rest.as_ptr().cast_mut().cast();
        pair[1].iov_len = rest.len();
    }
    let mut control = Control::default();
    // SAFETY: the structure holds integers and pointers, which may be zero.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = parts.as_mut_ptr();
    message.msg_iovlen = (2 * n) as _;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: the call computes with a number.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(size_of::<u16>() as u32) } as _;
    // SAFETY: the control data may be written for its length.
    let head = unsafe { libc::CMSG_FIRSTHDR(&message) };
    // SAFETY: the call computes with a number.
    let long = unsafe { libc::CMSG_LEN(size_of::<u16>() as u32) };
    // SAFETY: there is room for a head, since the length is that of a head with data.
    let told = unsafe { &mut *head };
    told.cmsg_level = libc::SOL_UDP;
    told.cmsg_type = libc::UDP_SEGMENT;
    told.cmsg_len = long as _;
    // SAFETY: the head is followed by its data.
    let data = unsafe { libc::CMSG_DATA(head) };
    // SAFETY: there is room for an integer of this size behind the head.
    unsafe { data.cast::<u16>().write_unaligned(len as u16) };
    let fd = socket.as_raw_fd();
    // SAFETY: the message has the address and number of parts, each of which may be read, and
    // control data of its length; all of them outlive the call.
    let sent = unsafe { libc::sendmsg(fd, &message, libc::MSG_DONTWAIT) };
    Ok(moved(sent as libc::c_int)? > 0)
}

/// Room for a burst of datagrams.
#[derive(Debug)]
pub(super) struct Inbox {
    /// One behind the other, `room` bytes each.
    bytes: Vec<u8>,
    room: usize,
    control: [Control; BURST],
    /// The length of each datagram, and how much control data came with it.
    came: [(usize, usize); BURST],
}

impl Inbox {
    /// Returns room for datagrams of up to so many bytes. A longer one is recognised.
    pub(super) fn new(longest: usize) -> Self {
        let room = longest + 1;
        Self {
            bytes: vec![0; room * BURST],
            room,
            control: [Control::default(); BURST],
            came: [(0, 0); BURST],
        }
    }

    /// Receives what is there, up to a burst, and returns how many datagrams that is.
    ///
    /// # Errors
    ///
    /// The kernel's error, if there is another than that nothing is there.
    pub(super) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let mut messages = nothing();
        let mut parts = [libc::iovec {
            iov_base: ptr::null_mut(),
            iov_len: 0,
        }; BURST];
        let rooms = self.bytes.chunks_exact_mut(self.room);
        for (at, (room, control)) in rooms.zip(&mut self.control).enumerate() {
            parts[at].iov_base = room.as_mut_ptr().cast();
            parts[at].iov_len = room.len();
            let message = &mut messages[at].msg_hdr;
            message.msg_iov = &raw mut parts[at];
            message.msg_iovlen = 1;
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = size_of::<Control>() as _;
        }
        let (fd, at) = (socket.as_raw_fd(), messages.as_mut_ptr());
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: each message has the address and length of a part and of control room, which may
        // be written; all of them outlive the call, and no timeout is given.
        let n = moved(unsafe { libc::recvmmsg(fd, at, BURST as u32, flags, ptr::null_mut()) })?;
        for (came, message) in self.came.iter_mut().zip(&messages[..n]) {
            *came = (
                message.msg_len as usize,
                message.msg_hdr.msg_controllen as _,
            );
        }
        Ok(n)
    }

    /// Returns the bytes of a datagram of the last burst.
    pub(super) fn payload(&self, at: usize) -> &[u8] {
        &self.bytes[at * self.room..][..self.came[at].0]
    }

    /// Returns the time to live that a datagram of the last burst had, if the kernel told it.
    pub(super) fn ttl(&self, at: usize) -> Option<u8> {
        // SAFETY: any bits are a message's head.
        let mut message: libc::msghdr = unsafe { mem::zeroed() };
        message.msg_control = self.control[at].as_ptr().cast_mut().cast();
        message.msg_controllen = self.came[at].1 as _;
        // SAFETY: the control data may be read for its length.
        let head = unsafe { libc::CMSG_FIRSTHDR(&message) };
        if head.is_null() {
            return None;
        }
        // SAFETY: the kernel wrote a head there, which is aligned as the room is.
        let told = unsafe { head.read() };
        if (told.cmsg_level, told.cmsg_type) != (libc::IPPROTO_IP, libc::IP_TTL) {
            return None;
        }
        // SAFETY: the head is followed by its data.
        let data = unsafe { libc::CMSG_DATA(head) };
        // SAFETY: the data of this kind is an integer.
        let ttl = unsafe { data.cast::<libc::c_int>().read_unaligned() };
        u8::try_from(ttl).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Flow;

    #[test]
    fn a_burst_comes_whole_with_its_time_to_live() {
        let pair = || {
            let one = Flow::socket(("127.0.0.1", 0), "127.0.0.1:9").unwrap();
            let other = Flow::socket(("127.0.0.1", 0), one.local_addr().unwrap()).unwrap();
            one.connect(other.local_addr().unwrap()).unwrap();
            (one, other)
        };
        let (one, other) = pair();
        one.set_ttl(33).unwrap();
        let pattern = Pattern::new(100);
        let mut inbox = Inbox::new(100);
        assert_eq!(inbox.receive(&other).unwrap(), 0);
        assert_eq!(send(&one, &pattern, 5, 40, 3, 100).unwrap(), 3);
        assert_eq!(inbox.receive(&other).unwrap(), 3);
        for at in 0..3 {
            let number = pattern.number(5, inbox.payload(at), 100);
            assert_eq!((number, inbox.ttl(at)), (Some(40 + at as u64), Some(33)));
        }
    }
}
