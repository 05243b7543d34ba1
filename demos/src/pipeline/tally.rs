//! Counters of what became of the packets.

use serde::{Deserialize, Serialize};

/// The numbers of packets that were dropped, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drops {
    /// The packets whose layer 3 is longer than a frame's 1500 bytes: they are refused, never cut.
    pub oversize: u64,
    /// The packets for which there was no buffer.
    pub pool_full: u64,
    /// The packets whose link or IP header is damaged or cut, or has a wrong checksum.
    pub malformed: u64,
    /// The packets with a TTL or hop limit of 1 or 0.
    pub ttl_expired: u64,
    /// The packets whose datagram the kernel dropped before RX or after TX (live sockets only).
    pub kernel: u64,
}

/// The reason why a packet goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The reason that [`Drops::oversize`] counts.
    Oversize,
    /// The reason that [`Drops::malformed`] counts.
    Malformed,
    /// The reason that [`Drops::ttl_expired`] counts.
    TtlExpired,
}

impl Drops {
    /// Counts packets that were dropped for this reason.
    pub fn count(&mut self, reason: Reason, packets: u64) {
        *match reason {
            Reason::Oversize => &mut self.oversize,
            Reason::Malformed => &mut self.malformed,
            Reason::TtlExpired => &mut self.ttl_expired,
        } += packets;
    }

    /// Returns each reason with its count, in the order of the pipeline.
    pub fn named(&self) -> [(&'static str, u64); 5] {
        [
            ("oversize", self.oversize),
            ("pool full", self.pool_full),
            ("malformed", self.malformed),
            ("TTL expired", self.ttl_expired),
            ("kernel queue full", self.kernel),
        ]
    }

    /// Returns the reasons that are known in advance from the capture, each with its count.
    pub fn planned(&self) -> [(&'static str, u64); 3] {
        let [oversize, _, malformed, ttl_expired, _] = self.named();
        [oversize, malformed, ttl_expired]
    }

    /// Returns the number of all dropped packets.
    pub fn total(&self) -> u64 {
        self.named().iter().map(|(_, count)| count).sum()
    }

    /// Returns the number of drops that could have hit a packet that was to be delivered.
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

/// The numbers of packets that the work stage passed on, by what it did with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// The IPv4 packets whose TTL was decremented.
    pub routed_v4: u64,
    /// The IPv6 packets whose hop limit was decremented.
    pub routed_v6: u64,
    /// The packets that were passed on unmodified.
    pub bridged: u64,
    /// The packets with a VLAN tag, of all these.
    pub tagged: u64,
}

impl Passed {
    /// Returns the number of all packets that were passed on.
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
