//! `recvmmsg` and `sendmmsg` as a program has them that writes its own calls.

use std::io;
use std::mem;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::ptr;

/// The room for control data: the length of the parts of a merged datagram, with its head.
type Control = [u64; 4];

/// The heads of up to `N` datagrams, with what they point to.
pub(super) struct Calls<const N: usize> {
    messages: [libc::mmsghdr; N],
    parts: [libc::iovec; N],
    peers: [libc::sockaddr_in6; N],
    control: [Control; N],
}

impl<const N: usize> Calls<N> {
    /// Returns heads that point to nothing yet.
    pub(super) fn new() -> Box<Self> {
        // SAFETY: the structures hold integers and pointers, which may be zero.
        Box::new(unsafe { mem::zeroed() })
    }

    /// Receives up to a datagram for each buffer, and returns how many came. Nothing there is none.
    ///
    /// # Errors
    ///
    /// The kernel's error, in words.
    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        buffers: &mut [Vec<u8>],
        control: bool,
    ) -> Result<usize, String> {
        let n = buffers.len().min(N);
        for (at, buffer) in buffers.iter_mut().enumerate().take(n) {
            self.parts[at].iov_base = buffer.as_mut_ptr().cast();
            self.parts[at].iov_len = buffer.len();
            let message = &mut self.messages[at].msg_hdr;
            message.msg_name = (&raw mut self.peers[at]).cast();
            message.msg_namelen = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
            message.msg_iov = &raw mut self.parts[at];
            message.msg_iovlen = 1;
            if control {
                message.msg_control = self.control[at].as_mut_ptr().cast();
                message.msg_controllen = size_of::<Control>() as _;
            }
        }
        let (fd, at) = (socket.as_raw_fd(), self.messages.as_mut_ptr());
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: the first `n` heads were pointed just now to an address, a buffer and control
        // room, which may be written and outlive the call; no timeout is given.
        moved(unsafe { libc::recvmmsg(fd, at, n as u32, flags, ptr::null_mut()) })
    }

    /// Returns the length of a datagram of the last call.
    pub(super) fn len(&self, at: usize) -> usize {
        self.messages[at].msg_len as usize
    }

    /// Sends the first `n` datagrams of the last call back, and returns how many the kernel took.
    ///
    /// # Errors
    ///
    /// The kernel's error, in words.
    pub(super) fn send_back(
        &mut self,
        socket: &UdpSocket,
        buffers: &[Vec<u8>],
        n: usize,
    ) -> Result<usize, String> {
        let n = n.min(buffers.len()).min(N);
        let mut sent = 0;
        for (at, buffer) in buffers.iter().enumerate().take(n) {
            self.parts[at].iov_base = buffer.as_ptr().cast_mut().cast();
            self.parts[at].iov_len = self.len(at).min(buffer.len());
        }
        while sent < n {
            let (fd, rest) = (socket.as_raw_fd(), n - sent);
            let at = self.messages[sent..n].as_mut_ptr();
            // SAFETY: these heads point to addresses that the kernel wrote, and to buffers that
            // may be read for the length given; all of them outlive the call.
            match moved(unsafe { libc::sendmmsg(fd, at, rest as u32, libc::MSG_DONTWAIT) })? {
                0 => break,
                more => sent += more,
            }
        }
        Ok(sent)
    }

    /// Returns the length of the parts that a merged datagram of the last call consists of; that of
    /// the datagram if it was not merged.
    pub(super) fn part(&self, at: usize) -> usize {
        let len = self.len(at);
        let message = &self.messages[at].msg_hdr;
        // SAFETY: the control data may be read for its length, which the kernel wrote.
        let head = unsafe { libc::CMSG_FIRSTHDR(message) };
        if head.is_null() {
            return len;
        }
        // SAFETY: the kernel wrote a head there, which is aligned as the room is.
        let told = unsafe { head.read() };
        if (told.cmsg_level, told.cmsg_type) != (libc::SOL_UDP, libc::UDP_GRO) {
            return len;
        }
        // SAFETY: the head is followed by its data.
        let data = unsafe { libc::CMSG_DATA(head) };
        // SAFETY: the data of this kind is an integer.
        let part = unsafe { data.cast::<libc::c_int>().read_unaligned() };
        usize::try_from(part).map_or(len, |part| part.max(1))
    }
}

/// Turns the answer of a call into how many datagrams it moved. No room or nothing there is none.
fn moved(answer: libc::c_int) -> Result<usize, String> {
    match usize::try_from(answer) {
        Ok(n) => Ok(n),
        Err(_) => {
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EAGAIN | libc::EINTR | libc::ENOBUFS) => Ok(0),
                _ => Err(format!("recvmmsg or sendmmsg: {error}")),
            }
        }
    }
}

/// Has the kernel merge datagrams of a flow that come one behind the other.
///
/// # Errors
///
/// The kernel's error, in words.
pub(super) fn merge(socket: &UdpSocket) -> Result<(), String> {
    let on: libc::c_int = 1;
    let (fd, at) = (socket.as_raw_fd(), (&raw const on).cast());
    let len = size_of_val(&on) as libc::socklen_t;
    // SAFETY: the value may be read for the length given.
    match unsafe { libc::setsockopt(fd, libc::SOL_UDP, libc::UDP_GRO, at, len) } {
        0 => Ok(()),
        _ => Err(format!("UDP_GRO: {}", io::Error::last_os_error())),
    }
}
