//! The simulated machine: CPUs that run by turns on one thread, and the cache lines between them.
//!
//! ```text
//!   CPU 0  coroutine, clock ─┐                          ┌─ line: who has it, busy until, counts
//!   CPU 1  coroutine, clock ─┼─ the earliest clock runs ┼─ line
//!     …                      │   until its next access  │   …
//!   CPU n                   ─┘                          └─
//! ```
//!
//! - Before each access that is not within a section, a CPU lets those go first whose clocks are
//!   behind. So accesses take place in the order of the clocks. Every interleaving is possible in
//!   principle, and one is drawn by the costs and a seed.
//! - A line is with one CPU, which may change it, or with many, which may read it. A CPU that lacks
//!   what it needs waits until the line is idle, and then for the transfer. Transfers of one line
//!   follow one another: that is what bounds a shared line, whatever else runs beside it.
//! - The counts (accesses, failed compare-and-swaps, transfers) depend on the costs only by the
//!   interleaving.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::costs::Costs;
use crate::lines::{Line, Lines, Numbered};
use crate::names::Names;

/// The way in which an atomic is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Load,
    Store,
    /// The atomic is read, modified and written, or a compare-and-swap is tried.
    Change,
}

thread_local! {
    static CPUS: Cell<u32> = const { Cell::new(1) };
    /// The CPU that runs, if the machine runs.
    static RUNNING: Cell<Option<u32>> = const { Cell::new(None) };
    static IN_SECTION: Cell<bool> = const { Cell::new(false) };
    static MACHINE: RefCell<Option<Machine>> = const { RefCell::new(None) };
}

/// A clock in picoseconds, so that clocks have an order.
type Clock = u64;

struct Machine {
    costs: Costs,
    clocks: Vec<Clock>,
    /// The clocks of the CPUs that do not run.
    waiting: BinaryHeap<Reverse<(Clock, u32)>>,
    lines: Numbered<Line>,
    fences: u64,
    random: u64,
    started: Clock,
}

/// Returns the number of CPUs of the machine, for the pool that is built.
pub(crate) fn cpus() -> u32 {
    CPUS.get()
}

/// Sets the number of CPUs of the machine.
pub(crate) fn set_cpus(cpus: u32) {
    CPUS.set(cpus);
}

/// Returns the CPU that runs, or 0 outside of a run.
pub(crate) fn cpu() -> u32 {
    RUNNING.get().unwrap_or(0)
}

/// A restartable sequence. While it lives no other CPU runs. An access that misses takes its time
/// all the same.
pub(crate) struct Section(());

impl Section {
    pub(crate) fn start() -> Self {
        // It starts like an instruction: the CPUs that are behind go first.
        let_others();
        IN_SECTION.set(true);
        Self(())
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        IN_SECTION.set(false);
    }
}

/// Notes an access, before it takes place.
pub(crate) fn access(address: usize, kind: Access) {
    let_others();
    on_running(|machine, cpu| machine.access(cpu, address, kind));
}

/// Notes that a compare-and-swap failed.
pub(crate) fn fetch_error(address: usize) {
    on_running(|machine, _| machine.line(address).counts.retries += 1);
}

/// Notes a fence of the running CPU alone, or of all CPUs.
pub(crate) fn fence(alone: bool) {
    on_running(|machine, cpu| {
        machine.fences += 1;
        let costs = &machine.costs;
        machine.pass(
            cpu,
            if alone {
                costs.fence_one
            } else {
                costs.fence_all
            },
        );
    });
}

/// Lets the running CPU do something else for a while.
pub(crate) fn wait(ns: f64) {
    on_running(|machine, cpu| {
        let jitter = machine.jitter();
        machine.pass(cpu, ns * jitter);
    });
    let_others();
}

/// Forgets what was counted so far.
pub(crate) fn count_from_now() {
    on_running(|machine, cpu| {
        machine.started = machine.clocks[cpu as usize];
        machine.fences = 0;
        for line in machine.lines.values_mut() {
            line.forget();
        }
    });
}

/// Returns what was counted on the lines, the number of fences, and how many nanoseconds it took.
pub(crate) fn counted(names: &Names) -> (Lines, u64, f64) {
    MACHINE.with_borrow(|machine| {
        let machine = machine.as_ref().expect("the machine runs");
        let now = machine.clocks[cpu() as usize];
        let ns = (now - machine.started) as f64 / 1e3;
        (Lines::of(&machine.lines, names), machine.fences, ns)
    })
}

/// Runs the work of each CPU, until all are done.
pub(crate) fn run<'a>(costs: Costs, seed: u64, work: Vec<Box<dyn FnOnce() + Send + 'a>>) {
    let cpus = work.len() as u32;
    let mut running: Vec<_> = work
        .into_iter()
        .map(|work| generator::Gn::<()>::new_opt(STACK, work))
        .collect();
    let machine = Machine {
        costs,
        clocks: vec![0; cpus as usize],
        waiting: (0..cpus).map(|cpu| Reverse((0, cpu))).collect(),
        lines: Numbered::default(),
        fences: 0,
        random: seed | 1,
        started: 0,
    };
    MACHINE.set(Some(machine));
    while let Some(cpu) = next() {
        RUNNING.set(Some(cpu));
        running[cpu as usize].resume();
        RUNNING.set(None);
        if !running[cpu as usize].is_done() {
            MACHINE.with_borrow_mut(|machine| {
                let machine = machine.as_mut().expect("the machine runs");
                let clock = machine.clocks[cpu as usize];
                machine.waiting.push(Reverse((clock, cpu)));
            });
        }
    }
    MACHINE.set(None);
}

/// The size of a CPU's stack in words.
const STACK: usize = 0x4000;

/// Returns the CPU with the earliest clock.
fn next() -> Option<u32> {
    MACHINE.with_borrow_mut(|machine| {
        let Reverse((_, cpu)) = machine.as_mut().expect("the machine runs").waiting.pop()?;
        Some(cpu)
    })
}

fn on_running(change: impl FnOnce(&mut Machine, u32)) {
    let Some(cpu) = RUNNING.get() else {
        return;
    };
    MACHINE.with_borrow_mut(|machine| change(machine.as_mut().expect("the machine runs"), cpu));
}

/// Switches to the CPUs whose clocks are behind the running one's.
fn let_others() {
    let Some(cpu) = RUNNING.get() else {
        return;
    };
    if IN_SECTION.get() {
        return;
    }
    let behind = MACHINE.with_borrow(|machine| {
        let machine = machine.as_ref().expect("the machine runs");
        let earliest = machine.waiting.peek();
        earliest.is_some_and(|Reverse((clock, _))| *clock < machine.clocks[cpu as usize])
    });
    if behind {
        #[expect(
            deprecated,
            reason = "an access may come from anywhere below a CPU's function, where no scope's handle is"
        )]
        generator::yield_with(());
    }
}

/// The number of bytes of a cache line, as a power of two.
pub(crate) const LINE_SHIFT: u32 = 6;

impl Machine {
    fn line(&mut self, address: usize) -> &mut Line {
        self.lines.entry(address >> LINE_SHIFT).or_default()
    }

    fn access(&mut self, cpu: u32, address: usize, kind: Access) {
        let costs = self.costs;
        let now = self.clocks[cpu as usize];
        let jitter = self.jitter();
        let line = self.line(address);
        let ns = |ns: f64| (ns * jitter * 1e3) as Clock;
        let done = match line.fetch(cpu, kind, |other| costs.is_near(cpu, other)) {
            None => now + ns(costs.hit),
            Some(near) => {
                let transfer = if near { costs.near } else { costs.far };
                line.busy_until = line.busy_until.max(now) + ns(transfer);
                line.busy_until
            }
        };
        self.clocks[cpu as usize] = done;
    }

    fn pass(&mut self, cpu: u32, ns: f64) {
        self.clocks[cpu as usize] += (ns * 1e3) as Clock;
    }

    /// Returns a factor from 0.75 to 1.25, so that nothing stays in step. The generator is
    /// Marsaglia's xorshift.
    fn jitter(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        0.75 + (self.random >> 11) as f64 / (1_u64 << 53) as f64 / 2.0
    }
}
