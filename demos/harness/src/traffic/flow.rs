//! A flow: a kernel UDP socket that sends, and one that receives.

use std::io;
use std::net::{ToSocketAddrs, UdpSocket};
use std::os::fd::AsRawFd;

use super::ledger::Ledger;

/// The room that a receiving socket asks for, so that nothing of what is under way has to be
/// dropped.
const ROOM: libc::c_int = 8 << 20;

/// A flow of datagrams. Each has its own UDP port.
#[derive(Debug)]
pub struct Flow {
    pub(super) number: u32,
    pub(super) from: UdpSocket,
    pub(super) to: UdpSocket,
    /// The time to live that a datagram has when it comes, if that is known.
    pub(super) ttl: Option<u8>,
    pub(super) ledger: Ledger,
}

impl Flow {
    /// Returns a flow from one socket to another.
    pub fn new(number: u16, from: UdpSocket, to: UdpSocket, ttl: Option<u8>) -> Self {
        Self {
            number: number.into(),
            from,
            to,
            ttl,
            ledger: Ledger::default(),
        }
    }

    /// Returns a flow that comes back to the socket that sends it.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub fn there_and_back(number: u16, socket: UdpSocket, ttl: Option<u8>) -> Result<Self, String> {
        let to = socket.try_clone().map_err(|error| error.to_string())?;
        Ok(Self::new(number, socket, to, ttl))
    }

    /// Returns a socket for a flow: it is bound to one address, and connected to another.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub fn socket(own: (&str, u16), peer: impl ToSocketAddrs) -> Result<UdpSocket, String> {
        let refused = |error| format!("UDP socket on {}:{}: {error}", own.0, own.1);
        let socket = UdpSocket::bind(own).map_err(refused)?;
        socket.connect(peer).map_err(refused)?;
        socket.set_nonblocking(true).map_err(refused)?;
        make_room(&socket).map_err(refused)?;
        set(&socket, libc::IPPROTO_IP, libc::IP_RECVTTL, 1).map_err(refused)?;
        Ok(socket)
    }
}

/// Has a socket keep as much as it may of what it has not received, and returns that in bytes, as
/// the kernel counts them: with its own structures.
///
/// # Errors
///
/// The kernel's error.
pub fn make_room(socket: &UdpSocket) -> io::Result<usize> {
    // A process that may not force it has no more than the system's limit.
    if set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, ROOM).is_err() {
        set(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, ROOM)?;
    }
    let mut room: libc::c_int = 0;
    let mut len = size_of_val(&room) as libc::socklen_t;
    let (fd, at) = (socket.as_raw_fd(), (&raw mut room).cast());
    // SAFETY: the value may be written for the length given.
    match unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, at, &mut len) } {
        0 => Ok(room as usize),
        _ => Err(io::Error::last_os_error()),
    }
}

fn set(socket: &UdpSocket, level: i32, option: i32, value: libc::c_int) -> io::Result<()> {
    let len = size_of_val(&value) as libc::socklen_t;
    let at = (&raw const value).cast();
    // SAFETY: the value may be read for the length given.
    match unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, at, len) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
