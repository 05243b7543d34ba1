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
        // A frame that waits for a datagram, as one does that is lent to `recv_buf_from`.
        let mut waiting = None;
        let dropped = echo::run(socket, turn, |socket| {
            // It is empty: what is received becomes its data.
            let next = waiting.take().map_or_else(|| pool.get(0), Ok);
            let mut frame = next.map_err(io::Error::other)?;
            match socket.try_recv_buf_from(&mut frame) {
                Ok((_, peer)) => echo::send_back(socket, &frame, peer),
                Err(error) => {
                    waiting = Some(frame);
                    Err(error)
                }
            }
        })?;
        drop(waiting);
        Ok(Account::of(pool, dropped))
    }
}
