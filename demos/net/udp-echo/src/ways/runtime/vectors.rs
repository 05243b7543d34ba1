//! tokio, with a vector of free buffers.

#![forbid(unsafe_code)]

use std::net::UdpSocket;

use super::super::{Account, BUFFERS, Server};
use super::echo;
use crate::turn::Turn;

/// The buffers that are free.
pub(in super::super) struct Vectors(Vec<Vec<u8>>);

impl Vectors {
    /// Returns buffers of so many bytes.
    pub(in super::super) fn new(longest: usize) -> Self {
        Self((0..BUFFERS).map(|_| Vec::with_capacity(longest)).collect())
    }
}

impl Server for Vectors {
    fn name(&self) -> &'static str {
        "Vec by hand"
    }

    fn serve(&mut self, socket: &UdpSocket, turn: &mut Turn<'_>) -> Result<Account, String> {
        let Self(free) = self;
        let dropped = echo::run(socket, turn, |socket| {
            let mut buffer = free
                .pop()
                .expect("each comes back before the next is taken");
            buffer.clear();
            let came = socket.try_recv_buf_from(&mut buffer);
            let sent = came.and_then(|(_, peer)| echo::send_back(socket, &buffer, peer));
            free.push(buffer);
            sent
        })?;
        Ok(Account::of_slab(free.len(), dropped))
    }
}
