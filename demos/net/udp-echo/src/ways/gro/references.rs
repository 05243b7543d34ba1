//! Merged datagrams by framewell-udp: a large buffer becomes a reference for each part of it.

#![forbid(unsafe_code)]

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use framewell::{Pool, Shared, VarBuf};
use framewell_harness::wait::Wait;
use framewell_udp::{Datagram, Socket};

use super::super::{Account, MERGED, OWN, Server};
use crate::turn::Turn;

/// The pool.
pub(in super::super) struct References(Pool);

impl References {
    /// Returns a pool with large buffers.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub(in super::super) fn new() -> Result<Self, String> {
        let pool = Pool::builder().build();
        Ok(Self(pool.map_err(|error| error.to_string())?))
    }
}

impl Server for References {
    fn name(&self) -> &'static str {
        OWN
    }

    fn serve(&mut self, socket: &UdpSocket, turn: &mut Turn<'_>) -> Result<Account, String> {
        let Self(pool) = self;
        let refused = |error: io::Error| format!("framewell-udp: {error}");
        let own = socket.try_clone().map_err(refused)?;
        let opened = Socket::builder(pool).gro(true).over(own);
        let mut open = opened.map_err(refused)?;
        let mut merged: Vec<Datagram<VarBuf>> = Vec::with_capacity(MERGED);
        let mut packets: Vec<Shared<VarBuf>> = Vec::new();
        let mut wait = Wait::on([socket.as_raw_fd()]);
        let mut dropped = 0;
        turn.opened();
        while turn.go_on() {
            packets.clear();
            let came = match open.recv_merged(&mut merged, MERGED) {
                Ok(came) => came,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                Err(error) => return Err(refused(error)),
            };
            for datagram in merged.drain(..) {
                match datagram.segments() {
                    Ok(parts) => packets.extend(parts),
                    Err(_) => dropped += 1,
                }
            }
            let due = packets.iter().filter(|packet| turn.is_due(packet)).count();
            turn.came(due);
            if came == 0 {
                wait.wait();
            } else {
                turn.verify(packets.iter().map(|packet| &packet[..]));
            }
        }
        turn.closing();
        drop((open, packets));
        Ok(Account::of(pool, dropped))
    }
}
