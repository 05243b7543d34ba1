//! io_uring by framewell-uring: a receive that goes on, into frames, each of which is sent back
//! from where it lies.

#![forbid(unsafe_code)]

use std::net::UdpSocket;
use std::time::Duration;

use framewell::Pool;
use framewell_uring::{
    Ending, Error, Event, GroupConfig, Headers, Message, Received, Ring, Socket,
};

use super::super::{Account, BUFFERS, OWN, RING, Server, pool};
use super::explain;
use crate::turn::Turn;

/// What the kernel puts in front of the payload.
const HEADERS: Headers = Headers::new().peer();
/// The longest that a server waits before it looks whether its turn is over.
const LIMIT: Duration = Duration::from_millis(10);
/// How long what is being sent may take at the end.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pool.
pub(in super::super) struct Frames(Pool);

impl Frames {
    /// Returns a pool for datagrams of so many bytes.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub(in super::super) fn new(longest: usize) -> Result<Self, String> {
        pool(longest + HEADERS.bytes()).map(Self)
    }
}

impl Server for Frames {
    fn name(&self) -> &'static str {
        OWN
    }

    fn serve(&mut self, socket: &UdpSocket, turn: &mut Turn<'_>) -> Result<Account, String> {
        let Self(pool) = self;
        let (mut ring, socket) = open(pool, socket).map_err(explain)?;
        let mut dropped = 0;
        turn.opened();
        while turn.go_on() {
            ring.wait(1, Some(LIMIT)).map_err(explain)?;
            while let Some(event) = ring.next_event() {
                match event {
                    Event::Received(datagram) => {
                        turn.came(1);
                        dropped += u64::from(!send_back(&mut ring, socket, datagram)?);
                    }
                    Event::Sent(sent) => dropped += u64::from(sent.result.is_err()),
                    Event::Ended(ended) => {
                        if let Ending::Failed(error) = ended.ending {
                            return Err(explain(error));
                        }
                    }
                    _ => {}
                }
            }
        }
        turn.closing();
        ring.close(PATIENCE);
        Ok(Account::of(pool, dropped))
    }
}

/// Returns a ring that receives from a socket.
fn open(pool: &Pool, socket: &UdpSocket) -> Result<(Ring, Socket), Error> {
    let builder = Ring::builder(pool).name("echo").entries(RING.entries);
    let mut ring = builder.completions(RING.completions).build()?;
    let socket = ring.attach(socket)?;
    // The other half is on its way out.
    let group = ring.group(GroupConfig::frames(BUFFERS as u32 / 2))?;
    ring.recv_msg_multi(socket, group, HEADERS)?;
    Ok((ring, socket))
}

/// Sends a datagram back from the frame that it came in, and returns whether it was whole.
fn send_back(ring: &mut Ring, socket: Socket, datagram: Received) -> Result<bool, String> {
    let Some(peer) = datagram.peer().filter(|_| !datagram.is_cut()) else {
        return Ok(false);
    };
    let message = Message::new(datagram.into_owner()).to(peer);
    let sent = ring.send(socket, message);
    sent.map(|_| true).map_err(|refused| explain(refused.error))
}
