//! The distance of the two cores: the round trip of a cache line.
//!
//! Virtual CPUs are sometimes near (one core complex: 50 to 90 ns) and sometimes far apart (360 to
//! 530 ns). What is handed from one to the other costs three to four times as much when they are
//! far apart.

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

/// The round trips in a group. The fastest of [`GROUPS`] groups counts, for an interruption slows
/// only one.
const TRIPS: u64 = 32;
const GROUPS: usize = 4;
/// The limit between the round trips of near and of far cores.
const LIMIT: Duration = Duration::from_nanos(180);

/// The distance of the two cores.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distance {
    /// A round trip takes less than 180 ns.
    Near,
    /// A round trip takes 180 ns or more.
    Far,
}

/// A pair of cores with a cache line between them.
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
            // Relaxed, here and below: the number is all that is passed, and `together` orders the
            // groups.
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

/// Runs one side of the round trips: side 0 waits for even numbers, side 1 for odd ones.
fn bounce(line: &AtomicU64, side: u64) {
    for turn in (side..2 * TRIPS).step_by(2) {
        while line.load(Ordering::Relaxed) != turn {
            std::hint::spin_loop();
        }
        line.store(turn + 1, Ordering::Relaxed);
    }
}
