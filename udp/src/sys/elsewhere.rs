//! Other systems than Linux: a datagram in each system call, by the standard library.
//!
//! A datagram is received into a buffer that holds any, and copied. So it is known whether it was
//! cut, which not every system tells.

#![forbid(unsafe_code)]

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use super::{Arrival, Refusal, Room};

/// More bytes than any datagram has.
const LONGEST: usize = 1 << 16;

/// Receives datagrams, one in a call.
pub(crate) struct Inbox {
    buffer: Box<[u8]>,
    arrival: Arrival,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            buffer: vec![0; LONGEST].into(),
            arrival: Arrival {
                peer: (Ipv4Addr::UNSPECIFIED, 0).into(),
                sent_len: 0,
                segment: None,
                cut: false,
                control_cut: false,
            },
        }
    }

    /// There is no control data.
    pub(crate) fn limit_control(&mut self, _bytes: usize) {}

    /// Receives a datagram into the first room, and returns 1.
    pub(crate) fn receive<'a>(
        &mut self,
        socket: &UdpSocket,
        mut rooms: impl Iterator<Item = &'a mut [u8]>,
        _wait: bool,
    ) -> io::Result<usize> {
        let Some(room) = rooms.next() else {
            return Ok(0);
        };
        let (sent_len, peer) = socket.recv_from(&mut self.buffer)?;
        let len = sent_len.min(room.len());
        room[..len].copy_from_slice(&self.buffer[..len]);
        self.arrival.peer = peer;
        self.arrival.sent_len = sent_len;
        self.arrival.cut = sent_len > len;
        Ok(1)
    }

    /// Returns what arrived in the last call.
    pub(crate) fn arrival(&self, _at: usize) -> Arrival {
        self.arrival
    }
}

/// Sends packets, one in a call.
pub(crate) struct Outbox;

/// An outbox that is being filled with packets, which it borrows. It sends the first.
pub(crate) struct Filling<'p> {
    first: Option<(&'p [u8], Option<SocketAddr>)>,
    messages: usize,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn fill<'p>(&mut self) -> Filling<'p> {
        Filling {
            first: None,
            messages: 0,
        }
    }
}

impl<'p> Filling<'p> {
    /// Returns the number of messages.
    pub(crate) fn messages(&self) -> usize {
        self.messages
    }

    /// Begins a message, of one packet.
    pub(crate) fn begin(&mut self, packet: &'p [u8], peer: Option<SocketAddr>) {
        self.first.get_or_insert((packet, peer));
        self.messages += 1;
    }

    /// No message has two packets, where there is no GSO.
    pub(crate) fn add(&mut self, _packet: &'p [u8], _segment: u16) {}

    /// Returns the number of packets in a message.
    pub(crate) fn packets(&self, _message: usize) -> usize {
        1
    }

    /// Sends the first message, and returns 1.
    pub(crate) fn send(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        match self.first {
            None => return Ok(0),
            Some((packet, Some(peer))) => socket.send_to(packet, peer)?,
            Some((packet, None)) => socket.send(packet)?,
        };
        Ok(1)
    }
}

/// The standard library has no such option.
pub(crate) fn set_room(_socket: &UdpSocket, _room: Room, _bytes: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Turning it off succeeds: it is never on.
pub(crate) fn set_gro(_socket: &UdpSocket, on: bool) -> io::Result<()> {
    if on {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok(())
}

pub(crate) fn gro(_socket: &UdpSocket) -> bool {
    false
}

pub(crate) fn cut_only_as_told(_socket: &UdpSocket) -> bool {
    false
}

/// No super-datagram is sent.
pub(crate) fn refusal(_error: &io::Error) -> Refusal {
    Refusal::Other
}
