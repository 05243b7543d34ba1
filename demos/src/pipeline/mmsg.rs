//! Calls for many datagrams at once: `sendmmsg` and `recvmmsg`.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use arrayvec::ArrayVec;

use super::buffer::MAX_BURST;

/// A datagram that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// The number of bytes that were written to its area.
    pub len: usize,
    /// Whether the datagram was longer than the area.
    pub cut: bool,
}

type Headers = ArrayVec<libc::mmsghdr, MAX_BURST>;

/// Returns a message over `parts` iovecs that begin at `iovecs`.
fn header(iovecs: *mut libc::iovec, parts: usize) -> libc::mmsghdr {
    // SAFETY: mmsghdr consists of integers and pointers, so all zeros is a value of it.
    let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
    header.msg_hdr.msg_iov = iovecs;
    header.msg_hdr.msg_iovlen = parts as _;
    header
}

/// Sends datagrams of two parts each over a connected socket, at most [`MAX_BURST`], and returns
/// how many were sent.
///
/// # Errors
///
/// The error is the kernel's answer, if not even the first was sent.
pub fn send(socket: &UdpSocket, datagrams: &[[&[u8]; 2]]) -> io::Result<usize> {
    let mut iovecs: ArrayVec<[libc::iovec; 2], MAX_BURST> = datagrams
        .iter()
        .take(MAX_BURST)
        .map(|parts| {
            parts.map(|part| libc::iovec {
                iov_base: part.as_ptr().cast_mut().cast(),
                iov_len: part.len(),
            })
        })
        .collect();
    let mut headers: Headers = iovecs
        .iter_mut()
        .map(|parts| header(parts.as_mut_ptr(), parts.len()))
        .collect();
    let (list, count) = (headers.as_mut_ptr(), headers.len() as libc::c_uint);
    // SAFETY: the headers point to iovecs, and those to slices. All of them outlive the call, and
    // the kernel only reads the slices.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), list, count, 0) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Receives datagrams, one into each area, at most [`MAX_BURST`].
///
/// It waits for the first as long as the socket's timeout says, and takes what else is there. If
/// none comes in that time, that is no error.
///
/// # Errors
///
/// The error is the kernel's answer.
///
/// # Safety
///
/// - Each area is valid for writes of its length, and no two overlap.
pub unsafe fn receive(
    socket: &UdpSocket,
    areas: &[(*mut u8, usize)],
) -> io::Result<ArrayVec<Received, MAX_BURST>> {
    let mut iovecs: ArrayVec<libc::iovec, MAX_BURST> = areas
        .iter()
        .take(MAX_BURST)
        .map(|&(area, len)| libc::iovec {
            iov_base: area.cast(),
            iov_len: len,
        })
        .collect();
    let mut headers: Headers = iovecs.iter_mut().map(|part| header(part, 1)).collect();
    let (list, count) = (headers.as_mut_ptr(), headers.len() as libc::c_uint);
    let (fd, wait) = (socket.as_raw_fd(), libc::MSG_WAITFORONE);
    // SAFETY: the headers point to iovecs that outlive the call, and those to areas that the caller
    // vouches for.
    let got = unsafe { libc::recvmmsg(fd, list, count, wait as _, std::ptr::null_mut()) };
    let got = match usize::try_from(got) {
        Ok(got) => got,
        Err(_) => match io::Error::last_os_error() {
            error if is_timeout(&error) => 0,
            error => return Err(error),
        },
    };
    let received = headers[..got].iter().map(|header| Received {
        len: header.msg_len as usize,
        cut: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
    });
    Ok(received.collect())
}

fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

/// Asks for a longer receive queue. The kernel gives what its own limit allows.
pub fn lengthen_queue(socket: &UdpSocket, bytes: i32) {
    let value: *const i32 = &bytes;
    let len = size_of::<i32>() as libc::socklen_t;
    let (fd, level, option) = (socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVBUF);
    // SAFETY: `value` points to `len` bytes that outlive the call. A refusal leaves the old length.
    unsafe { libc::setsockopt(fd, level, option, value.cast(), len) };
}

/// Returns how many datagrams the kernel dropped at a socket of this host because its queue was
/// full, by the kernel's own count; `None` if it does not tell.
pub fn kernel_drops(socket: &UdpSocket) -> Option<u64> {
    let SocketAddr::V4(local) = socket.local_addr().ok()? else {
        return None;
    };
    let table = std::fs::read_to_string("/proc/net/udp").ok()?;
    // The address is shown as the number that its bytes are in memory.
    let address = u32::from_ne_bytes(local.ip().octets());
    let local = format!("{address:08X}:{:04X}", local.port());
    let line = table
        .lines()
        .find(|line| line.split_whitespace().nth(1) == Some(&local))?;
    line.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn datagrams_come_back_whole_and_long_ones_are_marked() {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("bind");
        receiver
            .set_read_timeout(Some(Duration::from_millis(200)))
            .expect("timeout");
        let sender = UdpSocket::bind("127.0.0.1:0").expect("bind");
        let address = receiver.local_addr().expect("address");
        sender.connect(address).expect("connect");
        let parts: [[&[u8]; 2]; 2] = [[b"ab", b"cd"], [b"0123456789", b""]];
        assert_eq!(send(&sender, &parts).expect("send"), 2);
        let mut memory = [[0u8; 8]; 3];
        let areas: Vec<_> = memory.iter_mut().map(|m| (m.as_mut_ptr(), 8)).collect();
        // SAFETY: each area is an array of 8 bytes of its own.
        let received = unsafe { receive(&receiver, &areas) }.expect("receive");
        let (whole, cut) = (
            Received { len: 4, cut: false },
            Received { len: 8, cut: true },
        );
        assert_eq!(received.as_slice(), [whole, cut]);
        assert_eq!(&memory[0][..4], b"abcd");
        assert_eq!(&memory[1], b"01234567");
        assert_eq!(kernel_drops(&receiver), Some(0));
    }

    #[test]
    fn drops_are_those_of_the_socket_with_this_address() {
        let quiet = UdpSocket::bind("127.0.0.1:0").expect("bind");
        let port = quiet.local_addr().expect("address").port();
        let flooded = UdpSocket::bind(("127.0.0.2", port)).expect("bind");
        for _ in 0..10_000 {
            quiet
                .send_to(&[0; 1000], ("127.0.0.2", port))
                .expect("send");
        }
        assert_eq!(kernel_drops(&quiet), Some(0));
        assert!(kernel_drops(&flooded).is_some_and(|drops| drops > 0));
    }
}
