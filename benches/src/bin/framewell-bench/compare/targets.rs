//! The targets: what framewell is meant to reach beside its peers, and whether a run shows it.

use serde::Serialize;

use framewell_bench::Kind;
use framewell_bench::floors::LIST;
use framewell_bench::home::{ARC, BURST, FRAMEWELL, SHARE_MANY, TABLE};
use framewell_bench::probe::Distance;
use framewell_bench::rounds::Match;
use framewell_bench::summary::Spread;

use super::bounds::{Reached, reached};
use super::field::Role;
use super::figures::workload;

/// The peer that a target is against.
#[derive(Clone, Copy)]
enum Against {
    Fastest,
    Named(&'static str),
}

use Against::{Fastest, Named};

const MEMPOOL: &str = "DPDK mempool";
const PKTMBUF: &str = "DPDK pktmbuf";
const ONE_UPDATE: &str = "DPDK pktmbuf, one update";
const SPLIT: &str = "BytesMut, frozen";

/// A target: the speed that a form of framewell should reach in multiples of a peer's, near and
/// far.
struct Target(Kind, &'static str, Against, [f64; 2]);

const TARGETS: [Target; 22] = [
    Target(Kind::Pair, FRAMEWELL, Fastest, [2.0; 2]),
    Target(Kind::Burst32, FRAMEWELL, Fastest, [2.0; 2]),
    Target(Kind::Bulk32, FRAMEWELL, Named(MEMPOOL), [1.0; 2]),
    Target(Kind::Bulk32, FRAMEWELL, Named(PKTMBUF), [4.0; 2]),
    Target(Kind::Bulk256, FRAMEWELL, Named(MEMPOOL), [1.0; 2]),
    Target(Kind::Bulk256, FRAMEWELL, Named(PKTMBUF), [4.0; 2]),
    Target(Kind::Window, FRAMEWELL, Fastest, [1.4; 2]),
    Target(Kind::PairTwo, FRAMEWELL, Fastest, [1.7; 2]),
    Target(Kind::HandOffBulk, FRAMEWELL, Named(MEMPOOL), [1.2, 1.05]),
    Target(Kind::Oversubscribed, FRAMEWELL, Fastest, [2.0; 2]),
    Target(Kind::Dot11Mix, FRAMEWELL, Fastest, [2.5; 2]),
    Target(Kind::Dot11HandOff, FRAMEWELL, Fastest, [1.4; 2]),
    // Owners cost at most 1.6 and 2.2 times what a list kept by hand does.
    Target(Kind::Rings, FRAMEWELL, Named(LIST), [1.0 / 1.6; 2]),
    Target(Kind::Rings, BURST, Named(LIST), [1.0 / 2.2; 2]),
    Target(Kind::Rings, FRAMEWELL, Named(TABLE), [2.5; 2]),
    Target(Kind::Rings, BURST, Named(TABLE), [1.8; 2]),
    Target(Kind::Sharing4, FRAMEWELL, Named(PKTMBUF), [1.25; 2]),
    Target(Kind::Sharing4, FRAMEWELL, Named(ARC), [1.5; 2]),
    Target(Kind::Sharing4, SHARE_MANY, Named(ONE_UPDATE), [1.3; 2]),
    Target(Kind::Sharing4Across, FRAMEWELL, Fastest, [1.2; 2]),
    Target(Kind::Sharing44, FRAMEWELL, Named(SPLIT), [2.0; 2]),
    Target(Kind::Sharing44Across, FRAMEWELL, Named(SPLIT), [2.0; 2]),
];

/// The fewest rounds that are judged.
pub(crate) const FEWEST: usize = 3;

/// A comparison of a form of framewell with a peer, by the rounds of one workload at one distance.
#[derive(Serialize)]
pub(crate) struct Verdict {
    pub(crate) workload: &'static str,
    pub(crate) contestant: &'static str,
    pub(crate) distance: Option<Distance>,
    pub(crate) peer: String,
    /// Whether the peer is the fastest of all peers there. A floor and another form of framewell
    /// are never.
    pub(crate) fastest: bool,
    /// The contestant's speed in multiples of the peer's.
    pub(crate) ratio: Spread,
    /// The multiple that it should reach, if there is a target.
    pub(crate) target: Option<f64>,
    /// Whether the median reaches the target.
    pub(crate) met: Option<bool>,
    /// What the floors reach, if the target is missed.
    pub(crate) floors: Vec<Reached>,
}

/// The judgement of all matches.
#[derive(Default)]
pub(crate) struct Judgement {
    pub(crate) verdicts: Vec<Verdict>,
    /// The comparisons that cannot be judged, because the peer did not take part or there are too
    /// few rounds.
    pub(crate) open: Vec<String>,
}

/// Compares framewell with the fastest peer of every workload, and with those that a target names.
pub(crate) fn judge(matches: &[Match], role: impl Fn(&str) -> Option<Role>) -> Judgement {
    let mut judgement = Judgement::default();
    for game in matches {
        for distance in game.distances() {
            judgement.add(game, distance, &role);
        }
    }
    judgement
}

impl Judgement {
    fn add(
        &mut self,
        game: &Match,
        distance: Option<Distance>,
        role: impl Fn(&str) -> Option<Role>,
    ) {
        let name = game.kind().name();
        let on = workload(name, distance);
        let fastest = fastest(game, distance, &role);
        let of_this = || TARGETS.iter().filter(|target| target.0 == game.kind());
        if fastest.is_none() && of_this().all(|target| matches!(target.2, Fastest)) {
            return self.open.push(format!("{on} (no peer has enough rounds)"));
        }
        // The comparison with the fastest peer is shown even where no target names it.
        let free = !of_this().any(|target| matches!(target.2, Fastest));
        let against = |Target(_, contestant, against, wanted): &Target| {
            let wanted = wanted[usize::from(distance == Some(Distance::Far))];
            let peer = match against {
                Fastest => fastest.clone()?,
                Named(name) => (*name).to_owned(),
            };
            Some((*contestant, peer, Some(wanted)))
        };
        let free = fastest.clone().filter(|_| free);
        let free = free.map(|peer| (FRAMEWELL, peer, None));
        let targets = of_this().filter_map(against);
        for (contestant, peer, target) in free.into_iter().chain(targets) {
            let ratio = game.ratio(contestant, &peer, distance);
            let Some(ratio) = ratio.filter(|ratio| ratio.samples >= FEWEST) else {
                let on = form(&on, contestant);
                self.open.push(format!("{on} beside {peer}"));
                continue;
            };
            let missed = target.filter(|target| ratio.median < *target);
            let floors = |target| reached(game, distance, (contestant, &peer), target, &role);
            self.verdicts.push(Verdict {
                floors: missed.map(floors).unwrap_or_default(),
                workload: name,
                contestant,
                distance,
                fastest: fastest.as_deref() == Some(&*peer),
                peer,
                ratio,
                target,
                met: target.map(|target| ratio.median >= target),
            });
        }
    }
}

fn fastest(
    game: &Match,
    distance: Option<Distance>,
    role: impl Fn(&str) -> Option<Role>,
) -> Option<String> {
    let peers = game.names().filter(|name| role(name) == Some(Role::Peer));
    let timed = peers.filter_map(|name| Some((name, game.ns(name, distance)?)));
    let timed = timed.filter(|(_, ns)| ns.samples >= FEWEST);
    let first = timed.min_by(|one, other| one.1.median.total_cmp(&other.1.median));
    first.map(|(name, _)| name.to_owned())
}

/// Returns the name of a workload, with the form of framewell if it is not the default.
fn form(on: &str, contestant: &str) -> String {
    match contestant.strip_prefix(FRAMEWELL) {
        Some(form) => format!("{on}{form}"),
        None => on.to_owned(),
    }
}

impl Verdict {
    /// Returns the workload with its distance, and with the form of framewell if it is not the
    /// default.
    pub(crate) fn on(&self) -> String {
        form(&workload(self.workload, self.distance), self.contestant)
    }

    /// Returns whether the target is reached, or by how much it is missed.
    pub(crate) fn outcome(&self) -> String {
        match (self.target, self.met) {
            (None, _) => "no target".to_owned(),
            (_, Some(true)) => "met".to_owned(),
            (Some(target), _) => {
                let short = 100.0 * (1.0 - self.ratio.median / target);
                format!("missed by {short:.0} %")
            }
        }
    }

    /// Returns the target as a number, or a dash.
    pub(crate) fn wanted(&self) -> String {
        self.target
            .map_or("–".to_owned(), |target| format!("{target:.2}"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use framewell_bench::Timed;
    use framewell_bench::floors::{self, ARRAY, CAS, SEQUENCES};
    use framewell_bench::remote::Failure;
    use framewell_bench::rounds::Player;

    use super::super::bounds::{Standing, lies, range};
    use super::*;

    /// A player whose slices take the next of these nanoseconds a step.
    struct Scripted(&'static str, Vec<u64>);

    impl Player for Scripted {
        fn name(&self) -> &str {
            self.0
        }

        fn slice(&mut self) -> Result<Timed, Failure> {
            Ok(Timed {
                steps: 1,
                elapsed: Duration::from_nanos(self.1.remove(0)),
            })
        }

        fn end(&mut self) -> Result<(), Failure> {
            Ok(())
        }
    }

    fn play(kind: Kind, players: &[(&'static str, [u64; 3])]) -> Judgement {
        let player = |&(name, ns): &(_, [u64; 3])| -> Box<dyn Player> {
            Box::new(Scripted(name, ns.to_vec()))
        };
        let mut game = Match::new(kind, players.iter().map(player).collect());
        (0..3).for_each(|_| game.round(None));
        judge(&[game], |name| match name {
            FRAMEWELL | BURST | TABLE => Some(Role::Framewell),
            SEQUENCES | ARRAY | CAS | LIST => Some(Role::Floor),
            _ => Some(Role::Peer),
        })
    }

    #[test]
    fn fastest_peer_is_neither_a_floor_nor_framewell_and_ratios_are_within_rounds() {
        let judgement = play(
            Kind::Pair,
            &[
                (FRAMEWELL, [2, 20, 4]),
                ("slow", [30, 30, 30]),
                ("sequences", [1, 1, 1]),
                ("fast", [6, 60, 12]),
            ],
        );
        let [verdict] = &judgement.verdicts[..] else {
            panic!("one verdict");
        };
        assert!(verdict.fastest);
        assert_eq!(verdict.peer, "fast");
        let ends = [verdict.ratio.low, verdict.ratio.high];
        assert!(ends.iter().all(|end| (end - 3.0).abs() < 1e-9), "{ends:?}");
        assert_eq!(verdict.outcome(), "met");
    }

    #[test]
    fn named_peers_have_verdicts_of_their_own_and_misses_are_measured() {
        let judgement = play(
            Kind::Bulk32,
            &[
                (FRAMEWELL, [2, 2, 2]),
                (MEMPOOL, [1, 1, 1]),
                (PKTMBUF, [10, 10, 10]),
            ],
        );
        let told: Vec<(&str, String)> = judgement
            .verdicts
            .iter()
            .map(|verdict| (verdict.peer.as_str(), verdict.outcome()))
            .collect();
        assert_eq!(
            told,
            [
                (MEMPOOL, "no target".into()),
                (MEMPOOL, "missed by 50 %".into()),
                (PKTMBUF, "met".into()),
            ]
        );
        assert!(judgement.open.is_empty());
    }

    /// Returns the one verdict of the pair, whose target is 2. framewell's medians are 2 to the
    /// peer's 3.
    fn missed(floors: &[(&'static str, [u64; 3])]) -> Verdict {
        let both = [(FRAMEWELL, [20, 200, 20]), ("fast", [30, 300, 30])];
        let mut judgement = play(Kind::Pair, &[&both, floors].concat());
        let verdict = judgement.verdicts.pop().expect("a verdict");
        assert_eq!(verdict.outcome(), "missed by 25 %");
        verdict
    }

    #[test]
    fn target_lies_between_the_floors_that_reach_it_and_those_that_do_not() {
        let verdict = missed(&[(SEQUENCES, [17, 170, 17]), (ARRAY, [10, 100, 10])]);
        let told: Vec<_> = verdict
            .floors
            .iter()
            .map(|one| one.floor.as_str())
            .collect();
        assert_eq!(told, [ARRAY, SEQUENCES]);
        let Spread { low, high, .. } = verdict.floors[0].ratio;
        assert!(high - low < 1e-9, "within the rounds: {low} to {high}");
        assert_eq!(
            lies(&verdict.floors),
            "within plain array, beyond sequences"
        );
        assert_eq!(range(&verdict.floors), "1.76 to 3.00");
    }

    #[test]
    fn target_is_beyond_the_fastest_floor_or_within_the_slowest() {
        let beyond = missed(&[(SEQUENCES, [18, 180, 18]), (ARRAY, [16, 160, 16])]);
        assert_eq!(lies(&beyond.floors), "beyond plain array");
        let within = missed(&[(SEQUENCES, [15, 150, 15]), (ARRAY, [10, 100, 10])]);
        assert_eq!(lies(&within.floors), "within sequences");
        assert_eq!(lies(&missed(&[]).floors), "–");
    }

    #[test]
    fn floor_that_framewell_has_passed_bounds_nothing() {
        let verdict = missed(&[(SEQUENCES, [17, 170, 17]), (ARRAY, [22, 220, 22])]);
        assert_eq!(verdict.floors[1].standing, Standing::Passed);
        assert_eq!(lies(&verdict.floors), "beyond sequences");
        assert_eq!(range(&verdict.floors), "1.76");
        // The peer is faster than a floor that should bound everybody.
        let outrun = missed(&[(SEQUENCES, [17, 170, 17]), (ARRAY, [31, 310, 31])]);
        assert_eq!(outrun.floors[1].standing, Standing::Passed);
        let level = missed(&[(SEQUENCES, [19, 220, 21])]);
        assert_eq!(level.floors[0].standing, Standing::Beyond);
    }

    #[test]
    fn floor_without_sequences_bounds_who_has_none() {
        let verdict = missed(&[(CAS, [16, 160, 16])]);
        let bounded = floors::without_sequences().is_some();
        assert_eq!(!verdict.floors.is_empty(), bounded);
    }

    #[test]
    fn target_that_is_reached_needs_no_floor() {
        let fast = [(FRAMEWELL, [2; 3]), ("fast", [6; 3]), (SEQUENCES, [1; 3])];
        assert!(play(Kind::Pair, &fast).verdicts[0].floors.is_empty());
    }

    #[test]
    fn forms_of_framewell_are_judged_beside_a_floor_and_beside_one_another() {
        let judgement = play(
            Kind::Rings,
            &[
                (FRAMEWELL, [15; 3]),
                (BURST, [20; 3]),
                (TABLE, [36; 3]),
                (LIST, [10; 3]),
            ],
        );
        let told: Vec<_> = judgement
            .verdicts
            .iter()
            .map(|verdict| (verdict.on(), verdict.peer.as_str(), verdict.outcome()))
            .collect();
        let [rings, burst] = ["rings-32", "rings-32, Burst"].map(str::to_owned);
        let met = || "met".to_owned();
        assert_eq!(
            told,
            [
                (rings.clone(), LIST, met()),
                (burst.clone(), LIST, met()),
                (rings, TABLE, "missed by 4 %".to_owned()),
                (burst, TABLE, met()),
            ]
        );
        assert!(judgement.open.is_empty());
    }

    #[test]
    fn what_cannot_be_judged_is_told() {
        let judgement = play(Kind::Bulk32, &[(FRAMEWELL, [2; 3]), ("slow", [30; 3])]);
        assert_eq!(judgement.verdicts.len(), 1);
        let open = [MEMPOOL, PKTMBUF].map(|peer| format!("bulk-32 beside {peer}"));
        assert_eq!(judgement.open, open);
    }
}
