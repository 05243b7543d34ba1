//! The loop that both servers over tokio have.

#![forbid(unsafe_code)]

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time;

use super::super::BURST;
use crate::turn::Turn;

/// The longest that a server waits before it looks whether its turn is over.
const LIMIT: Duration = Duration::from_millis(10);

/// Serves a socket in a runtime of one thread: `echo` receives one datagram and sends it back. It
/// returns how many datagrams were not sent back, because the socket had no room.
///
/// # Errors
///
/// The error says in words what was refused.
pub(super) fn run(
    socket: &UdpSocket,
    turn: &mut Turn<'_>,
    mut echo: impl FnMut(&tokio::net::UdpSocket) -> io::Result<bool>,
) -> Result<u64, String> {
    let refused = |error: io::Error| format!("tokio: {error}");
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(refused)?.block_on(async {
        let socket = socket.try_clone().map_err(refused)?;
        let socket = tokio::net::UdpSocket::from_std(socket).map_err(refused)?;
        let mut dropped = 0;
        turn.opened();
        while turn.go_on() {
            // That the time is over is no error.
            if let Ok(ready) = time::timeout(LIMIT, socket.readable()).await {
                ready.map_err(refused)?;
            }
            for _ in 0..BURST {
                match echo(&socket) {
                    Ok(sent) => dropped += u64::from(!sent),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(refused(error)),
                }
                turn.came(1);
            }
        }
        turn.closing();
        Ok(dropped)
    })
}

/// Sends a datagram back, and returns whether the socket had room.
///
/// # Errors
///
/// The kernel's error.
pub(super) fn send_back(
    socket: &tokio::net::UdpSocket,
    datagram: &[u8],
    peer: SocketAddr,
) -> io::Result<bool> {
    match socket.try_send_to(datagram, peer) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}
