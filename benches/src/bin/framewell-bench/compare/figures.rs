//! The figures of a run.

use std::fmt;

use serde::Serialize;

use framewell_bench::Kind;
use framewell_bench::contestants::Framewell;
use framewell_bench::curve::Curve;
use framewell_bench::floors::{
    ARRAY_COUNTS, CAS, COUNTS, COUNTS_AT_ONCE, HANDLES, LIST, LOADS, SEQUENCES, WORDS,
};
use framewell_bench::home::{ARC, BURST, FRAMEWELL, ONE_BY_ONE, PORTABLE, RAS, SHARE_MANY, SYSTEM};
use framewell_bench::probe::Distance;
use framewell_bench::rounds::Match;
use framewell_bench::summary::Spread;

use super::field::{Field, Role};
use super::latencies::{self, Shortest, Tailed};
use super::machine::Machine;
use super::targets::{self, Verdict};
use super::weigh::Weighed;

/// The comparisons of the closing lines: a contestant on a workload, with floors and peers.
const BOUNDED: [(Kind, &str, &[&str]); 13] = [
    (
        Kind::Pair,
        FRAMEWELL,
        &[SEQUENCES, LOADS, "snmalloc", SYSTEM],
    ),
    (Kind::Pair, PORTABLE, &[CAS]),
    (Kind::Pair, RAS, &[FRAMEWELL, SYSTEM]),
    (Kind::Bulk32, FRAMEWELL, &[SEQUENCES]),
    (Kind::Bulk32, BURST, &[SEQUENCES, HANDLES]),
    (Kind::Bulk256, FRAMEWELL, &[SEQUENCES]),
    (Kind::Bulk256, BURST, &[SEQUENCES, HANDLES]),
    (Kind::Rings, FRAMEWELL, &[LIST, WORDS]),
    (Kind::Rings, BURST, &[LIST, WORDS]),
    (Kind::Rings, ONE_BY_ONE, &[LIST]),
    (Kind::Sharing4, FRAMEWELL, &[COUNTS, ARRAY_COUNTS, ARC]),
    (Kind::Sharing4, SHARE_MANY, &[COUNTS_AT_ONCE]),
    (Kind::Sharing44, FRAMEWELL, &[COUNTS_AT_ONCE, ARC]),
];

/// A participant that could not take part, and the reason.
#[derive(Serialize)]
pub(crate) struct Missing {
    pub(crate) who: String,
    /// The workload that it could not take part in, if it takes part in others.
    pub(crate) workload: Option<String>,
    pub(crate) why: String,
}

impl Missing {
    pub(crate) fn new(who: &str, why: impl fmt::Display) -> Self {
        Self {
            who: who.to_owned(),
            workload: None,
            why: why.to_string(),
        }
    }

    pub(crate) fn on(who: &str, workload: &str, why: impl fmt::Display) -> Self {
        Self {
            workload: Some(workload.to_owned()),
            ..Self::new(who, why)
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, why, .. } = self;
        match &self.workload {
            None => write!(f, "{who}: left out: {why}"),
            Some(workload) => write!(f, "{who}: left out of {workload}: {why}"),
        }
    }
}

/// A participant that took part.
#[derive(Serialize)]
pub(crate) struct Contestant {
    pub(crate) title: String,
    pub(crate) role: Role,
    pub(crate) version: String,
}

/// The figures of one contestant on one workload.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) workload: &'static str,
    /// The distance of the two cores, where the workload depends on it.
    pub(crate) distance: Option<Distance>,
    pub(crate) contestant: String,
    pub(crate) role: Role,
    /// The nanoseconds per buffer that is got, used and freed, all threads together.
    pub(crate) ns: Spread,
    /// The speed in multiples of the system allocator's.
    pub(crate) ratio: Option<Spread>,
}

/// A contestant's time in multiples of the times of others.
#[derive(Serialize)]
pub(crate) struct Bounded {
    pub(crate) workload: &'static str,
    pub(crate) contestant: &'static str,
    /// The nanoseconds per buffer.
    pub(crate) ns: Spread,
    /// The others, each with the contestant's time in multiples of the other's.
    pub(crate) times: Vec<(&'static str, Spread)>,
}

/// All figures of a run.
#[derive(Serialize)]
pub(crate) struct Figures {
    pub(crate) machine: Machine,
    /// The front that framewell uses with its defaults.
    pub(crate) front: String,
    pub(crate) contestants: Vec<Contestant>,
    /// The figures by workload and distance, the fastest contestant first.
    pub(crate) lines: Vec<Line>,
    /// The number of slices that were dropped because the distance of the cores changed meanwhile.
    pub(crate) dropped: usize,
    pub(crate) bounded: Vec<Bounded>,
    pub(crate) verdicts: Vec<Verdict>,
    /// The comparisons that the run does not show, because the peer did not take part or there are
    /// too few rounds.
    pub(crate) open: Vec<String>,
    pub(crate) memory: Vec<Weighed>,
    pub(crate) latencies: Vec<Tailed>,
    pub(crate) shortest: Vec<Shortest>,
    pub(crate) curves: Vec<Curve>,
    pub(crate) missing: Vec<Missing>,
}

impl Figures {
    pub(crate) fn new(
        machine: Machine,
        matches: &[Match],
        memory: Vec<Weighed>,
        latencies: Vec<Tailed>,
        field: &Field,
        missing: Vec<Missing>,
    ) -> Self {
        let contestant = |seat: &super::field::Seat| Contestant {
            title: seat.title.clone(),
            role: seat.role,
            version: seat.version.clone(),
        };
        let mut curves = latencies::curves(&latencies);
        curves.extend(working_sets(matches));
        let timed = matches
            .iter()
            .filter(|game| Kind::ALL.contains(&game.kind()));
        curves.extend(timed.flat_map(|game| slices(game, field)));
        let judgement = targets::judge(matches, |name| field.role(name));
        Self {
            machine,
            front: Framewell::new().front().to_string(),
            contestants: field.0.iter().map(contestant).collect(),
            lines: matches.iter().flat_map(|game| lines(game, field)).collect(),
            dropped: matches.iter().map(Match::dropped).sum(),
            bounded: matches.iter().flat_map(bounded).collect(),
            verdicts: judgement.verdicts,
            open: judgement.open,
            memory,
            curves,
            shortest: latencies::shortest(&latencies),
            latencies,
            missing,
        }
    }
}

fn lines(game: &Match, field: &Field) -> Vec<Line> {
    let mut lines = Vec::new();
    for distance in game.distances() {
        let line = |name: &str| {
            Some(Line {
                workload: game.kind().name(),
                distance,
                contestant: name.to_owned(),
                role: field.role(name)?,
                ns: game.ns(name, distance)?,
                ratio: game.ratio(name, SYSTEM, distance),
            })
        };
        let mut there: Vec<Line> = game.names().filter_map(line).collect();
        there.sort_by(|one, other| one.ns.median.total_cmp(&other.ns.median));
        lines.extend(there);
    }
    lines
}

fn bounded(game: &Match) -> Vec<Bounded> {
    let of_this = BOUNDED.iter().filter(|(kind, ..)| *kind == game.kind());
    let found = of_this.filter_map(|(kind, contestant, bounds)| {
        // The bound's speed in multiples of the contestant's is the contestant's time in multiples
        // of the bound's.
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

/// Returns a curve for each distance: how the slices of framewell and of the fastest peers are
/// spread.
fn slices(game: &Match, field: &Field) -> Vec<Curve> {
    const PEERS: usize = 4;
    const PERCENTILES: [f64; 9] = [0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 98.0, 99.0];
    let curve = |distance: Option<Distance>| {
        let lines = lines(game, field).into_iter();
        let lines = lines.filter(|line| line.distance == distance);
        let peers = lines
            .filter(|line| line.role == Role::Peer)
            .map(|line| line.contestant);
        let shown = std::iter::once(FRAMEWELL.to_owned()).chain(peers.take(PEERS));
        let title = format!("Slices of {}", workload(game.kind().name(), distance));
        let mut curve = Curve::of_percentiles(title, "ns a buffer").note(
            "How the slices behind the medians are spread, for framewell and the fastest peers. The host's own pauses \
             are at the end of every curve.",
        );
        for name in shown {
            let points = PERCENTILES
                .iter()
                .filter_map(|&percent| Some((percent, game.percentile(&name, distance, percent)?)));
            curve.add(&name, points.collect());
        }
        curve
    };
    game.distances().into_iter().map(curve).collect()
}

/// Returns the cost over the number of live buffers, for framewell and for the peers that are
/// fastest with the most buffers.
fn working_sets(matches: &[Match]) -> Option<Curve> {
    const PEERS: usize = 5;
    let of_sets = matches
        .iter()
        .filter_map(|game| Some((game, game.kind().live()?)));
    let games: Vec<(&Match, usize)> = of_sets.collect();
    let (last, _) = games.last()?;
    let median = |game: &Match, name: &str| Some(game.ns(name, None)?.median);
    let others = last.names().filter(|name| !name.starts_with(FRAMEWELL));
    let timed = others.filter_map(|name| Some((median(last, name)?, name)));
    let mut timed: Vec<(f64, &str)> = timed.collect();
    timed.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut curve = Curve::of_growth("live buffers", "Working sets", "ns a buffer")
        .note("One byte of a random buffer is written: what caches and TLB make of so many.");
    let peers = timed.into_iter().take(PEERS).map(|(_, name)| name);
    for name in [FRAMEWELL].into_iter().chain(peers) {
        let point = |(game, live): &(&Match, usize)| Some((*live as f64, median(game, name)?));
        curve.add(name, games.iter().filter_map(point).collect());
    }
    Some(curve)
}

/// Returns a workload's name, with the distance if there is one.
pub(crate) fn workload(name: &str, distance: Option<Distance>) -> String {
    match distance {
        None => name.to_owned(),
        Some(Distance::Near) => format!("{name}, near"),
        Some(Distance::Far) => format!("{name}, far"),
    }
}
