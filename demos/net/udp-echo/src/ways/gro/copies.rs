//! Merged datagrams by hand: each part is copied into a buffer of its own.

#![forbid(unsafe_code)]

use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use bytes::BytesMut;
use framewell_harness::wait::Wait;

use super::super::mmsg::{self, Calls};
use super::super::{Account, MERGED, Server};
use crate::turn::Turn;

/// The longest merged datagram.
const LONGEST: usize = 65_536;

/// The buffers that are received into.
pub(in super::super) struct Copies(Vec<Vec<u8>>);

impl Copies {
    /// Returns a buffer for each merged datagram of a call.
    pub(in super::super) fn new() -> Self {
        Self(vec![vec![0; LONGEST]; MERGED])
    }
}

impl Server for Copies {
    fn name(&self) -> &'static str {
        "BytesMut, copied"
    }

    fn serve(&mut self, socket: &UdpSocket, turn: &mut Turn<'_>) -> Result<Account, String> {
        let Self(buffers) = self;
        mmsg::merge(socket)?;
        let mut calls = Calls::<MERGED>::new();
        let mut packets: Vec<BytesMut> = Vec::new();
        // The packets are cut off one memory, which is used again when all of them are gone.
        let mut memory = BytesMut::with_capacity(MERGED * LONGEST);
        let mut wait = Wait::on([socket.as_raw_fd()]);
        turn.opened();
        while turn.go_on() {
            packets.clear();
            memory.reserve(MERGED * LONGEST);
            let came = calls.receive(socket, buffers, true)?;
            for (at, buffer) in buffers.iter().enumerate().take(came) {
                let parts = buffer[..calls.len(at)].chunks(calls.part(at));
                packets.extend(parts.map(|part| {
                    memory.extend_from_slice(part);
                    memory.split()
                }));
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
        Ok(Account::default())
    }
}
