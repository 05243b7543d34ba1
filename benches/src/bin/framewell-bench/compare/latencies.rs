//! How long a get takes while something is in the way: one contestant after another, each with the control beside it.

use framewell_bench::curve::Curve;
use framewell_bench::home::FRAMEWELL;
use framewell_bench::latency::{Disturbance, Latency, PERCENTILES, Tail};
use serde::Serialize;

use super::field::{Field, Role, Seat};
use super::figures::Missing;
use super::play::progress;

/// As the workloads are named.
pub(crate) const NAME: &str = "latency";

/// The tail of a contestant.
#[derive(Serialize)]
pub(crate) struct Tailed {
    pub(crate) contestant: String,
    #[serde(flatten)]
    pub(crate) latency: Latency,
}

/// Measures everybody who has frames; who fails is missing.
pub(crate) fn all(field: &Field, quick: bool, missing: &mut Vec<Missing>) -> Vec<Tailed> {
    let ms = if quick { 100 } else { 1000 };
    let seats: Vec<&Seat> = field
        .0
        .iter()
        .filter(|seat| seat.role != Role::Floor)
        .collect();
    let count = seats.len() * Disturbance::ALL.len();
    let bar = progress(count as u64, "{msg:14} {wide_bar} {pos} of {len}");
    bar.set_message(NAME);
    let mut all = Vec::new();
    for disturbance in Disturbance::ALL {
        for seat in &seats {
            match seat.latency(disturbance, ms) {
                Ok(latency) => all.extend(latency.map(|latency| Tailed {
                    contestant: seat.title.clone(),
                    latency,
                })),
                Err(why) => missing.push(Missing::on(&seat.title, disturbance.name(), why)),
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    all
}

/// Draws framewell, its control, and the peers whose tails are shortest, for each disturbance.
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

/// Where tails are compared: 99.9 %.
pub(crate) const TAIL: usize = 3;

fn points(tail: &Tail) -> Vec<(f64, f64)> {
    let points = PERCENTILES.into_iter().zip(tail);
    points.map(|(percent, ns)| (percent, *ns as f64)).collect()
}
