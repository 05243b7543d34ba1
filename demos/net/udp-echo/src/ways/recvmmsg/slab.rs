//! `recvmmsg` and `sendmmsg` by hand, with a vector of free buffers.

#![forbid(unsafe_code)]

use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use framewell_harness::wait::Wait;

use super::super::mmsg::Calls;
use super::super::{Account, BUFFERS, BURST, Server};
use crate::turn::Turn;

/// The buffers that are free.
pub(in super::super) struct Slab(Vec<Vec<u8>>);

impl Slab {
    /// Returns buffers of so many bytes.
    pub(in super::super) fn new(longest: usize) -> Self {
        Self(vec![vec![0; longest]; BUFFERS])
    }
}

impl Server for Slab {
    fn name(&self) -> &'static str {
        "Vec by hand"
    }

    fn serve(&mut self, socket: &UdpSocket, turn: &mut Turn<'_>) -> Result<Account, String> {
        let Self(free) = self;
        let mut calls = Calls::<BURST>::new();
        let mut taken = Vec::with_capacity(BURST);
        let mut wait = Wait::on([socket.as_raw_fd()]);
        let mut dropped = 0;
        turn.opened();
        while turn.go_on() {
            taken.extend(free.drain(free.len().saturating_sub(BURST)..));
            let came = calls.receive(socket, &mut taken, false)?;
            let sent = calls.send_back(socket, &taken, came)?;
            free.append(&mut taken);
            dropped += (came - sent) as u64;
            turn.came(came);
            if came == 0 {
                wait.wait();
            }
        }
        turn.closing();
        Ok(Account::of_slab(free.len(), dropped))
    }
}
