//! What the tests share.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use framewell::{Frame, Pool};
use framewell_udp::{Datagram, Socket, SocketBuilder};

pub(crate) const V4: &str = "127.0.0.1:0";
pub(crate) const V6: &str = "[::1]:0";

pub(crate) fn pool() -> Pool {
    Pool::builder().frames(512).build().unwrap()
}

/// Returns a socket, and its address. A receive that nothing comes to fails after a minute.
pub(crate) fn socket(builder: SocketBuilder, at: &str) -> (Socket, SocketAddr) {
    let socket = builder.bind(at).unwrap();
    let minute = Duration::from_secs(60);
    socket.as_std().set_read_timeout(Some(minute)).unwrap();
    let here = socket.as_std().local_addr().unwrap();
    (socket, here)
}

/// The addresses that this machine has: a machine may be without IPv6.
pub(crate) fn loopbacks() -> Vec<&'static str> {
    match UdpSocket::bind(V6) {
        Ok(_) => vec![V4, V6],
        Err(error) => {
            not_run(&format!("IPv6: {error}"));
            vec![V4]
        }
    }
}

/// Says which check this machine could not make. With `FRAMEWELL_STRICT=1` that is a failure.
#[track_caller]
pub(crate) fn not_run(what: &str) {
    let strict = std::env::var_os("FRAMEWELL_STRICT").is_some_and(|set| set == "1");
    assert!(!strict, "FRAMEWELL_STRICT=1 wants {what}");
    eprintln!("not run: {what}");
}

/// Bytes that differ from packet to packet and within one.
pub(crate) fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at.wrapping_mul(31) ^ (at >> 8) ^ seed.wrapping_mul(97)) as u8)
        .collect()
}

/// Receives into frames until there are so many datagrams.
pub(crate) fn frames(socket: &mut Socket, n: usize) -> Vec<Datagram<Frame>> {
    let mut received = Vec::new();
    while received.len() < n {
        let missing = n - received.len();
        socket.recv_burst(&mut received, missing).unwrap();
    }
    received
}

/// Receives one buffer for merged datagrams.
#[cfg(target_os = "linux")]
pub(crate) fn one_merged(socket: &mut Socket) -> Datagram<framewell::VarBuf> {
    let mut received = Vec::new();
    assert_eq!(socket.recv_merged(&mut received, 1).unwrap(), 1);
    received.remove(0)
}

/// Checks that nothing is queued.
#[track_caller]
pub(crate) fn assert_empty(socket: &mut Socket) {
    socket.as_std().set_nonblocking(true).unwrap();
    let error = socket.recv_burst(&mut Vec::new(), 1).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    socket.as_std().set_nonblocking(false).unwrap();
}

/// Checks that the pool has all of its buffers.
#[track_caller]
pub(crate) fn assert_none_out(pool: &Pool) {
    let stats = pool.stats();
    let alloc = stats.alloc.as_ref().map_or(0, |alloc| alloc.out);
    assert_eq!((stats.out, alloc), (0, 0), "{stats}");
}
