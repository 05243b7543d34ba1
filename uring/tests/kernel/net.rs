//! Sockets, payloads and waits.

use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use framewell::Pool;
use framewell_uring::{Event, Ring};

/// Says which check this machine could not make. With `FRAMEWELL_STRICT=1` that is a failure.
#[track_caller]
pub(crate) fn lacking(what: &str) {
    let strict = std::env::var_os("FRAMEWELL_STRICT").is_some_and(|value| value == "1");
    assert!(!strict, "FRAMEWELL_STRICT=1 wants {what}");
    eprintln!("not run: {what}");
}

/// Runs a test in a network namespace of its own, on a thread of its own.
pub(crate) fn in_namespace(what: &str, test: impl FnOnce() + Send) {
    let run = || {
        // SAFETY: the call takes no pointer, and concerns this thread alone.
        if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
            return lacking(&format!("{what}: {}", io::Error::last_os_error()));
        }
        if Command::new("ip").arg("-V").output().is_err() {
            return lacking(&format!("{what}: no ip (package iproute2)"));
        }
        ip("link set lo up");
        test();
    };
    on_a_thread(run);
}

/// Runs something on a thread of its own, to its end.
pub(crate) fn on_a_thread<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        scope
            .spawn(run)
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
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

/// Returns two sockets of UDP that are connected to each other.
pub(crate) fn pair() -> (UdpSocket, UdpSocket) {
    let near = UdpSocket::bind("127.0.0.1:0").unwrap();
    let far = UdpSocket::bind("127.0.0.1:0").unwrap();
    near.connect(far.local_addr().unwrap()).unwrap();
    far.connect(near.local_addr().unwrap()).unwrap();
    far.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    (near, far)
}

/// Returns two ends of a TCP connection.
pub(crate) fn streams() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let far = listener.accept().unwrap().0;
    far.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    (near, far)
}

/// Sets an option of a socket.
#[track_caller]
pub(crate) fn set(socket: &impl AsRawFd, level: libc::c_int, option: libc::c_int, value: i32) {
    let len = size_of_val(&value) as libc::socklen_t;
    let at = (&raw const value).cast();
    // SAFETY: the value is valid for the length given.
    let set = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, at, len) };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
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

/// Returns the number of a payload.
pub(crate) fn number_of(payload: &[u8]) -> u64 {
    u64::from_le_bytes(*payload.first_chunk().unwrap())
}

/// Gives events to a function until it says that it is done. It fails after so long that no machine
/// takes so long.
#[track_caller]
pub(crate) fn events(ring: &mut Ring, what: &str, mut done: impl FnMut(&mut Ring, Event) -> bool) {
    let start = Instant::now();
    loop {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{what}: {}",
            ring.stats()
        );
        ring.wait(1, Some(Duration::from_millis(50))).unwrap();
        while let Some(event) = ring.next_event() {
            if done(ring, event) {
                return;
            }
        }
    }
}

/// Calls something until it says that it is done. It fails after so long that no machine takes so
/// long.
#[track_caller]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Checks that all buffers are free, and that nothing came that names none.
#[track_caller]
pub(crate) fn assert_whole(pool: &Pool) {
    let stats = pool.stats();
    assert_eq!((stats.out, stats.free), (0, stats.capacity), "{stats}");
    let bufs: usize = stats.borrowers.iter().map(|borrower| borrower.bufs).sum();
    assert_eq!((bufs, stats.misuses), (0, 0), "{stats}");
    let alloc = stats.alloc.unwrap_or_default();
    assert_eq!((alloc.out, alloc.large), (0, 0), "{alloc:?}");
}

/// Closes a ring after whose traffic nothing is with the kernel but what the groups have, and
/// checks that all buffers are free then.
#[track_caller]
pub(crate) fn close(ring: Ring, pool: &Pool) {
    let stats = ring.stats();
    assert_eq!(stats.invalid, 0, "{stats}");
    assert_eq!(ring.close(Duration::from_secs(30)), 0);
    assert_whole(pool);
}
