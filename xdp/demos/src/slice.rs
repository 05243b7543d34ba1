//! One slice: one contestant moves packets of one size for a time.

use std::ops::Range;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::Duration;

use crate::clock;
use crate::contestants::{Account, Contestant, Engine, Port};
use crate::lab::{Lab, Namespace};
use crate::packet::{self, Hop, Refusal, Refusals};
use crate::traffic::{self, Tally};
use crate::wait::Wait;

/// What is done with each packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    /// A packet to one of these ports goes back by the port that it came from.
    Reflect(Range<u16>),
    /// A packet goes out by the other port, to this hop of that port.
    Route([Hop; 2]),
}

impl Work {
    /// Returns the port by which a packet leaves.
    fn way_out(&self, from: usize) -> usize {
        match self {
            Self::Reflect(_) => from,
            Self::Route(_) => 1 - from,
        }
    }

    #[inline]
    fn work(&self, to: usize, packet: &mut [u8]) -> Result<(), Refusal> {
        match self {
            Self::Reflect(ports) => packet::reflect(packet, ports),
            Self::Route(hops) => packet::route(packet, &hops[to]),
        }
    }
}

/// What the AF_XDP side of a slice has shown.
#[derive(Clone, Default, Debug)]
pub struct Moved {
    /// The packets that were received.
    pub packets: u64,
    /// The packets that were not passed on.
    pub refusals: Refusals,
    /// The processor time of the thread, from the first packet on.
    pub cpu: Duration,
    /// The frames at the end.
    pub account: Account,
}

/// What a slice has shown.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The name of the contestant.
    pub name: &'static str,
    /// The bytes of a packet.
    pub size: usize,
    /// The packets that came through in a second.
    pub rate: f64,
    /// The nanoseconds of processor time a packet of the thread with the AF_XDP sockets.
    pub cpu: f64,
    /// The nanoseconds of processor time a packet of the whole process, with sending and verifying.
    pub cpu_all: f64,
    /// What became of the packets.
    pub tally: Tally,
    /// What the AF_XDP side has shown.
    pub moved: Moved,
}

impl Sample {
    /// Returns what is wrong, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.tally.faults();
        faults.extend(self.moved.account.faults());
        let Refusals {
            damaged, expired, ..
        } = self.moved.refusals;
        if damaged + expired > 0 {
            faults.push(format!(
                "{damaged} packets had a wrong header checksum, {expired} no time to live"
            ));
        }
        if self.tally.received == 0 {
            faults.push("no packet came through".into());
        }
        let place = format!("{}, {} bytes", self.name, self.size);
        faults
            .into_iter()
            .map(|fault| format!("{place}: {fault}"))
            .collect()
    }
}

/// Runs a slice in a lab.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn run<C: Contestant>(
    contestant: &mut C,
    lab: &mut Lab,
    size: usize,
    time: Duration,
) -> Result<Sample, String> {
    let Lab {
        middle,
        ports,
        work,
        flows,
        ..
    } = lab;
    let (ready, opened) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let mover = scope.spawn(|| {
            let go_on = move || stopped.try_recv() == Err(TryRecvError::Empty);
            let opened = move || ready.send(()).expect("the other end waits for it");
            mover(contestant, Some(middle), ports, work, opened, go_on)
        });
        // If the sockets could not be opened, the other end is gone.
        let passed = opened.recv().map(|()| {
            let before = clock::of_this_process();
            let passed = traffic::exchange(flows, size, time);
            (passed, clock::of_this_process() - before)
        });
        drop(stop);
        let moved = match mover.join() {
            Ok(moved) => moved?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let (passed, cpu_all) = passed.map_err(|error| error.to_string())?;
        let passed = passed?;
        let each = |time: Duration| time.as_nanos() as f64 / passed.tally.received.max(1) as f64;
        Ok(Sample {
            name: C::NAME,
            size,
            rate: passed.tally.received as f64 / passed.elapsed.as_secs_f64().max(1e-9),
            cpu: each(moved.cpu),
            cpu_all: each(cpu_all),
            tally: passed.tally,
            moved,
        })
    })
}

/// Opens the sockets, in a namespace if there is one, and moves packets for as long as `go_on`
/// returns true.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn mover<C: Contestant>(
    contestant: &mut C,
    namespace: Option<&Namespace>,
    ports: &[Port],
    work: &Work,
    opened: impl FnOnce(),
    mut go_on: impl FnMut() -> bool,
) -> Result<Moved, String> {
    if let Some(namespace) = namespace {
        namespace.enter()?;
    }
    let mut engine = contestant.open(ports)?;
    let mut moved = Moved::default();
    let mut wait = Wait::on(engine.descriptors());
    opened();
    let before = clock::of_this_thread();
    while go_on() {
        let mut received = 0;
        for from in 0..ports.len() {
            let to = work.way_out(from);
            received += engine.round(from, to, |packet| match work.work(to, packet) {
                Ok(()) => true,
                Err(why) => {
                    moved.refusals.count(why);
                    false
                }
            })?;
        }
        moved.packets += received as u64;
        if received == 0 {
            wait.wait();
        }
    }
    moved.cpu = clock::of_this_thread() - before;
    moved.account = engine.finish()?;
    Ok(moved)
}
