//! Whether a target that is missed can be reached at all: the floors of its workload, beside the same peer, from the same rounds.

use framewell_bench::floors;
use framewell_bench::home::FRAMEWELL;
use framewell_bench::probe::Distance;
use framewell_bench::rounds::Match;
use framewell_bench::summary::Spread;
use serde::Serialize;

use super::field::Role;
use super::targets::FEWEST;

/// As the tables are explained.
pub(crate) const NOTE: &str = "Where a target is missed: a floor does a part of what framewell does and nothing else, beside the same peer \
    in the same rounds. A target beyond a floor is out of reach for all that do that part.";

/// Where a target lies, seen from a floor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// The floor reaches it.
    Within,
    /// The floor does not: who does all that the floor does cannot either.
    Beyond,
    /// In nine rounds of ten framewell is faster than the floor, or in the median the peer is than one that should bound all: the
    /// floor bounds nothing.
    Passed,
}

/// What a floor reaches.
#[derive(Serialize)]
pub(crate) struct Reached {
    pub(crate) floor: String,
    /// How many times as fast as the peer it is.
    pub(crate) ratio: Spread,
    pub(crate) standing: Standing,
}

/// Returns what the floors of a match reach beside a peer, the fastest first.
pub(crate) fn reached(
    game: &Match,
    distance: Option<Distance>,
    peer: &str,
    target: f64,
    role: impl Fn(&str) -> Option<Role>,
) -> Vec<Reached> {
    let there = game.names().filter(|name| role(name) == Some(Role::Floor));
    let there = there.filter(|name| floors::bounds(name));
    let found = there.filter_map(|floor| {
        let ratio = game.ratio(floor, peer, distance)?;
        let ahead = game.ratio(floor, FRAMEWELL, distance)?;
        let passed = ahead.high < 1.0 || (floors::bounds_all(floor) && ratio.median < 1.0);
        (ratio.samples.min(ahead.samples) >= FEWEST).then(|| Reached {
            floor: floor.to_owned(),
            ratio,
            standing: if passed {
                Standing::Passed
            } else if ratio.median < target {
                Standing::Beyond
            } else {
                Standing::Within
            },
        })
    });
    let mut found: Vec<Reached> = found.collect();
    found.sort_by(|one, other| other.ratio.median.total_cmp(&one.ratio.median));
    found
}

/// Says between which floors the target lies.
pub(crate) fn lies(reached: &[Reached]) -> String {
    let of = |standing| {
        let there = reached.iter().filter(move |one| one.standing == standing);
        there.map(|one| &*one.floor)
    };
    // The slowest floor that reaches it, and the fastest that does not: the two that say most.
    let within = of(Standing::Within).next_back();
    let within = within.map(|floor| format!("within {floor}"));
    let beyond = of(Standing::Beyond).next();
    let beyond = beyond.map(|floor| format!("beyond {floor}"));
    match (within, beyond) {
        (Some(within), Some(beyond)) => format!("{within}, {beyond}"),
        (within, beyond) => within.or(beyond).unwrap_or("–".to_owned()),
    }
}

/// Says from which to which the floors reach that were not passed.
pub(crate) fn range(reached: &[Reached]) -> String {
    let there = reached
        .iter()
        .filter(|one| one.standing != Standing::Passed);
    let medians: Vec<f64> = there.map(|one| one.ratio.median).collect();
    match medians[..] {
        [] => "–".to_owned(),
        [one] => format!("{one:.2}"),
        [fastest, .., slowest] => format!("{slowest:.2} to {fastest:.2}"),
    }
}

impl Standing {
    /// Says it of the target.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Within => "within it",
            Self::Beyond => "beyond it",
            Self::Passed => "no bound: it is outrun",
        }
    }
}
