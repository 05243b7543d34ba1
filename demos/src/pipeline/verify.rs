//! The judge at the end of the pipeline.
//!
//! etherparse decapsulates every datagram that comes out. Its outer headers are checked to the byte
//! (with the IPv4 checksum recomputed in full), and the inner packet is compared with what [`Plan`]
//! expects, byte for byte. In the first loop over the capture, all checksums of the inner packet
//! are also recomputed from the bytes that arrived.
//!
//! Each packet carries its number in the ingress trailer. Of each flow it is known which of its
//! packets must arrive, so the next one's place is known exactly. A gap is a missing packet. A
//! place that was passed is a packet out of order (if it was missing) or a doubled one (if not).

use std::collections::BTreeSet;

use etherparse::{Ipv4Header, Ipv6Header, NetSlice, SlicedPacket, TransportSlice, ip_number};
use serde::{Deserialize, Serialize};

use super::buffer::TRAILER;
use super::expect::{Delivery, Expected, Plan, sums};
use super::tally::Drops;
use super::vxlan;

/// The number of missing packets that are remembered, to tell a late one from a doubled one.
const REMEMBERED: usize = 4096;
/// The number of complaints that are kept in words.
const COMPLAINTS: usize = 5;

/// The verdict of the judge on what it has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The number of datagrams that came out.
    pub arrived: u64,
    /// The number of these that are whole and right, the first of their kind, and in order.
    pub delivered: u64,
    /// The number of packets that had to arrive and did not.
    pub missing: u64,
    /// The number of packets that arrived behind a later one of their flow.
    pub reordered: u64,
    /// The number of packets that arrived once more.
    pub doubled: u64,
    /// The number of datagrams that are not as they must be, or must not be there.
    pub altered: u64,
    /// The number of packets that went in and had to arrive.
    pub deliverable: u64,
    /// The numbers of packets that went in and had to be dropped, by reason.
    pub due: Drops,
    /// The first few failures, in words.
    pub complaints: Vec<String>,
}

impl Verdict {
    /// Adds another run's verdict.
    pub fn add(&mut self, other: &Verdict) {
        self.arrived += other.arrived;
        self.delivered += other.delivered;
        self.missing += other.missing;
        self.reordered += other.reordered;
        self.doubled += other.doubled;
        self.altered += other.altered;
        self.deliverable += other.deliverable;
        self.due.add(&other.due);
        let room = COMPLAINTS.saturating_sub(self.complaints.len());
        self.complaints
            .extend(other.complaints.iter().take(room).cloned());
    }
}

/// A judge of what comes out of one run.
#[derive(Debug)]
pub struct Verifier {
    plan: Plan,
    /// The place of the packet of each flow that must come next, counted over all loops.
    next: Vec<u64>,
    /// The UDP source port of the tunnel packets of each flow, or 0 until the first.
    ports: Vec<u16>,
    /// The missing packets, by flow and place.
    gaps: BTreeSet<(usize, u64)>,
    verdict: Verdict,
}

impl Verifier {
    /// Returns a judge for packets of this plan.
    pub fn new(plan: Plan) -> Self {
        Self {
            next: vec![0; plan.flows.len()],
            ports: vec![0; plan.flows.len()],
            plan,
            gaps: BTreeSet::new(),
            verdict: Verdict::default(),
        }
    }

    /// Judges one datagram.
    pub fn check(&mut self, datagram: &[u8]) {
        self.verdict.arrived += 1;
        match self.judge(datagram) {
            Ok((flow, place)) => self.place(flow, place),
            Err(complaint) => {
                self.verdict.altered += 1;
                self.complain(complaint);
            }
        }
    }

    /// Returns the verdict after `sent` packets went in. What has not arrived by now is missing,
    /// and what arrived beyond them was never sent.
    pub fn verdict(&self, sent: u64) -> Verdict {
        let mut verdict = self.verdict.clone();
        let (loops, rest) = self.turn(sent);
        let mut due = vec![0; self.plan.flows.len()];
        for (index, expected) in self.plan.packets.iter().enumerate() {
            let times = loops + u64::from(index < rest);
            match expected {
                Expected::Delivered(delivery) => due[delivery.flow] += times,
                Expected::Dropped(reason) => verdict.due.count(*reason, times),
            }
        }
        verdict.deliverable = due.iter().sum();
        for (due, next) in due.iter().zip(&self.next) {
            verdict.missing += due.saturating_sub(*next);
            let unsent = next.saturating_sub(*due);
            verdict.altered = verdict.altered.saturating_add(unsent);
        }
        verdict
    }

    /// Returns the loop over the capture that a packet's number is in, and the packet's index
    /// there.
    fn turn(&self, number: u64) -> (u64, usize) {
        let len = self.plan.packets.len().max(1) as u64;
        (number / len, (number % len) as usize)
    }

    fn complain(&mut self, complaint: String) {
        if self.verdict.complaints.len() < COMPLAINTS {
            self.verdict.complaints.push(complaint);
        }
    }

    /// Compares a datagram with what it must be, and returns its flow and its place over all loops.
    fn judge(&mut self, datagram: &[u8]) -> Result<(usize, u64), String> {
        let arrived = self.verdict.arrived;
        let Some((_, trailer)) = datagram.split_last_chunk::<TRAILER>() else {
            return Err(format!("datagram {arrived} has {} bytes", datagram.len()));
        };
        let number = u64::from_be_bytes(*trailer);
        let (turn, index) = self.turn(number);
        let delivery = match self.plan.packets.get(index) {
            Some(Expected::Delivered(delivery)) => delivery,
            Some(Expected::Dropped(reason)) => {
                return Err(format!("packet {number} had to be dropped: {reason:?}"));
            }
            None => return Err(format!("packet {number} is of an empty capture")),
        };
        let outer = decapsulate(datagram).map_err(|why| format!("packet {number}: {why}"))?;
        let inner = &outer.inner[..outer.inner.len().saturating_sub(TRAILER)];
        compare(inner, delivery).map_err(|why| format!("packet {number}: {why}"))?;
        if (outer.over_v6, outer.vni) != (delivery.over_v6, delivery.vni) {
            return Err(format!("packet {number}: wrong tunnel, VNI {}", outer.vni));
        }
        let port = &mut self.ports[delivery.flow];
        if *port == 0 {
            *port = outer.source_port;
        }
        let port = *port;
        if port != outer.source_port || port < vxlan::FIRST_SOURCE_PORT {
            let found = outer.source_port;
            return Err(format!(
                "packet {number}: source port {found}, its flow has {port}"
            ));
        }
        if turn == 0 && sums(inner) != delivery.sums {
            return Err(format!("packet {number}: a checksum is wrong"));
        }
        // The place is at most the packet's number, as a flow has no more packets than the capture.
        let place = turn * self.plan.flows[delivery.flow] + delivery.place;
        Ok((delivery.flow, place))
    }

    /// Enters a whole packet at its place in its flow.
    fn place(&mut self, flow: usize, place: u64) {
        let next = self.next[flow];
        if place >= next {
            self.verdict.delivered += 1;
            // A false number may be as large as it likes.
            self.verdict.missing = self.verdict.missing.saturating_add(place - next);
            self.next[flow] = place.saturating_add(1);
            let oldest = place.saturating_sub(REMEMBERED as u64).max(next);
            self.gaps.extend((oldest..place).map(|gap| (flow, gap)));
            while self.gaps.len() > REMEMBERED {
                self.gaps.pop_first();
            }
        } else if self.gaps.remove(&(flow, place)) {
            self.verdict.missing -= 1;
            self.verdict.reordered += 1;
            self.complain(format!(
                "flow {flow}: place {place} came after {}",
                next - 1
            ));
        } else {
            self.verdict.doubled += 1;
            self.complain(format!("flow {flow}: place {place} came twice"));
        }
    }
}

/// The content of a datagram: what its outer headers say, and what they enclose.
struct Opened<'a> {
    over_v6: bool,
    source_port: u16,
    vni: u32,
    inner: &'a [u8],
}

/// Takes the outer headers off and checks them.
fn decapsulate(datagram: &[u8]) -> Result<Opened<'_>, String> {
    let parsed = SlicedPacket::from_ethernet(datagram).map_err(|error| error.to_string())?;
    let (next_hop, entry) = vxlan::STATIONS;
    if datagram[..6] != next_hop || datagram[6..12] != entry {
        return Err("the outer stations are wrong".into());
    }
    // Every length is due to be the datagram's own. A parser takes some false ones for "the rest".
    let rest = u16::try_from(datagram.len() - 14).map_err(|error| error.to_string())?;
    let over_v6 = match &parsed.net {
        Some(NetSlice::Ipv4(ip)) => {
            let found = ip.header();
            let (source, destination) = vxlan::ENDS_V4;
            let mut due = Ipv4Header {
                total_len: rest,
                dont_fragment: true,
                time_to_live: vxlan::TTL,
                protocol: ip_number::UDP,
                source,
                destination,
                ..Ipv4Header::default()
            };
            due.header_checksum = due.calc_header_checksum();
            if found.header_checksum() != due.header_checksum {
                return Err("the outer IPv4 checksum is wrong".into());
            }
            // The bytes are compared. The parsed header has no reserved bit beside DF and MF.
            if *found.slice() != *due.to_bytes() {
                return Err("the outer IPv4 header is wrong".into());
            }
            false
        }
        Some(NetSlice::Ipv6(ip)) => {
            let found = ip.header();
            let (source, destination) = vxlan::ENDS_V6;
            let due = Ipv6Header {
                payload_length: rest.saturating_sub(Ipv6Header::LEN as u16),
                next_header: ip_number::UDP,
                hop_limit: vxlan::TTL,
                source,
                destination,
                ..Ipv6Header::default()
            };
            if *found.slice() != due.to_bytes() {
                return Err("the outer IPv6 header is wrong".into());
            }
            true
        }
        _ => return Err("no outer IP header".into()),
    };
    let Some(TransportSlice::Udp(udp)) = &parsed.transport else {
        return Err("no outer UDP header".into());
    };
    let outer_ip = if over_v6 { 40 } else { 20 };
    if udp.destination_port() != vxlan::PORT
        || udp.checksum() != 0
        || usize::from(udp.length()) + outer_ip != usize::from(rest)
    {
        return Err("the outer UDP header is wrong".into());
    }
    match udp.payload().split_first_chunk::<8>() {
        Some(([0x08, 0, 0, 0, a, b, c, 0], inner)) => Ok(Opened {
            over_v6,
            source_port: udp.source_port(),
            vni: u32::from_be_bytes([0, *a, *b, *c]),
            inner,
        }),
        _ => Err("the VXLAN header is wrong".into()),
    }
}

fn compare(inner: &[u8], delivery: &Delivery) -> Result<(), String> {
    if inner == delivery.bytes {
        return Ok(());
    }
    if inner.len() != delivery.bytes.len() {
        let (found, due) = (inner.len(), delivery.bytes.len());
        return Err(format!("{found} bytes, must be {due}"));
    }
    let at = inner.iter().zip(&delivery.bytes).position(|(a, b)| a != b);
    let at = at.unwrap_or(0);
    let (found, due) = (inner[at], delivery.bytes[at]);
    Err(format!("byte {at} is {found:#04x}, must be {due:#04x}"))
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
