//! Matches: players take turns, slice by slice.

use std::time::Duration;

use crate::probe::{Distance, Probe};
use crate::remote::Failure;
use crate::summary::Spread;
use crate::work::{Kind, Threads, Timed, Workload};

/// A player, which runs a slice when it is its turn.
pub trait Player {
    /// Returns the name, as shown in tables.
    fn name(&self) -> &str;

    /// Runs a slice.
    ///
    /// # Errors
    ///
    /// If the player cannot run it. It is then out of the match.
    fn slice(&mut self) -> Result<Timed, Failure>;

    /// Frees what it holds.
    ///
    /// # Errors
    ///
    /// If what it holds is not what it should be.
    fn end(&mut self) -> Result<(), Failure>;
}

/// A match: one workload with all its players, in the order of their turns.
pub struct Match {
    kind: Kind,
    names: Vec<String>,
    /// The players; `None` where a player failed, ended, or ran alone.
    players: Vec<Option<Box<dyn Player>>>,
    /// The names of the players that failed, with the reasons.
    failures: Vec<(String, Failure)>,
    /// The rounds: for each player its slice, if it was not dropped.
    rounds: Vec<Vec<Option<Slice>>>,
    dropped: usize,
}

#[derive(Clone, Copy)]
struct Slice {
    ns: f64,
    distance: Option<Distance>,
}

impl Match {
    /// Makes the match of these players.
    #[must_use]
    pub fn new(kind: Kind, players: Vec<Box<dyn Player>>) -> Self {
        Self {
            kind,
            names: players
                .iter()
                .map(|player| player.name().to_owned())
                .collect(),
            players: players.into_iter().map(Some).collect(),
            failures: Vec::new(),
            rounds: Vec::new(),
            dropped: 0,
        }
    }

    /// Ends the match and frees what its players hold. The figures stay.
    pub fn end(&mut self) {
        for place in 0..self.players.len() {
            if let Some(Err(why)) = self.players[place].as_mut().map(|player| player.end()) {
                self.strike(place, why);
            }
            self.players[place] = None;
        }
    }

    /// Returns the workload.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the names of the players, including those that failed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Returns the names of the players that failed, with the reasons. They have no figures.
    #[must_use]
    pub fn failures(&self) -> &[(String, Failure)] {
        &self.failures
    }

    /// Runs one slice of every player. Odd rounds go in reverse, so that nobody always follows the
    /// same neighbour.
    pub fn round(&mut self, probe: Option<&Probe>) {
        let probe = probe.filter(|_| self.kind.threads() == Threads::Two);
        let count = self.players.len();
        let odd = self.rounds.len() % 2 == 1;
        self.rounds.push(vec![None; count]);
        for turn in 0..count {
            let place = if odd { count - 1 - turn } else { turn };
            let Some(player) = &mut self.players[place] else {
                continue;
            };
            let before = probe.map(Probe::distance);
            let timed = player.slice();
            let after = probe.map(Probe::distance);
            match timed {
                Err(why) => self.strike(place, why),
                Ok(timed) if before == after => self.keep(place, timed, before),
                Ok(_) => self.dropped += 1,
            }
        }
    }

    /// Adds a player that runs all its slices now, alone. It is for buffers that are too many for
    /// several players to hold at once.
    pub fn alone(&mut self, mut player: Box<dyn Player>, slices: usize) {
        let place = self.names.len();
        self.names.push(player.name().to_owned());
        self.players.push(None);
        if self.rounds.len() < slices {
            self.rounds.resize(slices, Vec::new());
        }
        let rounds = self.rounds.iter_mut();
        rounds.for_each(|round| round.resize(place + 1, None));
        for round in 0..slices {
            match player.slice() {
                Ok(timed) => {
                    self.rounds[round][place] = Some(Slice {
                        ns: timed.ns(),
                        distance: None,
                    });
                }
                Err(why) => return self.strike(place, why),
            }
        }
        if let Err(why) = player.end() {
            self.strike(place, why);
        }
    }

    fn keep(&mut self, place: usize, timed: Timed, distance: Option<Distance>) {
        let ns = timed.ns();
        if let Some(round) = self.rounds.last_mut() {
            round[place] = Some(Slice { ns, distance });
        }
    }

    /// Removes a player that failed. It may have been wrong before, so none of its slices counts.
    fn strike(&mut self, place: usize, why: Failure) {
        self.failures.push((self.names[place].clone(), why));
        self.players[place] = None;
        self.rounds.iter_mut().for_each(|round| round[place] = None);
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
        self.dropped
    }

    /// Returns the nanoseconds per step of a contestant; `None` if it has no slice at this
    /// distance.
    #[must_use]
    pub fn ns(&self, contestant: &str, distance: Option<Distance>) -> Option<Spread> {
        let contestant = self.place(contestant)?;
        let of = |round: &Vec<Option<Slice>>| at(round[contestant], distance);
        Spread::of(self.rounds.iter().filter_map(of))
    }

    /// Returns the nanoseconds per step that so many of a hundred slices of a contestant take at
    /// most.
    #[must_use]
    pub fn percentile(
        &self,
        contestant: &str,
        distance: Option<Distance>,
        percent: f64,
    ) -> Option<f64> {
        let contestant = self.place(contestant)?;
        let of = |round: &Vec<Option<Slice>>| at(round[contestant], distance);
        let mut ns: Vec<f64> = self.rounds.iter().filter_map(of).collect();
        ns.sort_unstable_by(f64::total_cmp);
        let last = ns.len().checked_sub(1)?;
        Some(ns[(last as f64 * percent / 100.0).round() as usize])
    }

    /// Returns the speed of a contestant in multiples of the speed of `base`, by the rounds in
    /// which both were at this distance.
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
        self.names.iter().position(|name| name == contestant)
    }
}

fn at(slice: Option<Slice>, distance: Option<Distance>) -> Option<f64> {
    slice
        .filter(|slice| slice.distance == distance)
        .map(|slice| slice.ns)
}

/// The fewest steps of a slice: with fewer its ends would weigh too much.
const FEWEST: u64 = 512;

/// Returns the number of steps that take about `wanted`. It is doubled until the run is long enough
/// to judge.
#[must_use]
pub fn steps_of(workload: &mut dyn Workload, wanted: Duration) -> u64 {
    let mut steps = FEWEST;
    // The fastest of a few runs counts, since any of them may be interrupted for a thousand times
    // as long.
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
