//! How far the two cores are apart: the round trip of a cache line.
//!
//! Virtual CPUs are sometimes near (one core complex: 50 to 90 ns) and sometimes far apart (350 to
//! 530 ns), and what is handed from one to the other costs three to four times as much there.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_utils::CachePadded;
use serde::{Deserialize, Serialize};

use crate::team::Partner;

/// Round trips a group, and groups a probe, of which the fastest counts: an interruption slows only one.
const TRIPS: u64 = 32;
const GROUPS: usize = 4;
/// Between the round trips of near and of far cores.
const LIMIT: Duration = Duration::from_nanos(180);

/// Whether the two cores are near.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distance {
    /// A round trip takes less than 180 ns.
    Near,
    /// It takes more.
    Far,
}

/// The two cores and a cache line between them.
pub struct Probe {
    partner: Partner,
    line: Arc<CachePadded<AtomicU64>>,
}

impl Default for Probe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe {
    /// Starts the partner.
    #[must_use]
    pub fn new() -> Self {
        Self {
            partner: Partner::on_second_core(),
            line: Arc::default(),
        }
    }

    /// Returns the round trip of a cache line.
    #[must_use]
    pub fn round_trip(&self) -> Duration {
        let mut best = Duration::MAX;
        for _ in 0..GROUPS {
            let line = Arc::clone(&self.line);
            // Relaxed, here and below: the number is all that is passed; `together` orders the groups.
            line.store(0, Ordering::Relaxed);
            let there = Arc::clone(&line);
            let group = self.partner.together(
                (|| {}, || bounce(&line, 0)),
                (|| {}, move || bounce(&there, 1)),
            );
            best = best.min(group);
        }
        best / TRIPS as u32
    }

    /// Returns whether the cores are near now.
    #[must_use]
    pub fn distance(&self) -> Distance {
        if self.round_trip() < LIMIT {
            Distance::Near
        } else {
            Distance::Far
        }
    }
}

/// One side of the round trips: the one waits for even numbers, the other for odd ones.
fn bounce(line: &AtomicU64, side: u64) {
    for turn in (side..2 * TRIPS).step_by(2) {
        while line.load(Ordering::Relaxed) != turn {
            std::hint::spin_loop();
        }
        line.store(turn + 1, Ordering::Relaxed);
    }
}
