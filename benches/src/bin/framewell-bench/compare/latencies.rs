//! The latency of a get while something is in the way. All contestants take turns, each with the
//! control beside it.

use framewell_bench::curve::Curve;
use framewell_bench::home::FRAMEWELL;
use framewell_bench::latency::{Disturbance, Latency, PERCENTILES, Tail};
use framewell_bench::remote::Failure;
use framewell_bench::summary::Spread;
use serde::Serialize;

use super::field::{Field, Role, Seat};
use super::figures::Missing;
use super::play::progress;

/// The name of this measurement, which is chosen as a workload is.
pub(crate) const NAME: &str = "latency";

/// The latency of a contestant, with the spread of its tail.
#[derive(Serialize)]
pub(crate) struct Tailed {
    pub(crate) contestant: String,
    /// The medians of the rounds.
    #[serde(flatten)]
    pub(crate) latency: Latency,
    /// The spread of the rounds at 99.9 %.
    pub(crate) tail: Spread,
}

/// Measures everybody who has frames, by turns. Who fails is added to `missing`.
pub(crate) fn all(field: &Field, quick: bool, missing: &mut Vec<Missing>) -> Vec<Tailed> {
    let (rounds, ms) = if quick { (3, 35) } else { (9, 150) };
    let of_frames = |seat: &&Seat| seat.role != Role::Floor;
    let seats: Vec<&Seat> = field.0.iter().filter(of_frames).collect();
    let count = rounds * seats.len() * Disturbance::ALL.len();
    let bar = progress(count as u64, "{msg:14} {wide_bar} {pos} of {len}");
    bar.set_message(NAME);
    let mut all = Vec::new();
    for disturbance in Disturbance::ALL {
        let mut measured: Vec<Result<Vec<Latency>, Failure>> = Vec::new();
        measured.resize_with(seats.len(), || Ok(Vec::new()));
        for _ in 0..rounds {
            for (seat, measured) in seats.iter().zip(&mut measured) {
                if let Ok(so_far) = measured {
                    match seat.latency(disturbance, ms) {
                        Ok(latency) => so_far.extend(latency),
                        Err(why) => *measured = Err(why),
                    }
                }
                bar.inc(1);
            }
        }
        for (seat, measured) in seats.iter().zip(measured) {
            match measured {
                Ok(rounds) => all.extend(tailed(&seat.title, &rounds)),
                Err(why) => missing.push(Missing::on(&seat.title, disturbance.name(), why)),
            }
        }
    }
    bar.finish_and_clear();
    all
}

/// Returns the medians of a contestant's rounds; `None` if the contestant has no frames.
fn tailed(contestant: &str, rounds: &[Latency]) -> Option<Tailed> {
    let tail = Spread::of(rounds.iter().map(|round| round.get[TAIL] as f64))?;
    Some(Tailed {
        contestant: contestant.to_owned(),
        latency: Latency::median(rounds)?,
        tail,
    })
}

/// framewell's tail under a disturbance, beside the shortest tail of a peer.
#[derive(Serialize)]
pub(crate) struct Shortest {
    pub(crate) disturbance: &'static str,
    pub(crate) tail: Spread,
    /// The tail of the control in framewell's rounds.
    pub(crate) control: u64,
    pub(crate) peer: String,
    pub(crate) peers: Spread,
    pub(crate) peers_control: u64,
    /// Whether framewell's median is at most the upper end of the peer's spread.
    pub(crate) met: bool,
}

/// Compares framewell's tails with the shortest ones of its peers.
pub(crate) fn shortest(all: &[Tailed]) -> Vec<Shortest> {
    let beside = |disturbance: Disturbance| {
        let of_this = all
            .iter()
            .filter(|tailed| tailed.latency.disturbance == disturbance);
        let (own, peers): (Vec<_>, Vec<_>) =
            of_this.partition(|tailed| tailed.contestant.starts_with(FRAMEWELL));
        let own = own.into_iter().find(|own| own.contestant == FRAMEWELL)?;
        let by_tail =
            |one: &&Tailed, other: &&Tailed| one.tail.median.total_cmp(&other.tail.median);
        let peer = peers.into_iter().min_by(by_tail)?;
        Some(Shortest {
            disturbance: disturbance.name(),
            tail: own.tail,
            control: own.latency.control[TAIL],
            peer: peer.contestant.clone(),
            peers: peer.tail,
            peers_control: peer.latency.control[TAIL],
            met: own.tail.median <= peer.tail.high,
        })
    };
    Disturbance::ALL.into_iter().filter_map(beside).collect()
}

/// Returns a curve for each disturbance: framewell, its control, and the peers whose tails are
/// shortest.
pub(crate) fn curves(all: &[Tailed]) -> Vec<Curve> {
    const PEERS: usize = 4;
    let curve = |disturbance: Disturbance| {
        let of_this = all
            .iter()
            .filter(|tailed| tailed.latency.disturbance == disturbance);
        let (own, mut others): (Vec<_>, Vec<_>) =
            of_this.partition(|tailed| tailed.contestant == FRAMEWELL);
        others.retain(|tailed| !tailed.contestant.starts_with(FRAMEWELL));
        others.sort_by_key(|tailed| tailed.latency.get[TAIL]);
        let title = format!("Latency of a get, {}", disturbance.name());
        let mut curve = Curve::of_percentiles(title, "ns").note(
            "Lower is better; every sample counts. The control looks at the clock twice and gets nothing: what the \
             host and the scheduler do, they do to both.",
        );
        for tailed in own {
            curve.add(&tailed.contestant, points(&tailed.latency.get));
            curve.add("the control", points(&tailed.latency.control));
        }
        for tailed in others.into_iter().take(PEERS) {
            curve.add(&tailed.contestant, points(&tailed.latency.get));
        }
        curve
    };
    if all.is_empty() {
        return Vec::new();
    }
    Disturbance::ALL.into_iter().map(curve).collect()
}

/// The place in [`PERCENTILES`] where tails are compared: 99.9 %.
pub(crate) const TAIL: usize = 3;

fn points(tail: &Tail) -> Vec<(f64, f64)> {
    let points = PERCENTILES.into_iter().zip(tail);
    points.map(|(percent, ns)| (percent, *ns as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(contestant: &str, tails: [u64; 3]) -> Tailed {
        let round = |ns: u64| Latency {
            disturbance: Disturbance::Oversubscribed,
            get: [ns; PERCENTILES.len()],
            control: [ns / 2; PERCENTILES.len()],
            samples: 1,
            refused: 0,
        };
        tailed(contestant, &tails.map(round)).expect("rounds")
    }

    #[test]
    fn tail_is_held_beside_the_shortest_of_a_peer() {
        let of = |own: u64| {
            let all = [
                measured("framewell", [own, own, 10 * own]),
                measured("framewell, portable", [1, 1, 1]),
                measured("slow", [400, 400, 400]),
                measured("fast", [90, 100, 120]),
            ];
            let [shortest] = shortest(&all).try_into().ok().expect("one disturbance");
            shortest
        };
        let within = of(110);
        assert_eq!((within.peer.as_str(), within.tail.median), ("fast", 110.0));
        assert_eq!((within.control, within.peers_control), (55, 50));
        assert!(within.met && !of(130).met);
    }
}
