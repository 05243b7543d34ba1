//! The two ends on machines of their own: an echo server for what others send, and its client.

#![forbid(unsafe_code)]

use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use framewell_harness::interrupt::Interrupt;
use framewell_harness::program::say;
use framewell_harness::traffic::{self, FLOWS, Flow, Load};

use crate::args::{Args, Way};
use crate::slice;
use crate::turn::Turn;
use crate::ways;

/// The most datagrams of a flow that are under way, where nobody knows the room on the way.
const WINDOW: u64 = 8;

/// Echoes what comes to an address for the time given, or until the program is interrupted, and
/// returns what is wrong in the end, in words.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn listen(args: &Args, at: SocketAddr) -> Result<Vec<String>, String> {
    let (way, who) = (args.ways()[0], args.contestants()[0]);
    if way == Way::Gro {
        return Err("GRO sends nothing back; listen with recvmmsg, io_uring or tokio".into());
    }
    let refused = |error: std::io::Error| format!("UDP socket on {at}: {error}");
    let socket = UdpSocket::bind(at).map_err(refused)?;
    socket.set_nonblocking(true).map_err(refused)?;
    traffic::make_room(&socket).map_err(refused)?;
    let bound = socket.local_addr().map_err(refused)?;
    let mut server = ways::server(way, who, args.longest())?;
    let interrupt = Interrupt::new();
    let (start, limit) = (Instant::now(), args.timing.live());
    let go_on = || !interrupt.came() && limit.is_none_or(|limit| start.elapsed() < limit);
    let opened = || eprintln!("listens on {bound}; Ctrl-C ends it");
    let mut turn = Turn::new(opened, go_on);
    let account = server.serve(&socket, &mut turn)?;
    say(&format!(
        "{} datagrams came; {} ns of processor time a datagram\n{}",
        turn.packets(),
        turn.cpu().as_nanos() / u128::from(turn.packets().max(1)),
        account.words.as_deref().unwrap_or_default()
    ));
    Ok(account.faults())
}

/// Sends datagrams to an echo server, and returns what is wrong with what came back, in words.
///
/// # Errors
///
/// The error says in words which socket failed.
pub fn send(args: &Args, to: SocketAddr) -> Result<Vec<String>, String> {
    let own = if to.is_ipv4() { "0.0.0.0" } else { "::" };
    let sockets = (0..FLOWS).map(|_| Flow::socket((own, 0), to));
    let sockets = sockets.collect::<Result<Vec<UdpSocket>, String>>()?;
    let mut faults = Vec::new();
    for len in args.sizes() {
        let load = Load {
            len,
            window: WINDOW,
            time: args.timing.slice(),
        };
        let passed = traffic::exchange(&mut slice::there_and_back(&sockets)?, &load)?;
        let rate = passed.tally.received as f64 / passed.elapsed.as_secs_f64().max(1e-9);
        let received = passed.tally.received;
        say(&format!(
            "{len} bytes: {received} datagrams came back, {rate:.0} a second"
        ));
        faults.extend(passed.tally.damage());
    }
    Ok(faults)
}
