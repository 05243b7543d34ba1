//! What must come out: computed from the capture alone, before the pipeline runs.
//!
//! This shares no code of this program with [`super::inspect`] and [`super::rewrite`], only the crate
//! etherparse: headers are parsed into owned values, changed there, and written anew with a checksum
//! summed from scratch.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::{
    EtherType, Ipv4Header, Ipv6Header, LaxPacketHeaders, LinkExtHeader, NetHeaders, NetSlice,
    SlicedPacket, TransportHeader, TransportSlice, ether_type,
};

use super::buffer::PAYLOAD;
use super::tally::Reason;
use super::vxlan::FIRST_VNI;
use crate::capture::Capture;

/// What must become of one packet of the capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// It arrives like this.
    Delivered(Delivery),
    /// It is dropped for this reason.
    Dropped(Reason),
}

/// How a packet must arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The inner packet, byte for byte.
    pub bytes: Vec<u8>,
    /// Whether the outer header is IPv6.
    pub over_v6: bool,
    /// The tunnel's network identifier.
    pub vni: u32,
    /// Its flow.
    pub flow: usize,
    /// Its place among the flow's packets that must arrive, within one loop over the capture.
    pub place: u64,
    /// Which of its checksums are right, as recorded.
    pub sums: Sums,
}

/// Checksums, recomputed in full: whether the IPv4 header's and the transport's are right, if any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// The IPv4 header's.
    pub header: Option<bool>,
    /// That of TCP, UDP or ICMP.
    pub transport: Option<bool>,
}

/// The expectations for a whole capture.
#[derive(Debug, Clone)]
pub struct Plan {
    /// For each packet of the capture.
    pub packets: Vec<Expected>,
    /// For each flow, how many of its packets must arrive in one loop over the capture.
    pub flows: Vec<u64>,
}

impl Plan {
    /// The expectations for a capture.
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

/// What makes a flow: addresses, protocol, ports; or the stations if it is not IP.
type FlowKey = (Vec<u8>, Vec<u8>, u8, [u16; 2]);

type Judged = (FlowKey, Vec<u8>, bool);

fn expect(packet: &[u8]) -> Result<(FlowKey, Delivery), Reason> {
    let parsed = LaxPacketHeaders::from_ethernet(packet).map_err(|_| Reason::Malformed)?;
    let (tags, ether_type, vlan) = link(&parsed).ok_or(Reason::Malformed)?;
    let layer3 = 14 + 4 * tags;
    if packet.len() > layer3 + PAYLOAD {
        return Err(Reason::Oversize);
    }
    let ports = ports(parsed.transport.as_ref());
    let (key, bytes, over_v6) = match (ether_type, &parsed.net) {
        (ether_type::IPV4, Some(NetHeaders::Ipv4(ip, _))) => judge_v4(packet, layer3, ip, ports)?,
        (ether_type::IPV6, Some(NetHeaders::Ipv6(ip, _))) => judge_v6(packet, layer3, ip, ports)?,
        (ether_type::IPV4 | ether_type::IPV6, _) => return Err(Reason::Malformed),
        (EtherType(0x8100 | 0x88a8 | 0x9100), _) if tags < 3 => return Err(Reason::Malformed),
        _ => {
            let stations = (packet[..6].to_vec(), packet[6..12].to_vec());
            let key = (stations.0, stations.1, 0, [0; 2]);
            (key, packet.to_vec(), false)
        }
    };
    let delivery = Delivery {
        bytes,
        over_v6,
        vni: FIRST_VNI + u32::from(vlan),
        flow: 0,
        place: 0,
        sums: sums(packet),
    };
    Ok((key, delivery))
}

/// How many VLAN tags there are, what follows them, and the first tag's VLAN (0 if none).
fn link(parsed: &LaxPacketHeaders<'_>) -> Option<(usize, EtherType, u16)> {
    let mut ether_type = parsed.link.as_ref()?.clone().ethernet2()?.ether_type;
    let mut tags = 0;
    for ext in &parsed.link_exts {
        let LinkExtHeader::Vlan(tag) = ext else { break };
        ether_type = tag.ether_type;
        tags += 1;
    }
    let vlan = parsed.vlan_ids().first().map_or(0, |id| id.value());
    Some((tags, ether_type, vlan))
}

fn judge_v4(
    packet: &[u8],
    layer3: usize,
    header: &Ipv4Header,
    ports: [u16; 2],
) -> Result<Judged, Reason> {
    let length = usize::from(header.total_len);
    if length < header.header_len()
        || length > packet.len() - layer3
        || header.calc_header_checksum() != header.header_checksum
    {
        return Err(Reason::Malformed);
    }
    let mut bytes = packet.to_vec();
    if !is_link_local_v4(Ipv4Addr::from(header.destination)) {
        let mut changed = header.clone();
        changed.time_to_live = one_less(header.time_to_live)?;
        changed.header_checksum = changed.calc_header_checksum();
        let changed = changed.to_bytes();
        bytes[layer3..layer3 + changed.len()].copy_from_slice(&changed);
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

fn ports(transport: Option<&TransportHeader>) -> [u16; 2] {
    match transport {
        Some(TransportHeader::Tcp(tcp)) => [tcp.source_port, tcp.destination_port],
        Some(TransportHeader::Udp(udp)) => [udp.source_port, udp.destination_port],
        _ => [0; 2],
    }
}

/// Recomputes a packet's checksums in full.
pub fn sums(packet: &[u8]) -> Sums {
    let Ok(parsed) = SlicedPacket::from_ethernet(packet) else {
        return Sums::default();
    };
    let transport = parsed.transport.as_ref();
    match &parsed.net {
        Some(NetSlice::Ipv4(ip)) => {
            let header = ip.header().to_header();
            Sums {
                header: Some(header.calc_header_checksum() == header.header_checksum),
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
        // 0 says that there is none.
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

    /// Both judge alike, on whole packets, cut ones, and ones with any byte of the head changed.
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
