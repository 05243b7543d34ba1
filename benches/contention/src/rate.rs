//! The line rate that the counted operations allow, by calculation.
//!
//! A cache line is with one core at a time. If a frame moves the busiest line t times, on average,
//! and each time takes c, all cores together get and free no more than 1 / (t × c) frames a second,
//! however many cores there are. Everything else they do beside one another.
//! [`Costs`](crate::Costs) says what a lone transfer costs.

use serde::Serialize;

use crate::costs::{FAR, NEAR};
use crate::loads::Outcome;

/// The bytes on the wire beside a frame: preamble, delimiter and gap.
const BESIDE: u64 = 20;

/// Packets of one size on a link.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Packets {
    /// The speed of the link in gigabits a second.
    pub gigabits: u64,
    /// The bytes of an Ethernet frame, with its checksum.
    pub bytes: u64,
}

impl Packets {
    /// Minimum-size and MTU frames at 100 and 400 Gbit/s.
    pub const ALL: [Self; 4] = [
        Self {
            gigabits: 100,
            bytes: 1518,
        },
        Self {
            gigabits: 400,
            bytes: 1518,
        },
        Self {
            gigabits: 100,
            bytes: 64,
        },
        Self {
            gigabits: 400,
            bytes: 64,
        },
    ];

    /// Returns the packets a second of a full link.
    #[must_use]
    pub fn a_second(self) -> f64 {
        self.gigabits as f64 * 1e9 / ((self.bytes + BESIDE) * 8) as f64
    }
}

/// The rate that the busiest line allows.
#[derive(Clone, Debug, Serialize)]
pub struct Rate {
    /// The name of the busiest line; `None` if no line changes cores.
    pub line: Option<&'static str>,
    /// The number of times that a frame moves it.
    pub transfers: f64,
    /// The frames a second, if all cores are near.
    pub near: f64,
    /// The frames a second, if all cores are far.
    pub far: f64,
    /// The frames a second of the simulated machine, which is limited by its CPUs, too.
    pub simulated: f64,
}

impl Rate {
    /// Returns what an outcome allows. Without a shared line there is no limit: infinitely many
    /// frames.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let busiest = outcome.busiest();
        let transfers = busiest.map_or(0.0, |(_, counts)| outcome.per_frame(counts.transfers()));
        Self {
            line: busiest.map(|(name, _)| name),
            transfers,
            near: allowed(transfers, NEAR),
            far: allowed(transfers, FAR),
            simulated: outcome.million_a_second() * 1e6,
        }
    }

    /// Returns which part of the busiest line's time a full link takes, for cores that are near and
    /// for cores that are far. More than 1 is too much.
    #[must_use]
    pub fn load(&self, packets: Packets) -> [f64; 2] {
        [
            packets.a_second() / self.near,
            packets.a_second() / self.far,
        ]
    }
}

/// Returns the frames a second that a line allows, if a frame moves it so often and each time takes
/// so many nanoseconds.
fn allowed(transfers: f64, ns: f64) -> f64 {
    1e9 / (transfers * ns)
}

/// Returns the rate that each outcome allows.
#[must_use]
pub fn rates(outcomes: &[Outcome]) -> Vec<Rate> {
    outcomes.iter().map(Rate::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn million(gigabits: u64, bytes: u64) -> f64 {
        (Packets { gigabits, bytes }.a_second() / 1e4).round() / 100.0
    }

    #[test]
    fn full_links_carry_the_packets_that_ethernet_says() {
        assert_eq!(million(100, 64), 148.81);
        assert_eq!(million(400, 64), 595.24);
        assert_eq!(million(100, 1518), 8.13);
        assert_eq!(million(400, 1518), 32.51);
    }

    #[test]
    fn a_line_that_every_tenth_frame_moves_allows_ten_frames_a_transfer() {
        assert!((allowed(0.1, 35.0) - 285_714_285.0).abs() < 1.0);
        let rate = Rate {
            line: Some("line"),
            transfers: 0.1,
            near: allowed(0.1, 35.0),
            far: allowed(0.1, 222.0),
            simulated: 0.0,
        };
        let [near, far] = rate.load(Packets {
            gigabits: 100,
            bytes: 64,
        });
        assert!((0.52..0.53).contains(&near), "{near}");
        assert!((3.30..3.31).contains(&far), "{far}");
    }

    #[test]
    fn without_a_shared_line_nothing_is_too_much() {
        assert_eq!(1.0 / allowed(0.0, 35.0), 0.0);
    }
}
