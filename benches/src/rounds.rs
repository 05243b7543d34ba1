//! Contestants by turns, slice by slice.

use std::time::Duration;

use crate::probe::{Distance, Probe};
use crate::summary::Spread;
use crate::work::{Kind, Threads, Workload};

/// A workload of a contestant, with the contestant's name.
pub type Entry = (&'static str, Box<dyn Workload>);

/// One workload with all its contestants, in the order of their turns.
pub struct Match {
    kind: Kind,
    names: Vec<&'static str>,
    turns: Vec<Turn>,
    /// The rounds: for each contestant the slice's nanoseconds a step, if it was not dropped.
    rounds: Vec<Vec<Option<Slice>>>,
}

struct Turn {
    workload: Box<dyn Workload>,
    steps: u64,
}

#[derive(Clone, Copy)]
struct Slice {
    ns: f64,
    distance: Option<Distance>,
}

impl Match {
    /// Makes the match and finds out how many steps of each contestant a slice takes.
    #[must_use]
    pub fn new(kind: Kind, entries: Vec<Entry>) -> Self {
        let turn = |mut workload: Box<dyn Workload>| Turn {
            steps: steps_of(&mut *workload, kind.slice()),
            workload,
        };
        Self {
            kind,
            names: entries.iter().map(|(name, _)| *name).collect(),
            turns: entries.into_iter().map(|entry| turn(entry.1)).collect(),
            rounds: Vec::new(),
        }
    }

    /// Ends the match: frees what its workloads hold. The figures stay.
    pub fn end(&mut self) {
        self.turns.clear();
    }

    /// Returns the workload.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the names of the contestants.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Runs one slice of every contestant; odd rounds in reverse, so that nobody always follows the same
    /// neighbour.
    pub fn round(&mut self, probe: Option<&Probe>) {
        let mut round = vec![None; self.turns.len()];
        let probe = probe.filter(|_| self.kind.threads() == Threads::Two);
        let count = self.turns.len();
        let odd = self.rounds.len() % 2 == 1;
        for place in 0..count {
            let i = if odd { count - 1 - place } else { place };
            let turn = &mut self.turns[i];
            let before = probe.map(Probe::distance);
            let ns = turn.workload.run(turn.steps).ns();
            let after = probe.map(Probe::distance);
            round[i] = (before == after).then_some(Slice {
                ns,
                distance: before,
            });
        }
        self.rounds.push(round);
    }

    /// Returns the distances at which slices were kept; `None` stands for a workload without one.
    #[must_use]
    pub fn distances(&self) -> Vec<Option<Distance>> {
        [None, Some(Distance::Near), Some(Distance::Far)]
            .into_iter()
            .filter(|distance| {
                let mut slices = self.rounds.iter().flatten().flatten();
                slices.any(|slice| slice.distance == *distance)
            })
            .collect()
    }

    /// Returns the number of slices that were dropped because the distance changed.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.rounds
            .iter()
            .flatten()
            .filter(|slice| slice.is_none())
            .count()
    }

    /// Returns the nanoseconds a step of a contestant; `None` if it has no slice at this distance.
    #[must_use]
    pub fn ns(&self, contestant: &str, distance: Option<Distance>) -> Option<Spread> {
        let contestant = self.place(contestant)?;
        let of = |round: &Vec<Option<Slice>>| at(round[contestant], distance);
        Spread::of(self.rounds.iter().filter_map(of))
    }

    /// Returns how many times as fast as `base` a contestant is, by the rounds in which both
    /// were at this distance.
    #[must_use]
    pub fn ratio(
        &self,
        contestant: &str,
        base: &str,
        distance: Option<Distance>,
    ) -> Option<Spread> {
        let (contestant, base) = (self.place(contestant)?, self.place(base)?);
        let of = |round: &Vec<Option<Slice>>| {
            Some(at(round[base], distance)? / at(round[contestant], distance)?)
        };
        Spread::of(self.rounds.iter().filter_map(of))
    }

    fn place(&self, contestant: &str) -> Option<usize> {
        self.names.iter().position(|name| *name == contestant)
    }
}

fn at(slice: Option<Slice>, distance: Option<Distance>) -> Option<f64> {
    slice
        .filter(|slice| slice.distance == distance)
        .map(|slice| slice.ns)
}

/// The fewest steps of a slice: with fewer its ends would weigh too much.
const FEWEST: u64 = 512;

/// Finds the steps that take about `wanted`: doubles them until the run is long enough to judge.
#[must_use]
pub fn steps_of(workload: &mut dyn Workload, wanted: Duration) -> u64 {
    let mut steps = FEWEST;
    // The fastest of a few runs: any of them may be interrupted for a thousand times as long.
    let fastest = |workload: &mut dyn Workload, steps| {
        let runs = (0..8).map(|_| workload.run(steps).ns());
        runs.fold(f64::INFINITY, f64::min)
    };
    loop {
        let ns = fastest(workload, steps);
        if ns * steps as f64 >= wanted.as_nanos() as f64 / 2.0 || steps >= 1 << 40 {
            return ((wanted.as_nanos() as f64 / ns) as u64).max(FEWEST);
        }
        steps *= 2;
    }
}
