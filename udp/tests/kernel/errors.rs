//! Errors of the kernel: nothing is lost by them.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use framewell_udp::Socket;

use crate::util::{V4, assert_none_out, frames, pattern, pool, socket};

/// Returns a socket that is connected to a port where nobody is, with an error pending.
fn refused(pool: &framewell::Pool) -> (Socket, UdpSocket, std::net::SocketAddr) {
    let (socket, here) = socket(Socket::builder(pool), V4);
    let peer = UdpSocket::bind(V4).unwrap();
    let there = peer.local_addr().unwrap();
    socket.as_std().connect(there).unwrap();
    peer.send_to(&pattern(90, 1), here).unwrap();
    drop(peer);
    socket.as_std().send(b"to nobody").unwrap();
    let mut wait = libc::pollfd {
        fd: socket.as_std().as_raw_fd(),
        events: 0,
        revents: 0,
    };
    // SAFETY: there is one `pollfd`. Errors are told of, also unasked.
    assert_eq!(unsafe { libc::poll(&mut wait, 1, 60_000) }, 1);
    let peer = UdpSocket::bind(there).unwrap();
    (socket, peer, here)
}

#[test]
fn an_error_that_is_pending_comes_before_the_datagrams_and_loses_none() {
    let pool = pool();
    let (mut socket, peer, here) = refused(&pool);
    peer.send_to(&pattern(90, 2), here).unwrap();
    let mut received = Vec::new();
    let error = socket.recv_burst(&mut received, 8).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(received.is_empty());
    for (seed, datagram) in (1..).zip(frames(&mut socket, 2)) {
        assert_eq!(*datagram.buffer, *pattern(90, seed));
    }
    drop(socket);
    assert_none_out(&pool);
}

#[test]
fn an_error_that_is_pending_comes_before_the_packets_and_sends_none() {
    let pool = pool();
    let (mut socket, peer, _) = refused(&pool);
    let mut packets: Vec<_> = (0..5)
        .map(|seed| (pool.copy_from(&pattern(70, seed)).unwrap(), None))
        .collect();
    let error = socket.send_burst(&mut packets).unwrap_err();
    assert_eq!(
        (error.sent, error.source.kind()),
        (0, ErrorKind::ConnectionRefused)
    );
    assert_eq!(packets.len(), 5);
    assert_eq!(socket.send_burst(&mut packets).unwrap(), 5);
    let mut bytes = [0; 100];
    for seed in 0..5 {
        let len = peer.recv(&mut bytes).unwrap();
        assert_eq!(bytes[..len], *pattern(70, seed));
    }
    drop(socket);
    assert_none_out(&pool);
}
