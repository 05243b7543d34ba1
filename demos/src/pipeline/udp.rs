//! The pipeline's ends on live sockets: datagrams over the loopback device.
//!
//! ```text
//!  generator ──sendmmsg──▶ [queue] ──recvmmsg──▶ RX ─▶ WORK ─▶ TX ──sendmmsg──▶ [queue] ──▶ judge
//! ```
//!
//! A datagram's payload is a packet of the capture with its ingress trailer. RX receives straight
//! into the buffers. The kernel drops datagrams while a queue is full. The numbers that went in and
//! came out tell how many, and the kernel's own count must agree.

use std::net::UdpSocket;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::account::{Account, Outcome};
use super::buffer::{Batch, Buffer, MAX_BURST, Pool, TRAILER};
use super::expect::Plan;
use super::mmsg;
use super::replay::admit;
use super::stages::{self, GetClock, Sink, Source, Until, unless_panicked};
use super::tally::{Drops, Reason};
use super::verify::Verifier;
use crate::capture::Capture;

/// The time for which a socket must be silent after its sender has ended.
const QUIET: Duration = Duration::from_millis(50);
/// The time for which a run may last beyond its own.
const GRACE: Duration = Duration::from_secs(5);
/// The length of the longest packet that a datagram takes with its trailer.
const LONGEST: usize = 65_000;
/// The length of the receive queues that are asked for, in bytes.
const QUEUE: i32 = 8 << 20;
/// The length of an area for datagrams that nobody keeps.
const SCRATCH: usize = 2048;

/// The end of a thread, as another thread sees it: the sender is dropped with the thread.
struct Ended(Receiver<()>);

impl Ended {
    fn new() -> (Sender<()>, Self) {
        let (alive, ended) = channel();
        (alive, Self(ended))
    }

    fn is_over(&self) -> bool {
        self.0.try_recv() == Err(TryRecvError::Disconnected)
    }
}

/// Returns a pair of connected sockets on loopback: the sender and the receiver.
fn pair() -> Result<(UdpSocket, UdpSocket), String> {
    let fail =
        |error: std::io::Error| format!("no UDP socket on 127.0.0.1: {error}; run without --udp");
    let receiver = UdpSocket::bind("127.0.0.1:0").map_err(fail)?;
    mmsg::lengthen_queue(&receiver, QUEUE);
    receiver.set_read_timeout(Some(QUIET)).map_err(fail)?;
    let sender = UdpSocket::bind("127.0.0.1:0").map_err(fail)?;
    let address = receiver.local_addr().map_err(fail)?;
    sender.connect(address).map_err(fail)?;
    // The datagrams of others are not taken.
    let address = sender.local_addr().map_err(fail)?;
    receiver.connect(address).map_err(fail)?;
    Ok((sender, receiver))
}

/// Runs the pipeline over live sockets.
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
    let (generator, ingress) = pair()?;
    let (egress, end) = pair()?;
    let (generating, generated) = Ended::new();
    let (transmitting, transmitted) = Ended::new();
    let deadline = Instant::now() + until.time + GRACE;
    let plan = Plan::of(capture);
    let source = Ingress {
        socket: &ingress,
        pool,
        burst,
        ended: generated,
        deadline,
        received: 0,
        drops: Drops::default(),
    };
    std::thread::scope(|scope| {
        let generator = scope.spawn(|| generate(capture, &generator, burst, until, generating));
        let judge = scope.spawn(|| judge(plan, &end, burst, transmitted, deadline));
        let sink = Egress {
            socket: &egress,
            refused: Refused::default(),
        };
        let run = stages::run::<P, _, _>(source, sink);
        drop(transmitting);
        let ended = (generator.join(), judge.join());
        let run = run?;
        let sent = unless_panicked(ended.0);
        let verifier = unless_panicked(ended.1)?;
        let mut account = Account {
            offered: sent.offered,
            passed: run.passed,
            drops: run.drops,
            verdict: verifier.verdict(sent.offered),
            disputes: Vec::new(),
        };
        account.drops.oversize += sent.oversize;
        for refused in [&sent.refused, &run.sink.refused] {
            account.drops.kernel += refused.datagrams;
            if let Some(error) = &refused.why {
                let count = refused.datagrams;
                account
                    .disputes
                    .push(format!("{count} datagrams were not sent: {error}"));
            }
        }
        let dropped = mmsg::kernel_drops(&ingress);
        settle(&mut account, dropped, sent.sent, run.offered);
        let (went, arrived) = (
            run.sent - run.sink.refused.datagrams,
            account.verdict.arrived,
        );
        settle(&mut account, mmsg::kernel_drops(&end), went, arrived);
        Ok(run.into_outcome(account))
    })
}

/// Counts what a socket's queue dropped. It is a dispute unless the kernel counted as many.
fn settle(account: &mut Account, counted: Option<u64>, went: u64, came: u64) {
    let gone = went.saturating_sub(came);
    account.drops.kernel += gone;
    match counted {
        Some(counted) if counted != gone || came > went => account.disputes.push(format!(
            "{went} datagrams were sent to a socket, {came} received, the kernel dropped {counted}"
        )),
        None if gone > 0 => account.disputes.push(format!(
            "{gone} of {went} datagrams did not come, and the kernel does not say whether it \
             dropped them"
        )),
        _ => {}
    }
}

/// The figures of the generator.
#[derive(Debug, Default)]
struct Generated {
    offered: u64,
    sent: u64,
    oversize: u64,
    refused: Refused,
}

/// Sends the capture's packets, over and over, each with its number behind it.
fn generate(
    capture: &Capture,
    socket: &UdpSocket,
    burst: usize,
    until: Until,
    _alive: Sender<()>,
) -> Generated {
    let begun = Instant::now();
    let mut done = Generated::default();
    while done.offered < until.packets && begun.elapsed() < until.time {
        let mut numbers: ArrayVec<(usize, [u8; TRAILER]), MAX_BURST> = ArrayVec::new();
        while numbers.len() < burst.min(MAX_BURST) && done.offered < until.packets {
            let index = (done.offered % capture.len() as u64) as usize;
            if capture.packet(index).len() > LONGEST {
                done.oversize += 1;
            } else {
                numbers.push((index, done.offered.to_be_bytes()));
            }
            done.offered += 1;
        }
        let datagrams: ArrayVec<[&[u8]; 2], MAX_BURST> = numbers
            .iter()
            .map(|(index, trailer)| [capture.packet(*index), trailer.as_slice()])
            .collect();
        done.sent += done.refused.send_all(socket, &datagrams);
        // Loopback has no line rate, so RX gets a turn after each burst.
        std::thread::yield_now();
    }
    done
}

/// The datagrams that the kernel did not take.
#[derive(Debug, Default)]
struct Refused {
    datagrams: u64,
    /// The first reason that is not a full queue.
    why: Option<std::io::Error>,
}

impl Refused {
    /// Sends all datagrams, returns how many were sent, and counts the others.
    fn send_all(&mut self, socket: &UdpSocket, datagrams: &[[&[u8]; 2]]) -> u64 {
        let (mut rest, before) = (datagrams, self.datagrams);
        while !rest.is_empty() {
            let done = match mmsg::send(socket, rest) {
                Ok(sent) => sent,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => 0,
                Err(error) => {
                    self.datagrams += 1;
                    if error.raw_os_error() != Some(libc::ENOBUFS) {
                        self.why.get_or_insert(error);
                    }
                    1
                }
            };
            rest = &rest[done.min(rest.len())..];
        }
        datagrams.len() as u64 - (self.datagrams - before)
    }
}

/// The source of RX: datagrams are received straight into the buffers.
struct Ingress<'a, P> {
    socket: &'a UdpSocket,
    pool: P,
    burst: usize,
    ended: Ended,
    deadline: Instant,
    received: u64,
    drops: Drops,
}

impl<P: Pool> Ingress<'_, P> {
    /// Receives into the buffers of a burst and keeps those that hold a packet.
    fn fill(&mut self, batch: &mut P::Batch) -> Result<usize, String> {
        let mut areas: ArrayVec<(*mut u8, usize), MAX_BURST> = ArrayVec::new();
        let got = batch.len();
        batch.retain(|buffer| match buffer.receive_area() {
            Ok(area) => areas.try_push(area).is_ok(),
            Err(_) => false,
        });
        assert_eq!(
            areas.len(),
            got,
            "a fresh buffer has no room for a datagram"
        );
        // SAFETY: the areas belong to different buffers, which this burst owns and nobody touches
        // until the call returns.
        let received = unsafe { mmsg::receive(self.socket, &areas) };
        let received = received.map_err(|error| format!("recvmmsg: {error}"))?;
        batch.truncate(received.len());
        let mut each = received.iter();
        let drops = &mut self.drops;
        batch.retain(|buffer| {
            let Some(datagram) = each.next() else {
                return false;
            };
            // SAFETY: the kernel wrote that many bytes to this buffer's area, and the buffer was
            // not touched since it gave the area.
            unsafe { buffer.received(datagram.len) };
            let len = datagram.len.saturating_sub(TRAILER);
            let admitted = match admit(&buffer.bytes()[..len]) {
                Ok(_) if datagram.cut => Err(Reason::Oversize),
                admitted => admitted,
            };
            admitted.map_err(|reason| drops.count(reason, 1)).is_ok()
        });
        Ok(received.len())
    }

    /// Takes datagrams for which there is no buffer off the queue.
    fn discard(&mut self) -> Result<usize, String> {
        let mut scratch = [[0u8; SCRATCH]; 8];
        let areas: ArrayVec<_, 8> = scratch
            .iter_mut()
            .map(|area| (area.as_mut_ptr(), SCRATCH))
            .collect();
        // SAFETY: each area is an array of its own.
        let received = unsafe { mmsg::receive(self.socket, &areas) };
        let received = received.map_err(|error| format!("recvmmsg: {error}"))?;
        self.drops.pool_full += received.len() as u64;
        Ok(received.len())
    }
}

impl<P: Pool> Source<P> for Ingress<'_, P> {
    fn next(&mut self, clock: &mut GetClock) -> Result<Option<P::Batch>, String> {
        if Instant::now() > self.deadline {
            return Ok(None);
        }
        let over = self.ended.is_over();
        let mut batch = P::Batch::default();
        let got = clock.get(&self.pool, &mut batch, self.burst);
        let count = if got == 0 {
            self.discard()?
        } else {
            self.fill(&mut batch)?
        };
        self.received += count as u64;
        // Nothing came for the time of a timeout, and nothing more will be sent, so that was all.
        Ok((count > 0 || !over).then_some(batch))
    }

    fn counts(&self) -> (u64, Drops) {
        (self.received, self.drops)
    }
}

/// The sink of TX: datagrams are sent straight from the buffers.
struct Egress<'a> {
    socket: &'a UdpSocket,
    refused: Refused,
}

impl<P: Pool> Sink<P> for Egress<'_> {
    fn take(&mut self, batch: &P::Batch) -> Result<(), String> {
        let datagrams: ArrayVec<[&[u8]; 2], MAX_BURST> = batch
            .as_slice()
            .iter()
            .map(|buffer| [buffer.bytes(), &[]])
            .collect();
        self.refused.send_all(self.socket, &datagrams);
        Ok(())
    }
}

/// Receives at the end of the way, and judges what arrives.
fn judge(
    plan: Plan,
    socket: &UdpSocket,
    burst: usize,
    ended: Ended,
    deadline: Instant,
) -> Result<Verifier, String> {
    let mut verifier = Verifier::new(plan);
    let mut memory = vec![[0u8; SCRATCH]; burst.clamp(1, MAX_BURST)];
    loop {
        let over = ended.is_over();
        let areas: ArrayVec<_, MAX_BURST> = memory
            .iter_mut()
            .map(|area| (area.as_mut_ptr(), SCRATCH))
            .collect();
        // SAFETY: each area is an array of its own.
        let received = unsafe { mmsg::receive(socket, &areas) };
        let received = received.map_err(|error| format!("recvmmsg: {error}"))?;
        for (datagram, area) in received.iter().zip(&memory) {
            verifier.check(&area[..datagram.len]);
        }
        if (received.is_empty() && over) || Instant::now() > deadline + GRACE {
            return Ok(verifier);
        }
    }
}

#[cfg(test)]
#[path = "udp_tests.rs"]
mod tests;
