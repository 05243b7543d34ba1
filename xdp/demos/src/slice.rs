//! One slice: one contestant moves packets of one size for a time.

use std::ops::Range;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::Duration;

use framewell_harness::clock;
use framewell_harness::summary::Sample;
use framewell_harness::traffic::{self, Load, Passed, WINDOW};
use framewell_harness::wait::Wait;

use crate::contestants::{Account, Contestant, Engine, Frames, Port};
use crate::lab::{Lab, Namespace};
use crate::packet::{self, HEADERS, Hop, Refusal, Refusals, SHORTEST};

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

impl Moved {
    /// Returns what is wrong, in words.
    fn faults(&self) -> Vec<String> {
        let mut faults = self.account.faults();
        let Refusals {
            damaged, expired, ..
        } = self.refusals;
        if damaged + expired > 0 {
            faults.push(format!(
                "{damaged} packets had a wrong header checksum, {expired} no time to live"
            ));
        }
        faults
    }
}

/// Returns the traffic of packets of so many bytes, Ethernet header included.
pub fn load(size: usize, time: Duration) -> Load {
    Load {
        len: size.max(SHORTEST) - HEADERS,
        window: WINDOW,
        time,
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
            let passed = traffic::exchange(flows, &load(size, time));
            (passed, clock::of_this_process() - before)
        });
        drop(stop);
        let moved = match mover.join() {
            Ok(moved) => moved?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let (passed, cpu_all) = passed.map_err(|error| error.to_string())?;
        let passed = passed?;
        Ok(sample::<C>(size, &passed, &moved, cpu_all))
    })
}

fn sample<C: Contestant>(size: usize, passed: &Passed, moved: &Moved, cpu_all: Duration) -> Sample {
    let each = |time: Duration| time.as_nanos() as f64 / passed.tally.received.max(1) as f64;
    let mut faults = passed.tally.faults();
    faults.extend(moved.faults());
    Sample {
        group: format!("{size} bytes"),
        name: C::NAME,
        rate: passed.tally.received as f64 / passed.elapsed.as_secs_f64().max(1e-9),
        cpu: each(moved.cpu),
        cpu_all: each(cpu_all),
        tally: passed.tally,
        faults,
        words: (C::NAME == Frames::NAME).then(|| moved.account.words.clone()),
    }
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
