//! One slice: one server echoes datagrams of one length for a time.

#![forbid(unsafe_code)]

use std::net::UdpSocket;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::Duration;

use framewell_harness::clock;
use framewell_harness::summary::Sample;
use framewell_harness::traffic::{self, FLOWS, Flow, Load, Passed, Stream, WINDOW};

use crate::args::Way;
use crate::turn::Turn;
use crate::ways::{Account, Server};

/// Runs a slice over the loopback device.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn run(
    server: &mut dyn Server,
    way: Way,
    size: usize,
    time: Duration,
) -> Result<Sample, String> {
    let refused = |error: std::io::Error| format!("UDP socket on 127.0.0.1: {error}");
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(refused)?;
    socket.set_nonblocking(true).map_err(refused)?;
    let room = traffic::make_room(&socket).map_err(refused)?;
    let to = socket.local_addr().map_err(refused)?;
    let load = Load {
        len: size,
        window: window(room, size, way),
        time,
    };
    let sockets = (0..FLOWS).map(|_| Flow::socket(("127.0.0.1", 0), to));
    let sockets = sockets.collect::<Result<Vec<UdpSocket>, String>>()?;
    let stream = Stream::new(sockets.len(), load);
    let send = || match way {
        Way::Gro => stream.send(&sockets),
        _ => traffic::exchange(&mut there_and_back(&sockets)?, &load),
    };

    let (ready, opened) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let name = server.name();
        let stream = &stream;
        let thread = scope.spawn(move || {
            let go_on = move || stopped.try_recv() == Err(TryRecvError::Empty);
            let opened = move || ready.send(()).expect("the other end waits for it");
            let mut turn = Turn::new(opened, go_on).of_stream(stream);
            let account = server.serve(&socket, &mut turn)?;
            Ok::<_, String>((account, turn.cpu()))
        });
        // If the server could not be opened, the other end is gone.
        let passed = opened.recv().map(|()| {
            let before = clock::of_this_process();
            let passed = send();
            (passed, clock::of_this_process() - before)
        });
        drop(stop);
        let (account, cpu) = match thread.join() {
            Ok(served) => served?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let (passed, cpu_all) = passed.map_err(|error| error.to_string())?;
        let group = format!("{}, {size} bytes", way.name());
        Ok(sample(name, group, &passed?, [cpu, cpu_all], account))
    })
}

/// Returns how many datagrams of a flow may be under way, so that a socket has room for all.
fn window(room: usize, size: usize, way: Way) -> u64 {
    // The kernel counts its structures too, and whole blocks of memory. It gives room back late.
    let each = 2 * (size + 640);
    let fit = room / 2 / usize::from(FLOWS) / each;
    let most = match way {
        Way::Gro => 2 * WINDOW,
        _ => WINDOW,
    };
    (fit as u64).clamp(1, most)
}

/// Returns flows that come back to the socket that sends them.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn there_and_back(sockets: &[UdpSocket]) -> Result<Vec<Flow>, String> {
    let flow = |(number, socket): (usize, &UdpSocket)| {
        let socket = socket.try_clone().map_err(|error| error.to_string())?;
        Flow::there_and_back(number as u16, socket, None)
    };
    sockets.iter().enumerate().map(flow).collect()
}

fn sample(
    name: &'static str,
    group: String,
    passed: &Passed,
    [cpu, cpu_all]: [Duration; 2],
    account: Account,
) -> Sample {
    let each = |time: Duration| time.as_nanos() as f64 / passed.tally.received.max(1) as f64;
    // UDP does not promise the order.
    let mut faults = passed.tally.damage();
    faults.extend(account.faults());
    Sample {
        group,
        name,
        rate: passed.tally.received as f64 / passed.elapsed.as_secs_f64().max(1e-9),
        cpu: each(cpu),
        cpu_all: each(cpu_all),
        tally: passed.tally,
        faults,
        words: account.words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_room_makes_a_small_window() {
        assert_eq!(window(16 << 20, 64, Way::Tokio), WINDOW);
        assert_eq!(window(16 << 20, 64, Way::Gro), 2 * WINDOW);
        assert_eq!(window(425_984, 1472, Way::Tokio), 12);
        assert_eq!(window(4096, 9000, Way::Gro), 1);
    }
}
