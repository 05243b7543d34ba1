//! tokio, with a frame for each datagram.

#![forbid(unsafe_code)]

use std::io;
use std::net::UdpSocket;

use framewell::Pool;

use super::super::{Account, OWN, Server, pool};
use super::echo;
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
        let dropped = echo::run(socket, turn, |socket| {
            // An empty frame: what is received becomes its data.
            let mut frame = pool.get(0).map_err(io::Error::other)?;
            let (_, peer) = socket.try_recv_buf_from(&mut frame)?;
            echo::send_back(socket, &frame, peer)
        })?;
        Ok(Account::of(pool, dropped))
    }
}
