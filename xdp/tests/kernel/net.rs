//! A network of one's own, and packets in it.

use std::fs;
use std::io;
use std::net::UdpSocket;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use framewell::{Burst, Pool};
use framewell_xdp::{Interface, Ready, Redirect, Socket, SocketStats, Umem};

/// The bytes of the Ethernet, IPv4 and UDP headers.
pub(crate) const HEADERS: usize = 14 + 20 + 8;

/// Whoever holds this is the only test that runs: a child of a test would have others' sockets.
static PROCESS: Mutex<()> = Mutex::new(());

/// Runs a test in a network namespace of its own, on a thread of its own, while no other test runs.
///
/// Tests start programs. Until such a program has begun, its process has a copy of every socket,
/// and the frames of a socket that another test drops meanwhile may stay lent for longer than the
/// drop waits.
pub(crate) fn isolated(what: &str, test: impl FnOnce() + Send) {
    let _alone = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
    in_namespace(what, test);
}

fn in_namespace(what: &str, test: impl FnOnce() + Send) {
    let run = || {
        // SAFETY: the call takes no pointer, and concerns this thread alone.
        if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
            return lacking(&format!("{what}: {}", io::Error::last_os_error()));
        }
        if Command::new("ip").arg("-V").output().is_err() {
            return lacking(&format!("{what}: no ip (package iproute2)"));
        }
        // Packets of the kernel's own accord would disturb the counts.
        let _ = fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
        let _ = fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
        ip("link set lo up");
        test();
    };
    thread::scope(|scope| {
        let ended = scope.spawn(run).join();
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Says which check this machine could not make. With `FRAMEWELL_STRICT=1` that is a failure.
#[track_caller]
pub(crate) fn lacking(what: &str) {
    let strict = std::env::var_os("FRAMEWELL_STRICT").is_some_and(|value| value == "1");
    assert!(!strict, "FRAMEWELL_STRICT=1 wants {what}");
    eprintln!("not run: {what}");
}

/// Calls `ip` in the namespace of this thread.
#[track_caller]
pub(crate) fn ip(arguments: &str) {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success(), "ip {arguments}: {output:?}");
}

/// Makes a virtual Ethernet pair, with one queue a side. Each side's hardware address ends with the
/// number given.
pub(crate) fn veth(near: (&str, u8), far: (&str, u8), mtu: usize) {
    veth_of(1, near, far, mtu);
}

/// Does what [`veth`] does, with so many queues a side. What one side sends by a queue comes in by
/// the same queue of the other side.
pub(crate) fn veth_of(
    queues: usize,
    (near, near_mac): (&str, u8),
    (far, far_mac): (&str, u8),
    mtu: usize,
) {
    let queues = format!("numtxqueues {queues} numrxqueues {queues}");
    ip(&format!(
        "link add name {near} mtu {mtu} {queues} address 02:00:00:00:00:{near_mac:02x} type veth peer \
         name {far} mtu {mtu} {queues} address 02:00:00:00:00:{far_mac:02x}"
    ));
    ip(&format!("link set dev {near} up"));
    ip(&format!("link set dev {far} up"));
}

/// Returns the kernel's UDP at 10.0.`net`.1 on an interface, which sends to 10.0.`net`.2 by this
/// hardware address.
pub(crate) fn peer(interface: &str, net: u8, mac: u8) -> UdpSocket {
    address(interface, net, mac);
    udp(net)
}

/// Gives an interface the address 10.0.`net`.1, from which 10.0.`net`.2 has this hardware address.
pub(crate) fn address(interface: &str, net: u8, mac: u8) {
    ip(&format!("addr add 10.0.{net}.1/24 dev {interface}"));
    ip(&format!(
        "neigh replace 10.0.{net}.2 lladdr 02:00:00:00:00:{mac:02x} dev {interface} nud permanent"
    ));
}

/// Returns the kernel's UDP at 10.0.`net`.1, which sends to 10.0.`net`.2. Its packets have no
/// checksum, which nobody has to correct then.
pub(crate) fn udp(net: u8) -> UdpSocket {
    let socket = UdpSocket::bind((format!("10.0.{net}.1"), 4000)).unwrap();
    socket.connect((format!("10.0.{net}.2"), 4000)).unwrap();
    set(&socket, libc::SO_NO_CHECK, 1);
    set(&socket, libc::SO_RCVBUFFORCE, 8 << 20);
    set(&socket, libc::SO_SNDBUFFORCE, 8 << 20);
    // A packet that lies in the pair holds room of the sender's, for ever if nobody takes it.
    let patience = Some(Duration::from_secs(10));
    socket.set_write_timeout(patience).unwrap();
    socket.set_read_timeout(patience).unwrap();
    socket
}

fn set(socket: &impl AsRawFd, option: libc::c_int, value: libc::c_int) {
    let len = size_of_val(&value) as libc::socklen_t;
    let at = (&raw const value).cast();
    // SAFETY: the value is valid for the length given.
    let set = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, at, len) };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
}

/// What comes in on an interface, as the network stack sees it: whole packets.
pub(crate) struct Tap(OwnedFd);

impl Tap {
    pub(crate) fn on(interface: &str) -> Self {
        let every = (libc::ETH_P_IP as u16).to_be();
        // SAFETY: the call takes no pointer.
        let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW, every.into()) };
        assert!(fd >= 0, "{}", io::Error::last_os_error());
        // SAFETY: the descriptor was made just now.
        let tap = Self(unsafe { OwnedFd::from_raw_fd(fd) });
        // SAFETY: a structure of integers.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = every;
        address.sll_ifindex = Interface::named(interface).unwrap().index() as i32;
        let len = size_of_val(&address) as libc::socklen_t;
        // SAFETY: the address is valid for the length given.
        let bound = unsafe { libc::bind(fd, (&raw const address).cast(), len) };
        assert_eq!(bound, 0, "{}", io::Error::last_os_error());
        set(&tap.0, libc::SO_RCVBUFFORCE, 8 << 20);
        tap
    }

    /// Returns the next packet that came in, or `None` if there is none for so long.
    pub(crate) fn next(&self, patience: Duration) -> Option<Vec<u8>> {
        let mut wait = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: there is one `pollfd`.
        if unsafe { libc::poll(&mut wait, 1, patience.as_millis() as i32) } != 1 {
            return None;
        }
        let mut packet = vec![0; 10_000];
        let (at, len) = (packet.as_mut_ptr().cast(), packet.len());
        // SAFETY: there is room for so many bytes.
        let n = unsafe { libc::recv(self.0.as_raw_fd(), at, len, 0) };
        packet.truncate(usize::try_from(n).unwrap());
        Some(packet)
    }
}

/// A pool whose frames are chunks of this size, with what the kernel leaves as their headroom.
pub(crate) fn pool(frames: usize, stride: usize) -> Pool {
    let builder = Pool::builder().frames(frames).stride(stride);
    builder.headroom(256).payload(stride - 256).build().unwrap()
}

/// A socket on queue 0 of an interface, and the program that redirects to it.
pub(crate) fn bound(umem: &Umem, name: &str) -> (Socket, Redirect) {
    let interface = Interface::named(name).unwrap();
    let socket = Socket::builder(umem, &interface, 0).bind().unwrap();
    let program = Redirect::attach(&interface).unwrap();
    program.enter(&socket).unwrap();
    (socket, program)
}

/// The payload of packet `number`, of so many bytes: each byte depends on the number and its place.
pub(crate) fn payload(number: u64, len: usize) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.resize_with(len, || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    });
    bytes.truncate(len);
    bytes
}

/// Turns a UDP packet round: its addresses and ports change places. It returns false for any other
/// packet.
pub(crate) fn turn_round(packet: &mut [u8]) -> bool {
    if packet.len() < HEADERS || packet[12..14] != [8, 0] || packet[23] != 17 {
        return false;
    }
    for (from, to, len) in [(0, 6, 6), (26, 30, 4), (34, 36, 2)] {
        let (before, behind) = packet.split_at_mut(to);
        before[from..from + len].swap_with_slice(&mut behind[..len]);
    }
    true
}

/// Calls something until it says that it is done. It fails after so long that no machine takes so
/// long.
#[track_caller]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
    }
}

/// One round of a reflector; returns how many packets were turned round.
pub(crate) fn reflect(socket: &mut Socket, burst: &mut Burst<32>) -> usize {
    socket.fill(usize::MAX);
    if socket.receive(burst) == 0 {
        socket
            .poll(Ready::Receive, Duration::from_millis(1))
            .unwrap();
    }
    burst.retain(|frame| turn_round(frame));
    let sent = socket.send(burst).unwrap();
    assert!(burst.is_empty(), "the TX ring has room");
    socket.complete();
    sent
}

/// Has the kernel complete all that was posted.
#[track_caller]
pub(crate) fn drain(socket: &mut Socket) {
    until("all is completed", || {
        socket.wake().unwrap();
        socket.complete();
        socket.stats().unwrap().tx_lent == 0
    });
}

/// Checks that the counts of a socket add up.
#[track_caller]
pub(crate) fn assert_balanced(stats: &SocketStats) {
    let lent = stats.rx_lent as u64;
    assert_eq!(
        stats.filled,
        stats.received + stats.dropped + lent,
        "{stats}"
    );
    assert_eq!(
        stats.posted,
        stats.completed + stats.tx_lent as u64,
        "{stats}"
    );
    assert_eq!(
        (
            stats.invalid,
            stats.kernel.rx_invalid,
            stats.kernel.tx_invalid
        ),
        (0, 0, 0),
        "{stats}"
    );
}

/// Checks that all frames are free.
#[track_caller]
pub(crate) fn assert_whole(pool: &Pool) {
    let stats = pool.stats();
    assert_eq!((stats.out, stats.free), (0, stats.capacity), "{stats}");
}
