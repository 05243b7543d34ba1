//! Stops the victim wherever its calls lead, and lets the worker complete operations meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::script::{Control, EFFECTS, SCENARIOS, operations};
use crate::support::breakpoint::Stop;
use crate::support::descriptor::{code, descriptors};
use crate::support::long;
use crate::support::section::Section;
use crate::support::shared::Shared;
use crate::support::tracee::{Event, Tracee};

/// The most runs of a scenario. They end when one leads nowhere new.
const RUNS: usize = 200;

/// The number of times that a run of the long form suspends the victim at one address.
const VISITS: usize = 4;

/// The trap by which the victim rests.
const INT3: u8 = 0xcc;

/// Runs scenarios, and returns a table of what was covered. The worker may take as long as
/// `patience`.
pub(crate) fn run(
    tracee: Tracee,
    control: Arc<Shared<Control>>,
    scenarios: &[&str],
    patience: Duration,
) -> Result<String, String> {
    let started = Instant::now();
    let sections = descriptors()
        .iter()
        .map(|descriptor| {
            let section = Section::read(descriptor)?;
            let arming = section.arming()?;
            Ok((arming[1].ip(), section))
        })
        .collect::<Result<_, String>>()?;
    let mut suspension = Suspension {
        tracee,
        control,
        patience,
        sections,
        seen: BTreeSet::new(),
        in_sections: BTreeSet::new(),
        visits: BTreeMap::new(),
        suspended: 0,
        turn: 0,
    };
    suspension.resume()?;
    let mut table = format!(
        "{:<8} {:>5} {:>10} {:>10} {:>12} refills, flushes, steals, refusals\n",
        "scenario", "runs", "suspended", "addresses", "instructions"
    );
    let all = SCENARIOS.iter().enumerate();
    for (number, name) in all.filter(|(_, name)| scenarios.contains(name)) {
        let line = suspension
            .scenario(number)
            .map_err(|why| format!("{name}: {why}"))?;
        writeln!(table, "{name:<8} {line}").map_err(|e| e.to_string())?;
    }
    writeln!(
        table,
        "{} addresses, {} of them in sections; {} times {} operations, in {:.1?}",
        suspension.seen.len(),
        suspension.in_sections.len(),
        suspension.suspended,
        operations(),
        started.elapsed()
    )
    .map_err(|e| e.to_string())?;
    Ok(table)
}

struct Suspension {
    tracee: Tracee,
    control: Arc<Shared<Control>>,
    patience: Duration,
    /// The sections, by the address of the store that arms them.
    sections: BTreeMap<u64, Section>,
    /// The addresses at which the victim was suspended already.
    seen: BTreeSet<u64>,
    in_sections: BTreeSet<u64>,
    /// The number of times that the victim came by an address, in this run.
    visits: BTreeMap<u64, usize>,
    /// The number of times that the victim was suspended.
    suspended: usize,
    turn: usize,
}

/// How a run treats the victim.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It suspends the victim at addresses that are new.
    New,
    /// It suspends the victim everywhere, but only a few times at each address. A loop that is
    /// overtaken every time would not end (lock-free is not wait-free).
    Everywhere,
    /// It only steps the victim.
    Nowhere,
}

impl Suspension {
    /// Runs a scenario until it leads to no new address, and at last undisturbed.
    fn scenario(&mut self, number: usize) -> Result<String, String> {
        let (suspended, seen) = (self.suspended, self.seen.len());
        let mut runs = 0;
        let mut idle = 0;
        while idle < 3 && runs < RUNS {
            let before = self.seen.len();
            self.play(number, Manner::New)?;
            runs += 1;
            idle = if self.seen.len() == before {
                idle + 1
            } else {
                0
            };
        }
        if long() {
            self.play(number, Manner::Everywhere)?;
        }
        let instructions = self.play(number, Manner::Nowhere)?;
        let effect = self.control.effect.each_ref();
        let effect = effect.map(|count| count.load(Ordering::SeqCst));
        let met = effect
            .iter()
            .zip(EFFECTS[number])
            .all(|(is, least)| *is >= least);
        if !met {
            return Err(format!(
                "the calls did {effect:?}, not {:?}",
                EFFECTS[number]
            ));
        }
        Ok(format!(
            "{runs:>5} {:>10} {:>10} {instructions:>12} {effect:?}",
            self.suspended - suspended,
            self.seen.len() - seen
        ))
    }

    /// Plays a scenario once. Returns how many instructions its calls took; a section counts as
    /// one.
    fn play(&mut self, number: usize, manner: Manner) -> Result<usize, String> {
        self.control.scenario.store(number as u32, Ordering::SeqCst);
        self.visits.clear();
        // This goes from the rest before the scenario to the one before its calls.
        self.resume()?;
        let mut instructions = 0;
        loop {
            let ip = self.tracee.ip();
            if code(ip, 1)[0] == INT3 {
                break;
            }
            self.visit(ip, manner)?;
            if self.sections.contains_key(&ip) {
                self.section(ip, manner)?;
            } else {
                self.expect_trap(self.tracee.step())?;
            }
            instructions += 1;
        }
        // This goes over the rest behind the calls, to the one before the next scenario.
        self.resume()?;
        self.resume()?;
        Ok(instructions)
    }

    /// Passes a section, whose arming store is next, and suspends the victim within.
    fn section(&mut self, arming: u64, manner: Manner) -> Result<(), String> {
        let section = &self.sections[&arming];
        let end = section.descriptor.end();
        let mut points: Vec<u64> = section.code.iter().map(|i| i.ip()).collect();
        if manner == Manner::New {
            points.retain(|ip| !self.seen.contains(ip));
        }
        if manner == Manner::Nowhere {
            points.clear();
        }
        // Other points come first the next time, because not every way through leads to each.
        self.turn += 1;
        let first = self.turn % points.len().max(1);
        points.rotate_left(first);
        for three in points.chunks(3) {
            let mut left = three.to_vec();
            while !left.is_empty() {
                let mut stops: Vec<Stop> = left.iter().map(|ip| Stop::At(*ip)).collect();
                stops.push(Stop::At(end));
                self.tracee.stop_by(&stops);
                self.resume()?;
                let ip = self.tracee.ip();
                if ip == end {
                    self.tracee.stop_by(&[]);
                    return Ok(());
                }
                self.in_sections.insert(ip);
                self.visit(ip, manner)?;
                left.retain(|point| *point != ip);
            }
        }
        self.tracee.stop_by(&[Stop::At(end)]);
        self.resume()?;
        self.tracee.stop_by(&[]);
        Ok(())
    }

    /// Lets the worker complete its operations while the victim stands at an address.
    fn visit(&mut self, ip: u64, manner: Manner) -> Result<(), String> {
        let new = self.seen.insert(ip);
        let visits = self.visits.entry(ip).or_default();
        *visits += 1;
        let again = manner == Manner::Everywhere && *visits <= VISITS;
        if again || (new && manner == Manner::New) {
            self.suspended += 1;
            if !self.control.is_met_within(self.patience) {
                return Err(format!("a thread stopped at {ip:#x} keeps another waiting"));
            }
        }
        Ok(())
    }

    fn resume(&self) -> Result<(), String> {
        self.expect_trap(self.tracee.resume(0))
    }

    fn expect_trap(&self, event: Event) -> Result<(), String> {
        match event {
            Event::Signal(libc::SIGTRAP) => Ok(()),
            event => Err(format!("the child ended: {event:?}")),
        }
    }
}
