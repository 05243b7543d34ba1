//! The loads: what the simulated CPUs do with a pool.
//!
//! All CPUs work in bursts of 32, one frame at a time. Frames that go from CPU to CPU go through
//! queues outside of the machine, which cost nothing, so only the pool's accesses are counted. The
//! frames' own bytes are not touched.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use serde::Serialize;

use crate::costs::Costs;
use crate::counted::fw::{self, Frame, Pool};
use crate::lines::{Counts, Lines, MAX_CPUS};
use crate::machine;
use crate::names::Names;

const BURST: usize = 32;
/// The most frames that wait between two CPUs.
const QUEUE: usize = 1024;
/// The nanoseconds that a CPU with nothing to do waits before it looks again. They are twice as
/// long each time, from the first value up to the second.
const PAUSES: [f64; 2] = [50.0, 12_800.0];
/// The frames per CPU before anything is counted. By then the caches are full, and all that will be
/// carved is carved.
const WARM_UP: u64 = 1536;

/// A load: what the CPUs do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// Each CPU gets and frees.
    Own,
    /// Of two CPUs, one gets and the other frees.
    Pairs,
    /// Each CPU gets, and sends its bursts to random CPUs, which free them.
    Scatter,
    /// One CPU frees what all others get.
    AllToOne,
}

impl Load {
    /// All loads.
    pub const ALL: [Self; 4] = [Self::Own, Self::Pairs, Self::Scatter, Self::AllToOne];

    /// Returns the name, as shown in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Pairs => "pairs",
            Self::Scatter => "scatter",
            Self::AllToOne => "all-to-one",
        }
    }

    /// Returns how many of so many CPUs get frames.
    fn getters(self, cpus: u32) -> u32 {
        match self {
            Self::Own | Self::Scatter => cpus,
            Self::Pairs => cpus / 2,
            Self::AllToOne => cpus - 1,
        }
    }

    /// Returns whether a machine of so many CPUs can run the load.
    #[must_use]
    pub fn fits(self, cpus: u32) -> bool {
        match self {
            Self::Own => cpus >= 1,
            Self::Pairs => cpus >= 2 && cpus % 2 == 0,
            Self::Scatter | Self::AllToOne => cpus >= 2,
        }
    }
}

/// The front that the pool has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Front {
    /// The front with restartable sequences.
    Rseq,
    /// The front with lock-free stacks.
    Portable,
}

/// The setup of a simulation.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Setup {
    /// The number of CPUs, at most [`MAX_CPUS`].
    pub cpus: u32,
    /// The load that the CPUs run.
    pub load: Load,
    /// The front of their pool.
    pub front: Front,
    /// The million frames a second that are asked for, of all CPUs together; `None` is as many as
    /// they can.
    pub offered: Option<f64>,
    /// The number of frames that are counted for each CPU.
    pub frames: u64,
    /// The seed that the interleaving is drawn from.
    pub seed: u64,
    /// The costs of the machine.
    pub costs: Costs,
}

/// The outcome of a simulation: what was counted.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The setup that was simulated.
    pub setup: Setup,
    /// The number of frames that were freed while it was counted.
    pub frames: u64,
    /// The simulated nanoseconds.
    pub ns: f64,
    /// The number of the kernel's fences.
    pub fences: u64,
    /// The counts of each line.
    pub lines: Lines,
}

impl Outcome {
    /// Returns a count per frame.
    #[must_use]
    pub fn per_frame(&self, count: u64) -> f64 {
        count as f64 / self.frames as f64
    }

    /// Returns the name and the counts of the line that changed cores most often.
    #[must_use]
    pub fn busiest(&self) -> Option<(&'static str, Counts)> {
        self.lines.busiest()
    }

    /// Returns how many million frames a second the simulated machine got and freed.
    #[must_use]
    pub fn million_a_second(&self) -> f64 {
        self.frames as f64 / self.ns * 1e3
    }
}

/// Runs a load on a simulated machine. The same setup has the same counts.
///
/// # Panics
///
/// If the load does not fit the CPUs, or the pool cannot be made.
#[must_use]
pub fn simulate(setup: &Setup) -> Outcome {
    assert!(setup.load.fits(setup.cpus) && setup.cpus <= MAX_CPUS);
    machine::set_cpus(setup.cpus);
    let front = match setup.front {
        Front::Rseq => fw::Front::Rseq,
        Front::Portable => fw::Front::Portable,
    };
    // There are enough frames that no cache is small, and that no queue or cache holds all.
    let frames = setup.cpus as usize * (2 * 512 + 2 * QUEUE);
    let pool = Pool::builder().frames(frames).front(front).build();
    let pool = pool.expect("a pool of untouched frames");
    let mut names = Names::default();
    pool.name_lines(&mut names);
    let getters = f64::from(setup.load.getters(setup.cpus));
    let stage = Stage {
        setup,
        pace: setup.offered.map(|million| getters * 1e3 / million),
        pool,
        names,
        queues: (0..setup.cpus).map(|_| Mutex::default()).collect(),
        freed: Mutex::new(0),
        outcome: Mutex::new(None),
    };
    let work = (0..setup.cpus).map(|cpu| {
        let stage = &stage;
        Box::new(move || stage.play(cpu)) as Box<dyn FnOnce() + Send>
    });
    machine::run(setup.costs, setup.seed, work.collect());
    let outcome = held(&stage.outcome).take();
    outcome.expect("a run that was counted")
}

/// The data that the CPUs share. They all run on one thread, and no CPU is switched from while it
/// holds a lock.
struct Stage<'a> {
    setup: &'a Setup,
    /// The nanoseconds from frame to frame of a CPU that gets.
    pace: Option<f64>,
    pool: Pool,
    names: Names,
    /// The frames that wait for each CPU.
    queues: Vec<Mutex<VecDeque<Frame>>>,
    freed: Mutex<u64>,
    outcome: Mutex<Option<Outcome>>,
}

impl Stage<'_> {
    fn play(&self, cpu: u32) {
        match self.setup.load {
            Load::Own => self.alone(),
            Load::Pairs if cpu % 2 == 0 => self.send(cpu + 1),
            Load::Pairs => self.free_what_comes(cpu),
            Load::Scatter => self.scatter(cpu),
            Load::AllToOne if cpu > 0 => self.send(0),
            Load::AllToOne => self.free_what_comes(cpu),
        }
    }

    fn alone(&self) {
        while !self.is_over() {
            let burst = self.burst();
            self.free(burst);
        }
    }

    fn send(&self, to: u32) {
        let queue = &self.queues[to as usize];
        let mut idle = Idle::default();
        while !self.is_over() {
            if held(queue).len() >= QUEUE {
                idle.wait();
                continue;
            }
            let burst = self.burst();
            held(queue).extend(burst);
            idle = Idle::default();
        }
    }

    fn free_what_comes(&self, cpu: u32) {
        let mut idle = Idle::default();
        while !self.is_over() {
            if self.free_some(cpu) {
                idle = Idle::default();
            } else {
                idle.wait();
            }
        }
    }

    fn free_some(&self, cpu: u32) -> bool {
        let mut queue = held(&self.queues[cpu as usize]);
        let n = queue.len().min(BURST);
        let burst: Vec<Frame> = queue.drain(..n).collect();
        drop(queue);
        let any = !burst.is_empty();
        self.free(burst);
        any
    }

    fn scatter(&self, cpu: u32) {
        let mut random = u64::from(cpu) << 32 | self.setup.seed | 1;
        while !self.is_over() {
            // This is Knuth's generator, MMIX.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let to = (random >> 33) % u64::from(self.setup.cpus);
            let queue = &self.queues[to as usize];
            if held(queue).len() < QUEUE {
                let burst = self.burst();
                held(queue).extend(burst);
            }
            while self.free_some(cpu) {}
            machine::wait(1.0);
        }
    }

    fn burst(&self) -> Vec<Frame> {
        let get = |_| {
            if let Some(pace) = self.pace {
                machine::wait(pace);
            }
            self.pool.get(60).expect("a frame")
        };
        (0..BURST).map(get).collect()
    }

    fn free(&self, burst: Vec<Frame>) {
        for frame in burst {
            drop(frame);
            self.count();
        }
    }

    /// Starts to count after the warm-up, and stops when enough was counted.
    fn count(&self) {
        let cpus = u64::from(self.setup.cpus);
        let (start, end) = (WARM_UP * cpus, (WARM_UP + self.setup.frames) * cpus);
        let freed = {
            let mut freed = held(&self.freed);
            *freed += 1;
            *freed
        };
        if freed == start {
            machine::count_from_now();
        }
        if freed == end {
            let (lines, fences, ns) = machine::counted(&self.names);
            *held(&self.outcome) = Some(Outcome {
                setup: *self.setup,
                frames: end - start,
                ns,
                fences,
                lines,
            });
        }
    }

    fn is_over(&self) -> bool {
        held(&self.outcome).is_some()
    }
}

/// The number of times that a CPU found nothing to do.
#[derive(Default)]
struct Idle(u32);

impl Idle {
    fn wait(&mut self) {
        let [first, most] = PAUSES;
        machine::wait((first * f64::from(1_u32 << self.0)).min(most));
        self.0 = (self.0 + 1).min(16);
    }
}

fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("no CPU panicked")
}
