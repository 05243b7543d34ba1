//! The line rate that the counted operations allow, on paper.
//!
//! A cache line is with one core at a time. If a frame moves the busiest line t times, on average, and each time takes c, all
//! cores together get and free no more than 1 / (t × c) frames a second, however many there are. Everything else they do beside one
//! another. What a lone transfer costs is said in [`Costs`](crate::Costs).

use serde::Serialize;

use crate::costs::{FAR, NEAR};
use crate::loads::Outcome;

/// Bytes on the wire beside a frame: preamble, delimiter and gap.
const BESIDE: u64 = 20;

/// Packets of one size on a link.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Packets {
    /// Gigabits a second.
    pub gigabits: u64,
    /// Bytes of an Ethernet frame, with its checksum.
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

/// What a line allows.
#[derive(Clone, Debug, Serialize)]
pub struct Rate {
    /// The busiest line; `None` if none changes cores.
    pub line: Option<&'static str>,
    /// How often a frame moves it.
    pub transfers: f64,
    /// Frames a second, if all cores are near.
    pub near: f64,
    /// Frames a second, if all are far.
    pub far: f64,
    /// Frames a second of the simulated machine, which is limited by its CPUs, too.
    pub simulated: f64,
}

impl Rate {
    /// Works out what an outcome allows. Without a shared line that is no limit: infinitely many.
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

    /// Returns, for cores that are near and for cores that are far, which part of the busiest line's time a full link takes: more than 1 is too much.
    #[must_use]
    pub fn load(&self, packets: Packets) -> [f64; 2] {
        [
            packets.a_second() / self.near,
            packets.a_second() / self.far,
        ]
    }
}

/// The frames a second that a line allows which a frame moves so often, at so many nanoseconds each.
fn allowed(transfers: f64, ns: f64) -> f64 {
    1e9 / (transfers * ns)
}

/// Returns what each outcome allows.
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
