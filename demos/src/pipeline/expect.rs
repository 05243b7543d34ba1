//! The expectations: what must come out. They are computed from the capture alone, before the
//! pipeline runs.
//!
//! This shares no code of this program with [`super::inspect`] and [`super::rewrite`], only the
//! crate etherparse. Tags are taken off header by header, the fate of a packet is judged from owned
//! headers, and the checksum of a changed header is summed from scratch over its bytes.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::{
    EtherType, Ethernet2Header, Ipv4Header, Ipv6Header, LaxNetSlice, LaxSlicedPacket, NetSlice,
    SingleVlanHeader, SlicedPacket, TransportSlice, ether_type,
};

use super::buffer::PAYLOAD;
use super::tally::Reason;
use super::vxlan::FIRST_VNI;
use crate::capture::Capture;

/// The expectation for one packet of the capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The packet arrives like this.
    Delivered(Delivery),
    /// The packet is dropped for this reason.
    Dropped(Reason),
}

/// The form in which a packet must arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The inner packet, byte for byte.
    pub bytes: Vec<u8>,
    /// Whether the outer header is IPv6.
    pub over_v6: bool,
    /// The tunnel's network identifier.
    pub vni: u32,
    /// The number of its flow.
    pub flow: usize,
    /// Its place among the flow's packets that must arrive, within one loop over the capture.
    pub place: u64,
    /// Which of its checksums are right, as recorded.
    pub sums: Sums,
}

/// The checksums of a packet, recomputed in full: whether those of the IPv4 header and of the
/// transport are right, if there are any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Whether the IPv4 header's checksum is right.
    pub header: Option<bool>,
    /// Whether the checksum of TCP, UDP or ICMP is right.
    pub transport: Option<bool>,
}

/// The expectations for a whole capture.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The expectation for each packet of the capture.
    pub packets: Vec<Expected>,
    /// The number of packets of each flow that must arrive in one loop over the capture.
    pub flows: Vec<u64>,
}

impl Plan {
    /// Returns the expectations for a capture.
    pub fn of(capture: &Capture) -> Self {
        let mut flows: Vec<u64> = Vec::new();
        let mut known: HashMap<FlowKey, usize> = HashMap::new();
        let mut packets = Vec::with_capacity(capture.len());
        for packet in capture.packets() {
            packets.push(match expect(packet) {
                Err(reason) => Expected::Dropped(reason),
                Ok((key, mut delivery)) => {
                    delivery.flow = *known.entry(key).or_insert_with(|| {
                        flows.push(0);
                        flows.len() - 1
                    });
                    delivery.place = flows[delivery.flow];
                    flows[delivery.flow] += 1;
                    Expected::Delivered(delivery)
                }
            });
        }
        Self { packets, flows }
    }
}

/// The key of a flow: addresses, protocol and ports, or the stations if the packet is not IP.
type FlowKey = (Vec<u8>, Vec<u8>, u8, [u16; 2]);

type Judged = (FlowKey, Vec<u8>, bool);

fn expect(packet: &[u8]) -> Result<(FlowKey, Delivery), Reason> {
    let link = link(packet).ok_or(Reason::Malformed)?;
    if link.layer3.len() > PAYLOAD {
        return Err(Reason::Oversize);
    }
    let parsed = LaxSlicedPacket::from_ether_type(link.ether_type, link.layer3);
    let ports = ports(parsed.transport.as_ref());
    let at = packet.len() - link.layer3.len();
    let (key, bytes, over_v6) = match (link.ether_type, &parsed.net) {
        (ether_type::IPV4, Some(LaxNetSlice::Ipv4(ip))) => {
            judge_v4(packet, at, &ip.header().to_header(), ports)?
        }
        (ether_type::IPV6, Some(LaxNetSlice::Ipv6(ip))) => {
            judge_v6(packet, at, &ip.header().to_header(), ports)?
        }
        (ether_type::IPV4 | ether_type::IPV6, _) => return Err(Reason::Malformed),
        _ => {
            let stations = (packet[..6].to_vec(), packet[6..12].to_vec());
            let key = (stations.0, stations.1, 0, [0; 2]);
            (key, packet.to_vec(), false)
        }
    };
    let delivery = Delivery {
        bytes,
        over_v6,
        vni: FIRST_VNI + u32::from(link.vlan),
        flow: 0,
        place: 0,
        sums: sums(packet),
    };
    Ok((key, delivery))
}

/// A packet without its link header.
struct Link<'a> {
    /// The VLAN of the outermost tag, or 0 if there is no tag.
    vlan: u16,
    ether_type: EtherType,
    layer3: &'a [u8],
}

/// Takes the link header off, with up to three tags. What lies behind anything else, MACsec
/// included, is not looked at.
fn link(packet: &[u8]) -> Option<Link<'_>> {
    let (header, mut layer3) = Ethernet2Header::from_slice(packet).ok()?;
    let mut ether_type = header.ether_type;
    let mut vlans = Vec::new();
    while vlans.len() < 3 && matches!(ether_type.0, 0x8100 | 0x88a8 | 0x9100 | 0x9200) {
        let (tag, behind) = SingleVlanHeader::from_slice(layer3).ok()?;
        vlans.push(tag.vlan_id.value());
        (ether_type, layer3) = (tag.ether_type, behind);
    }
    Some(Link {
        vlan: vlans.first().copied().unwrap_or(0),
        ether_type,
        layer3,
    })
}

fn judge_v4(
    packet: &[u8],
    layer3: usize,
    header: &Ipv4Header,
    ports: [u16; 2],
) -> Result<Judged, Reason> {
    let length = usize::from(header.total_len);
    let mut bytes = packet.to_vec();
    let words = &mut bytes[layer3..layer3 + header.header_len()];
    if length < words.len() || length > packet.len() - layer3 || checksum(words) != 0 {
        return Err(Reason::Malformed);
    }
    if !is_link_local_v4(Ipv4Addr::from(header.destination)) {
        words[8] = one_less(header.time_to_live)?;
        words[10..12].fill(0);
        let sum = checksum(words).to_be_bytes();
        words[10..12].copy_from_slice(&sum);
    }
    let (source, destination) = (header.source.to_vec(), header.destination.to_vec());
    let key = (source, destination, header.protocol.0, ports);
    Ok((key, bytes, false))
}

fn judge_v6(
    packet: &[u8],
    layer3: usize,
    header: &Ipv6Header,
    ports: [u16; 2],
) -> Result<Judged, Reason> {
    let length = Ipv6Header::LEN + usize::from(header.payload_length);
    if length > packet.len() - layer3 {
        return Err(Reason::Malformed);
    }
    let mut bytes = packet.to_vec();
    let routed = !is_link_local_v6(header.destination_addr());
    if routed {
        let mut changed = header.clone();
        changed.hop_limit = one_less(header.hop_limit)?;
        bytes[layer3..layer3 + Ipv6Header::LEN].copy_from_slice(&changed.to_bytes());
    }
    let (source, destination) = (header.source.to_vec(), header.destination.to_vec());
    let key = (source, destination, header.next_header.0, ports);
    Ok((key, bytes, routed))
}

/// Returns the Internet checksum (RFC 1071) of an IPv4 header. It is 0 if the header holds its own
/// right one.
fn checksum(header: &[u8]) -> u16 {
    let words = header.chunks_exact(2);
    let sum: u64 = words
        .map(|word| u64::from(word[0]) << 8 | u64::from(word[1]))
        .sum();
    // This is the remainder by 0xffff, with 0xffff for every sum but 0 that 0xffff divides.
    !match (sum, sum % 0xffff) {
        (1.., 0) => 0xffff,
        (_, remainder) => remainder as u16,
    }
}

fn one_less(ttl: u8) -> Result<u8, Reason> {
    match ttl {
        0 | 1 => Err(Reason::TtlExpired),
        ttl => Ok(ttl - 1),
    }
}

fn is_link_local_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_link_local() || address.is_broadcast() || [a, b, c] == [224, 0, 0]
}

fn is_link_local_v6(address: Ipv6Addr) -> bool {
    let scope = address.segments()[0] & 0x000f;
    address.is_unicast_link_local() || (address.is_multicast() && scope <= 2)
}

fn ports(transport: Option<&TransportSlice<'_>>) -> [u16; 2] {
    match transport {
        Some(TransportSlice::Tcp(tcp)) => [tcp.source_port(), tcp.destination_port()],
        Some(TransportSlice::Udp(udp)) => [udp.source_port(), udp.destination_port()],
        _ => [0; 2],
    }
}

/// Recomputes a packet's checksums in full.
pub fn sums(packet: &[u8]) -> Sums {
    let parsed = link(packet)
        .and_then(|link| SlicedPacket::from_ether_type(link.ether_type, link.layer3).ok());
    let Some(parsed) = parsed else {
        return Sums::default();
    };
    let transport = parsed.transport.as_ref();
    match &parsed.net {
        Some(NetSlice::Ipv4(ip)) => {
            let header = ip.header().to_header();
            Sums {
                header: Some(checksum(ip.header().slice()) == 0),
                transport: transport.and_then(|t| sum_v4(&header, t)),
            }
        }
        Some(NetSlice::Ipv6(ip)) => Sums {
            header: None,
            transport: transport.and_then(|t| sum_v6(&ip.header().to_header(), t)),
        },
        _ => Sums::default(),
    }
}

fn sum_v4(ip: &Ipv4Header, transport: &TransportSlice<'_>) -> Option<bool> {
    let (source, destination) = (ip.source, ip.destination);
    match transport {
        TransportSlice::Tcp(tcp) => {
            Some(tcp.calc_checksum_ipv4(source, destination) == Ok(tcp.checksum()))
        }
        // A checksum of 0 says that there is none.
        TransportSlice::Udp(udp) if udp.checksum() == 0 => None,
        TransportSlice::Udp(udp) => {
            let sum = udp.to_header().calc_checksum_ipv4(ip, udp.payload());
            Some(sum == Ok(udp.checksum()))
        }
        TransportSlice::Icmpv4(icmp) => {
            Some(icmp.icmp_type().calc_checksum(icmp.payload()) == icmp.checksum())
        }
        TransportSlice::Icmpv6(_) | TransportSlice::Igmp(_) => None,
    }
}

fn sum_v6(ip: &Ipv6Header, transport: &TransportSlice<'_>) -> Option<bool> {
    let (source, destination) = (ip.source, ip.destination);
    match transport {
        TransportSlice::Tcp(tcp) => {
            Some(tcp.calc_checksum_ipv6(source, destination) == Ok(tcp.checksum()))
        }
        TransportSlice::Udp(udp) => {
            let sum = udp.to_header().calc_checksum_ipv6(ip, udp.payload());
            Some(sum == Ok(udp.checksum()))
        }
        TransportSlice::Icmpv6(icmp) => Some(icmp.is_checksum_valid(source, destination)),
        TransportSlice::Icmpv4(_) | TransportSlice::Igmp(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::inspect::tests::{FAR4, FAR6, arp, tcp6, udp4};
    use crate::pipeline::inspect::{self, Action};

    #[test]
    fn flows_and_places_are_counted_over_what_must_arrive() {
        let packets = [
            udp4(9, FAR4, 1, b"a"),
            udp4(9, FAR4, 2, b"b"),
            udp4(1, FAR4, 1, b"expires"),
            udp4(9, FAR4, 1, b"c"),
            arp(),
        ];
        let plan = Plan::of(&Capture::of(packets.iter().map(Vec::as_slice)));
        assert_eq!(plan.flows, [2, 1, 1]);
        assert_eq!(plan.packets[2], Expected::Dropped(Reason::TtlExpired));
        let Expected::Delivered(delivery) = &plan.packets[3] else {
            panic!("must arrive")
        };
        assert_eq!((delivery.flow, delivery.place), (0, 1));
        assert_eq!(delivery.bytes[22], 8, "TTL");
        let right = Some(true);
        assert_eq!(sums(&delivery.bytes).header, right, "recomputed");
        assert_eq!(delivery.sums.transport, right);
    }

    /// Both parsers judge alike, on whole packets, cut ones, and ones with any byte of the head
    /// changed.
    #[test]
    fn agrees_with_the_pipeline_s_own_parser() {
        let mut packets = vec![
            arp(),
            udp4(64, FAR4, 1, b"payload"),
            tcp6(64, FAR6, b"payload"),
        ];
        let mut tags = udp4(64, FAR4, 1, b"x");
        for _ in 0..5 {
            tags.splice(12..12, [0x81, 0x00, 0x00, 0x07]);
            packets.push(tags.clone());
        }
        for packet in packets.clone() {
            packets.extend((0..packet.len()).map(|len| packet[..len].to_vec()));
            for at in 0..packet.len().min(80) {
                for change in [0x01, 0x80, 0xff] {
                    let mut changed = packet.clone();
                    changed[at] ^= change;
                    packets.push(changed);
                }
            }
        }
        for packet in &packets {
            let ours = inspect::inspect(packet).action;
            match (expect(packet), ours) {
                (Err(reason), Action::Drop(same)) => assert_eq!(reason, same, "{packet:02x?}"),
                (Ok((_, d)), Action::RouteV6(_)) => assert!(d.over_v6, "{packet:02x?}"),
                (Ok((_, d)), Action::RouteV4(_)) => assert_ne!(&d.bytes, packet),
                (Ok((_, d)), Action::Bridge) => assert_eq!(&d.bytes, packet),
                (expected, ours) => panic!("{expected:?} {ours:?} {packet:02x?}"),
            }
        }
    }
}
