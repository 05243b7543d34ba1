//! Bursts: which packets go together, and what stays with the caller.

use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use framewell::{Frame, Pool};
use framewell_udp::{Outgoing, Socket};

use crate::net;
use crate::util::{V4, assert_empty, assert_none_out, frames, loopbacks, pattern, pool, socket};

fn burst(pool: &Pool, lens: &[usize], to: SocketAddr) -> Vec<(Frame, SocketAddr)> {
    let frame = |(seed, len): (usize, &usize)| (pool.copy_from(&pattern(*len, seed)).unwrap(), to);
    lens.iter().enumerate().map(frame).collect()
}

#[test]
fn packets_of_one_length_go_as_one_and_arrive_as_they_were() {
    for at in loopbacks() {
        let pool = pool();
        let (mut server, to) = socket(Socket::builder(&pool), at);
        let (mut client, _) = socket(Socket::builder(&pool), at);
        // Four, one of them shorter; two; one alone; an empty one alone; two.
        let lens = [300, 300, 300, 200, 400, 400, 500, 0, 100, 100];
        let mut packets = burst(&pool, &lens, to);
        assert_eq!(client.send_burst(&mut packets).unwrap(), 10);
        assert!(packets.is_empty());
        let stats = client.stats();
        assert_eq!(
            (stats.sent, stats.gso_batches, stats.gso_packets),
            (10, 3, 8)
        );
        for (seed, datagram) in frames(&mut server, 10).iter().enumerate() {
            assert_eq!(*datagram.buffer, *pattern(lens[seed], seed));
        }
        drop((server, client));
        assert_none_out(&pool);
    }
}

#[test]
fn a_long_burst_takes_several_super_datagrams_and_calls() {
    for gso in [true, false] {
        let pool = pool();
        let (mut server, to) = socket(Socket::builder(&pool), V4);
        let (mut client, _) = socket(Socket::builder(&pool).gso(gso), V4);
        let mut packets = burst(&pool, &[64; 150], to);
        assert_eq!(client.send_burst(&mut packets).unwrap(), 150);
        let stats = client.stats();
        assert_eq!(
            (stats.gso_batches, stats.gso_packets),
            if gso { (2, 150) } else { (0, 0) }
        );
        for (seed, datagram) in frames(&mut server, 150).iter().enumerate() {
            assert_eq!(*datagram.buffer, *pattern(64, seed));
        }
        drop((server, client));
        assert_none_out(&pool);
    }
}

#[test]
fn datagrams_go_back_to_their_peers() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), V4);
    let mut clients = [0; 2].map(|_| socket(Socket::builder(&pool), V4).0);
    for (seed, client) in clients.iter_mut().enumerate() {
        client
            .send_burst(&mut vec![(pattern(50, seed), to)])
            .unwrap();
    }
    let mut received = frames(&mut server, 2);
    server.send_burst(&mut received).unwrap();
    for (seed, client) in clients.iter_mut().enumerate() {
        assert_eq!(*frames(client, 1)[0].buffer, *pattern(50, seed));
    }
    drop((server, clients));
    assert_none_out(&pool);
}

#[test]
fn a_super_datagram_that_is_refused_is_sent_one_by_one_and_the_next_is_tried_again() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), V4);
    let (mut client, _) = socket(Socket::builder(&pool), V4);
    client.as_std().connect(to).unwrap();
    let bytes = pattern(3 * 1400, 5);
    set(&client, libc::SOL_SOCKET, libc::SO_NO_CHECK, 1); // EINVAL for super-datagrams
    assert_eq!(client.send_segmented(&bytes, 1400, None).unwrap(), 3);
    assert_eq!(
        (client.stats().fallbacks, client.stats().gso_batches),
        (1, 0)
    );
    assert!(client.gso());
    set(&client, libc::SOL_SOCKET, libc::SO_NO_CHECK, 0);
    assert_eq!(client.send_segmented(&bytes, 1400, None).unwrap(), 3);
    assert_eq!(
        (client.stats().fallbacks, client.stats().gso_batches),
        (1, 1)
    );
    for (datagram, expected) in frames(&mut server, 6)
        .iter()
        .zip(bytes.chunks(1400).cycle())
    {
        assert_eq!(*datagram.buffer, *expected);
    }
    drop((server, client));
    assert_none_out(&pool);
}

#[test]
fn more_packets_than_an_older_kernel_takes_at_once_are_sent_in_smaller_super_datagrams() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), V4);
    let (mut client, _) = socket(Socket::builder(&pool), V4);
    let mut packets = burst(&pool, &[64; 100], to);
    set(&client, libc::SOL_SOCKET, libc::SO_NO_CHECK, 1);
    assert_eq!(client.send_burst(&mut packets).unwrap(), 100);
    // One of 100, then of 64 and of 36, which this socket refuses as well.
    assert_eq!(client.stats().fallbacks, 3);
    set(&client, libc::SOL_SOCKET, libc::SO_NO_CHECK, 0);
    let mut packets = burst(&pool, &[64; 100], to);
    assert_eq!(client.send_burst(&mut packets).unwrap(), 100);
    let stats = client.stats();
    assert_eq!(
        (stats.fallbacks, stats.gso_batches, stats.gso_packets),
        (3, 2, 100)
    );
    for (at, datagram) in frames(&mut server, 200).iter().enumerate() {
        assert_eq!(*datagram.buffer, *pattern(64, at % 100));
    }
    drop((server, client));
    assert_none_out(&pool);
}

#[test]
fn a_socket_that_cut_each_message_sends_packets_as_they_are() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), V4);
    for gso in [true, false] {
        let (client, _) = socket(Socket::builder(&pool), V4);
        set(&client, libc::SOL_UDP, libc::UDP_SEGMENT, 100);
        let mut client = Socket::builder(&pool)
            .gso(gso)
            .over(client.into_inner())
            .unwrap();
        let mut packets = burst(&pool, &[300, 250], to);
        client.send_burst(&mut packets).unwrap();
        let lens: Vec<_> = frames(&mut server, 2)
            .iter()
            .map(|it| it.sent_len)
            .collect();
        assert_eq!(lens, [300, 250]);
        assert_empty(&mut server);
    }
    drop(server);
    assert_none_out(&pool);
}

#[test]
fn segments_longer_than_the_path_takes_are_sent_one_by_one() {
    std::thread::spawn(|| {
        if net::short_path() {
            on_a_short_path();
        }
    })
    .join()
    .unwrap();
}

fn on_a_short_path() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), V4);
    let (mut client, _) = socket(Socket::builder(&pool), V4);
    // The first are too long for a segment, but not for fragments. The others fit.
    let lens = [1400, 1400, 1400, 1200, 1200];
    let mut packets = burst(&pool, &lens, to);
    assert_eq!(client.send_burst(&mut packets).unwrap(), 5);
    let stats = client.stats();
    // The shorter one joined the first run, as its last.
    assert_eq!((stats.sent, stats.fallbacks, stats.gso_batches), (5, 1, 0));
    for (seed, datagram) in frames(&mut server, 5).iter().enumerate() {
        assert_eq!(*datagram.buffer, *pattern(lens[seed], seed));
    }
    let mut packets = burst(&pool, &[1200; 3], to);
    client.send_burst(&mut packets).unwrap();
    assert_eq!(
        (client.stats().fallbacks, client.stats().gso_batches),
        (1, 1)
    );
    drop((frames(&mut server, 3), server, client));
    assert_none_out(&pool);
}

#[test]
fn a_full_socket_keeps_the_rest_for_later() {
    // The thread takes its network with it.
    std::thread::spawn(|| {
        if let Some(nowhere) = net::neighbour_that_does_not_answer() {
            a_full_socket(nowhere);
        }
    })
    .join()
    .unwrap();
}

fn a_full_socket(nowhere: SocketAddr) {
    let pool = pool();
    let builder = Socket::builder(&pool).gso(false).send_buffer(4096);
    let (mut client, _) = socket(builder, "0.0.0.0:0");
    client.as_std().set_nonblocking(true).unwrap();
    // Until the neighbour is known, or given up, packets wait and count as the sender's.
    let mut packets = burst(&pool, &[1400; 40], nowhere);
    let error = client.send_burst(&mut packets).unwrap_err();
    assert!(error.would_block() && error.sent > 0, "{error}");
    assert_eq!(error.sent + packets.len(), 40);
    for (seed, (packet, _)) in (error.sent..).zip(&packets) {
        assert_eq!(**packet, *pattern(1400, seed));
    }
    // They were copied: the frames are free.
    assert_eq!(pool.stats().out, packets.len());
    let error = client.send_burst(&mut packets).unwrap_err();
    assert!(error.would_block() && error.sent == 0, "{error}");
    drop((client, packets));
    assert_none_out(&pool);
}

fn set(socket: &Socket, level: libc::c_int, option: libc::c_int, value: libc::c_int) {
    let at = (&raw const value).cast();
    // SAFETY: the value is an integer of the length given.
    let set = unsafe { libc::setsockopt(socket.as_std().as_raw_fd(), level, option, at, 4) };
    assert_eq!(set, 0);
}

#[test]
fn a_packet_that_is_too_long_stays_and_what_was_before_it_is_sent() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), V4);
    let (mut client, _) = socket(Socket::builder(&pool), V4);
    let lens = [60, 60, 65_508, 60];
    let mut packets: Vec<_> = lens.iter().map(|len| (pattern(*len, 1), to)).collect();
    let error = client.send_burst(&mut packets).unwrap_err();
    assert_eq!(
        (error.sent, error.source.raw_os_error()),
        (2, Some(libc::EMSGSIZE))
    );
    let left: Vec<_> = packets.iter().map(|(packet, _)| packet.len()).collect();
    assert_eq!(left, [65_508, 60], "the one that was refused is the first");
    packets.remove(0);
    assert_eq!(client.send_burst(&mut packets).unwrap(), 1);
    assert_eq!(frames(&mut server, 3).len(), 3);
    assert_empty(&mut server);
    drop((server, client));
    assert_none_out(&pool);
}

/// A packet that panics when it is asked for its bytes, or is dropped.
struct Hostile {
    packet: Frame,
    to: SocketAddr,
    asked: bool,
    dropped: bool,
}

impl Outgoing for Hostile {
    fn bytes(&self) -> &[u8] {
        assert!(!self.asked, "asked");
        &self.packet
    }

    fn peer(&self) -> Option<SocketAddr> {
        Some(self.to)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        assert!(!std::mem::take(&mut self.dropped), "dropped");
    }
}

#[test]
fn a_packet_that_panics_loses_nothing_and_sends_nothing_twice() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), V4);
    let (mut client, _) = socket(Socket::builder(&pool), V4);
    let hostile = |seed| Hostile {
        packet: pool.copy_from(&pattern(80, seed)).unwrap(),
        to,
        asked: false,
        dropped: false,
    };
    let mut packets: Vec<_> = (0..6).map(hostile).collect();
    packets[4].asked = true;
    let told = catch_unwind(AssertUnwindSafe(|| {
        client.send_burst(&mut packets).map_err(drop)
    }));
    assert!(told.is_err());
    assert_eq!(packets.len(), 6, "nothing was sent");
    assert_empty(&mut server);

    packets[4].asked = false;
    packets[2].dropped = true;
    let told = catch_unwind(AssertUnwindSafe(|| {
        client.send_burst(&mut packets).map_err(drop)
    }));
    assert!(told.is_err());
    assert!(packets.is_empty(), "all were sent, and dropped");
    for (seed, datagram) in frames(&mut server, 6).iter().enumerate() {
        assert_eq!(*datagram.buffer, *pattern(80, seed));
    }
    drop((server, client));
    assert_none_out(&pool);
}
