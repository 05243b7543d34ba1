//! Plans beside what the kernel does with a super-datagram, without the kernel.

use std::net::SocketAddr;

use proptest::prelude::*;

use crate::plan::{MOST_V4, MOST_V6, Run};
use crate::sys::SEGMENTS;

type Packet = (usize, Option<SocketAddr>);

/// The packets of a message, and its segment size if there are several.
type Message = (Vec<Packet>, Option<u16>);

/// Groups packets as the socket does.
fn plan(packets: &[Packet], most: usize) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut run: Option<Run> = None;
    for (len, peer) in packets.iter().copied() {
        match run.as_mut().and_then(|run| run.join(len, peer, most)) {
            Some(segment) => {
                let last = messages.last_mut().unwrap();
                last.0.push((len, peer));
                last.1 = Some(segment);
            }
            None => {
                messages.push((vec![(len, peer)], None));
                run = Some(Run::begin(len, peer, false));
            }
        }
    }
    messages
}

/// Cuts bytes as the kernel does.
fn cut(mut bytes: usize, segment: usize) -> Vec<usize> {
    let mut lens = Vec::new();
    while bytes > 0 {
        lens.push(bytes.min(segment));
        bytes -= bytes.min(segment);
    }
    lens
}

/// Returns whether the kernel would make these packets of one super-datagram.
fn allowed(packets: &[Packet], most: usize) -> bool {
    let (segment, peer) = packets[0];
    let lens: Vec<usize> = packets.iter().map(|(len, _)| *len).collect();
    let bytes: usize = lens.iter().sum();
    let most_bytes = match peer {
        Some(SocketAddr::V4(_)) => MOST_V4,
        _ => MOST_V6,
    };
    packets.len() <= most.min(SEGMENTS)
        && bytes <= most_bytes
        && segment > 0
        && packets.iter().all(|packet| packet.1 == peer)
        && cut(bytes, segment) == lens
}

fn packets() -> impl Strategy<Value = Vec<Packet>> {
    let peers = [
        None,
        Some("127.0.0.1:1".parse().unwrap()),
        Some("127.0.0.1:2".parse().unwrap()),
        Some("[::1]:1".parse().unwrap()),
    ];
    let len = prop_oneof![
        Just(0_usize),
        Just(1),
        Just(100),
        Just(1448),
        Just(9000),
        Just(65_487),
        0..3_usize,
        0..70_000_usize
    ];
    // Equal packets in a row are what there is to group.
    let row = (len, prop::sample::select(peers.to_vec()), 1..200_usize);
    prop::collection::vec(row, 0..8).prop_map(|rows| {
        rows.into_iter()
            .flat_map(|(len, peer, times)| vec![(len, peer); times])
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_are_cut_into_the_packets_and_none_could_be_longer(
        packets in packets(), most in prop::sample::select(vec![1, 2, 64, 128, usize::MAX])
    ) {
        let messages = plan(&packets, most);
        let all: Vec<Packet> = messages.iter().flat_map(|message| message.0.clone()).collect();
        prop_assert_eq!(&all, &packets, "none is lost, and the order is the same");
        for (message, segment) in &messages {
            prop_assert_eq!(segment.map(usize::from), (message.len() > 1).then(|| message[0].0));
            prop_assert!(message.len() == 1 || allowed(message, most), "{message:?}");
        }
        for pair in messages.windows(2) {
            let longer = [&pair[0].0[..], &pair[1].0[..1]].concat();
            prop_assert!(!allowed(&longer, most), "{longer:?} could be one");
        }
    }
}

#[test]
fn a_packet_that_is_to_be_alone_is_joined_by_none() {
    assert_eq!(Run::begin(100, None, true).join(100, None, 128), None);
}
