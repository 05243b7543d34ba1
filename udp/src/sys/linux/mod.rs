//! The system calls of Linux, each as a function that returns the kernel's answer.

mod address;
mod inbox;
mod outbox;

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::ptr;

use libc::{c_int, socklen_t};

use super::{Refusal, Room};

pub(crate) use inbox::Inbox;
pub(crate) use outbox::Outbox;

/// Turns the answer of a system call into a result: −1 means that `errno` has the reason.
fn answer(value: c_int) -> io::Result<c_int> {
    if value == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(value)
}

/// Sets an option of a socket that is an integer.
fn set(socket: &UdpSocket, level: c_int, option: c_int, value: c_int) -> io::Result<()> {
    let len = size_of::<c_int>() as socklen_t;
    let at = ptr::from_ref(&value).cast();
    // SAFETY: `value` is valid for the length given, and the kernel only reads it.
    answer(unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, at, len) })?;
    Ok(())
}

/// Returns an option of a socket that is an integer.
fn get(socket: &UdpSocket, level: c_int, option: c_int) -> io::Result<c_int> {
    let mut value: c_int = 0;
    let mut len = size_of::<c_int>() as socklen_t;
    let at = ptr::from_mut(&mut value).cast();
    // SAFETY: `value` has room for `len` bytes, and any bytes are an integer.
    answer(unsafe { libc::getsockopt(socket.as_raw_fd(), level, option, at, &mut len) })?;
    Ok(value)
}

/// Sets the bytes of one of the kernel's buffers. The kernel takes less where a limit says so, and
/// does not tell.
pub(crate) fn set_room(socket: &UdpSocket, room: Room, bytes: usize) -> io::Result<()> {
    let option = match room {
        Room::Receive => libc::SO_RCVBUF,
        Room::Send => libc::SO_SNDBUF,
    };
    // The kernel doubles the number, and takes less than a GiB.
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    set(socket, libc::SOL_SOCKET, option, bytes)
}

/// Has the kernel merge what it receives, or not.
pub(crate) fn set_gro(socket: &UdpSocket, on: bool) -> io::Result<()> {
    set(socket, libc::SOL_UDP, libc::UDP_GRO, on.into())
}

/// Returns whether the kernel merges what it receives. One that does not know of it does not.
pub(crate) fn gro(socket: &UdpSocket) -> bool {
    get(socket, libc::SOL_UDP, libc::UDP_GRO).is_ok_and(|on| on != 0)
}

/// Has the kernel cut those messages that ask for it and no others, and returns whether it can cut
/// any. One that does not know of that would ignore the segment size, and send one large datagram.
pub(crate) fn cut_only_as_told(socket: &UdpSocket) -> bool {
    set(socket, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok()
}

/// Returns why a super-datagram was refused.
pub(crate) fn refusal(error: &io::Error) -> Refusal {
    match error.raw_os_error() {
        Some(libc::EIO) => Refusal::Device,
        Some(libc::EINVAL) => Refusal::Argument,
        Some(libc::EMSGSIZE) => Refusal::Length,
        _ => Refusal::Other,
    }
}
