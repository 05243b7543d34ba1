//! What framewell is meant to reach beside its peers, and whether a run shows it.

use serde::Serialize;

use framewell_bench::Kind;
use framewell_bench::home::FRAMEWELL;
use framewell_bench::probe::Distance;
use framewell_bench::rounds::Match;
use framewell_bench::summary::Spread;

use super::field::Role;

/// Whom a target is against.
#[derive(Clone, Copy)]
enum Against {
    Fastest,
    Named(&'static str),
}

use Against::{Fastest, Named};

const MEMPOOL: &str = "DPDK mempool";
const PKTMBUF: &str = "DPDK pktmbuf";

/// How many times as fast framewell should be; near and far, if they differ.
struct Target(Kind, Against, [f64; 2]);

const TARGETS: [Target; 12] = [
    Target(Kind::Pair, Fastest, [2.0; 2]),
    Target(Kind::Burst32, Fastest, [2.0; 2]),
    Target(Kind::Bulk32, Named(MEMPOOL), [1.0; 2]),
    Target(Kind::Bulk32, Named(PKTMBUF), [4.0; 2]),
    Target(Kind::Bulk256, Named(MEMPOOL), [1.0; 2]),
    Target(Kind::Bulk256, Named(PKTMBUF), [4.0; 2]),
    Target(Kind::Window, Fastest, [1.4; 2]),
    Target(Kind::PairTwo, Fastest, [1.7; 2]),
    Target(Kind::HandOffBulk, Named(MEMPOOL), [1.2, 1.05]),
    Target(Kind::Oversubscribed, Fastest, [2.0; 2]),
    Target(Kind::Dot11Mix, Fastest, [2.5; 2]),
    Target(Kind::Dot11HandOff, Fastest, [1.4; 2]),
];

/// framewell beside a peer, by the rounds of one workload at one distance.
#[derive(Serialize)]
pub(crate) struct Verdict {
    pub(crate) workload: &'static str,
    pub(crate) distance: Option<Distance>,
    pub(crate) peer: String,
    /// Whether the peer is the fastest of all there.
    pub(crate) fastest: bool,
    /// How many times as fast framewell is.
    pub(crate) ratio: Spread,
    /// How many times it should be, if that is laid down.
    pub(crate) target: Option<f64>,
    /// Whether the median reaches the target.
    pub(crate) met: Option<bool>,
}

/// Compares framewell with the fastest peer of every workload, and with those that a target names.
pub(crate) fn verdicts(matches: &[Match], role: impl Fn(&str) -> Option<Role>) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for game in matches {
        for distance in game.distances() {
            let fastest = fastest(game, distance, &role);
            let of_this = || TARGETS.iter().filter(|target| target.0 == game.kind());
            let open = !of_this().any(|target| matches!(target.1, Fastest));
            let against = |Target(_, against, wanted): &Target| {
                let wanted = wanted[usize::from(distance == Some(Distance::Far))];
                let peer = match against {
                    Fastest => fastest.clone()?,
                    Named(name) => (*name).to_owned(),
                };
                Some((peer, Some(wanted)))
            };
            // Told even where no target is laid down.
            let untold = fastest.clone().filter(|_| open).map(|peer| (peer, None));
            for (peer, target) in untold.into_iter().chain(of_this().filter_map(against)) {
                let Some(ratio) = game.ratio(FRAMEWELL, &peer, distance) else {
                    continue;
                };
                verdicts.push(Verdict {
                    workload: game.kind().name(),
                    distance,
                    fastest: fastest.as_ref() == Some(&peer),
                    peer,
                    ratio,
                    target,
                    met: target.map(|target| ratio.median >= target),
                });
            }
        }
    }
    verdicts
}

fn fastest(
    game: &Match,
    distance: Option<Distance>,
    role: impl Fn(&str) -> Option<Role>,
) -> Option<String> {
    let peers = game.names().filter(|name| role(name) == Some(Role::Peer));
    let timed = peers.filter_map(|name| Some((name, game.ns(name, distance)?.median)));
    let first = timed.min_by(|one, other| one.1.total_cmp(&other.1));
    first.map(|(name, _)| name.to_owned())
}

impl Verdict {
    /// Says it in words: "2.10 × 'snmalloc', the fastest peer: wanted 2.00, met".
    pub(crate) fn outcome(&self) -> String {
        match (self.target, self.met) {
            (Some(target), Some(true)) => format!("{target:.2} wanted: met"),
            (Some(target), _) => {
                let short = 100.0 * (1.0 - self.ratio.median / target);
                format!("{target:.2} wanted: missed by {short:.0} %")
            }
            _ => "no target".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use framewell_bench::Timed;
    use framewell_bench::remote::Failure;
    use framewell_bench::rounds::Player;

    use super::*;

    /// Takes the next of these nanoseconds a step at each slice.
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

    fn play(kind: Kind, players: &[(&'static str, [u64; 3])]) -> Vec<Verdict> {
        let player = |&(name, ns): &(_, [u64; 3])| -> Box<dyn Player> {
            Box::new(Scripted(name, ns.to_vec()))
        };
        let mut game = Match::new(kind, players.iter().map(player).collect());
        (0..3).for_each(|_| game.round(None));
        verdicts(&[game], |name| match name {
            FRAMEWELL => Some(Role::Framewell),
            "sequences" => Some(Role::Floor),
            _ => Some(Role::Peer),
        })
    }

    #[test]
    fn fastest_peer_is_neither_a_floor_nor_framewell_and_ratios_are_within_rounds() {
        let verdicts = play(
            Kind::Pair,
            &[
                (FRAMEWELL, [2, 20, 4]),
                ("slow", [30, 30, 30]),
                ("sequences", [1, 1, 1]),
                ("fast", [6, 60, 12]),
            ],
        );
        let [verdict] = &verdicts[..] else {
            panic!("one verdict");
        };
        assert!(verdict.fastest);
        assert_eq!(verdict.peer, "fast");
        let ends = [verdict.ratio.low, verdict.ratio.high];
        assert!(ends.iter().all(|end| (end - 3.0).abs() < 1e-9), "{ends:?}");
        assert_eq!(verdict.outcome(), "2.00 wanted: met");
    }

    #[test]
    fn named_peers_have_verdicts_of_their_own_and_misses_are_measured() {
        let verdicts = play(
            Kind::Bulk32,
            &[
                (FRAMEWELL, [2, 2, 2]),
                (MEMPOOL, [1, 1, 1]),
                (PKTMBUF, [10, 10, 10]),
            ],
        );
        let told: Vec<_> = verdicts
            .iter()
            .map(|v| (v.peer.as_str(), v.outcome()))
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|(peer, outcome)| (*peer, outcome.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (MEMPOOL, "no target"),
                (MEMPOOL, "1.00 wanted: missed by 50 %"),
                (PKTMBUF, "4.00 wanted: met"),
            ]
        );
    }
}
