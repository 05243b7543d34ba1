//! Any burst arrives as it was.

use framewell_udp::{Datagram, Socket};
use proptest::prelude::*;

use crate::util::{V4, assert_none_out, pattern, pool, socket};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_burst_arrives_as_it_was(
        gso in any::<bool>(),
        gro in any::<bool>(),
        rows in prop::collection::vec((0..1501_usize, 1..7_usize), 1..6),
        asked in 1..64_usize,
    ) {
        let pool = pool();
        let lens: Vec<usize> =
            rows.iter().flat_map(|(len, times)| vec![*len; *times]).collect();
        let (mut server, to) = socket(Socket::builder(&pool).gro(gro), V4);
        let (mut client, _) = socket(Socket::builder(&pool).gso(gso), V4);
        let mut burst = Vec::new();
        for (seed, len) in lens.iter().enumerate() {
            burst.push((pool.copy_from(&pattern(*len, seed)).unwrap(), to));
        }
        prop_assert_eq!(client.send_burst(&mut burst).unwrap(), lens.len());

        let mut packets = Vec::new();
        while packets.len() < lens.len() {
            let mut received = Vec::new();
            server.recv_merged(&mut received, asked).unwrap();
            packets.extend(received.into_iter().flat_map(|it| Datagram::segments(it).unwrap()));
        }
        prop_assert_eq!(packets.len(), lens.len());
        for (seed, (packet, len)) in packets.iter().zip(&lens).enumerate() {
            prop_assert_eq!(&packet[..], &pattern(*len, seed)[..]);
        }
        drop((packets, server, client));
        assert_none_out(&pool);
    }
}
