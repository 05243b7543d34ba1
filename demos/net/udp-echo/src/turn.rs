//! The turn of a server: when it begins and ends, and the processor time that it takes.

#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use framewell_harness::clock;
use framewell_harness::traffic::{Stream, named};

/// The turn of a server.
pub struct Turn<'t> {
    go_on: Box<dyn FnMut() -> bool + 't>,
    opened: Option<Box<dyn FnOnce() + 't>>,
    /// What verifies the datagrams that are not sent back.
    stream: Option<&'t Stream>,
    /// The number that each flow's next datagram should have.
    due: Vec<u64>,
    since: Duration,
    cpu: Duration,
    packets: u64,
}

impl<'t> Turn<'t> {
    /// Returns a turn that lasts for as long as `go_on` returns true. `opened` is called when the
    /// server is ready.
    pub fn new(opened: impl FnOnce() + 't, go_on: impl FnMut() -> bool + 't) -> Self {
        Self {
            go_on: Box::new(go_on),
            opened: Some(Box::new(opened)),
            stream: None,
            due: Vec::new(),
            since: Duration::ZERO,
            cpu: Duration::ZERO,
            packets: 0,
        }
    }

    /// Has datagrams of a stream verified, which are not sent back.
    pub fn of_stream(mut self, stream: &'t Stream) -> Self {
        self.stream = Some(stream);
        self
    }

    /// Notes that the server is ready. From now on its processor time counts.
    pub fn opened(&mut self) {
        if let Some(opened) = self.opened.take() {
            opened();
        }
        self.since = clock::of_this_thread();
    }

    /// Returns whether the server should go on.
    pub fn go_on(&mut self) -> bool {
        (self.go_on)()
    }

    /// Notes that so many datagrams came.
    #[inline]
    pub fn came(&mut self, n: usize) {
        self.packets += n as u64;
    }

    /// Reads the head of a datagram, as a program does that looks up whose it is, and returns
    /// whether it is the next of its flow.
    #[inline]
    pub fn is_due(&mut self, payload: &[u8]) -> bool {
        let Some((flow, number)) = named(payload) else {
            return false;
        };
        let flow = flow as usize;
        if flow >= self.due.len() {
            // What is named wrongly is no reason to take memory.
            self.due.resize((flow + 1).clamp(self.due.len(), 64), 0);
        }
        let Some(due) = self.due.get_mut(flow) else {
            return false;
        };
        let is = *due == number;
        *due = number + 1;
        is
    }

    /// Has datagrams verified in all bytes. The processor time of that does not count.
    pub fn verify<'p>(&mut self, packets: impl IntoIterator<Item = &'p [u8]>) {
        self.cpu += clock::of_this_thread() - self.since;
        if let Some(stream) = self.stream {
            packets.into_iter().for_each(|packet| stream.verify(packet));
        }
        self.since = clock::of_this_thread();
    }

    /// Notes that the server does nothing more. The processor time of its closing does not count.
    pub fn closing(&mut self) {
        self.cpu += clock::of_this_thread() - self.since;
        self.since = clock::of_this_thread();
    }

    /// Returns the processor time of the server's thread that counts.
    pub fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Returns how many datagrams came.
    pub fn packets(&self) -> u64 {
        self.packets
    }
}

impl fmt::Debug for Turn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("packets", &self.packets)
            .field("cpu", &self.cpu)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_due_in_order_within_its_flow() {
        let mut turn = Turn::new(|| (), || false);
        let head = |flow: u32, number: u64| {
            let mut head = number.to_be_bytes().to_vec();
            head.extend(flow.to_be_bytes());
            head
        };
        assert!(turn.is_due(&head(1, 0)) && turn.is_due(&head(0, 0)) && turn.is_due(&head(1, 1)));
        assert!(!turn.is_due(&head(1, 3)) && turn.is_due(&head(1, 4)));
        assert!(!turn.is_due(&head(u32::MAX, 0)) && !turn.is_due(&[0; 11]));
    }
}
