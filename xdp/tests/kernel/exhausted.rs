//! A pool that runs dry: packets are dropped, the socket goes on, and comes back.

use framewell::{Burst, Frame};
use framewell_xdp::Umem;

use super::net::*;

#[test]
fn a_socket_receives_on_a_dry_pool_and_comes_back_after_it() {
    isolated("a dry pool", || {
        let pool = pool(64, 2048);
        let umem = Umem::new(&pool).unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let peer = peer("a", 0, 2);
        let (mut socket, _program) = bound(&umem, "b");
        let mut burst: Burst<32> = Burst::new();
        let mut number = 0;
        for round in 1..=3 {
            assert_eq!(socket.fill(8), 8);
            let held: Vec<Frame> = std::iter::from_fn(|| pool.get(0).ok()).collect();
            assert_eq!(held.len(), 64 - 8);
            let dry = socket.stats().unwrap().dry;
            assert_eq!(socket.fill(8), 0);
            assert_eq!(socket.stats().unwrap().dry, dry + 1);
            // Sixteen packets for eight frames: the first eight come, with no frame free anywhere.
            for _ in 0..16 {
                peer.send(&payload(number, 200)).unwrap();
                number += 1;
            }
            until("the others are dropped", || {
                socket.receive(&mut burst);
                socket.stats().unwrap().kernel.rx_dropped == 8 * round && burst.len() == 8
            });
            for (at, frame) in burst.iter().enumerate() {
                assert_eq!(frame[HEADERS..], payload(number - 16 + at as u64, 200));
            }
            assert_eq!(socket.receive(&mut burst), 0);
            burst.clear();
            drop(held);
        }
        let stats = socket.stats().unwrap();
        assert_balanced(&stats);
        assert_eq!((stats.received, stats.rx_lent), (24, 0));
        drop(socket);
        assert_whole(&pool);
    });
}

#[test]
fn a_full_completion_ring_holds_sending_up_until_it_is_read() {
    isolated("a full completion ring", || {
        let pool = pool(256, 2048);
        let umem = Umem::new(&pool).unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let interface = framewell_xdp::Interface::named("b").unwrap();
        let builder = framewell_xdp::Socket::builder(&umem, &interface, 0);
        let mut socket = builder.tx_ring(64).completion_ring(16).bind().unwrap();
        let mut burst: Burst<64> = Burst::new();
        for number in 0..64 {
            burst
                .push(pool.copy_from(&payload(number, 100)).unwrap())
                .unwrap();
        }
        assert_eq!(socket.send(&mut burst).unwrap(), 64);
        let mut completed = 0;
        until("all are completed", || {
            let n = socket.complete();
            assert!(n <= 16, "{n} at once");
            completed += n;
            socket.wake().unwrap();
            completed == 64
        });
        assert_balanced(&socket.stats().unwrap());
        drop(socket);
        assert_whole(&pool);
    });
}
