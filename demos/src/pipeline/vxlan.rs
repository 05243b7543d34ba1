//! Encapsulation: the outer headers of a VXLAN tunnel (RFC 7348).
//!
//! Ethernet, IPv4 or IPv6, UDP and VXLAN are 50 or 70 bytes, which go into the headroom. The UDP
//! source port carries the inner flow's hash, so that routers on the way spread flows, not packets.
//! The UDP checksum is 0, as RFC 7348 wants it over IPv4 and RFC 6935 allows it for tunnels over
//! IPv6. The addresses are those set aside for documentation.

/// The UDP port of VXLAN.
pub const PORT: u16 = 4789;
/// The first UDP source port. Flows are spread over the dynamic ports.
pub const FIRST_SOURCE_PORT: u16 = 49152;
/// The network identifier of untagged packets. That of VLAN `n` is this plus `n`.
pub const FIRST_VNI: u32 = 0x1000;
/// The tunnel's own TTL and hop limit.
pub const TTL: u8 = 64;
/// The tunnel's ends over IPv4.
pub const ENDS_V4: ([u8; 4], [u8; 4]) = ([192, 0, 2, 1], [198, 51, 100, 1]);
/// The tunnel's ends over IPv6.
pub const ENDS_V6: ([u8; 16], [u8; 16]) = (
    [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
);
/// The stations of the next hop and of the tunnel's entry (locally administered).
pub const STATIONS: ([u8; 6], [u8; 6]) = ([2, 0, 0, 0, 0xfe, 2], [2, 0, 0, 0, 0xfe, 1]);

/// The data on the inner packet that the outer headers carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inner {
    /// The length of the packet with its link header, at most 65 000 bytes.
    pub len: u16,
    /// The hash of its flow.
    pub flow: u32,
    /// The id of its outermost VLAN.
    pub vlan: Option<u16>,
}

/// Returns the outer headers over IPv4, which are 50 bytes.
pub fn outer_v4(inner: Inner) -> [u8; 50] {
    let mut outer = [0; 50];
    link(&mut outer, 0x0800);
    let ip = &mut outer[14..34];
    ip[..2].copy_from_slice(&[0x45, 0]);
    ip[2..4].copy_from_slice(&(20 + 8 + 8 + inner.len).to_be_bytes());
    // There are no fragments, neither made nor allowed.
    ip[6] = 0x40;
    ip[8..10].copy_from_slice(&[TTL, 17]);
    ip[12..16].copy_from_slice(&ENDS_V4.0);
    ip[16..20].copy_from_slice(&ENDS_V4.1);
    let checksum = checksum(ip).to_be_bytes();
    ip[10..12].copy_from_slice(&checksum);
    udp_and_vxlan(&mut outer[34..], inner);
    outer
}

/// Returns the outer headers over IPv6, which are 70 bytes.
pub fn outer_v6(inner: Inner) -> [u8; 70] {
    let mut outer = [0; 70];
    link(&mut outer, 0x86dd);
    let ip = &mut outer[14..54];
    ip[0] = 0x60;
    ip[4..6].copy_from_slice(&(8 + 8 + inner.len).to_be_bytes());
    ip[6..8].copy_from_slice(&[17, TTL]);
    ip[8..24].copy_from_slice(&ENDS_V6.0);
    ip[24..40].copy_from_slice(&ENDS_V6.1);
    udp_and_vxlan(&mut outer[54..], inner);
    outer
}

fn link(outer: &mut [u8], ether_type: u16) {
    outer[..6].copy_from_slice(&STATIONS.0);
    outer[6..12].copy_from_slice(&STATIONS.1);
    outer[12..14].copy_from_slice(&ether_type.to_be_bytes());
}

fn udp_and_vxlan(headers: &mut [u8], inner: Inner) {
    let source = FIRST_SOURCE_PORT | (inner.flow & 0x3fff) as u16;
    headers[..2].copy_from_slice(&source.to_be_bytes());
    headers[2..4].copy_from_slice(&PORT.to_be_bytes());
    headers[4..6].copy_from_slice(&(8 + 8 + inner.len).to_be_bytes());
    let vni = FIRST_VNI + u32::from(inner.vlan.unwrap_or(0));
    headers[8] = 0x08;
    headers[12..16].copy_from_slice(&(vni << 8).to_be_bytes());
}

/// Returns the Internet checksum (RFC 1071) of bytes in which the checksum's own field is 0.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)))
        .sum();
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};

    fn inner(len: u16) -> Inner {
        Inner {
            len,
            flow: 0xdead_beef,
            vlan: Some(42),
        }
    }

    #[test]
    fn etherparse_reads_what_was_meant() {
        let (v4, v6) = (outer_v4(inner(100)), outer_v6(inner(100)));
        for (mut packet, over_v6) in [(v4.to_vec(), false), (v6.to_vec(), true)] {
            packet.extend([7; 100]);
            let parsed = SlicedPacket::from_ethernet(&packet).expect("valid");
            match parsed.net {
                Some(NetSlice::Ipv4(ip)) => {
                    assert!(!over_v6);
                    let header = ip.header().to_header();
                    assert_eq!(header.calc_header_checksum(), header.header_checksum);
                    assert_eq!((header.source, header.destination), ENDS_V4);
                    assert_eq!((header.time_to_live, header.dont_fragment), (TTL, true));
                }
                Some(NetSlice::Ipv6(ip)) => {
                    assert!(over_v6);
                    let header = ip.header().to_header();
                    assert_eq!((header.source, header.destination), ENDS_V6);
                    assert_eq!(header.hop_limit, TTL);
                }
                other => panic!("{other:?}"),
            }
            let Some(TransportSlice::Udp(udp)) = parsed.transport else {
                panic!("no UDP")
            };
            assert_eq!(udp.source_port(), 0xc000 | (0xbeef & 0x3fff));
            assert_eq!(udp.destination_port(), PORT);
            assert_eq!(udp.payload().len(), 8 + 100);
            assert_eq!(udp.payload()[..8], [8, 0, 0, 0, 0, 0x10, 42, 0]);
        }
    }

    #[test]
    fn the_longest_inner_packet_fits_the_length_fields() {
        let outer = outer_v4(inner(65_000));
        assert_eq!(u16::from_be_bytes([outer[16], outer[17]]), 65_036);
        assert_eq!(outer.len(), 50);
        assert_eq!(outer_v6(inner(0)).len(), 70);
    }

    #[test]
    fn outer_headers_fit_the_headroom_with_three_tags() {
        use crate::pipeline::buffer::{HEADROOM, LINK};
        assert!(outer_v6(inner(0)).len() + LINK + 3 * 4 <= HEADROOM);
    }
}
