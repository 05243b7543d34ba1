//! Counters: what became of the packets.

use serde::{Deserialize, Serialize};

/// Packets that were dropped, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drops {
    /// Layer 3 longer than a frame's 1500 bytes: refused, never cut.
    pub oversize: u64,
    /// No buffer was to be had.
    pub pool_full: u64,
    /// The link or IP header is damaged or cut, or its checksum is wrong.
    pub malformed: u64,
    /// TTL or hop limit 1 or 0.
    pub ttl_expired: u64,
    /// The kernel dropped the datagram before RX or after TX (live sockets only).
    pub kernel: u64,
}

/// Why a packet goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// See [`Drops::oversize`].
    Oversize,
    /// See [`Drops::malformed`].
    Malformed,
    /// See [`Drops::ttl_expired`].
    TtlExpired,
}

impl Drops {
    /// Counts packets dropped for this reason.
    pub fn count(&mut self, reason: Reason, packets: u64) {
        *match reason {
            Reason::Oversize => &mut self.oversize,
            Reason::Malformed => &mut self.malformed,
            Reason::TtlExpired => &mut self.ttl_expired,
        } += packets;
    }

    /// Each reason with its count, in the order of the pipeline.
    pub fn named(&self) -> [(&'static str, u64); 5] {
        [
            ("oversize", self.oversize),
            ("pool full", self.pool_full),
            ("malformed", self.malformed),
            ("TTL expired", self.ttl_expired),
            ("kernel queue full", self.kernel),
        ]
    }

    /// The reasons that are known in advance from the capture, each with its count.
    pub fn planned(&self) -> [(&'static str, u64); 3] {
        let [oversize, _, malformed, ttl_expired, _] = self.named();
        [oversize, malformed, ttl_expired]
    }

    /// All dropped packets.
    pub fn total(&self) -> u64 {
        self.named().iter().map(|(_, count)| count).sum()
    }

    /// Drops that could have hit a packet that was to be delivered.
    pub fn avoidable(&self) -> u64 {
        self.pool_full + self.kernel
    }

    /// Adds the counts of another stage or run.
    pub fn add(&mut self, other: &Drops) {
        self.oversize += other.oversize;
        self.pool_full += other.pool_full;
        self.malformed += other.malformed;
        self.ttl_expired += other.ttl_expired;
        self.kernel += other.kernel;
    }
}

/// What the work stage did with the packets that it passed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// IPv4 packets, TTL decremented.
    pub routed_v4: u64,
    /// IPv6 packets, hop limit decremented.
    pub routed_v6: u64,
    /// Packets passed on unmodified.
    pub bridged: u64,
    /// Of all these, packets with a VLAN tag.
    pub tagged: u64,
}

impl Passed {
    /// All packets that were passed on.
    pub fn total(&self) -> u64 {
        self.routed_v4 + self.routed_v6 + self.bridged
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Passed) {
        self.routed_v4 += other.routed_v4;
        self.routed_v6 += other.routed_v6;
        self.bridged += other.bridged;
        self.tagged += other.tagged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_count_of_its_own() {
        let mut drops = Drops::default();
        for reason in [Reason::Oversize, Reason::Malformed, Reason::TtlExpired] {
            drops.count(reason, 1);
        }
        (drops.pool_full, drops.kernel) = (1, 1);
        assert!(drops.named().iter().all(|(_, count)| *count == 1));
        assert_eq!((drops.total(), drops.avoidable()), (5, 2));
        drops.add(&drops.clone());
        assert_eq!(drops.total(), 10);
    }
}
