//! Two interfaces, one pool: a packet that comes in by one goes out by the other, in its frame.

use std::time::Duration;

use framewell::Burst;
use framewell_xdp::{Interface, Ready, Redirect, Socket, Umem};

use super::net::*;

/// Sends packets from one pair to the other, through both sockets.
fn forward(from: &mut Socket, to: &mut Socket) {
    let peer = peer("a", 0, 2);
    let tap = Tap::on("d");
    let mut burst: Burst<32> = Burst::new();
    for window in 0..40_u64 {
        from.fill(usize::MAX);
        for number in window * 32..(window + 1) * 32 {
            peer.send(&payload(number, 1400)).unwrap();
        }
        let mut passed = 0;
        until("the window passes", || {
            from.fill(usize::MAX);
            if from.receive(&mut burst) == 0 {
                from.poll(Ready::Receive, Duration::from_millis(1)).unwrap();
            }
            passed += to.send(&mut burst).unwrap();
            to.complete();
            passed >= 32
        });
        for number in window * 32..(window + 1) * 32 {
            let packet = tap.next(Duration::from_secs(10)).expect("it comes out");
            assert_eq!(packet[HEADERS..], payload(number, 1400), "packet {number}");
        }
    }
    drain(to);
    for socket in [&*from, &*to] {
        assert_balanced(&socket.stats().unwrap());
    }
    assert_eq!(
        from.stats().unwrap().received,
        to.stats().unwrap().completed
    );
}

fn redirected(socket: &Socket) -> Redirect {
    let program = Redirect::attach(socket.interface()).unwrap();
    program.enter(socket).unwrap();
    program
}

#[test]
fn two_sockets_that_each_register_the_pool_forward() {
    isolated("a forwarder", || {
        veth(("a", 1), ("b", 2), 1500);
        veth(("c", 3), ("d", 4), 1500);
        let pool = pool(1024, 2112);
        let umem = Umem::new(&pool).unwrap();
        let [mut from, mut to] = ["b", "c"].map(|name| {
            let interface = Interface::named(name).unwrap();
            Socket::builder(&umem, &interface, 0).bind().unwrap()
        });
        let _program = redirected(&from);
        forward(&mut from, &mut to);
        drop((from, to));
        assert_whole(&pool);
    });
}

#[test]
fn two_sockets_that_share_a_registration_forward() {
    isolated("a forwarder", || {
        veth(("a", 1), ("b", 2), 1500);
        veth(("c", 3), ("d", 4), 1500);
        let pool = pool(1024, 2048);
        let umem = Umem::new(&pool).unwrap();
        let [b, c] = ["b", "c"].map(|name| Interface::named(name).unwrap());
        let mut to = Socket::builder(&umem, &c, 0).bind().unwrap();
        let mut from = Socket::builder(&umem, &b, 0).share(&to).bind().unwrap();
        let _program = redirected(&from);
        forward(&mut from, &mut to);
        // The one that registered goes first. The other one still receives.
        drop(to);
        let mut burst: Burst<32> = Burst::new();
        from.fill(usize::MAX);
        until("a packet is received", || {
            std::net::UdpSocket::bind("10.0.0.1:0")
                .and_then(|peer| peer.send_to(b"more", "10.0.0.2:4000"))
                .unwrap();
            from.receive(&mut burst) > 0
        });
        drop(burst);
        drop(from);
        assert_whole(&pool);
    });
}

#[test]
fn a_registration_is_shared_with_a_socket_of_the_same_memory_only() {
    isolated("two memories", || {
        veth(("a", 1), ("b", 2), 1500);
        let [one, other] = [2048, 2048].map(|stride| Umem::new(&pool(64, stride)).unwrap());
        let [a, b] = ["a", "b"].map(|name| Interface::named(name).unwrap());
        let socket = Socket::builder(&one, &a, 0).bind().unwrap();
        let refused = Socket::builder(&other, &b, 0)
            .share(&socket)
            .bind()
            .unwrap_err();
        assert!(
            matches!(refused, framewell_xdp::Error::OtherUmem),
            "{refused}"
        );
    });
}
