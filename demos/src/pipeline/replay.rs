//! The pipeline's ends in memory: a capture that is looped at one end, and the judge at the other.

use std::time::Instant;

use crossbeam_utils::Backoff;

use super::account::{Account, Outcome};
use super::buffer::{Batch, Buffer, MAX_BURST, PAYLOAD, Pool};
use super::expect::Plan;
use super::inspect;
use super::stages::{self, GetClock, Sink, Source, Until};
use super::tally::{Drops, Reason};
use super::verify::Verifier;
use crate::capture::Capture;

/// Returns the length of the link header of a packet that may have a buffer.
///
/// # Errors
///
/// The error is the reason why the packet may not have one.
pub fn admit(packet: &[u8]) -> Result<usize, Reason> {
    let link = inspect::link(packet).ok_or(Reason::Malformed)?;
    if packet.len() - link.len > PAYLOAD {
        return Err(Reason::Oversize);
    }
    Ok(link.len)
}

/// A capture that is sent over and over.
pub struct Replay<'a, P> {
    capture: &'a Capture,
    pool: P,
    burst: usize,
    number: u64,
    drops: Drops,
    until: Until,
    begun: Option<Instant>,
    idle: Backoff,
    starved: bool,
}

impl<'a, P: Pool> Replay<'a, P> {
    /// Returns a source that sends the capture's packets in bursts of `burst`.
    pub fn new(capture: &'a Capture, pool: P, burst: usize, until: Until) -> Self {
        Self {
            capture,
            pool,
            burst,
            number: 0,
            drops: Drops::default(),
            until,
            begun: None,
            idle: Backoff::new(),
            starved: false,
        }
    }

    fn is_over(&mut self) -> bool {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        self.capture.is_empty()
            || self.number >= self.until.packets
            || begun.elapsed() >= self.until.time
    }

    /// Returns the next packets that may have a buffer, with their numbers and link lengths. The
    /// others are counted.
    fn admitted(&mut self, wanted: usize) -> arrayvec::ArrayVec<(u64, usize), MAX_BURST> {
        let mut admitted = arrayvec::ArrayVec::new();
        for _ in 0..wanted.min(admitted.capacity()) {
            if self.number >= self.until.packets {
                break;
            }
            match admit(self.packet(self.number)) {
                Ok(link) => admitted.push((self.number, link)),
                Err(reason) => self.drops.count(reason, 1),
            }
            self.number += 1;
        }
        admitted
    }

    fn packet(&self, number: u64) -> &'a [u8] {
        let index = number % self.capture.len() as u64;
        self.capture.packet(index as usize)
    }
}

impl<P: Pool> Source<P> for Replay<'_, P> {
    fn next(&mut self, clock: &mut GetClock) -> Result<Option<P::Batch>, String> {
        if self.is_over() {
            return Ok(None);
        }
        if self.starved {
            // RX goes on, as a network card at line rate would, but it lets the other stages run.
            self.idle.snooze();
        } else {
            self.idle.reset();
        }
        let admitted = self.admitted(self.burst);
        let mut batch = P::Batch::default();
        let got = clock.get(&self.pool, &mut batch, admitted.len());
        self.drops.pool_full += (admitted.len() - got) as u64;
        let mut numbers = admitted.iter();
        let mut refused = 0;
        batch.retain(|buffer| {
            let Some(&(number, link)) = numbers.next() else {
                return false;
            };
            let packet = self.packet(number);
            let loaded = buffer.load(link, packet, &number.to_be_bytes()).is_ok();
            refused += u64::from(!loaded);
            loaded
        });
        // What `admit` lets pass fits. Should a packet be refused, the plan says that it should not
        // be.
        self.drops.oversize += refused;
        self.starved = got < admitted.len();
        Ok(Some(batch))
    }

    fn counts(&self) -> (u64, Drops) {
        (self.number, self.drops)
    }
}

/// The judge as the pipeline's end.
#[derive(Debug)]
pub struct Judge(Verifier);

impl Judge {
    /// Returns a judge of packets from this capture.
    pub fn new(capture: &Capture) -> Self {
        Self(Verifier::new(Plan::of(capture)))
    }
}

impl<P: Pool> Sink<P> for Judge {
    fn take(&mut self, batch: &P::Batch) -> Result<(), String> {
        for buffer in batch.as_slice() {
            self.0.check(buffer.bytes());
        }
        Ok(())
    }
}

/// Runs the pipeline over a capture in memory.
///
/// # Errors
///
/// The error says in words what broke.
pub fn run<P: Pool>(
    capture: &Capture,
    pool: P,
    burst: usize,
    until: Until,
) -> Result<Outcome, String> {
    let source = Replay::new(capture, pool, burst, until);
    let run = stages::run::<P, _, _>(source, Judge::new(capture))?;
    let mut account = Account {
        offered: run.offered,
        passed: run.passed,
        drops: run.drops,
        verdict: run.sink.0.verdict(run.offered),
        disputes: Vec::new(),
    };
    let (passed, arrived) = (run.passed.total(), account.verdict.arrived);
    if passed != run.sent || run.sent != arrived {
        account.disputes.push(format!(
            "{passed} packets were passed on, {} sent, {arrived} arrived",
            run.sent
        ));
    }
    Ok(run.into_outcome(account))
}
