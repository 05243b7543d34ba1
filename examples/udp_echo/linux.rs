//! A burst of datagrams in and out of frames.

use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::{io, mem, ptr};

use framewell::{Burst, Pool};

/// How many datagrams one system call moves.
const BURST: usize = 32;

/// Receives up to a burst of datagrams, of which it waits for the first, sends each of them back
/// to where it came from, and returns how many.
pub(crate) fn echo(socket: &UdpSocket, pool: &Pool) -> io::Result<usize> {
    let mut burst: Burst<BURST> = Burst::new();
    pool.get_burst(&mut burst, BURST);

    // SAFETY: an address is plain data of C, for which all bytes zero are valid.
    let mut senders: [libc::sockaddr_in; BURST] = unsafe { mem::zeroed() };
    // SAFETY: a vector is plain data of C; its pointer may be null.
    let mut parts: [libc::iovec; BURST] = unsafe { mem::zeroed() };
    // SAFETY: a header is plain data of C; its pointers may be null.
    let mut headers: [libc::mmsghdr; BURST] = unsafe { mem::zeroed() };
    for (index, frame) in burst.iter_mut().enumerate() {
        parts[index].iov_base = frame.as_mut_ptr().cast();
        parts[index].iov_len = frame.len();
        let header = &mut headers[index].msg_hdr;
        header.msg_name = ptr::from_mut(&mut senders[index]).cast();
        header.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
        header.msg_iov = &raw mut parts[index];
        header.msg_iovlen = 1;
    }

    let (fd, room) = (socket.as_raw_fd(), burst.len() as u32);
    let (first, flags) = (headers.as_mut_ptr(), libc::MSG_WAITFORONE);
    // SAFETY: the first `room` headers name addresses, vectors and frames that live longer than
    // the call and that nothing else uses meanwhile; each vector is as long as its frame.
    let received = unsafe { libc::recvmmsg(fd, first, room, flags as _, ptr::null_mut()) };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;

    burst.truncate(received); // the frames that nothing was received into are freed here
    for (index, frame) in burst.iter_mut().enumerate() {
        let len = headers[index].msg_len as usize;
        frame.trim(len).map_err(io::Error::other)?;
        parts[index].iov_len = len;
    }
    let (first, count) = (headers.as_mut_ptr(), received as u32);
    // SAFETY: the first `received` headers still name what they named above, and each vector has
    // the length of the datagram that its frame holds.
    let sent = unsafe { libc::sendmmsg(fd, first, count, 0) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}
