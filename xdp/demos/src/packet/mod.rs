//! What the programs do with a packet: they look whether it is one of theirs, and change it in
//! place.
//!
//! Only the headers are touched: Ethernet, IPv4 without options, UDP. A packet of several frames
//! has them in its first one.

#![forbid(unsafe_code)]

mod checksum;
mod reflect;
mod route;

pub use checksum::{adjust, sum};
pub use reflect::reflect;
pub use route::{Hop, Mac, route};

/// The bytes of the Ethernet, IPv4 and UDP headers.
pub const HEADERS: usize = 14 + 20 + 8;
/// The shortest packet that holds what is verified.
pub const SHORTEST: usize = HEADERS + framewell_harness::traffic::HEAD;

/// The first byte of the IPv4 header.
const IP: usize = 14;
/// The place of the time to live in the packet.
const TTL: usize = IP + 8;
/// The first byte of the UDP header.
const UDP: usize = IP + 20;

/// The reason why a packet is not passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is no UDP packet over IPv4 without options, or for another port.
    Other,
    /// The checksum of its IPv4 header is wrong.
    Damaged,
    /// Its time to live is over.
    Expired,
}

/// The number of packets that were not passed on, for each reason.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Refusals {
    /// Packets of [`Refusal::Other`].
    pub other: u64,
    /// Packets of [`Refusal::Damaged`].
    pub damaged: u64,
    /// Packets of [`Refusal::Expired`].
    pub expired: u64,
}

impl Refusals {
    /// Counts a packet.
    pub fn count(&mut self, why: Refusal) {
        match why {
            Refusal::Other => self.other += 1,
            Refusal::Damaged => self.damaged += 1,
            Refusal::Expired => self.expired += 1,
        }
    }
}

/// Checks that a packet has the headers that the programs work on, and that its IPv4 header is
/// whole.
fn check(packet: &[u8]) -> Result<(), Refusal> {
    let ours = packet.len() >= HEADERS
        && packet[12..14] == [8, 0]
        && packet[IP] == 0x45
        && packet[IP + 9] == 17;
    if !ours {
        return Err(Refusal::Other);
    }
    match sum(&packet[IP..UDP]) {
        0xffff => Ok(()),
        _ => Err(Refusal::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet that another implementation has built.
    pub(super) fn sample(ttl: u8, port: u16) -> Vec<u8> {
        let builder = etherparse::PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4([10, 0, 1, 1], [10, 0, 2, 1], ttl)
            .udp(4000, port);
        let mut packet = Vec::new();
        builder.write(&mut packet, b"payload").unwrap();
        packet
    }

    /// Checks both checksums by that implementation.
    pub(super) fn assert_whole(packet: &[u8]) {
        let sliced = etherparse::SlicedPacket::from_ethernet(packet).unwrap();
        let Some(etherparse::NetSlice::Ipv4(ip)) = sliced.net else {
            panic!("no IPv4")
        };
        let ip = ip.header().to_header();
        assert_eq!(ip.header_checksum, ip.calc_header_checksum());
        let Some(etherparse::TransportSlice::Udp(udp)) = sliced.transport else {
            panic!("no UDP")
        };
        let (header, payload) = (udp.to_header(), udp.payload());
        assert_eq!(Ok(header.checksum), header.calc_checksum_ipv4(&ip, payload));
    }

    #[test]
    fn what_is_no_udp_over_ipv4_is_refused() {
        let good = sample(64, 5000);
        assert_eq!(check(&good), Ok(()));
        for (at, value) in [(12, 0x86), (IP, 0x46), (IP + 9, 6)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert_eq!(check(&bad), Err(Refusal::Other), "byte {at}");
        }
        assert_eq!(check(&good[..HEADERS - 1]), Err(Refusal::Other));
    }

    #[test]
    fn each_bit_of_the_header_counts() {
        let good = sample(64, 5000);
        for bit in (IP + 1) * 8..UDP * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&bad).is_err(), "bit {bit}");
        }
    }
}
