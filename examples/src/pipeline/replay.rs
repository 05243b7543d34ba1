//! The pipeline's ends in memory: a capture, looped, at one; the judge at the other.

use std::time::Instant;

use crossbeam_utils::Backoff;

use super::account::{Account, Outcome};
use super::buffer::{Batch, Buffer, PAYLOAD, Pool};
use super::capture::Capture;
use super::expect::Plan;
use super::inspect;
use super::stages::{self, GetClock, Job, Sink, Source, Until};
use super::tally::{Drops, Reason};
use super::verify::Verifier;

/// Whether a packet may have a buffer: the length of its link header.
///
/// # Errors
///
/// Why not.
pub fn admit(packet: &[u8]) -> Result<usize, Reason> {
    let link = inspect::link(packet).ok_or(Reason::Malformed)?;
    if packet.len() - link.len > PAYLOAD {
        return Err(Reason::Oversize);
    }
    Ok(link.len)
}

/// A capture, sent over and over.
pub struct Replay<'a, P> {
    capture: &'a Capture,
    pool: P,
    burst: usize,
    number: u64,
    drops: Drops,
    until: Until,
    begun: Option<Instant>,
    idle: Backoff,
}

impl<'a, P: Pool> Replay<'a, P> {
    /// The capture's packets in bursts of `burst`.
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
        }
    }

    fn is_over(&mut self) -> bool {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        self.capture.is_empty()
            || self.number >= self.until.packets
            || begun.elapsed() >= self.until.time
    }

    /// The next packets that may have a buffer, with their numbers and link lengths; the others are
    /// counted.
    fn admitted(&mut self, wanted: usize) -> arrayvec::ArrayVec<(u64, usize), 64> {
        let mut admitted = arrayvec::ArrayVec::new();
        for _ in 0..wanted.min(admitted.capacity()) {
            if self.number >= self.until.packets {
                break;
            }
            match admit(self.packet(self.number)) {
                Ok(link) => admitted.push((self.number, link)),
                Err(reason) => self.drops.count(reason),
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
    fn next(&mut self, clock: &mut GetClock) -> Result<Option<Job<P>>, String> {
        if self.is_over() {
            return Ok(None);
        }
        let admitted = self.admitted(self.burst);
        let received = Instant::now();
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
        self.drops.oversize += refused;
        if got < admitted.len() {
            // As a network card at line rate would, RX goes on, but it lets the other stages run.
            self.idle.snooze();
        } else {
            self.idle.reset();
        }
        Ok(Some(Job { batch, received }))
    }

    fn counts(&self) -> (u64, Drops) {
        (self.number, self.drops)
    }
}

/// The judge as the pipeline's end.
#[derive(Debug)]
pub struct Judge(Verifier);

impl Judge {
    /// A judge of packets from this capture.
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
/// What broke, in words.
pub fn run<P: Pool>(
    capture: &Capture,
    pool: P,
    burst: usize,
    until: Until,
) -> Result<Outcome, String> {
    let source = Replay::new(capture, pool, burst, until);
    let run = stages::run::<P, _, _>(source, Judge::new(capture))?;
    let account = Account {
        offered: run.offered,
        passed: run.passed,
        drops: run.drops,
        verdict: run.sink.0.verdict(run.offered),
        disputes: Vec::new(),
    };
    Ok(run.into_outcome(account))
}
