//! What a run found.

use framewell::FrontKind;
use serde::Serialize;

use framewell_bench::Kind;
use framewell_bench::floors::{CAS, HANDLES, LOADS, SEQUENCES};
use framewell_bench::probe::Distance;
use framewell_bench::rounds::Match;
use framewell_bench::summary::Spread;

use crate::memory::Weighed;

/// The contestant that the table's ratios are of.
pub(crate) const BASE: &str = "malloc";

const AUTO: &str = "framewell";
const PORTABLE: &str = "framewell, portable";
const RAS: &str = "framewell, RAS";

/// What the closing lines compare: a contestant on a workload with floors and peers.
pub(crate) const BOUNDED: [(Kind, &str, &[&str]); 5] = [
    (Kind::Pair, AUTO, &[SEQUENCES, LOADS, "snmalloc", BASE]),
    (Kind::Pair, PORTABLE, &[CAS]),
    (Kind::Pair, RAS, &[AUTO, BASE]),
    (Kind::Bulk32, AUTO, &[SEQUENCES, HANDLES]),
    (Kind::Bulk256, AUTO, &[SEQUENCES, HANDLES]),
];

/// The figures of one contestant on one workload.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) workload: &'static str,
    /// Of the two cores, where a workload depends on it.
    pub(crate) distance: Option<Distance>,
    pub(crate) contestant: &'static str,
    /// Nanoseconds a buffer got, used and freed; all threads together.
    pub(crate) ns: Spread,
    /// How many times as fast as the system allocator.
    pub(crate) ratio: Option<Spread>,
}

/// A contestant in times of others.
#[derive(Serialize)]
pub(crate) struct Bounded {
    pub(crate) workload: &'static str,
    pub(crate) contestant: &'static str,
    /// Nanoseconds a buffer.
    pub(crate) ns: Spread,
    /// How many times as long as each of these it takes.
    pub(crate) times: Vec<(&'static str, Spread)>,
}

#[derive(Serialize)]
pub(crate) struct Figures {
    /// Of framewell with its defaults.
    pub(crate) front: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) bounded: Vec<Bounded>,
    pub(crate) memory: Vec<Weighed>,
}

impl Figures {
    pub(crate) fn new(matches: &[Match], memory: Vec<Weighed>, front: FrontKind) -> Self {
        Self {
            front: front.to_string(),
            lines: matches.iter().flat_map(lines).collect(),
            bounded: matches.iter().flat_map(bounded).collect(),
            memory,
        }
    }
}

fn lines(game: &Match) -> Vec<Line> {
    let mut lines = Vec::new();
    for distance in game.distances() {
        for &contestant in game.names() {
            let Some(ns) = game.ns(contestant, distance) else {
                continue;
            };
            lines.push(Line {
                workload: game.kind().name(),
                distance,
                contestant,
                ns,
                ratio: game.ratio(contestant, BASE, distance),
            });
        }
    }
    lines
}

fn bounded(game: &Match) -> Vec<Bounded> {
    let of_this = BOUNDED.iter().filter(|(kind, ..)| *kind == game.kind());
    let found = of_this.filter_map(|(kind, contestant, bounds)| {
        // How many times as fast the bound is: how many times as long the contestant takes.
        let times = |bound: &&'static str| Some((*bound, game.ratio(bound, contestant, None)?));
        let times: Vec<_> = bounds.iter().filter_map(times).collect();
        let ns = game.ns(contestant, None).filter(|_| !times.is_empty())?;
        Some(Bounded {
            workload: kind.name(),
            contestant,
            ns,
            times,
        })
    });
    found.collect()
}
