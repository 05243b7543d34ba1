//! The end of a ring, in any order and in the middle of traffic.

use std::mem;
use std::net::UdpSocket;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use framewell::Pool;
use framewell_uring::{Event, GroupConfig, Headers, Message, Ring, collect};

use super::net::*;

/// A ring that receives by frames and by large buffers.
fn receiving(pool: &Pool, socket: &UdpSocket) -> Ring {
    let mut ring = Ring::builder(pool).completions(1024).build().unwrap();
    let socket = ring.attach(socket).unwrap();
    let frames = ring.group(GroupConfig::frames(64)).unwrap();
    let bufs = ring.group(GroupConfig::bufs(4, 20_000)).unwrap();
    ring.recv_msg_multi(socket, frames, Headers::new().peer())
        .unwrap();
    ring.recv_multi(socket, bufs).unwrap();
    ring.submit().unwrap();
    ring
}

#[test]
fn a_ring_closed_in_the_middle_of_traffic_leaves_nothing() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(256).build().unwrap();
    let (stop, stopped) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let far = &far;
        scope.spawn(move || {
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                // It may be refused while there is nobody.
                let _ = far.send(&payload(1, 1000));
            }
        });
        for round in 0..40 {
            let mut ring = receiving(&pool, &near);
            let mut kept = Vec::new();
            for _ in 0..round % 5 {
                ring.wait(1, Some(Duration::from_millis(20))).unwrap();
                while let Some(event) = ring.next_event() {
                    match event {
                        Event::Received(received) if kept.len() < 32 => kept.push(received),
                        _ => {}
                    }
                }
            }
            assert_eq!(ring.close(Duration::from_secs(30)), 0);
            // What was handed out is nobody else's, and the kernel writes to it no more.
            assert_eq!(pool.stats().out, frames_of(&pool, &kept));
            for received in &kept {
                assert!(**received == payload(1, 1000));
            }
        }
        drop(stop);
    });
    assert_whole(&pool);
}

/// Returns how many of these hold frames.
fn frames_of(pool: &Pool, kept: &[framewell_uring::Received]) -> usize {
    let in_frame = kept.iter().filter(|r| pool.region().contains(r.as_ptr()));
    in_frame.count()
}

#[test]
fn dropped_in_any_order_and_on_any_thread() {
    for order in 0..3 {
        let (near, far) = pair();
        let pool = Pool::builder().frames(128).build().unwrap();
        let mut ring = receiving(&pool, &near);
        far.send(&payload(1, 100)).unwrap();
        let mut kept = None;
        events(&mut ring, "a datagram", |_, event| {
            kept = Some(event);
            true
        });
        match order {
            0 => drop(ring),
            1 => on_a_thread(move || drop(ring)),
            _ => {
                let last = pool.clone();
                drop(pool);
                drop(near);
                drop(ring);
                let Some(Event::Received(received)) = &kept else {
                    panic!("{kept:?}");
                };
                assert_eq!(**received, *payload(1, 100));
                drop(kept);
                assert_whole(&last);
                continue;
            }
        }
        drop(kept);
        // Another thread's drop has to wait for this one, which is the one that asked.
        until("all is taken back", || {
            collect();
            pool.stats().out == 0
        });
        assert_whole(&pool);
    }
}

#[test]
fn a_panic_closes_the_ring() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(128).build().unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut ring = receiving(&pool, &near);
        far.send(&payload(1, 100)).unwrap();
        events(&mut ring, "a datagram", |_, event| {
            std::panic::panic_any(format!("{event:?}"));
        });
    }));
    assert!(panicked.is_err());
    assert_whole(&pool);
}

#[test]
fn what_is_forgotten_stays_lent_and_mapped() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(128).build().unwrap();
    let ring = receiving(&pool, &near);
    let lent = ring.stats().rx_lent;
    mem::forget(ring);
    // The kernel goes on receiving, into buffers that nobody can have.
    for number in 0..80 {
        far.send(&payload(number, 100)).unwrap();
    }
    assert_eq!((pool.stats().out, lent), (64, 68));
    let frames: Vec<_> = std::iter::from_fn(|| pool.get(0).ok()).collect();
    assert_eq!(frames.len(), 64);
    // A forgotten event is lost to its pool, and to nothing else.
    let (near, far) = pair();
    drop(frames);
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = ring.group(GroupConfig::frames(8)).unwrap();
    ring.recv_multi(socket, group).unwrap();
    far.send(b"packet").unwrap();
    events(&mut ring, "a datagram", |_, event| {
        mem::forget(event);
        true
    });
    drop(ring);
    assert_eq!(pool.stats().out, 65);
}

#[test]
fn a_neighbour_that_does_not_answer_blocks_nobody() {
    in_namespace("a neighbour that does not answer", || {
        ip("link add name a type veth peer name b");
        ip("link set dev a up");
        ip("link set dev b up");
        ip("addr add 10.77.0.1/24 dev a");
        // The kernel asks for the neighbour until the link goes.
        let asks = "/proc/sys/net/ipv4/neigh/a/mcast_solicit";
        std::fs::write(asks, "100000").unwrap();
        let udp = UdpSocket::bind("10.77.0.1:0").unwrap();
        let pool = Pool::builder().frames(64).build().unwrap();
        let mut ring = Ring::builder(&pool).name("late").build().unwrap();
        let socket = ring.attach(&udp).unwrap();
        let group = ring.group(GroupConfig::frames(16)).unwrap();
        ring.recv_multi(socket, group).unwrap();
        let to = "10.77.0.2:4000".parse().unwrap();
        let message = Message::new(pool.copy_from(&payload(1, 1000)).unwrap())
            .to(to)
            .zero_copy();
        ring.send(socket, message).unwrap();
        events(&mut ring, "the result", |_, event| match event {
            Event::Sent(sent) => {
                assert_eq!(sent.result.unwrap(), 1000);
                assert_eq!(sent.owners.len(), 0, "the kernel has the frame");
                true
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(ring.stats().unreleased, 1);
        // The close waits its time, takes back what the group has, and leaves the frame lent.
        assert_eq!(ring.close(Duration::from_millis(20)), 1);
        let stats = pool.stats();
        let late: Vec<_> = stats.borrowers.iter().filter(|b| b.frames > 0).collect();
        assert_eq!((stats.out, late.len(), &*late[0].name), (1, 1, "late tx"));
        collect();
        assert_eq!(pool.stats().out, 1);
        // The kernel gives the packet up with the link.
        ip("link del dev a");
        until("the notification is collected", || {
            collect();
            pool.stats().out == 0
        });
        assert_whole(&pool);
    });
}

#[test]
fn a_forked_child_has_no_part_in_the_ring() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(128).build().unwrap();
    let mut ring = receiving(&pool, &near);
    // SAFETY: the child calls what may be called after a fork: it drops the ring, which touches
    // nothing there, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(ring);
        // SAFETY: the process ends here.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: there is room for the status.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0, "the child has ended well");
    far.send(&payload(1, 100)).unwrap();
    events(
        &mut ring,
        "a datagram",
        |_, event| matches!(event, Event::Received(received) if *received == payload(1, 100)),
    );
    close(ring, &pool);
}
