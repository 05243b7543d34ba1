// Runs in the child: a victim that makes one call out of each state of the pool, and a worker that
// completes operations on demand. The subject stands beside every variant, so it only uses public
// calls.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread;

use super::fw::{Burst, Frame, Front, Pool};
use crate::script::{Control, SCENARIOS, operations};
use crate::support::linux::{cpus, pin};
use crate::support::shared::Shared;
use crate::support::tracee::rest;

const FRAMES: usize = 1024;

/// The size of each CPU's cache.
const CACHE: usize = 64;

/// The number of frames that the worker has of its own.
const OWN: usize = 64;

fn pool() -> Option<Pool> {
    let builder = Pool::builder().front(Front::Rseq);
    builder.frames(FRAMES).cache_size(CACHE).build().ok()
}

/// Returns whether the rseq front is available.
pub(crate) fn is_available() -> bool {
    pool().is_some()
}

/// Runs the child. The victim is its first thread. It rests before each scenario, and on both sides
/// of its calls.
pub(crate) fn run(control: Arc<Shared<Control>>) {
    let slot: Arc<Mutex<Option<Pool>>> = Arc::default();
    let (theirs, their_slot) = (Arc::clone(&control), Arc::clone(&slot));
    thread::spawn(move || Worker::new(theirs, their_slot).run());
    loop {
        rest();
        let pool = pool().unwrap();
        *slot.lock().unwrap() = Some(pool.clone());
        control.demand_and_wait();
        let scenario = control.scenario.load(Ordering::SeqCst) as usize;
        Victim::new(pool).play(&control, SCENARIOS[scenario]);
    }
}

struct Victim {
    pool: Pool,
    held: Vec<Frame>,
    cpus: Vec<usize>,
}

impl Victim {
    fn new(pool: Pool) -> Self {
        let cpus = cpus_of_victim();
        pin(cpus[0]);
        Self {
            pool,
            held: Vec::with_capacity(FRAMES),
            cpus,
        }
    }

    /// Makes a scenario's calls between two rests, and reports what they did.
    fn play(mut self, control: &Control, scenario: &str) {
        self.prepare(scenario);
        let before = self.pool.stats();
        rest();
        self.calls(scenario);
        rest();
        let after = self.pool.stats();
        let effect = [
            after.refills - before.refills,
            after.flushes - before.flushes,
            after.steals - before.steals,
            after.refusals - before.refusals,
        ];
        for (to, from) in control.effect.iter().zip(effect) {
            to.store(from, Ordering::SeqCst);
        }
    }

    fn get(&mut self, frames: usize) {
        for _ in 0..frames {
            self.held.extend(self.pool.get(100));
        }
    }

    fn own(&self) -> usize {
        self.pool.stats().per_cpu[self.cpus[0]]
    }

    /// Brings the pool into the state from which the calls start.
    fn prepare(&mut self, scenario: &str) {
        match scenario {
            "carve" => {}
            "flush" => {
                self.get(3 * CACHE);
                while self.own() < CACHE {
                    self.held.pop();
                }
            }
            "refill" => {
                self.get(4 * CACHE);
                self.held.clear();
                while self.own() > 0 {
                    self.get(1);
                }
            }
            "sweep" => {
                let rests = |pool: &Pool| pool.stats().depot + pool.stats().uncarved;
                while self.own() + rests(&self.pool) > 0 {
                    self.get(1);
                }
                // Only the other CPU has these frames.
                pin(*self.cpus.last().unwrap());
                self.held.truncate(self.held.len() - 10);
                pin(self.cpus[0]);
            }
            "refused" | "dry" => {
                while let Ok(frame) = self.pool.get(100) {
                    self.held.push(frame);
                }
            }
            _ => {
                self.get(100);
                self.held.truncate(50);
            }
        }
    }

    /// Makes the calls that are stopped at every instruction.
    #[inline(never)]
    fn calls(&mut self, scenario: &str) {
        match scenario {
            "burst" => {
                let mut burst: Burst<64> = Burst::new();
                self.pool.get_burst(&mut burst, 40);
                drop(burst);
            }
            "bulk" => {
                let mut burst: Burst<128> = Burst::new();
                let _ = self.pool.get_bulk(&mut burst, 100);
                drop(burst);
            }
            "flush" => {
                self.held.pop();
            }
            "dry" => {
                self.held.pop();
                for _ in 0..3 {
                    let mut burst: Burst<40> = Burst::new();
                    let left = self.held.len() - 40;
                    burst.extend(self.held.drain(left..));
                    drop(burst);
                }
                drop(self.pool.get(100));
            }
            _ => drop(self.pool.get(100)),
        }
    }
}

/// Returns the CPUs: first the one of the calls, and last another one.
fn cpus_of_victim() -> Vec<usize> {
    static CPUS: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let mut all = CPUS.lock().unwrap();
    if all.is_empty() {
        *all = cpus();
    }
    all.clone()
}

struct Worker {
    control: Arc<Shared<Control>>,
    slot: Arc<Mutex<Option<Pool>>>,
    pool: Option<Pool>,
    held: Vec<Frame>,
    cpus: Vec<usize>,
}

impl Worker {
    fn new(control: Arc<Shared<Control>>, slot: Arc<Mutex<Option<Pool>>>) -> Self {
        Self {
            control,
            slot,
            pool: None,
            held: Vec::with_capacity(FRAMES),
            cpus: cpus(),
        }
    }

    fn run(mut self) {
        let operations = operations();
        loop {
            self.control.wait_for_demand();
            let fresh = self.slot.lock().unwrap().take();
            if let Some(pool) = fresh {
                // The worker stays on a CPU that is not the victim's while it prepares.
                pin(*self.cpus.iter().max().unwrap());
                self.held.clear();
                self.pool = Some(pool);
                self.get(OWN);
            } else {
                for at in 0..self.cpus.len() {
                    pin(self.cpus[at]);
                    for round in 0..operations / self.cpus.len() {
                        self.operation(round);
                    }
                }
                // The next round begins where this one ends.
                self.cpus.reverse();
            }
            self.control.answer();
        }
    }

    fn get(&mut self, frames: usize) {
        for _ in 0..frames {
            let frame = self.pool.as_ref().map(|pool| pool.get(100));
            self.held.extend(frame.into_iter().flatten());
        }
    }

    fn free(&mut self, frames: usize) {
        let mut burst: Burst<64> = Burst::new();
        let left = self.held.len() - self.held.len().min(frames);
        burst.extend(self.held.drain(left..));
    }

    /// Makes one operation. A refusal completes it too.
    fn operation(&mut self, round: usize) {
        let Some(pool) = &self.pool else { return };
        match round % 50 {
            40 => self.free(16),
            41 => {
                let mut burst: Burst<16> = Burst::new();
                pool.get_burst(&mut burst, 16);
                self.held.extend(burst.drain());
            }
            42 => {
                let mut burst: Burst<64> = Burst::new();
                let _ = pool.get_bulk(&mut burst, 8);
                self.held.extend(burst.drain());
            }
            43 => {
                // In some scenarios this is more than there is.
                let mut burst: Burst<64> = Burst::new();
                pool.get_burst(&mut burst, 64);
                self.held.extend(burst.drain());
            }
            44 => self.free(64),
            45 => self.free(self.held.len().saturating_sub(OWN).min(64)),
            even if even % 2 == 0 => drop(self.held.pop()),
            _ => self.get(1),
        }
    }
}
