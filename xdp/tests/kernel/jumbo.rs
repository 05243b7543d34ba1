//! Packets of several frames.

use std::time::Duration;

use framewell_xdp::{Interface, Packets, Ready, Redirect, SendReason, Socket, Umem, Unsendable};

use super::net::*;

/// A payload that makes a packet of 9,000 bytes above the Ethernet header.
const LARGE: usize = 9000 - 28;

fn jumbo(umem: &Umem) -> (Socket, Redirect) {
    let interface = Interface::named("b").unwrap();
    let socket = Socket::builder(umem, &interface, 0)
        .multi_buffer(true)
        .bind()
        .unwrap();
    let program = Redirect::builder(&interface)
        .multi_buffer(true)
        .attach()
        .unwrap();
    program.enter(&socket).unwrap();
    (socket, program)
}

fn echo(stride: usize, frames_each: usize) {
    let pool = pool(1024, stride);
    let umem = Umem::new(&pool).unwrap();
    veth(("a", 1), ("b", 2), 9000);
    let peer = peer("a", 0, 2);
    let (mut socket, _program) = jumbo(&umem);
    let mut packets: Packets<64> = Packets::new();
    let mut received = vec![0; 10_000];
    for window in 0..40_u64 {
        // Every third packet fits into one frame.
        let len = |number: u64| if number % 3 == 0 { 60 } else { LARGE };
        let numbers = window * 16..(window + 1) * 16;
        socket.fill(usize::MAX);
        for number in numbers.clone() {
            peer.send(&payload(number, len(number))).unwrap();
        }
        let mut turned = 0;
        until("the window is turned round", || {
            socket.fill(usize::MAX);
            if socket.receive_packets(&mut packets) == 0 {
                socket
                    .poll(Ready::Receive, Duration::from_millis(1))
                    .unwrap();
            }
            let firsts: Vec<usize> = packets
                .iter()
                .scan(0, |at, packet| {
                    Some(std::mem::replace(at, *at + packet.len()))
                })
                .collect();
            for packet in packets.iter().filter(|packet| packet.len() > 1) {
                assert_eq!(packet.len(), frames_each);
            }
            for first in firsts {
                assert!(turn_round(&mut packets.frames_mut()[first]));
            }
            turned += socket.send_packets(&mut packets).unwrap();
            socket.complete();
            turned >= 16 && packets.is_empty()
        });
        for number in numbers {
            let n = peer.recv(&mut received).unwrap();
            assert_eq!(
                received[..n],
                payload(number, len(number)),
                "packet {number}"
            );
        }
    }
    drain(&mut socket);
    assert_balanced(&socket.stats().unwrap());
    drop(socket);
    assert_whole(&pool);
}

#[test]
fn packets_of_9000_bytes_come_back_in_frames_of_2048() {
    isolated("large packets", || echo(2048, 6));
}

#[test]
fn packets_of_9000_bytes_come_back_in_frames_of_4096() {
    isolated("large packets", || echo(4096, 3));
}

#[test]
fn a_packet_with_more_frames_than_there_is_room_for_is_dropped_and_counted() {
    isolated("large packets", || {
        let pool = pool(256, 2048);
        let umem = Umem::new(&pool).unwrap();
        veth(("a", 1), ("b", 2), 9000);
        let peer = peer("a", 0, 2);
        let (mut socket, _program) = jumbo(&umem);
        socket.fill(128);
        let mut packets: Packets<4> = Packets::new();
        for number in 0..3 {
            peer.send(&payload(number, if number == 1 { 60 } else { LARGE }))
                .unwrap();
        }
        until("the small one comes", || {
            socket.receive_packets(&mut packets);
            socket.stats().unwrap().dropped == 12
        });
        assert_eq!(packets.len(), 1);
        assert_eq!(packets.frames_mut()[0][HEADERS..], payload(1, 60));
        // A call that takes packets of one frame passes over the others as well.
        let mut burst: framewell::Burst<4> = framewell::Burst::new();
        for number in 3..6 {
            peer.send(&payload(number, if number == 4 { 60 } else { LARGE }))
                .unwrap();
        }
        until("the small one comes", || {
            socket.receive(&mut burst);
            socket.stats().unwrap().dropped == 24
        });
        assert_eq!(burst[0][HEADERS..], payload(4, 60));
        assert_balanced(&socket.stats().unwrap());
        drop(packets);
        drop(burst);
        drop(socket);
        assert_whole(&pool);
    });
}

#[test]
fn a_packet_of_several_frames_is_refused_where_it_cannot_be_sent() {
    isolated("large packets", || {
        let pool = pool(256, 2048);
        let umem = Umem::new(&pool).unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let interface = Interface::named("b").unwrap();
        let mut socket = Socket::builder(&umem, &interface, 0).bind().unwrap();
        let frame = || pool.copy_from(&[1; 60]).unwrap();
        let mut packets: Packets<64> = Packets::new();
        packets.push([frame()]).unwrap();
        packets.push([frame(), frame()]).unwrap();
        let refused = socket.send_packets(&mut packets).unwrap_err();
        assert!(matches!(
            refused.reason,
            SendReason::Packet(Unsendable::SeveralFrames)
        ));
        assert_eq!((refused.posted, packets.len(), packets.room()), (1, 1, 62));
        drop(socket);
        let (mut socket, _program) = jumbo(&umem);
        packets.clear();
        packets.push([(); 19].map(|()| frame())).unwrap();
        let refused = socket.send_packets(&mut packets).unwrap_err();
        let (frames, limit) = (19, 18);
        let reason = Unsendable::TooManyFrames { frames, limit };
        assert!(matches!(refused.reason, SendReason::Packet(found) if found == reason));
        packets.clear();
        packets.push([(); 18].map(|()| frame())).unwrap();
        let tap = Tap::on("a");
        assert_eq!(socket.send_packets(&mut packets).unwrap(), 1);
        let _ = tap;
        drain(&mut socket);
        assert_eq!(socket.stats().unwrap().kernel.tx_invalid, 0);
        drop(socket);
        assert_whole(&pool);
    });
}
