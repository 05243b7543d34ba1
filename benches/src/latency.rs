//! The latency of a get while something is in the way. Every sample is kept, for the rare ones are
//! asked for.
//!
//! The measuring thread takes, in turn, the time of a get and that of nothing at all (two looks at
//! the clock), which is the control. The host, the scheduler and the clock disturb both alike. So a
//! tail says something about the contestant only where it lies above the control's.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::contestant::Contestant;
use crate::team::Partner;
use crate::work::{burst, touch};

/// A disturbance: what is in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disturbance {
    /// Nothing is in the way.
    None,
    /// 63 other threads do bursts of 32, on all cores.
    Oversubscribed,
    /// A thread on the other core takes what it can get, up to [`DRAINED`], and frees it, again and
    /// again.
    Draining,
}

/// The most buffers that the draining neighbour takes.
pub const DRAINED: usize = 1 << 16;

/// The percentiles that are reported.
pub const PERCENTILES: [f64; 6] = [50.0, 90.0, 99.0, 99.9, 99.99, 100.0];

/// The nanoseconds at each of [`PERCENTILES`].
pub type Tail = [u64; PERCENTILES.len()];

/// The latency of a contestant's gets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Latency {
    /// The disturbance under which it was measured.
    pub disturbance: Disturbance,
    /// The latency of the gets, including those that were refused.
    pub get: Tail,
    /// The latency of the control, which does nothing.
    pub control: Tail,
    /// The number of gets.
    pub samples: u64,
    /// The number of gets that were refused.
    pub refused: u64,
}

impl Latency {
    /// Returns the medians of several rounds under one disturbance, with the samples of all rounds;
    /// `None` if there are none.
    #[must_use]
    pub fn median(rounds: &[Self]) -> Option<Self> {
        let first = rounds.first()?;
        let median = |of: fn(&Self) -> Tail| {
            std::array::from_fn(|place| {
                let mut all: Vec<u64> = rounds.iter().map(|round| of(round)[place]).collect();
                all.sort_unstable();
                all[all.len() / 2]
            })
        };
        Some(Self {
            disturbance: first.disturbance,
            get: median(|round| round.get),
            control: median(|round| round.control),
            samples: rounds.iter().map(|round| round.samples).sum(),
            refused: rounds.iter().map(|round| round.refused).sum(),
        })
    }
}

impl Disturbance {
    /// All disturbances.
    pub const ALL: [Self; 3] = [Self::None, Self::Oversubscribed, Self::Draining];

    /// Returns the name, as shown in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "undisturbed",
            Self::Oversubscribed => "oversubscribed",
            Self::Draining => "draining neighbour",
        }
    }

    fn threads(self) -> Vec<Partner> {
        match self {
            Self::None => Vec::new(),
            Self::Oversubscribed => (0..63).map(|_| Partner::anywhere()).collect(),
            Self::Draining => vec![Partner::on_second_core()],
        }
    }

    fn disturb<C: Contestant>(self, contestant: &C) {
        match self {
            Self::None => {}
            Self::Oversubscribed => burst::turn::<C, BURST>(contestant),
            Self::Draining => {
                let all = std::iter::from_fn(|| contestant.try_get());
                drop(all.take(DRAINED).collect::<Vec<_>>());
            }
        }
    }
}

const BURST: usize = 32;
/// The longest sample that is told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(100);

/// Measures a contestant's gets for this long.
#[must_use]
pub fn measure<C: Contestant>(
    contestant: &'static C,
    disturbance: Disturbance,
    time: Duration,
) -> Latency {
    contestant.enter();
    let over = Arc::new(AtomicBool::new(false));
    let threads = disturbance.threads();
    for thread in &threads {
        let over = Arc::clone(&over);
        thread.start(move || {
            contestant.enter();
            // Relaxed, here and below: the flag publishes nothing.
            while !over.load(Ordering::Relaxed) {
                disturbance.disturb(contestant);
            }
        });
    }
    let latency = sample(contestant, disturbance, time);
    over.store(true, Ordering::Relaxed);
    threads.iter().for_each(Partner::wait);
    latency
}

fn sample<C: Contestant>(contestant: &C, disturbance: Disturbance, time: Duration) -> Latency {
    let mut get = histogram();
    let mut control = histogram();
    let mut refused = 0;
    let start = Instant::now();
    while start.elapsed() < time {
        let mut held: ArrayVec<C::Buffer, BURST> = ArrayVec::new_const();
        let mut gets = [Duration::ZERO; BURST];
        let mut nothings = [Duration::ZERO; BURST];
        for at in 0..BURST {
            let before = Instant::now();
            let buffer = black_box(contestant.try_get());
            let between = Instant::now();
            let after = black_box(Instant::now());
            (gets[at], nothings[at]) = (between - before, after - between);
            match buffer {
                Some(mut buffer) => {
                    touch::write_byte(&mut buffer, 1);
                    held.push(buffer);
                }
                None => refused += 1,
            }
        }
        drop(held);
        // This is outside of what is measured, since a histogram is larger than the first cache.
        gets.iter().for_each(|sample| note(&mut get, *sample));
        nothings
            .iter()
            .for_each(|sample| note(&mut control, *sample));
    }
    Latency {
        disturbance,
        get: tail(&get),
        control: tail(&control),
        samples: get.len(),
        refused,
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(LONGEST.as_nanos() as u64, 3).expect("bounds that fit")
}

fn note(histogram: &mut Histogram<u64>, sample: Duration) {
    histogram.saturating_record(sample.as_nanos() as u64);
}

fn tail(histogram: &Histogram<u64>) -> Tail {
    PERCENTILES.map(|percent| histogram.value_at_percentile(percent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestants::Framewell;

    fn measured(disturbance: Disturbance) -> Latency {
        let pool: &'static Framewell = Box::leak(Box::new(Framewell::of("", 4096)));
        measure(pool, disturbance, Duration::from_millis(200))
    }

    #[test]
    fn every_get_is_a_sample_and_a_tail_never_falls() {
        for disturbance in Disturbance::ALL {
            let latency = measured(disturbance);
            assert!(latency.samples > 0 && latency.samples % BURST as u64 == 0);
            assert!(latency.get.is_sorted() && latency.control.is_sorted());
            assert!(latency.get[0] > 0, "a get takes time");
        }
    }

    #[test]
    fn nobody_is_refused_while_nobody_drains() {
        assert_eq!(measured(Disturbance::None).refused, 0);
        assert_eq!(measured(Disturbance::Oversubscribed).refused, 0);
    }
}
