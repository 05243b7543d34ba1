//! What goes wrong while a ring receives: no buffers, no room for completions, a peer that is gone.

use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use framewell::Pool;
use framewell_uring::{Ending, Event, GroupConfig, Headers, Ring};

use super::net::*;

#[test]
fn a_group_that_was_empty_for_a_while_receives_again() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(8).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = ring.group(GroupConfig::frames(4)).unwrap();
    ring.recv_multi(socket, group).unwrap();
    // The program keeps what comes, until the pool is dry and the receive has ended for that.
    let mut held = Vec::new();
    for number in 0..8 {
        far.send(&payload(number, 100)).unwrap();
        events(&mut ring, "a datagram", |_, event| match event {
            Event::Received(received) => {
                assert_eq!(*received, *payload(number, 100));
                held.push(received);
                true
            }
            other => panic!("{other:?}"),
        });
    }
    far.send(&payload(8, 100)).unwrap();
    until("the receive has found no buffer", || {
        ring.wait(1, Some(Duration::from_millis(5))).unwrap();
        assert!(ring.next_event().is_none());
        ring.stats().no_buffers > 0
    });
    // It waits without a busy loop: nothing is asked of the kernel again and again.
    let before = ring.stats().no_buffers;
    for _ in 0..20 {
        ring.wait(1, Some(Duration::from_millis(2))).unwrap();
        assert!(ring.next_event().is_none());
    }
    assert_eq!(ring.stats().no_buffers, before);
    // Another thread gives the buffers back while the ring waits.
    let (send, receive) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            receive.recv().unwrap();
            drop(held);
        });
        send.send(()).unwrap();
        ring.wait(1, Some(Duration::from_secs(60))).unwrap();
        let event = ring.next_event();
        assert!(
            matches!(&event, Some(Event::Received(received)) if **received == *payload(8, 100)),
            "{event:?}"
        );
    });
    let stats = ring.stats();
    assert!(stats.rearmed > 0 && stats.dry > 0, "{stats}");
    close(ring, &pool);
}

#[test]
fn a_full_completion_queue_loses_nothing() {
    const DATAGRAMS: u64 = 64;
    let (near, far) = pair();
    let pool = Pool::builder().frames(256).build().unwrap();
    let builder = Ring::builder(&pool).entries(2).completions(4);
    let mut ring = builder.build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = ring.group(GroupConfig::frames(128)).unwrap();
    ring.recv_msg_multi(socket, group, Headers::new().peer())
        .unwrap();
    ring.submit().unwrap();
    for number in 0..DATAGRAMS {
        far.send(&payload(number, 300)).unwrap();
        // The kernel completes, and nobody looks.
        ring.submit().unwrap();
    }
    let mut next = 0;
    events(&mut ring, "all datagrams", |_, event| {
        let Event::Received(received) = event else {
            panic!("{event:?}");
        };
        assert_eq!(*received, *payload(next, 300));
        next += 1;
        next == DATAGRAMS
    });
    let stats = ring.stats();
    assert!(stats.overflowed > 0 && stats.rearmed > 0, "{stats}");
    close(ring, &pool);
}

#[test]
fn a_peer_that_refuses_ends_no_receive() {
    let near = UdpSocket::bind("127.0.0.1:0").unwrap();
    let far = UdpSocket::bind("127.0.0.1:0").unwrap();
    let there = far.local_addr().unwrap();
    near.connect(there).unwrap();
    drop(far);
    let pool = Pool::builder().frames(64).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = ring.group(GroupConfig::frames(8)).unwrap();
    ring.recv_multi(socket, group).unwrap();
    ring.submit().unwrap();
    near.send(b"is anybody there").unwrap();
    events(&mut ring, "the refusal", |_, event| match event {
        Event::Interrupted { error, .. } => error.raw_os_error() == Some(libc::ECONNREFUSED),
        other => panic!("{other:?}"),
    });
    // Somebody is there now, if nobody else took the port.
    let Ok(far) = UdpSocket::bind(there) else {
        return close(ring, &pool);
    };
    far.send_to(&payload(1, 50), near.local_addr().unwrap())
        .unwrap();
    events(
        &mut ring,
        "an answer",
        |_, event| matches!(event, Event::Received(received) if *received == payload(1, 50)),
    );
    close(ring, &pool);
}

#[test]
fn a_receive_outlives_the_thread_that_asked_for_it() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(64).build().unwrap();
    let mut ring = on_a_thread(|| {
        let mut ring = Ring::builder(&pool).build().unwrap();
        let socket = ring.attach(&near).unwrap();
        let group = ring.group(GroupConfig::frames(8)).unwrap();
        ring.recv_multi(socket, group).unwrap();
        ring.submit().unwrap();
        ring
    });
    for number in 0..20 {
        far.send(&payload(number, 50)).unwrap();
        events(
            &mut ring,
            "a datagram",
            |_, event| matches!(event, Event::Received(received) if *received == payload(number, 50)),
        );
    }
    close(ring, &pool);
}

/// Names the address that the process of the test below connects to.
const PEER: &str = "FRAMEWELL_URING_PEER";

#[test]
fn a_peer_that_is_killed_ends_its_stream_alone() {
    if let Ok(address) = std::env::var(PEER) {
        let mut stream = TcpStream::connect(address).unwrap();
        // It ends with the process, or with the other end.
        while stream.write_all(&[7; 1000]).is_ok() {}
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = Command::new("/proc/self/exe")
        .args([
            "--exact",
            "faults::a_peer_that_is_killed_ends_its_stream_alone",
        ])
        .env(PEER, listener.local_addr().unwrap().to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let stream = listener.accept().unwrap().0;
    let (other, mut far) = streams();
    let pool = Pool::builder().frames(128).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let group = ring.group(GroupConfig::frames(32)).unwrap();
    let socket = ring.attach(&stream).unwrap();
    let killed = ring.recv_multi(socket, group).unwrap();
    let socket = ring.attach(&other).unwrap();
    let alive = ring.recv_multi(socket, group).unwrap();
    let mut bytes = 0;
    events(&mut ring, "the end of the stream", |_, event| match event {
        Event::Received(received) => {
            assert!(received.receive() == killed && received.iter().all(|byte| *byte == 7));
            bytes += received.len();
            if bytes > 100_000 {
                peer.kill().unwrap();
            }
            false
        }
        Event::Ended(ended) => {
            assert_eq!(ended.receive, killed);
            matches!(ended.ending, Ending::EndOfStream | Ending::Failed(_))
        }
        other => panic!("{other:?}"),
    });
    peer.wait().unwrap();
    far.write_all(b"alive").unwrap();
    events(&mut ring, "the other stream", |_, event| {
        matches!(event, Event::Received(received)
            if received.receive() == alive && *received == *b"alive")
    });
    close(ring, &pool);
}
