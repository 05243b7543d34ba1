//! The traffic: kernel UDP sockets that send, receive, and verify every datagram.
//!
//! The number of datagrams under way is bounded, so that each ring and each queue on the way has
//! room for all of them: what is missing in the end was lost by somebody.

mod flow;
mod ledger;
mod mmsg;
mod pattern;
mod stream;

pub use flow::{Flow, make_room};
pub use ledger::Tally;
pub use pattern::{HEAD, named};
pub use stream::Stream;

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use crate::wait::Wait;
use mmsg::{BURST, Inbox};
use pattern::Pattern;

/// The number of flows.
pub const FLOWS: u16 = 4;
/// The UDP port to which the first flow is sent. The others follow.
pub const FIRST_PORT: u16 = 5000;
/// The most datagrams of a flow that need to be under way. A virtual Ethernet pair has room for
/// 256.
pub const WINDOW: u64 = 64;

/// The time without a datagram after which those that are under way are given up.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Load {
    /// The bytes of a datagram's payload, at least [`HEAD`].
    pub len: usize,
    /// The most datagrams of a flow that are under way.
    pub window: u64,
    /// For how long.
    pub time: Duration,
}

/// What a slice of traffic has shown.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Passed {
    /// What became of the packets.
    pub tally: Tally,
    /// The time from the first packet to the last.
    pub elapsed: Duration,
}

/// Returns flows to a reflector that is reached at an address for each port.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn to_reflector(address: impl Fn(u16) -> SocketAddr) -> Result<Vec<Flow>, String> {
    (0..FLOWS)
        .map(|number| {
            let socket = Flow::socket(("0.0.0.0", 0), address(FIRST_PORT + number))?;
            Flow::there_and_back(number, socket, None)
        })
        .collect()
}

/// Sends datagrams, waits for those that are under way, and returns what became of all.
///
/// # Errors
///
/// The error says in words which socket failed.
pub fn exchange(flows: &mut [Flow], load: &Load) -> Result<Passed, String> {
    let len = load.len;
    let burst = load.window.min(BURST as u64);
    let pattern = Pattern::new(len);
    let mut inbox = Inbox::new(len);
    let mut wait = Wait::on(flows.iter().map(|flow| flow.to.as_raw_fd()));
    let start = Instant::now();
    let (mut sending, mut last) = (true, start);
    loop {
        let mut moved = 0;
        for flow in &mut *flows {
            if sending && flow.ledger.under_way() + burst <= load.window {
                moved += flow.send(&pattern, burst as usize, len)?;
            }
            let came = flow.receive(&mut inbox, &pattern, len)?;
            if came > 0 {
                last = Instant::now();
            }
            moved += came;
        }
        sending &= start.elapsed() < load.time;
        let under_way: u64 = flows.iter().map(|flow| flow.ledger.under_way()).sum();
        if !sending && under_way == 0 || last.elapsed() > PATIENCE {
            break;
        }
        if moved == 0 {
            wait.wait();
        }
    }
    let mut tally = Tally::default();
    for flow in flows {
        tally += flow.ledger.settle();
    }
    Ok(Passed {
        tally,
        elapsed: last - start,
    })
}

impl Flow {
    fn send(&mut self, pattern: &Pattern, n: usize, len: usize) -> Result<usize, String> {
        let first = self.ledger.next();
        let sent = mmsg::send(&self.from, pattern, self.number, first, n, len);
        let sent = sent.map_err(|error| self.failed("sending", &error))?;
        self.ledger.sent(sent as u64);
        Ok(sent)
    }

    fn receive(
        &mut self,
        inbox: &mut Inbox,
        pattern: &Pattern,
        len: usize,
    ) -> Result<usize, String> {
        let came = inbox.receive(&self.to);
        let came = came.map_err(|error| self.failed("receiving", &error))?;
        for at in 0..came {
            let number = pattern.number(self.number, inbox.payload(at), len);
            let in_time = self.ttl.is_none() || self.ttl == inbox.ttl(at);
            self.ledger.came(number.filter(|_| in_time));
        }
        Ok(came)
    }

    fn failed(&self, what: &str, error: &io::Error) -> String {
        format!("{what} on flow {}: {error}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(len: usize) -> Load {
        Load {
            len,
            window: WINDOW,
            time: Duration::from_millis(20),
        }
    }

    #[test]
    fn what_passes_the_loopback_device_is_whole() {
        let to = Flow::socket(("127.0.0.1", 0), "127.0.0.1:9").unwrap();
        let from = Flow::socket(("127.0.0.1", 0), to.local_addr().unwrap()).unwrap();
        to.connect(from.local_addr().unwrap()).unwrap();
        let mut flows = [Flow::new(0, from, to, Some(64))];
        for len in [HEAD, 1472, 8958] {
            let passed = exchange(&mut flows, &load(len)).unwrap();
            assert_eq!(passed.tally.faults(), Vec::<String>::new());
            assert!(passed.tally.received >= 32, "{passed:?}");
        }
    }

    #[test]
    fn what_nobody_sends_back_is_lost() {
        let to = Flow::socket(("127.0.0.1", 0), "127.0.0.1:9").unwrap();
        let sink = Flow::socket(("127.0.0.1", 0), to.local_addr().unwrap()).unwrap();
        let from = Flow::socket(("127.0.0.1", 0), sink.local_addr().unwrap()).unwrap();
        let mut flows = [Flow::new(0, from, to, None)];
        let passed = exchange(&mut flows, &load(22)).unwrap();
        assert_eq!(passed.tally.lost, passed.tally.sent);
        assert_eq!(passed.tally.received, 0);
    }
}
