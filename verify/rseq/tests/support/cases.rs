//! Runs the cases: all sections × all instructions × three kinds of interruption.

#![allow(
    clippy::disallowed_types,
    reason = "the harness watches the crate from outside; it is not modelled"
)]

use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use iced_x86::{Instruction, InstructionInfoFactory, OpAccess};

use crate::control::Control;
use crate::support::breakpoint::Stop;
use crate::support::descriptor::of_function;
use crate::support::linux::cpus;
use crate::support::section::Section;
use crate::support::shared::Shared;
use crate::support::tracee::{Event, Tracee};
use crate::support::{long, not_run, short};
use crate::world::{self, SECTIONS, Subject};

/// The longest time that the child may take from one stop to the next.
const PATIENCE: Duration = Duration::from_secs(20);

/// The kinds of interruption.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Stop,
    Signal,
    Migration,
}

const KINDS: [Kind; 3] = [Kind::Stop, Kind::Signal, Kind::Migration];

/// The point at which the victim is interrupted.
#[derive(Clone, Copy)]
enum Point {
    /// The point is at an instruction.
    At(u64),
    /// The point is behind an instruction that uses an id, in a round of its loop, from 2. There
    /// are `bytes` from one round to the next.
    Round {
        instruction: Instruction,
        round: u64,
        bytes: u64,
    },
}

pub(crate) enum Failure {
    NotPermitted(String),
    Wrong(String),
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

/// Runs all cases on a subject, and returns a table of what was covered. With `all` it runs the
/// loops' later rounds too.
pub(crate) fn run(subject: Box<dyn Subject>, all: bool) -> Result<String, Failure> {
    let started = Instant::now();
    let entries = subject.entries();
    let control: Arc<Shared<Control>> = Arc::new(Shared::new());
    let theirs = Arc::clone(&control);
    let tracee = Tracee::fork(PATIENCE, move || {
        world::run(subject, theirs);
    })
    .map_err(Failure::NotPermitted)?;
    let mut cases = Cases {
        tracee,
        control,
        cpus: cpus(),
        ran_on: 0,
        number: 0,
        end: Cell::new(0),
    };
    cases.expect_rest(cases.tracee.resume(0))?;
    if cases.cpus.len() < 2 {
        not_run("a migration: there is one CPU");
    }
    cases.tracee.migrate(cases.cpus[0]);
    let mut table = String::from(
        "points: the instructions of the section, the two that arm it, and the one behind its end\n",
    );
    writeln!(
        table,
        "{:<10} {:>12} {:>6} {:>8} {:>10} {:>12}",
        "section", "instructions", "stop", "signal", "migration", "later rounds"
    )
    .map_err(|e| e.to_string())?;
    for (number, name) in SECTIONS.iter().enumerate() {
        let section = Section::read(of_function(entries[number]))?;
        let covered = cases.section(number as u32, &section, all)?;
        let [stop, signal, migration, rounds] = covered;
        let instructions = section.code.len();
        writeln!(
            table,
            "{name:<10} {instructions:>12} {stop:>6} {signal:>8} {migration:>10} {rounds:>12}"
        )
        .map_err(|e| e.to_string())?;
    }
    let handled = cases.control.handled.load(Ordering::SeqCst);
    let in_handlers = cases.control.in_handler.load(Ordering::SeqCst);
    if in_handlers < handled {
        return Err("the handlers got and freed nothing".to_owned().into());
    }
    writeln!(
        table,
        "{} cases; {handled} signals, whose handlers completed {in_handlers} sections; in {:.1?}",
        cases.number,
        started.elapsed()
    )
    .map_err(|e| e.to_string())?;
    Ok(table)
}

struct Cases {
    tracee: Tracee,
    control: Arc<Shared<Control>>,
    cpus: Vec<usize>,
    ran_on: usize,
    /// The number of cases so far.
    number: usize,
    /// The end of the section that is looked at.
    end: Cell<u64>,
}

impl Cases {
    /// Runs all points of a section. Returns how many of each kind were covered, and how many
    /// later rounds.
    fn section(&mut self, number: u32, section: &Section, all: bool) -> Result<[usize; 4], String> {
        let repeats = match (long(), short()) {
            (true, _) => 20,
            (_, true) => 1,
            _ => 3,
        };
        self.end.set(section.descriptor.end());
        let mut covered = [0; 4];
        // These points are around the section: both instructions that arm it, and the one behind
        // the commit.
        let arming = section.arming();
        let around = arming.iter().flatten().map(Instruction::ip);
        let inside = section.code.iter().map(Instruction::ip);
        for ip in around.chain(inside).chain([section.descriptor.end()]) {
            for (which, kind) in KINDS.into_iter().enumerate() {
                for _ in 0..repeats {
                    self.case(number, section, Point::At(ip), kind)?;
                }
                covered[which] += 1;
            }
        }
        if all {
            for point in later_rounds(section) {
                for kind in KINDS {
                    self.case(number, section, point, kind)?;
                }
                covered[3] += 1;
            }
        }
        Ok(covered)
    }

    /// Brings the victim to a point, interrupts it there, and waits for the end of the case.
    fn case(
        &mut self,
        number: u32,
        section: &Section,
        point: Point,
        kind: Kind,
    ) -> Result<(), String> {
        let name = SECTIONS[number as usize];
        self.number += 1;
        self.control.section.store(number, Ordering::SeqCst);
        self.control.enough.store(false, Ordering::SeqCst);
        let ip = match point {
            Point::At(ip) => {
                self.tracee.stop_by(&[Stop::At(ip)]);
                self.reach(ip)
            }
            Point::Round {
                instruction,
                round,
                bytes,
            } => self.reach_round(&instruction, round, bytes),
        }
        .map_err(|why| format!("{name}: {why}"))?;
        self.control.enough.store(true, Ordering::SeqCst);
        self.interrupt(section, ip, kind).map_err(|why| {
            // The instructions that arm the section lie before it.
            let from_start = ip.wrapping_sub(section.descriptor.start()) as i64;
            format!("{name}, {kind:?} at {from_start:+}: {why}")
        })
    }

    fn reach(&self, ip: u64) -> Result<u64, String> {
        match self.tracee.resume(0) {
            Event::Signal(libc::SIGTRAP) if self.tracee.ip() == ip => Ok(ip),
            Event::Signal(libc::SIGTRAP) => Err(format!("instruction at {ip:#x} was not reached")),
            event => Err(self.ended(event)),
        }
    }

    /// Stops behind an instruction in a later round of its loop. The others are held. So a section
    /// that was stopped in the first round repeats the same with the same slots.
    fn reach_round(&self, i: &Instruction, round: u64, bytes: u64) -> Result<u64, String> {
        self.hold()?;
        let end = Stop::At(self.end.get());
        for _ in 0..200 {
            self.tracee.stop_by(&[Stop::At(i.ip())]);
            self.reach(i.ip())?;
            let slot = self.address(i) + (round - 1) * bytes;
            self.tracee.stop_by(&[used(i, slot), end]);
            let event = self.tracee.resume(0);
            if event != Event::Signal(libc::SIGTRAP) {
                return Err(self.ended(event));
            }
            if self.tracee.ip() == i.next_ip() {
                self.control.hold.store(false, Ordering::SeqCst);
                return Ok(i.next_ip());
            }
            if self.tracee.ip() != self.end.get() {
                // Another instruction has used the slot, so there was no such round.
                self.tracee.stop_by(&[end]);
                self.reach(self.end.get())?;
            }
        }
        Err(format!("round {round} of {:#x} was not reached", i.ip()))
    }

    /// Makes the others pause.
    fn hold(&self) -> Result<(), String> {
        self.control.hold.store(true, Ordering::SeqCst);
        let others = self.cpus.len() as u32 + 1;
        let patience = Instant::now() + PATIENCE;
        while self.control.holding.load(Ordering::SeqCst) < others {
            if Instant::now() > patience {
                return Err("the others do not pause".to_owned());
            }
            thread::sleep(Duration::from_micros(20));
        }
        Ok(())
    }

    /// Returns the address that an instruction is about to use.
    fn address(&self, i: &Instruction) -> u64 {
        let registers = self.tracee.registers();
        let operand = (0..i.op_count())
            .find(|n| i.op_kind(*n) == iced_x86::OpKind::Memory)
            .unwrap_or(0);
        i.virtual_address(operand, 0, |register, _, _| {
            Some(value(&registers, register))
        })
        .unwrap_or(0)
    }

    /// Interrupts the victim, which is stopped at `ip`.
    fn interrupt(&mut self, section: &Section, ip: u64, kind: Kind) -> Result<(), String> {
        let inside = section.descriptor.contains(ip);
        // This is where the abort leads to. The first instruction after a breakpoint stops at none,
        // and that is the abort's.
        let restart = [Stop::At(section.back)];
        self.tracee.stop_by(if inside { &restart } else { &[] });
        self.let_others_run();
        let handled = self.control.handled.load(Ordering::SeqCst);
        let mut target = None;
        let mut event = match kind {
            Kind::Stop => self.tracee.resume(0),
            Kind::Signal => self.tracee.resume(libc::SIGUSR1),
            Kind::Migration => {
                self.ran_on += 1;
                let cpu = self.cpus[self.ran_on % self.cpus.len()];
                self.tracee.migrate(cpu);
                target = Some(cpu);
                self.tracee.resume(0)
            }
        };
        if inside {
            if event != Event::Signal(libc::SIGTRAP) {
                return Err(self.ended(event));
            }
            if self.tracee.ip() != section.back {
                return Err("the section did not start over".to_owned());
            }
            self.tracee.stop_by(&[]);
            event = self.tracee.resume(0);
        }
        self.expect_rest(event)?;
        let now = self.control.handled.load(Ordering::SeqCst);
        if kind == Kind::Signal && now != handled + 1 {
            return Err("the signal was not handled once".to_owned());
        }
        let cpu = self.control.cpu.load(Ordering::SeqCst);
        match target {
            Some(target) if cpu != target as i32 => Err(format!("on CPU {cpu}, not {target}")),
            _ => Ok(()),
        }
    }

    /// Waits until the others have changed the caches.
    fn let_others_run(&self) {
        let progress = || self.control.progress.load(Ordering::SeqCst);
        let enough = progress() + 200;
        let patience = Instant::now() + Duration::from_millis(20);
        while progress() < enough && Instant::now() < patience {
            thread::sleep(Duration::from_micros(20));
        }
    }

    /// Checks that the victim has come to rest: the case is over, and every id is in its place.
    fn expect_rest(&self, event: Event) -> Result<(), String> {
        match event {
            Event::Signal(libc::SIGTRAP) => Ok(()),
            event => Err(self.ended(event)),
        }
    }

    fn ended(&self, event: Event) -> String {
        let why = self.control.failure();
        if why.is_empty() {
            format!("the child ended: {event:?}")
        } else {
            why
        }
    }
}

/// Returns the points behind each use of an id in the second and later rounds of the loops.
fn later_rounds(section: &Section) -> Vec<Point> {
    let mut points = Vec::new();
    for (first, last) in section.loops() {
        let uses = |i: &&Instruction| (first..=last).contains(&i.ip()) && memory(i).is_some();
        let uses: Vec<&Instruction> = section.code.iter().filter(uses).collect();
        // Half of them read, and half of them write. A loop by single ids copies three at most.
        let bytes: usize = uses.iter().map(|i| i.memory_size().size()).sum::<usize>() / 2;
        let rounds = if bytes == 4 {
            3
        } else {
            world::BATCH * 4 / bytes
        };
        for round in 2..=rounds as u64 {
            points.extend(uses.iter().map(|i| Point::Round {
                instruction: **i,
                round,
                bytes: bytes as u64,
            }));
        }
    }
    points
}

/// Returns the memory that an instruction uses, if it uses any.
fn memory(i: &Instruction) -> Option<OpAccess> {
    let mut infos = InstructionInfoFactory::new();
    let info = infos.info(i);
    info.used_memory().first().map(|memory| memory.access())
}

/// Returns what stops at the use of a slot by such an instruction.
fn used(i: &Instruction, slot: u64) -> Stop {
    match memory(i) {
        Some(OpAccess::Write) => Stop::Written(slot),
        _ => Stop::Touched(slot),
    }
}

fn value(registers: &libc::user_regs_struct, register: iced_x86::Register) -> u64 {
    use iced_x86::Register;
    match register {
        Register::RAX => registers.rax,
        Register::RBX => registers.rbx,
        Register::RCX => registers.rcx,
        Register::RDX => registers.rdx,
        Register::RSI => registers.rsi,
        Register::RDI => registers.rdi,
        Register::RBP => registers.rbp,
        Register::RSP => registers.rsp,
        Register::R8 => registers.r8,
        Register::R9 => registers.r9,
        Register::R10 => registers.r10,
        Register::R11 => registers.r11,
        Register::R12 => registers.r12,
        Register::R13 => registers.r13,
        Register::R14 => registers.r14,
        Register::R15 => registers.r15,
        _ => 0,
    }
}
