//! The end of a socket, in the middle of traffic: the kernel writes to no frame that is free.

// These are no part of the crate's protocols.
#![allow(clippy::disallowed_types)]

use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use framewell::{Burst, Frame, Pool};
use framewell_xdp::{Interface, Ready, Socket, Umem};

use super::net::*;

/// Runs something while the kernel sends packets, and gives it the count of those that were sent.
fn under_fire(run: impl FnOnce(&AtomicU64)) {
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let peer = peer("a", 0, 2);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                // An error is that there is no room for a moment, or no interface any more.
                if peer.send(&[0xAA; 1000]).is_err() {
                    thread::yield_now();
                }
                sent.fetch_add(1, Ordering::Relaxed);
            }
        });
        let ended = catch_unwind(AssertUnwindSafe(|| run(&sent)));
        stop.store(true, Ordering::Relaxed);
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Takes every frame that is free, writes to all of it, lets thousands of packets come, and checks
/// that nobody else has written there. Returns how many frames there were.
fn assert_unwritten(pool: &Pool, sent: &AtomicU64) -> usize {
    let mut frames: Vec<Frame> = std::iter::from_fn(|| pool.get(usize::MAX).ok()).collect();
    for frame in &mut frames {
        let headroom = frame.headroom();
        frame.push(headroom).unwrap();
        frame.fill(0x55);
    }
    let start = sent.load(Ordering::Relaxed);
    until("packets are sent", || {
        thread::yield_now();
        sent.load(Ordering::Relaxed) > start + 3000
    });
    for frame in &frames {
        let intact = frame.iter().all(|byte| *byte == 0x55);
        assert!(intact, "somebody wrote to {frame:?}");
    }
    frames.len()
}

/// Has the socket receive, until it has had so many packets, and be in the middle of it.
fn in_traffic(socket: &mut Socket, packets: usize) {
    let mut burst: Burst<32> = Burst::new();
    let mut received = 0;
    until("packets come", || {
        socket.fill(usize::MAX);
        received += socket.receive(&mut burst);
        // What is sent last is not completed.
        socket.complete();
        burst.truncate(8);
        socket.send(&mut burst).unwrap();
        burst.clear();
        received >= packets
    });
}

#[test]
fn nobody_writes_to_frames_of_a_socket_that_was_dropped_in_traffic() {
    isolated("teardown", || {
        veth(("a", 1), ("b", 2), 1500);
        let pool = pool(512, 2048);
        let umem = Umem::new(&pool).unwrap();
        under_fire(|sent| {
            for _ in 0..3 {
                let (mut socket, _program) = bound(&umem, "b");
                in_traffic(&mut socket, 1000);
                drop(socket);
                assert_eq!(assert_unwritten(&pool, sent), 512);
                assert_whole(&pool);
            }
        });
    });
}

#[test]
fn a_panic_ends_a_socket_as_a_drop_does() {
    isolated("teardown", || {
        veth(("a", 1), ("b", 2), 1500);
        let pool = pool(512, 2112);
        let umem = Umem::new(&pool).unwrap();
        under_fire(|sent| {
            let ended = catch_unwind(AssertUnwindSafe(|| {
                let (mut socket, _program) = bound(&umem, "b");
                in_traffic(&mut socket, 500);
                std::panic::panic_any(7);
            }));
            assert_eq!(ended.unwrap_err().downcast_ref(), Some(&7));
            assert_eq!(assert_unwritten(&pool, sent), 512);
            assert_whole(&pool);
        });
    });
}

/// A forked child, which lives until this is dropped.
struct Child(libc::pid_t);

impl Child {
    /// Forks a child that has a copy of every descriptor.
    fn with_descriptors() -> Self {
        Self::forked(|| {})
    }

    /// Forks a child that has closed every descriptor, and has all memory that it was not denied.
    fn with_memory() -> Self {
        Self::forked(|| {
            // SAFETY: the child owns all its descriptors, and uses none.
            unsafe { libc::syscall(libc::SYS_close_range, 0, libc::c_uint::MAX, 0) };
        })
    }

    fn forked(first: impl FnOnce()) -> Self {
        // SAFETY: the child calls only functions that may be called after a fork.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            first();
            loop {
                // SAFETY: the process waits for its end, and does nothing.
                unsafe { libc::pause() };
            }
        }
        Self(child)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: the child is this process's own, and was not waited for.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        // SAFETY: as above; the status is not asked for.
        unsafe { libc::waitpid(self.0, std::ptr::null_mut(), 0) };
    }
}

#[test]
fn frames_stay_lent_while_a_child_has_the_socket() {
    isolated("a forked child", || {
        veth(("a", 1), ("b", 2), 1500);
        let pool = pool(256, 2048);
        let umem = Umem::new(&pool).unwrap();
        under_fire(|sent| {
            let (mut socket, program) = bound(&umem, "b");
            in_traffic(&mut socket, 100);
            let child = Child::with_descriptors();
            drop(socket);
            let out = pool.stats().out;
            assert!(out > 0, "the child's socket has frames");
            // The socket of the child goes on receiving, into these frames and no others.
            assert_eq!(assert_unwritten(&pool, sent), 256 - out);
            assert_eq!((umem.collect(), pool.stats().out), (0, out));
            drop(program);
            drop(child);
            until("the child's socket is released", || umem.collect() > 0);
            assert_whole(&pool);
            assert_eq!(assert_unwritten(&pool, sent), 256);
        });
    });
}

#[test]
fn a_child_has_no_ring_that_would_keep_the_socket_open() {
    isolated("a forked child", || {
        veth(("a", 1), ("b", 2), 1500);
        let pool = pool(256, 2048);
        let umem = Umem::new(&pool).unwrap();
        under_fire(|sent| {
            let (mut socket, _program) = bound(&umem, "b");
            in_traffic(&mut socket, 100);
            let _child = Child::with_memory();
            drop(socket);
            until("the child's descriptors are closed", || {
                umem.collect();
                pool.stats().out == 0
            });
            assert_eq!(assert_unwritten(&pool, sent), 256);
        });
    });
}

#[test]
fn what_a_child_keeps_is_collected_by_the_next_socket() {
    isolated("a forked child", || {
        veth(("a", 1), ("b", 2), 1500);
        let pool = pool(256, 2048);
        let umem = Umem::new(&pool).unwrap();
        let interface = Interface::named("b").unwrap();
        let mut socket = Socket::builder(&umem, &interface, 0).bind().unwrap();
        assert_eq!(socket.fill(100), 100);
        let child = Child::with_descriptors();
        drop(socket);
        assert_eq!(pool.stats().out, 100);
        drop(child);
        let socket = Socket::builder(&umem, &interface, 0).bind().unwrap();
        assert_whole(&pool);
        drop(socket);
    });
}

#[test]
fn an_interface_that_goes_away_is_told_and_its_frames_come_back() {
    isolated("an interface that goes away", || {
        veth(("a", 1), ("b", 2), 1500);
        let pool = pool(256, 2048);
        let umem = Umem::new(&pool).unwrap();
        let (mut socket, program) = bound(&umem, "b");
        under_fire(|_| in_traffic(&mut socket, 100));
        ip("link del dev b");
        let mut burst: Burst<32> = Burst::new();
        while socket.receive(&mut burst) > 0 {
            burst.clear();
        }
        let gone = socket
            .poll(Ready::Receive, Duration::from_millis(10))
            .unwrap_err();
        assert!(
            gone.to_string().contains("the interface is down or gone"),
            "{gone}"
        );
        burst.push(pool.copy_from(&[1; 60]).unwrap()).unwrap();
        let refused = socket.send(&mut burst).unwrap_err();
        assert_eq!(refused.posted, 1);
        assert!(
            refused.to_string().contains("the interface is gone"),
            "{refused}"
        );
        socket.complete();
        assert_balanced(&socket.stats().unwrap());
        drop((socket, program));
        assert_whole(&pool);
    });
}

/// The variable that is set in a process which a test has started.
const STARTED: &str = "FRAMEWELL_XDP_STARTED";

#[test]
fn a_process_that_is_killed_gives_up_its_queue() {
    const NAME: &str = "teardown::a_process_that_is_killed_gives_up_its_queue";
    let pool = pool(256, 2048);
    let umem = Umem::new(&pool).unwrap();
    if std::env::var_os(STARTED).is_some() {
        // This is the process that is killed, in the namespace of the other.
        let (mut socket, _program) = bound(&umem, "b");
        let mut burst: Burst<32> = Burst::new();
        loop {
            if reflect(&mut socket, &mut burst) > 0 {
                println!("in traffic");
            }
        }
    }
    isolated("a process that is killed", || {
        veth(("a", 1), ("b", 2), 1500);
        under_fire(|sent| {
            for _ in 0..3 {
                let mut started = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", NAME, "--nocapture"])
                    .env(STARTED, "1")
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap();
                let mut lines = BufReader::new(started.stdout.take().unwrap()).lines();
                assert!(lines.any(|line| line.unwrap() == "in traffic"));
                started.kill().unwrap();
                started.wait().unwrap();
            }
            let (mut socket, _program) = bound(&umem, "b");
            in_traffic(&mut socket, 500);
            drop(socket);
            assert_eq!(assert_unwritten(&pool, sent), 256);
            assert_whole(&pool);
        });
    });
}
