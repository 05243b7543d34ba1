//! `recvmmsg` and `sendmmsg` by framewell-udp, with a frame for each datagram.

#![forbid(unsafe_code)]

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use framewell::{Frame, Pool};
use framewell_harness::wait::Wait;
use framewell_udp::{Datagram, Socket};

use super::super::{Account, BURST, OWN, Server, pool};
use crate::turn::Turn;

/// The pool.
pub(in super::super) struct Frames(Pool);

impl Frames {
    /// Returns a pool for datagrams of so many bytes.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub(in super::super) fn new(longest: usize) -> Result<Self, String> {
        pool(longest).map(Self)
    }
}

impl Server for Frames {
    fn name(&self) -> &'static str {
        OWN
    }

    fn serve(&mut self, socket: &UdpSocket, turn: &mut Turn<'_>) -> Result<Account, String> {
        let Self(pool) = self;
        let refused = |error: io::Error| format!("framewell-udp: {error}");
        let own = socket.try_clone().map_err(refused)?;
        // The twin does not merge what it sends.
        let opened = Socket::builder(pool).gso(false).over(own);
        let mut open = opened.map_err(refused)?;
        let mut datagrams: Vec<Datagram<Frame>> = Vec::with_capacity(BURST);
        let mut wait = Wait::on([socket.as_raw_fd()]);
        let mut dropped = 0;
        turn.opened();
        while turn.go_on() {
            let came = match open.recv_burst(&mut datagrams, BURST) {
                Ok(came) => came,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                Err(error) => return Err(refused(error)),
            };
            turn.came(came);
            if came == 0 {
                wait.wait();
                continue;
            }
            if let Err(error) = open.send_burst(&mut datagrams) {
                if !error.would_block() {
                    return Err(refused(error.into()));
                }
                dropped += datagrams.len() as u64;
                datagrams.clear();
            }
        }
        turn.closing();
        drop(open);
        Ok(Account::of(pool, dropped))
    }
}
