//! The threads of the stages, and the rings between them.

use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant};

use crossbeam_utils::Backoff;
use hdrhistogram::Histogram;
use rtrb::{Consumer, Producer, PushError, RingBuffer};

use super::account::{Account, Outcome};
use super::buffer::{Batch, Buffer, Pool, TRAILER};
use super::inspect::{Action, inspect};
use super::rewrite::{decrement_hop_limit, decrement_ttl};
use super::tally::{Drops, Passed, Reason};
use super::vxlan::{Inner, outer_v4, outer_v6};

/// The number of bursts that a ring holds.
pub const RING: usize = 32;

/// A burst on its way through the pipeline.
pub struct Job<P: Pool> {
    /// The packets of the burst.
    pub batch: P::Batch,
    /// The time at which RX had them.
    pub received: Instant,
}

/// The end of a run: whatever comes first.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    /// The time after which it ends.
    pub time: Duration,
    /// The number of packets after which it ends.
    pub packets: u64,
}

/// A source of packets: the receiving end of RX.
pub trait Source<P: Pool>: Send {
    /// Returns the next burst; `None` at the end. A burst may be empty.
    ///
    /// # Errors
    ///
    /// The error says in words what broke. It ends the run.
    fn next(&mut self, clock: &mut GetClock) -> Result<Option<P::Batch>, String>;

    /// Returns how many packets came in so far, dropped ones included, and what was dropped.
    fn counts(&self) -> (u64, Drops);
}

/// A sink of packets: the sending end of TX.
pub trait Sink<P: Pool>: Send {
    /// Takes the burst's packets. The buffers are freed afterwards.
    ///
    /// # Errors
    ///
    /// The error says in words what broke. It ends the run.
    fn take(&mut self, batch: &P::Batch) -> Result<(), String>;
}

/// A clock for the calls that get buffers.
#[derive(Debug)]
pub struct GetClock(Histogram<u64>);

impl GetClock {
    /// Gets up to `n` buffers and notes the time for each.
    pub fn get<P: Pool>(&mut self, pool: &P, batch: &mut P::Batch, n: usize) -> usize {
        let start = Instant::now();
        let got = pool.get_burst(batch, n);
        note(&mut self.0, start.elapsed(), got);
        got
    }
}

/// The findings of a run's stages.
#[derive(Debug)]
pub struct Run<K> {
    /// The sink, with its own findings.
    pub sink: K,
    /// The number of packets that came in, dropped ones included.
    pub offered: u64,
    /// The packets that were dropped inside.
    pub drops: Drops,
    /// The packets that the work stage passed on.
    pub passed: Passed,
    /// The number of packets that TX handed to the sink.
    pub sent: u64,
    /// The time of every burst from RX to the sink, in nanoseconds.
    pub latency: Histogram<u64>,
    /// The time to get buffers, in picoseconds a buffer.
    pub get: Histogram<u64>,
    /// The time to free buffers, in picoseconds a buffer.
    pub free: Histogram<u64>,
    /// The time from when RX had the first burst to when TX had freed the last.
    pub elapsed: Duration,
}

impl<K> Run<K> {
    /// Returns the run's figures together with its account.
    pub fn into_outcome(self, account: Account) -> Outcome {
        Outcome {
            account,
            elapsed: self.elapsed,
            latency: self.latency,
            get: self.get,
            free: self.free,
        }
    }
}

/// Returns a histogram that grows as needed, with three significant digits.
fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are allowed")
}

/// Keeps a value. The histogram grows with it, so there is no value that it would refuse.
fn record(histogram: &mut Histogram<u64>, value: u64) {
    histogram.record(value).ok();
}

/// Notes a call's time, divided by the buffers that it was for.
fn note(histogram: &mut Histogram<u64>, time: Duration, buffers: usize) {
    if buffers > 0 {
        record(histogram, time.as_nanos() as u64 * 1000 / buffers as u64);
    }
}

/// Runs the three stages until the source ends.
///
/// # Errors
///
/// The error says in words what broke in a stage.
pub fn run<P, S, K>(source: S, sink: K) -> Result<Run<K>, String>
where
    P: Pool,
    S: Source<P>,
    K: Sink<P>,
{
    let (to_work, from_rx) = RingBuffer::new(RING);
    let (to_tx, from_work) = RingBuffer::new(RING);
    std::thread::scope(|scope| {
        let rx = scope.spawn(move || rx(source, to_work));
        let work = scope.spawn(move || work::<P>(from_rx, to_tx));
        let tx = scope.spawn(move || tx(from_work, sink));
        // All threads are joined before any failure is returned: a stage that fails drops its
        // rings, and the others end.
        let ended = (rx.join(), work.join(), tx.join());
        // The last stage comes first: if it breaks, it ends those before it, and is the cause.
        let tx = unless_panicked(ended.2)?;
        let (work_drops, passed) = unless_panicked(ended.1)?;
        let rx = unless_panicked(ended.0)?;
        let mut drops = rx.drops;
        drops.add(&work_drops);
        Ok(Run {
            sink: tx.sink,
            offered: rx.offered,
            drops,
            passed,
            sent: tx.sent,
            latency: tx.latency,
            get: rx.get,
            free: tx.free,
            elapsed: tx.elapsed,
        })
    })
}

/// Returns what a thread returned. If the thread panicked, the panic goes on in this one, which
/// ends the process as any panic does.
pub fn unless_panicked<T>(ended: std::thread::Result<T>) -> T {
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

struct RxEnd {
    offered: u64,
    drops: Drops,
    get: Histogram<u64>,
}

struct TxEnd<K> {
    sink: K,
    sent: u64,
    latency: Histogram<u64>,
    free: Histogram<u64>,
    elapsed: Duration,
}

fn rx<P: Pool, S: Source<P>>(mut source: S, mut ring: Producer<Job<P>>) -> Result<RxEnd, String> {
    let mut clock = GetClock(histogram());
    while let Some(batch) = source.next(&mut clock)? {
        // Whatever the source is, its packets are in their buffers by now.
        let received = Instant::now();
        if !batch.is_empty() {
            push(&mut ring, Job { batch, received })?;
        }
    }
    let (offered, drops) = source.counts();
    Ok(RxEnd {
        offered,
        drops,
        get: clock.0,
    })
}

fn work<P: Pool>(
    mut from: Consumer<Job<P>>,
    mut to: Producer<Job<P>>,
) -> Result<(Drops, Passed), String> {
    let (mut drops, mut passed) = (Drops::default(), Passed::default());
    while let Some(mut job) = pop(&mut from) {
        job.batch
            .retain(|buffer| match forward(buffer, &mut passed) {
                Ok(()) => true,
                Err(reason) => {
                    drops.count(reason, 1);
                    false
                }
            });
        if !job.batch.is_empty() {
            push(&mut to, job)?;
        }
    }
    Ok((drops, passed))
}

/// Parses, rewrites and encapsulates one packet.
fn forward<B: Buffer>(buffer: &mut B, passed: &mut Passed) -> Result<(), Reason> {
    let len = buffer.bytes().len();
    let packet = &buffer.bytes()[..len.saturating_sub(TRAILER)];
    let seen = inspect(packet);
    let inner = Inner {
        len: len as u16,
        flow: seen.flow,
        vlan: seen.vlan,
    };
    let (room, count) = match seen.action {
        Action::Drop(reason) => return Err(reason),
        Action::RouteV4(at) => {
            decrement_ttl(&mut buffer.bytes_mut()[at..]);
            (buffer.prepend(&outer_v4(inner)), &mut passed.routed_v4)
        }
        Action::RouteV6(at) => {
            decrement_hop_limit(&mut buffer.bytes_mut()[at..]);
            (buffer.prepend(&outer_v6(inner)), &mut passed.routed_v6)
        }
        Action::Bridge => (buffer.prepend(&outer_v4(inner)), &mut passed.bridged),
    };
    room.map_err(|_| Reason::Oversize)?;
    *count += 1;
    passed.tagged += u64::from(seen.vlan.is_some());
    Ok(())
}

fn tx<P: Pool, K: Sink<P>>(mut from: Consumer<Job<P>>, mut sink: K) -> Result<TxEnd<K>, String> {
    let (mut latency, mut free) = (histogram(), histogram());
    let mut sent = 0;
    let (mut first, mut elapsed) = (None, Duration::ZERO);
    while let Some(job) = pop(&mut from) {
        let first = *first.get_or_insert(job.received);
        record(&mut latency, job.received.elapsed().as_nanos() as u64);
        let count = job.batch.len();
        sink.take(&job.batch)?;
        sent += count as u64;
        let start = Instant::now();
        drop(job);
        let end = Instant::now();
        note(&mut free, end - start, count);
        elapsed = end - first;
    }
    Ok(TxEnd {
        sink,
        sent,
        latency,
        free,
        elapsed,
    })
}

/// A wait for a ring. First come a few spins, then other threads get the processor, then come naps.
/// So a pipeline with nothing to do leaves the machine to the others.
#[derive(Debug, Default)]
struct Wait {
    backoff: Backoff,
    yields: u32,
}

impl Wait {
    fn pause(&mut self) {
        if self.yields < 200 {
            self.yields += u32::from(self.backoff.is_completed());
            self.backoff.snooze();
        } else {
            std::thread::sleep(Duration::from_micros(20));
        }
    }
}

/// Puts a burst on the ring, and waits while the ring is full.
fn push<P: Pool>(ring: &mut Producer<Job<P>>, mut job: Job<P>) -> Result<(), String> {
    let mut wait = Wait::default();
    loop {
        match ring.push(job) {
            Ok(()) => return Ok(()),
            Err(PushError::Full(back)) if !ring.is_abandoned() => job = back,
            Err(_) => return Err("the next stage has ended before its time".into()),
        }
        wait.pause();
    }
}

/// Returns the next burst from the ring, and waits while the ring is empty. It returns `None` once
/// the stage before has ended.
fn pop<P: Pool>(ring: &mut Consumer<Job<P>>) -> Option<Job<P>> {
    let mut wait = Wait::default();
    loop {
        match ring.pop() {
            Ok(job) => return Some(job),
            Err(_) if !ring.is_abandoned() => wait.pause(),
            Err(_) => {
                // Acquire: pairs with the Release with which the producer's handle gave its part of
                // the ring back; `is_abandoned` itself is Relaxed. All that it had pushed is seen
                // now, so a burst from just before the end is not overlooked.
                fence(Ordering::Acquire);
                return ring.pop().ok();
            }
        }
    }
}
