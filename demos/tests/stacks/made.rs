//! A generator of packets, which makes them header by header.

use proptest::prelude::*;

/// An extension that a link header can hold between the stations and layer 3.
#[derive(Debug, Clone)]
enum Extension {
    /// A tag, with its EtherType, and the VLAN with its priority.
    Tag(u16, u16),
    /// A SecTAG of MACsec, with its flags and association, its short length, and whether its
    /// channel identifier follows.
    Macsec(u8, u8, bool),
}

/// The length that an IP header claims.
#[derive(Debug, Clone, Copy)]
enum Length {
    Right,
    /// The length is 0, as segmentation offload and jumbograms leave it.
    Zero,
    /// The length is so much less or more than there is.
    Wrong(i16),
}

#[derive(Debug, Clone)]
struct V4 {
    length: Length,
    options: usize,
    ttl: u8,
    destination: [u8; 4],
    protocol: u8,
    fragment: u16,
    right_sum: bool,
}

#[derive(Debug, Clone)]
struct V6 {
    length: Length,
    hop_limit: u8,
    destination: [u8; 16],
    /// The numbers of the extension headers, in their order.
    extensions: Vec<u8>,
    /// The length that a jumbo payload option in a hop-by-hop header says, if there is one.
    jumbo: Option<u32>,
    protocol: u8,
}

#[derive(Debug, Clone)]
enum Net {
    V4(V4),
    V6(V6),
    /// Another EtherType, or an 802.3 length.
    Other(u16),
}

/// Returns a strategy for a packet.
pub(crate) fn packet() -> impl Strategy<Value = Vec<u8>> {
    let stack = prop::collection::vec(extension(), 0..6);
    let payload = prop_oneof![8 => 0..64_usize, 1 => 1400..1520_usize];
    let cut = prop_oneof![9 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    (stack, net(), ports(), payload, cut).prop_map(|(stack, net, ports, payload, cut)| {
        let mut packet = whole(&stack, &net, ports, payload);
        if let Some(cut) = cut {
            packet.truncate(cut.index(packet.len() + 1));
        }
        packet
    })
}

/// Returns IPv6 with a hop-by-hop header that says how long it is: 70,000 bytes.
pub(crate) fn jumbogram() -> Vec<u8> {
    let net = Net::V6(V6 {
        length: Length::Zero,
        hop_limit: 64,
        destination: [0x20; 16],
        extensions: vec![0],
        jumbo: Some(70_000),
        protocol: 17,
    });
    whole(&[], &net, [1, 2], 70_000 - 8)
}

fn ports() -> impl Strategy<Value = [u16; 2]> {
    [1..3_u16, 1..3_u16]
}

fn extension() -> impl Strategy<Value = Extension> {
    let kinds = prop::sample::select(vec![0x8100, 0x8100, 0x88a8, 0x9100, 0x9200, 0x9300]);
    let flags = prop_oneof![3 => 0..4_u8, 1 => any::<u8>()];
    let short = prop_oneof![3 => Just(0_u8), 1 => any::<u8>()];
    prop_oneof![
        3 => (kinds, any::<u16>()).prop_map(|(kind, tag)| Extension::Tag(kind, tag)),
        1 => (flags, short, any::<bool>()).prop_map(|(f, s, id)| Extension::Macsec(f, s, id)),
    ]
}

fn length() -> impl Strategy<Value = Length> {
    prop_oneof![
        6 => Just(Length::Right),
        2 => Just(Length::Zero),
        1 => (-60..60_i16).prop_map(Length::Wrong),
    ]
}

fn ttl() -> impl Strategy<Value = u8> {
    prop_oneof![4 => 2..=u8::MAX, 1 => 0..=1_u8]
}

fn protocol() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![1, 2, 6, 17, 17, 58, 47, 4, 41, 59, 0xfd])
}

fn net() -> impl Strategy<Value = Net> {
    let other = prop_oneof![Just(0x0806), Just(0x88e5), Just(0x8100), any::<u16>()];
    prop_oneof![
        3 => v4().prop_map(Net::V4),
        3 => v6().prop_map(Net::V6),
        1 => other.prop_map(Net::Other),
    ]
}

fn v4() -> impl Strategy<Value = V4> {
    let destination = prop::sample::select(vec![
        [10, 0, 0, 2],
        [10, 0, 0, 3],
        [224, 0, 0, 1],
        [224, 0, 1, 1],
        [169, 254, 0, 1],
        [255; 4],
    ]);
    let fragment = prop_oneof![4 => Just(0x4000), 1 => Just(0x2000), 1 => any::<u16>()];
    let right_sum = prop::bool::weighted(0.9);
    (
        length(),
        0..=10_usize,
        ttl(),
        destination,
        protocol(),
        fragment,
        right_sum,
    )
        .prop_map(
            |(length, options, ttl, destination, protocol, fragment, right_sum)| V4 {
                length,
                options,
                ttl,
                destination,
                protocol,
                fragment,
                right_sum,
            },
        )
}

fn v6() -> impl Strategy<Value = V6> {
    let heads = [
        [0x20, 0x01],
        [0x20, 0x02],
        [0xfe, 0x80],
        [0xff, 0x02],
        [0xff, 0x05],
        [0xff, 0x31],
    ];
    let destination = prop::sample::select(heads.to_vec()).prop_map(|head| {
        let mut address = [7; 16];
        address[..2].copy_from_slice(&head);
        address
    });
    let known = prop::sample::select(vec![0, 43, 44, 51, 60, 60, 135]);
    let extensions = prop_oneof![2 => Just(vec![]), 1 => prop::collection::vec(known, 1..5)];
    let jumbo = prop_oneof![3 => Just(None), 1 => any::<u32>().prop_map(Some)];
    (length(), ttl(), destination, extensions, jumbo, protocol()).prop_map(
        |(length, hop_limit, destination, extensions, jumbo, protocol)| V6 {
            length,
            hop_limit,
            destination,
            extensions,
            jumbo,
            protocol,
        },
    )
}

fn whole(stack: &[Extension], net: &Net, ports: [u16; 2], payload: usize) -> Vec<u8> {
    let mut packet = vec![2; 12];
    for extension in stack {
        match extension {
            Extension::Tag(kind, tag) => {
                packet.extend(kind.to_be_bytes());
                packet.extend(tag.to_be_bytes());
            }
            Extension::Macsec(flags, short, channel) => {
                let flag = if *channel { 0x20 } else { 0 };
                packet.extend([0x88, 0xe5, flags & !0x20 | flag, *short, 0, 0, 0, 1]);
                packet.extend(vec![9; if *channel { 8 } else { 0 }]);
            }
        }
    }
    let mut body: Vec<u8> = ports.iter().flat_map(|port| port.to_be_bytes()).collect();
    // The body has a UDP length of 0 and a TCP header of 20 bytes.
    body.extend([0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10]);
    body.resize(payload.max(4), 0x5a);
    match net {
        Net::V4(v4) => {
            packet.extend([0x08, 0x00]);
            packet.extend(v4_packet(v4, &body));
        }
        Net::V6(v6) => {
            packet.extend([0x86, 0xdd]);
            packet.extend(v6_packet(v6, &body));
        }
        Net::Other(kind) => {
            packet.extend(kind.to_be_bytes());
            packet.extend(body);
        }
    }
    packet
}

fn told(length: Length, right: usize) -> u16 {
    match length {
        Length::Right => right as u16,
        Length::Zero => 0,
        Length::Wrong(by) => (right as u16).wrapping_add_signed(by),
    }
}

fn v4_packet(v4: &V4, body: &[u8]) -> Vec<u8> {
    let words = 5 + v4.options;
    let mut header = vec![0x40 | words as u8, 0];
    header.extend(told(v4.length, 4 * words + body.len()).to_be_bytes());
    header.extend([0, 1]);
    header.extend(v4.fragment.to_be_bytes());
    header.extend([v4.ttl, v4.protocol, 0, 0, 10, 0, 0, 1]);
    header.extend(v4.destination);
    // These options do nothing.
    header.resize(4 * words, 1);
    if v4.right_sum {
        let sum = checksum(&header).to_be_bytes();
        header[10..12].copy_from_slice(&sum);
    }
    header.extend(body);
    header
}

/// Returns the Internet checksum (RFC 1071), which is summed word by word.
fn checksum(header: &[u8]) -> u16 {
    let words = header
        .chunks(2)
        .map(|word| u16::from_be_bytes([word[0], word[1]]));
    !words.fold(0, |sum: u16, word| {
        let (sum, carry) = sum.overflowing_add(word);
        sum + u16::from(carry)
    })
}

fn v6_packet(v6: &V6, body: &[u8]) -> Vec<u8> {
    let numbers: Vec<u8> = v6.extensions.iter().copied().chain([v6.protocol]).collect();
    let mut behind = Vec::new();
    for pair in numbers.windows(2) {
        let next = pair[1];
        behind.extend(match (pair[0], v6.jumbo) {
            (0, Some(length)) => {
                let [a, b, c, d] = length.to_be_bytes();
                vec![next, 0, 0xc2, 4, a, b, c, d]
            }
            // These are a fragment header of a whole packet, and an authentication header of 16
            // bytes.
            (44, _) => vec![next, 0, 0, 0, 0, 0, 0, 1],
            (51, _) => [vec![next, 2, 0, 0], vec![3; 12]].concat(),
            _ => vec![next, 0, 1, 4, 0, 0, 0, 0],
        });
    }
    behind.extend(body);
    let mut header = vec![0x60, 0, 0, 0];
    header.extend(told(v6.length, behind.len()).to_be_bytes());
    header.extend([numbers[0], v6.hop_limit]);
    header.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    header.extend(v6.destination);
    header.extend(behind);
    header
}
