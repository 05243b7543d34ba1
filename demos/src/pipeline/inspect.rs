//! Parsing: the kind of a packet, and what is to be done with it.

use etherparse::checksum::Sum16BitWords;
use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice, ether_type};

use super::buffer::LINK;
use super::tally::Reason;

/// The number of VLAN tags that are understood. A fourth one makes the packet "not IP", and so does
/// MACsec.
const MOST_TAGS: usize = 3;
/// The EtherTypes of tags: 802.1Q, 802.1ad, and the two that were in use before 802.1ad.
const TAGS: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];

/// The link header of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The length with all VLAN tags, which is where layer 3 begins.
    pub len: usize,
    /// The EtherType of layer 3.
    pub ether_type: u16,
    /// The id of the outermost VLAN.
    pub vlan: Option<u16>,
}

/// The action that a packet needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Decrement the TTL of the IPv4 header at this offset.
    RouteV4(usize),
    /// Decrement the hop limit of the IPv6 header at this offset.
    RouteV6(usize),
    /// Pass on unmodified.
    Bridge,
    /// Count it and free its buffer.
    Drop(Reason),
}

/// The findings on a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The action that the packet needs.
    pub action: Action,
    /// A hash that is the same for all packets of a flow.
    pub flow: u32,
    /// The id of the outermost VLAN.
    pub vlan: Option<u16>,
}

/// Returns the link header of a packet; `None` if the packet is too short for one.
pub fn link(packet: &[u8]) -> Option<Link> {
    let mut len = LINK;
    let mut ether_type = word(packet, 12)?;
    let mut vlan = None;
    for _ in 0..MOST_TAGS {
        if !TAGS.contains(&ether_type) {
            break;
        }
        vlan.get_or_insert(word(packet, len)? & 0x0fff);
        ether_type = word(packet, len + 2)?;
        len += 4;
    }
    Some(Link {
        len,
        ether_type,
        vlan,
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// Parses a packet.
pub fn inspect(packet: &[u8]) -> Seen {
    let Some(link) = link(packet) else {
        return Seen {
            action: Action::Drop(Reason::Malformed),
            flow: 0,
            vlan: None,
        };
    };
    let layer3 = &packet[link.len..];
    let (action, flow) = match EtherType(link.ether_type) {
        ether_type::IPV4 | ether_type::IPV6 => inspect_ip(link, layer3),
        // Without addresses that are understood, the two stations are the flow.
        _ => (Action::Bridge, hash(&[&packet[..12]], 0)),
    };
    Seen {
        action,
        flow,
        vlan: link.vlan,
    }
}

fn inspect_ip(link: Link, layer3: &[u8]) -> (Action, u32) {
    let malformed = (Action::Drop(Reason::Malformed), 0);
    let parsed = LaxSlicedPacket::from_ether_type(EtherType(link.ether_type), layer3);
    let ports = ports(parsed.transport.as_ref());
    match (EtherType(link.ether_type), &parsed.net) {
        (ether_type::IPV4, Some(LaxNetSlice::Ipv4(ip))) => {
            let header = ip.header();
            let (source, destination) = (header.source(), header.destination());
            let total = usize::from(header.total_len());
            let flow = hash(&[&source, &destination, &ports], header.protocol().0);
            if total < header.slice().len() || total > layer3.len() {
                return malformed;
            }
            // The sum is over the bytes, since a parsed header has lost the reserved bit.
            let sum = Sum16BitWords::new().add_slice(header.slice());
            if sum.ones_complement() != 0 {
                return malformed;
            }
            let local = matches!(
                destination,
                [169, 254, ..] | [224, 0, 0, _] | [255, 255, 255, 255]
            );
            (decide(local, header.ttl(), Action::RouteV4(link.len)), flow)
        }
        (ether_type::IPV6, Some(LaxNetSlice::Ipv6(ip))) => {
            let header = ip.header();
            let (source, destination) = (header.source(), header.destination());
            let total = header.slice().len() + usize::from(header.payload_length());
            let flow = hash(&[&source, &destination, &ports], header.next_header().0);
            if total > layer3.len() {
                return malformed;
            }
            let unicast = destination[0] == 0xfe && destination[1] & 0xc0 == 0x80;
            let multicast = destination[0] == 0xff && destination[1] & 0x0f <= 2;
            let local = unicast || multicast;
            (
                decide(local, header.hop_limit(), Action::RouteV6(link.len)),
                flow,
            )
        }
        _ => malformed,
    }
}

/// Returns the action for an IP packet. A link-local destination is never routed, and a packet that
/// would arrive with TTL 0 goes nowhere.
fn decide(link_local: bool, ttl: u8, route: Action) -> Action {
    match (link_local, ttl) {
        (true, _) => Action::Bridge,
        (false, 0..=1) => Action::Drop(Reason::TtlExpired),
        (false, _) => route,
    }
}

/// Returns the source and the destination port, which are zero if there are none (fragments, ICMP).
fn ports(transport: Option<&TransportSlice<'_>>) -> [u8; 4] {
    let (source, destination) = match transport {
        Some(TransportSlice::Tcp(tcp)) => (tcp.source_port(), tcp.destination_port()),
        Some(TransportSlice::Udp(udp)) => (udp.source_port(), udp.destination_port()),
        _ => (0, 0),
    };
    let ([a, b], [c, d]) = (source.to_be_bytes(), destination.to_be_bytes());
    [a, b, c, d]
}

/// Returns a hash of the parts, eight bytes at a time, by folded multiplication.
fn hash(parts: &[&[u8]], seed: u8) -> u32 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(seed);
    for part in parts {
        for chunk in part.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = u128::from(state ^ u64::from_le_bytes(word)) * 0xa076_1d64_78bd_642f_u128;
            state = (mixed >> 64) as u64 ^ mixed as u64;
        }
    }
    (state >> 32) as u32 ^ state as u32
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use etherparse::PacketBuilder;

    /// Returns a UDP packet over IPv4.
    pub(crate) fn udp4(ttl: u8, destination: [u8; 4], source_port: u16, payload: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4([10, 0, 0, 1], destination, ttl)
            .udp(source_port, 53)
            .write(&mut packet, payload)
            .expect("valid");
        packet
    }

    /// Returns a TCP packet over IPv6 in VLAN 42.
    pub(crate) fn tcp6(hop_limit: u8, destination: [u8; 16], payload: &[u8]) -> Vec<u8> {
        let vlan = etherparse::VlanId::try_new(42).expect("valid");
        let source = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let mut packet = Vec::new();
        PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .single_vlan(vlan)
            .ipv6(source, destination, hop_limit)
            .tcp(443, 50000, 1, 1000)
            .write(&mut packet, payload)
            .expect("valid");
        packet
    }

    pub(crate) const FAR6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    pub(crate) const FAR4: [u8; 4] = [10, 0, 0, 2];

    /// Returns an ARP request, shortened to what matters.
    pub(crate) fn arp() -> Vec<u8> {
        let mut packet = vec![0xff; 12];
        packet.extend([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
        packet.resize(42, 7);
        packet
    }

    #[test]
    fn ip_is_routed_by_family_and_the_tag_is_seen() {
        let seen = inspect(&udp4(64, FAR4, 1, b"x"));
        assert_eq!((seen.action, seen.vlan), (Action::RouteV4(14), None));
        let seen = inspect(&tcp6(64, FAR6, b"x"));
        assert_eq!((seen.action, seen.vlan), (Action::RouteV6(18), Some(42)));
    }

    #[test]
    fn arp_and_link_local_are_bridged_even_with_ttl_1() {
        assert_eq!(inspect(&arp()).action, Action::Bridge);
        for destination in [[224, 0, 0, 251], [169, 254, 1, 1], [255, 255, 255, 255]] {
            let packet = udp4(1, destination, 1, b"");
            assert_eq!(inspect(&packet).action, Action::Bridge, "{destination:?}");
        }
        let mut destination = [0; 16];
        for head in [[0xff, 0x02], [0xfe, 0x80]] {
            destination[..2].copy_from_slice(&head);
            assert_eq!(inspect(&tcp6(1, destination, b"")).action, Action::Bridge);
        }
    }

    #[test]
    fn expired_and_damaged_are_dropped_by_name() {
        let expired = Action::Drop(Reason::TtlExpired);
        assert_eq!(inspect(&udp4(1, FAR4, 1, b"")).action, expired);
        assert_eq!(inspect(&tcp6(0, FAR6, b"")).action, expired);
        let malformed = Action::Drop(Reason::Malformed);
        let mut wrong_sum = udp4(64, FAR4, 1, b"");
        wrong_sum[24] ^= 1;
        assert_eq!(inspect(&wrong_sum).action, malformed);
        let whole = udp4(64, FAR4, 1, b"payload");
        for len in 0..whole.len() {
            assert_eq!(inspect(&whole[..len]).action, malformed, "{len}");
        }
        let whole = tcp6(64, FAR6, b"payload");
        for len in 0..whole.len() {
            assert_eq!(inspect(&whole[..len]).action, malformed, "{len}");
        }
        let mut wrong_version = udp4(64, FAR4, 1, b"");
        wrong_version[14] = 0x65;
        assert_eq!(inspect(&wrong_version).action, malformed);
    }

    #[test]
    fn up_to_three_tags_of_four_kinds_are_taken_off() {
        for kind in [[0x81, 0x00], [0x88, 0xa8], [0x91, 0x00], [0x92, 0x00]] {
            let mut packet = udp4(64, FAR4, 1, b"x");
            for tags in 1..=4_u8 {
                packet.splice(12..12, [kind[0], kind[1], 0, tags]);
                let seen = inspect(&packet);
                let at = 14 + 4 * usize::from(tags);
                let due = if tags < 4 {
                    Action::RouteV4(at)
                } else {
                    Action::Bridge
                };
                assert_eq!(
                    (seen.action, seen.vlan),
                    (due, Some(tags.into())),
                    "{kind:x?}"
                );
            }
        }
    }

    /// Not even a tag is looked at: the packet belongs to the tunnel that the switch gave it.
    #[test]
    fn nothing_behind_macsec_is_looked_at() {
        let macsec = [0x88, 0xe5, 0, 0, 0, 0, 0, 1];
        let mut packet = udp4(1, FAR4, 1, b"x");
        packet.splice(12..12, [0x81, 0x00, 0, 42]);
        packet.splice(12..12, macsec);
        let seen = inspect(&packet);
        assert_eq!((seen.action, seen.vlan), (Action::Bridge, None));
        packet.splice(12..12, [0x81, 0x00, 0, 7]);
        let seen = inspect(&packet);
        assert_eq!((seen.action, seen.vlan), (Action::Bridge, Some(7)));
    }

    #[test]
    fn a_length_of_0_is_malformed_in_ipv4_and_what_was_recorded_in_ipv6() {
        let resummed = |change: fn(&mut [u8])| {
            let mut packet = udp4(64, FAR4, 1, b"x");
            change(&mut packet[14..34]);
            packet[24..26].fill(0);
            let sum = Sum16BitWords::new().add_slice(&packet[14..34]);
            packet[24..26].copy_from_slice(&sum.ones_complement().to_ne_bytes());
            inspect(&packet).action
        };
        let malformed = Action::Drop(Reason::Malformed);
        assert_eq!(resummed(|ip| ip[2..4].fill(0)), malformed);
        assert_eq!(
            resummed(|ip| ip[6] |= 0x80),
            Action::RouteV4(14),
            "reserved bit"
        );
        let mut packet = tcp6(64, FAR6, b"x");
        packet[22..24].fill(0);
        assert_eq!(inspect(&packet).action, Action::RouteV6(18));
    }

    #[test]
    fn a_flow_hashes_alike_and_others_differ() {
        let flow = |port| inspect(&udp4(64, FAR4, port, b"a")).flow;
        assert_eq!(flow(1), inspect(&udp4(3, FAR4, 1, b"other")).flow);
        let mut all: Vec<u32> = (0..1000).map(flow).collect();
        all.sort_unstable();
        all.dedup();
        assert!(all.len() > 995, "{} of 1000 differ", all.len());
    }
}
