//! Flows that end in this process: one thread sends them, and another verifies each datagram.

use std::net::UdpSocket;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::ledger::{Ledger, Tally};
use super::mmsg;
use super::pattern::{Pattern, named};
use super::{Load, PATIENCE, Passed};

/// How long the sender sleeps when as much is under way as may be.
const PAUSE: Duration = Duration::from_micros(20);

/// Flows of datagrams, which leave many at a time, as one that the kernel takes apart (GSO).
#[derive(Debug)]
pub struct Stream {
    load: Load,
    pattern: Pattern,
    /// One for each flow.
    ledgers: Vec<Mutex<Ledger>>,
}

impl Stream {
    /// Returns so many flows.
    pub fn new(flows: usize, load: Load) -> Self {
        Self {
            load,
            pattern: Pattern::new(load.len),
            ledgers: (0..flows).map(|_| Mutex::default()).collect(),
        }
    }

    /// Sends for the time of the load, each flow by the socket of its place, waits until all was
    /// verified, and returns what became of it.
    ///
    /// # Errors
    ///
    /// The error says in words which socket failed.
    pub fn send(&self, sockets: &[UdpSocket]) -> Result<Passed, String> {
        let start = Instant::now();
        let (mut sending, mut last, mut came) = (true, start, 0);
        loop {
            let mut moved = 0;
            for (flow, socket) in sockets.iter().enumerate() {
                let free = self.load.window - self.ledger(flow).under_way();
                if sending && free >= self.load.window.div_ceil(2) {
                    moved += self.send_one(flow, socket, free as usize)?;
                }
            }
            sending &= start.elapsed() < self.load.time;
            let now = self.ledgers.len();
            let of_all = |get: fn(&Ledger) -> u64| -> u64 {
                (0..now).map(|flow| get(&self.ledger(flow))).sum()
            };
            let received = of_all(Ledger::received);
            if received != came {
                (came, last) = (received, Instant::now());
            }
            if !sending && of_all(Ledger::under_way) == 0 || last.elapsed() > PATIENCE {
                break;
            }
            if moved == 0 {
                thread::sleep(PAUSE);
            }
        }
        let mut tally = Tally::default();
        for flow in 0..self.ledgers.len() {
            tally += self.ledger(flow).settle();
        }
        Ok(Passed {
            tally,
            elapsed: last - start,
        })
    }

    fn send_one(&self, flow: usize, socket: &UdpSocket, n: usize) -> Result<usize, String> {
        let first = self.ledger(flow).next();
        let n = mmsg::merged(n, self.load.len);
        // They may be verified before the call returns.
        self.ledger(flow).sent(n as u64);
        let sent = mmsg::send_merged(socket, &self.pattern, flow as u32, first, n, self.load.len)
            .map_err(|error| format!("sending on flow {flow}: {error}"))?;
        if !sent {
            self.ledger(flow).unsent(n as u64);
        }
        Ok(if sent { n } else { 0 })
    }

    /// Verifies a datagram: its flow, its number within it, its length and all its bytes.
    pub fn verify(&self, payload: &[u8]) {
        // What names no flow counts in the first.
        let flow = named(payload).map_or(0, |(flow, _)| flow);
        let place = if (flow as usize) < self.ledgers.len() {
            flow as usize
        } else {
            0
        };
        let number = self.pattern.number(flow, payload, self.load.len);
        self.ledger(place)
            .came(number.filter(|_| place == flow as usize));
    }

    fn ledger(&self, flow: usize) -> MutexGuard<'_, Ledger> {
        // Each call leaves a ledger whole.
        self.ledgers[flow]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Flow;

    fn load(len: usize) -> Load {
        Load {
            len,
            window: 64,
            time: Duration::from_millis(20),
        }
    }

    #[test]
    fn what_is_merged_comes_apart_whole() {
        let to = UdpSocket::bind("127.0.0.1:0").unwrap();
        to.set_read_timeout(Some(Duration::from_millis(10)))
            .unwrap();
        let from = Flow::socket(("127.0.0.1", 0), to.local_addr().unwrap()).unwrap();
        let stream = Stream::new(1, load(100));
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let passed = thread::scope(|scope| {
            let stream = &stream;
            scope.spawn(move || {
                let mut room = [0; 200];
                while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                    if let Ok(len) = to.recv(&mut room) {
                        stream.verify(&room[..len]);
                    }
                }
            });
            let passed = stream.send(&[from]);
            drop(stop);
            passed.unwrap()
        });
        assert_eq!(passed.tally.damage(), Vec::<String>::new());
        assert!(passed.tally.received >= 64, "{passed:?}");
    }

    #[test]
    fn what_is_damaged_doubled_or_missing_is_found() {
        let stream = Stream::new(2, load(20));
        let datagram = |flow, number| {
            let mut sent = Pattern::head(flow, number).to_vec();
            sent.extend_from_slice(stream.pattern.rest(flow, number, 8));
            sent
        };
        stream.ledger(0).sent(4);
        stream.ledger(1).sent(1);
        let mut damaged = datagram(0, 1);
        damaged[19] ^= 1;
        for came in [
            datagram(0, 0),
            damaged,
            datagram(0, 2),
            datagram(0, 2),
            datagram(1, 0),
            datagram(7, 0),
            vec![1, 2, 3],
        ] {
            stream.verify(&came);
        }
        let tally = stream.ledger(0).settle();
        assert_eq!(
            (tally.received, tally.lost, tally.doubled, tally.altered),
            (2, 2, 1, 3)
        );
        assert_eq!(stream.ledger(1).settle().received, 1);
    }
}
