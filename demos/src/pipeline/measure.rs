//! Measurements beside the pipeline: buffer work alone, memory, and the machine's own state.

#![allow(
    clippy::disallowed_types,
    reason = "the probe needs a bare cache line between two threads; the facade is the library's"
)]

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::buffer::{Batch, Buffer, Pool};

/// The time of a slice. It is so short that most slices are not interrupted, and the median is that
/// of undisturbed ones.
const SLICE: Duration = Duration::from_micros(150);
/// The number of slices that are taken.
const SLICES: usize = 200;
/// The number of round trips of the probe.
const ROUND_TRIPS: u32 = 2000;
/// The limit between near and far cores, in nanoseconds a round trip.
const FAR: f64 = 200.0;

/// Measures buffer work in one thread: the nanoseconds a buffer to get, write one byte and free, in
/// bursts. It returns the median of slices.
pub fn buffer_work<P: Pool>(pool: &P, burst: usize) -> f64 {
    let mut slices: Vec<f64> = (0..SLICES)
        .map(|_| {
            let start = Instant::now();
            let mut buffers = 0u64;
            // The clock is read once in 8 bursts, so that its cost does not count.
            while start.elapsed() < SLICE {
                for _ in 0..8 {
                    buffers += one_burst(pool, burst);
                }
            }
            start.elapsed().as_nanos() as f64 / buffers.max(1) as f64
        })
        .collect();
    slices.sort_by(f64::total_cmp);
    slices[slices.len() / 2]
}

fn one_burst<P: Pool>(pool: &P, burst: usize) -> u64 {
    let mut batch = P::Batch::default();
    let got = pool.get_burst(&mut batch, burst);
    batch.retain(|buffer| {
        let written = buffer.prepend(&[7]).is_ok();
        // The address escapes, so the write cannot be left out.
        black_box(buffer.bytes().as_ptr());
        written
    });
    drop(batch);
    got as u64
}

/// Returns the process' peak of resident memory in bytes, if the system tells it.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Returns how far apart two threads run: the nanoseconds that a cache line's way there and back
/// takes. It is `None` if a thread did not get its turn for too long.
///
/// The host moves virtual processors between near and far places, and hand-off figures of the two
/// differ by a factor: see [`Distance`].
pub fn round_trip() -> Option<f64> {
    let line = AtomicU32::new(0);
    let deadline = Instant::now() + Duration::from_millis(50);
    let wait = |value: u32| {
        let mut spins = 0u32;
        // Relaxed: nothing is published but the value itself.
        while line.load(Ordering::Relaxed) != value {
            std::hint::spin_loop();
            spins += 1;
            if spins % 4096 == 0 {
                std::thread::yield_now();
                if Instant::now() > deadline {
                    return false;
                }
            }
        }
        true
    };
    let mut times = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for i in 0..ROUND_TRIPS {
                if !wait(2 * i + 1) {
                    return;
                }
                // Relaxed: nothing is published but the value itself.
                line.store(2 * i + 2, Ordering::Relaxed);
            }
        });
        let mut start = Instant::now();
        for i in 0..ROUND_TRIPS {
            // Relaxed: nothing is published but the value itself.
            line.store(2 * i + 1, Ordering::Relaxed);
            if !wait(2 * i + 2) {
                return;
            }
            if i % 50 == 49 {
                times.push(start.elapsed().as_nanos() as f64 / 50.0);
                start = Instant::now();
            }
        }
    });
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

/// The distance of the two processors during a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Distance {
    /// The processors were near each other, before and after.
    Near,
    /// The processors were far apart, before and after.
    Far,
    /// The distance changed meanwhile, or could not be found out.
    Mixed,
}

impl Distance {
    /// Returns the distance, by the round trips before and after.
    pub fn of(before: Option<f64>, after: Option<f64>) -> Self {
        match (before, after) {
            (Some(before), Some(after)) if before < FAR && after < FAR => Self::Near,
            (Some(before), Some(after)) if before >= FAR && after >= FAR => Self::Far,
            _ => Self::Mixed,
        }
    }
}

/// Returns the longest pause, in nanoseconds, of a loop that only reads the clock. It is a control
/// for latency.
pub fn longest_pause(time: Duration) -> u64 {
    let start = Instant::now();
    let (mut last, mut longest) = (start, Duration::ZERO);
    while last - start < time {
        let now = Instant::now();
        longest = longest.max(now - last);
        last = now;
    }
    longest.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::contestants::SystemPool;

    #[test]
    fn figures_are_plausible() {
        let pool = SystemPool::build(0).expect("pool");
        let ns = buffer_work(&pool, 32);
        assert!((0.1..100_000.0).contains(&ns), "{ns}");
        assert!(longest_pause(Duration::from_millis(1)) > 0);
        if cfg!(target_os = "linux") {
            assert!(peak_memory().is_some_and(|bytes| bytes > 100_000));
        }
    }

    #[test]
    fn near_far_and_changed_are_told_apart() {
        let of = |before: f64, after: f64| Distance::of(Some(before), Some(after));
        assert_eq!(of(60.0, 80.0), Distance::Near);
        assert_eq!(of(400.0, 500.0), Distance::Far);
        assert_eq!(of(60.0, 500.0), Distance::Mixed);
        assert_eq!(Distance::of(None, Some(60.0)), Distance::Mixed);
    }
}
