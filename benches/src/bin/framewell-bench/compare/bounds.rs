//! Floors beside a missed target: they tell whether the target can be reached at all. A floor takes
//! part in the same rounds, and is compared with the same peer.

use framewell_bench::floors;
use framewell_bench::probe::Distance;
use framewell_bench::rounds::Match;
use framewell_bench::summary::Spread;
use serde::Serialize;

use super::field::Role;
use super::targets::FEWEST;

/// The sentence that explains the tables of floors.
pub(crate) const NOTE: &str = "Where a target is missed: a floor does a part of what framewell does and nothing else, beside the same peer \
    in the same rounds. A target beyond a floor is out of reach for all that do that part.";

/// The position of a target relative to a floor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// The floor reaches the target.
    Within,
    /// The floor does not reach the target, so nothing that does all of the floor's work can reach
    /// it.
    Beyond,
    /// The floor bounds nothing. Either framewell is faster than the floor in nine rounds of ten,
    /// or the peer is faster in the median than a floor that should bound everybody.
    Passed,
}

/// The figures of one floor beside a peer.
#[derive(Serialize)]
pub(crate) struct Reached {
    pub(crate) floor: String,
    /// The floor's speed in multiples of the peer's.
    pub(crate) ratio: Spread,
    pub(crate) standing: Standing,
}

/// Returns the figures of a match's floors beside the peer of a contestant, the fastest first.
pub(crate) fn reached(
    game: &Match,
    distance: Option<Distance>,
    (contestant, peer): (&str, &str),
    target: f64,
    role: impl Fn(&str) -> Option<Role>,
) -> Vec<Reached> {
    let there = game.names().filter(|name| role(name) == Some(Role::Floor));
    // A peer may be a floor itself.
    let there = there.filter(|name| floors::bounds(name) && *name != peer);
    let found = there.filter_map(|floor| {
        let ratio = game.ratio(floor, peer, distance)?;
        let ahead = game.ratio(floor, contestant, distance)?;
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

/// Returns, in words, which floors the target lies between.
pub(crate) fn lies(reached: &[Reached]) -> String {
    let of = |standing| {
        let there = reached.iter().filter(move |one| one.standing == standing);
        there.map(|one| &*one.floor)
    };
    // These two say most: the slowest floor that reaches the target, and the fastest that does not.
    let within = of(Standing::Within).next_back();
    let within = within.map(|floor| format!("within {floor}"));
    let beyond = of(Standing::Beyond).next();
    let beyond = beyond.map(|floor| format!("beyond {floor}"));
    match (within, beyond) {
        (Some(within), Some(beyond)) => format!("{within}, {beyond}"),
        (within, beyond) => within.or(beyond).unwrap_or("–".to_owned()),
    }
}

/// Returns the range of the ratios of the floors that were not passed.
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
    /// Returns where the target lies, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Within => "within it",
            Self::Beyond => "beyond it",
            Self::Passed => "no bound: it is outrun",
        }
    }
}
