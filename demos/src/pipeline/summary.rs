//! The way from samples to figures: medians over rounds, with their spread.

use framewell_report::Spread;

use super::account::Account;
use super::child::{PERCENTILES, Sample};
use super::contestants::Contestant;
use super::measure::Distance;

/// The figures of one contestant.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The contestant.
    pub contestant: Contestant,
    /// The number of rounds that the figures are of.
    pub rounds: usize,
    /// The throughput in million packets a second.
    pub mpps: Option<Spread>,
    /// The nanoseconds a packet of buffer work in one thread.
    pub alone_ns: Option<Spread>,
    /// The nanoseconds a packet of buffer work in the pipeline.
    pub pipeline_ns: Option<Spread>,
    /// The latencies in microseconds, each with its percentile.
    pub latency_us: Vec<(f64, Spread)>,
    /// The peak of resident memory in MiB.
    pub peak_mib: Option<Spread>,
    /// The throughput in multiples of the system allocator's.
    pub ratio: Option<f64>,
}

impl Figures {
    /// Returns the latency at one of the percentiles.
    pub fn latency(&self, percentile: f64) -> Option<Spread> {
        let found = self.latency_us.iter().find(|(p, _)| *p == percentile);
        found.map(|(_, spread)| *spread)
    }
}

/// The summary of a comparison: all that is shown of it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The figures of the contestants, in their order.
    pub figures: Vec<Figures>,
    /// The account of all packets of all rounds, including the rounds that do not count.
    pub account: Account,
    /// The faults in the accounts of single rounds.
    pub faults: Vec<String>,
    /// The distance of the processors in the rounds that count.
    pub distance: Distance,
    /// The number of samples that count, and that of all samples.
    pub used: (usize, usize),
    /// The longest pause of the control, in microseconds.
    pub pause_us: Option<Spread>,
    /// The statistics of framewell itself, of the last round.
    pub pool: Option<String>,
}

/// Makes a summary of samples.
///
/// Rounds with the processors near each other are not compared with those in which they were far
/// apart: the more frequent state counts. If that would leave a contestant less than half of its
/// rounds, the state is not a steady one and all rounds count.
pub fn summarize(samples: &[Sample]) -> Summary {
    let distance = steady_distance(samples);
    let mut account = Account::default();
    let mut faults = Vec::new();
    for sample in samples {
        account.add(&sample.account);
        let name = sample.contestant.name();
        let found = sample.account.faults();
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    let mut figures: Vec<Figures> = Contestant::ALL
        .into_iter()
        .filter_map(|contestant| {
            let all: Vec<&Sample> = samples
                .iter()
                .filter(|s| s.contestant == contestant)
                .collect();
            let counts = |s: &&Sample| distance == Distance::Mixed || state(s) == distance;
            let used: Vec<&Sample> = all.into_iter().filter(counts).collect();
            figures_of(contestant, &used)
        })
        .collect();
    let system = figures
        .iter()
        .find(|f| f.contestant == Contestant::System)
        .and_then(|f| f.mpps);
    for figures in &mut figures {
        figures.ratio = figures
            .mpps
            .zip(system)
            .map(|(own, system)| own.median / system.median);
    }
    let pauses: Vec<f64> = samples.iter().map(|s| s.pause_us).collect();
    Summary {
        used: (figures.iter().map(|f| f.rounds).sum(), samples.len()),
        figures,
        account,
        faults,
        distance,
        pause_us: Spread::of(&pauses),
        pool: samples.iter().rev().find_map(|s| s.pool.clone()),
    }
}

fn state(sample: &Sample) -> Distance {
    Distance::of(sample.round_trips.0, sample.round_trips.1)
}

/// Returns the state in which every contestant was for half of its rounds at least; `Mixed` if
/// there is none.
fn steady_distance(samples: &[Sample]) -> Distance {
    let share = |contestant: Contestant, distance: Distance| {
        let own = samples.iter().filter(|s| s.contestant == contestant);
        let (all, within) = own.fold((0, 0), |(all, within), s| {
            (all + 1, within + usize::from(state(s) == distance))
        });
        all == 0 || 2 * within >= all
    };
    let steady = |distance: &Distance| Contestant::ALL.into_iter().all(|c| share(c, *distance));
    let count = |distance: Distance| samples.iter().filter(|s| state(s) == distance).count();
    [Distance::Near, Distance::Far]
        .into_iter()
        .filter(steady)
        .max_by_key(|distance| count(*distance))
        .filter(|distance| count(*distance) > 0)
        .unwrap_or(Distance::Mixed)
}

fn figures_of(contestant: Contestant, samples: &[&Sample]) -> Option<Figures> {
    let spread = |get: &dyn Fn(&Sample) -> Option<f64>| {
        let values: Vec<f64> = samples.iter().filter_map(|s| get(s)).collect();
        Spread::of(&values)
    };
    let latency_us = PERCENTILES.iter().enumerate().filter_map(|(i, p)| {
        let spread = spread(&|s| s.latency_us.get(i).copied())?;
        Some((*p, spread))
    });
    (!samples.is_empty()).then(|| Figures {
        contestant,
        rounds: samples.len(),
        mpps: spread(&|s| Some(s.mpps)),
        alone_ns: spread(&|s| Some(s.alone_ns)),
        pipeline_ns: spread(&|s| Some(s.pipeline_ns)),
        latency_us: latency_us.collect(),
        peak_mib: spread(&|s| s.peak_mib),
        ratio: None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample(contestant: Contestant, mpps: f64, round_trip: f64) -> Sample {
        Sample {
            contestant,
            account: Account::default(),
            mpps,
            alone_ns: 2.0,
            pipeline_ns: 3.0,
            latency_us: PERCENTILES.to_vec(),
            peak_mib: Some(9.0),
            round_trips: (Some(round_trip), Some(round_trip)),
            pause_us: 10.0,
            pool: None,
        }
    }

    #[test]
    fn medians_spreads_and_ratios() {
        let samples = [
            sample(Contestant::Framewell, 4.0, 60.0),
            sample(Contestant::System, 2.0, 60.0),
            sample(Contestant::Framewell, 6.0, 60.0),
            sample(Contestant::System, 2.0, 60.0),
            sample(Contestant::Framewell, 5.0, 60.0),
        ];
        let summary = summarize(&samples);
        assert_eq!(summary.figures.len(), 2);
        assert_eq!(summary.figures[0].mpps, Some(Spread::new(4.0, 5.0, 6.0)));
        assert_eq!(summary.figures[0].ratio, Some(2.5));
        assert_eq!(summary.figures[0].latency(99.0).unwrap().median, 99.0);
        assert_eq!(summary.used, (5, 5));
    }

    #[test]
    fn near_and_far_are_not_mixed() {
        let samples = [
            sample(Contestant::Framewell, 4.0, 60.0),
            sample(Contestant::Framewell, 1.0, 400.0),
            sample(Contestant::Framewell, 4.4, 60.0),
        ];
        let summary = summarize(&samples);
        assert_eq!(summary.distance, Distance::Near);
        assert_eq!(summary.figures[0].mpps, Some(Spread::new(4.0, 4.2, 4.4)));
        assert_eq!(summary.used, (2, 3));
    }

    #[test]
    fn without_a_steady_state_every_round_counts() {
        let samples = [
            sample(Contestant::Framewell, 4.0, 60.0),
            sample(Contestant::Framewell, 4.4, 60.0),
            sample(Contestant::System, 1.0, 400.0),
            sample(Contestant::System, 2.0, 400.0),
        ];
        let summary = summarize(&samples);
        assert_eq!((summary.distance, summary.used), (Distance::Mixed, (4, 4)));
    }

    #[test]
    fn faults_carry_the_contestant_s_name() {
        let mut bad = sample(Contestant::Vec, 1.0, 60.0);
        bad.account.offered = 1;
        let summary = summarize(&[bad]);
        assert_eq!(summary.faults.len(), 1);
        assert!(
            summary.faults[0].starts_with("Vec<u8>"),
            "{:?}",
            summary.faults
        );
        assert!(summarize(&[]).figures.is_empty());
    }
}
