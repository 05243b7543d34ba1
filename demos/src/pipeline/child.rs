//! One run of one contestant, in a process of its own.
//!
//! The process is its own because an allocator remembers: the peak of memory, and what earlier
//! contestants left of the heap, must be this contestant's alone.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::account::{Account, Outcome};
use super::args::Args;
use super::buffer::Pool;
use super::contestants::{Contestant, FramePool, SystemPool, VecPool};
use super::measure;
use super::replay;
use super::stages::Until;
use crate::capture::Capture;

/// The percentiles of the latency curve.
pub const PERCENTILES: [f64; 13] = [
    0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.9, 99.95, 99.99,
];

/// The result of one run of one contestant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    /// The contestant that ran.
    pub contestant: Contestant,
    /// The account of the packets.
    pub account: Account,
    /// The throughput in million packets a second, from RX to the end.
    pub mpps: f64,
    /// The nanoseconds a packet to get, write and free in one thread: the median of slices.
    pub alone_ns: f64,
    /// The nanoseconds a packet in the pipeline, where RX gets and TX frees: the median of bursts.
    pub pipeline_ns: f64,
    /// The microseconds of a burst's way from RX to the sink, for each of [`PERCENTILES`].
    pub latency_us: Vec<f64>,
    /// The peak of resident memory in MiB.
    pub peak_mib: Option<f64>,
    /// The processors' round trips before and after, in nanoseconds, if they could be found out.
    pub round_trips: (Option<f64>, Option<f64>),
    /// The longest pause of a loop that only reads the clock, in microseconds.
    pub pause_us: f64,
    /// The pool's statistics, in words, where it has any.
    pub pool: Option<String>,
}

/// Runs one contestant.
///
/// # Errors
///
/// The error says in words what broke.
pub fn run(contestant: Contestant, args: &Args) -> Result<Sample, String> {
    let path = args.capture();
    let capture = Capture::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    match contestant {
        Contestant::Framewell => {
            let pool = FramePool::build(args.frames)?;
            let mut sample = sample(contestant, &pool, &capture, args)?;
            sample.pool = Some(pool.stats());
            Ok(sample)
        }
        Contestant::System => {
            let pool = SystemPool::build(args.frames)?;
            sample(contestant, &pool, &capture, args)
        }
        Contestant::Vec => sample(contestant, &VecPool::build(args.frames)?, &capture, args),
    }
}

fn sample<P: Pool>(
    contestant: Contestant,
    pool: &P,
    capture: &Capture,
    args: &Args,
) -> Result<Sample, String> {
    let burst = args.burst as usize;
    let until = Until {
        time: Duration::from_secs_f64(args.seconds()),
        packets: u64::MAX,
    };
    let before = measure::round_trip();
    let outcome = pipeline(pool.clone(), capture, args.udp, burst, until)?;
    let after = measure::round_trip();
    let peak = measure::peak_memory();
    let delivered = outcome.account.verdict.delivered as f64;
    let median = |h: &Histogram<u64>| h.value_at_quantile(0.5) as f64 / 1000.0;
    Ok(Sample {
        contestant,
        mpps: delivered / outcome.elapsed.as_secs_f64().max(1e-9) / 1e6,
        alone_ns: measure::buffer_work(pool, burst),
        pipeline_ns: median(&outcome.get) + median(&outcome.free),
        latency_us: PERCENTILES
            .iter()
            .map(|p| outcome.latency.value_at_percentile(*p) as f64 / 1000.0)
            .collect(),
        peak_mib: peak.map(|bytes| bytes as f64 / f64::from(1 << 20)),
        round_trips: (before, after),
        pause_us: measure::longest_pause(Duration::from_millis(50)) as f64 / 1000.0,
        pool: None,
        account: outcome.account,
    })
}

/// Runs the pipeline over memory or sockets.
///
/// # Errors
///
/// The error says in words what broke.
pub fn pipeline<P: Pool>(
    pool: P,
    capture: &Capture,
    udp: bool,
    burst: usize,
    until: Until,
) -> Result<Outcome, String> {
    if !udp {
        return replay::run(capture, pool, burst, until);
    }
    #[cfg(target_os = "linux")]
    return super::udp::run(capture, pool, burst, until);
    #[cfg(not(target_os = "linux"))]
    return Err("live sockets need Linux (recvmmsg); run without --udp".into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn a_sample_survives_the_pipe_even_without_a_probe() {
        let args = Args::parse_from(["pipeline", "--seconds", "0.05"]);
        let mut sample = run(Contestant::System, &args).expect("runs");
        sample.round_trips = (None, Some(60.0));
        let json = serde_json::to_string(&sample).expect("writable");
        let back: Sample = serde_json::from_str(&json).expect("readable");
        assert_eq!(back.account, sample.account);
        assert_eq!(back.round_trips, sample.round_trips);
        assert!(json.len() < 16_384, "it must fit a pipe: {}", json.len());
    }
}
