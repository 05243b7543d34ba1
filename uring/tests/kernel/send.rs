//! Messages: copied and not, in one part and in several.

use std::io::Read;
use std::thread;

use framewell::Pool;
use framewell_uring::{Event, Message, Ring, SendId};

use super::net::*;

/// Takes events until all buffers of a send are back, and returns its result.
fn finished(ring: &mut Ring, send: SendId) -> std::io::Result<usize> {
    let mut result = None;
    events(ring, "the buffers of a message", |_, event| match event {
        Event::Sent(sent) if sent.send == send => {
            result = Some(sent.result);
            sent.owners.len() > 0
        }
        Event::Released(released) => released.send == send,
        other => panic!("{other:?}"),
    });
    result.expect("the result comes before the notification")
}

#[test]
fn messages_arrive_whole_in_each_way() {
    let (near, far) = pair();
    let to = far.local_addr().unwrap();
    let unconnected = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    far.connect("127.0.0.1:9").unwrap();
    let far = {
        let anyone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let patience = Some(std::time::Duration::from_secs(30));
        anyone.set_read_timeout(patience).unwrap();
        near.connect(anyone.local_addr().unwrap()).unwrap();
        drop((far, to));
        anyone
    };
    let to = far.local_addr().unwrap();
    let pool = Pool::builder().frames(64).build().unwrap();
    for registered in [false, true] {
        let builder = Ring::builder(&pool);
        let builder = if registered {
            builder.register()
        } else {
            builder
        };
        let mut ring = match builder.build() {
            Ok(ring) => ring,
            Err(refused) => {
                lacking(&refused.to_string());
                continue;
            }
        };
        let connected = ring.attach(&near).unwrap();
        let other = ring.attach(&unconnected).unwrap();
        let mut number = 0;
        for zero_copy in [false, true] {
            for parts in 1..4 {
                for addressed in [false, true] {
                    number += 1;
                    let bytes = payload(number, 900);
                    let mut chunks = bytes.chunks(900_usize.div_ceil(parts));
                    let first = pool.copy_from(chunks.next().unwrap()).unwrap();
                    let mut message = Message::new(first);
                    for chunk in chunks {
                        message = match number % 2 {
                            0 => message.part(pool.copy_from(chunk).unwrap()),
                            _ => message.part(pool.alloc_copy_from(7, chunk).unwrap()),
                        };
                    }
                    if zero_copy {
                        message = message.zero_copy();
                    }
                    let socket = if addressed { other } else { connected };
                    if addressed {
                        message = message.to(to);
                    }
                    let send = ring.send(socket, message).unwrap();
                    assert_eq!(finished(&mut ring, send).unwrap(), 900);
                    let mut received = [0; 2000];
                    let len = far.recv(&mut received).unwrap();
                    assert!(received[..len] == bytes, "{zero_copy} {parts} {addressed}");
                }
            }
        }
        assert_eq!(ring.stats().tx_lent, 0);
        close(ring, &pool);
    }
}

#[test]
fn a_stream_is_sent_in_order_without_a_copy() {
    let (near, mut far) = streams();
    let pool = Pool::builder().frames(256).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let bytes = payload(4, 400_000);
    thread::scope(|scope| {
        let read = scope.spawn(|| {
            let mut received = vec![0; bytes.len()];
            far.read_exact(&mut received).unwrap();
            received
        });
        let mut at = 0;
        while at < bytes.len() {
            // One at a time: a stream may take a part of a message only.
            let chunk = &bytes[at..(at + 1500).min(bytes.len())];
            let message = Message::new(pool.copy_from(chunk).unwrap()).zero_copy();
            let send = ring.send(socket, message).unwrap();
            let mut sent = 0;
            events(&mut ring, "a piece", |_, event| match event {
                Event::Sent(done) if done.send == send => {
                    sent = done.result.unwrap();
                    true
                }
                _ => false,
            });
            at += sent;
        }
        assert!(read.join().unwrap() == bytes);
    });
    // The notifications come when the peer has acknowledged.
    let mut waited = 0;
    while ring.stats().tx_lent > 0 {
        ring.wait(1, Some(std::time::Duration::from_millis(50)))
            .unwrap();
        while ring.next_event().is_some() {}
        waited += 1;
        assert!(waited < 1200, "{}", ring.stats());
    }
    let stats = ring.stats();
    assert_eq!(stats.released + stats.copied, stats.sent, "{stats}");
    close(ring, &pool);
}

#[test]
fn a_message_that_fails_gives_its_buffers_back() {
    let (near, _far) = pair();
    let pool = Pool::builder().frames(64).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    for zero_copy in [false, true] {
        // More than a datagram can have.
        let mut message = Message::new(pool.alloc(70_000).unwrap());
        if zero_copy {
            message = message.zero_copy();
        }
        let send = ring.send(socket, message).unwrap();
        let refused = finished(&mut ring, send).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EMSGSIZE));
        assert_whole(&pool);
    }
    assert_eq!(ring.stats().failed, 2);
    close(ring, &pool);
}

#[test]
fn the_buffers_of_another_pool_come_back_with_the_message() {
    let (near, _far) = pair();
    let [pool, other] = [(); 2].map(|()| Pool::builder().frames(8).build().unwrap());
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let message = Message::new(pool.copy_from(b"a").unwrap())
        .part(pool.copy_from(b"b").unwrap())
        .part(other.copy_from(b"c").unwrap())
        .part(pool.copy_from(b"d").unwrap());
    let refused = ring.send(socket, message).unwrap_err();
    let owners = refused.message.into_owners();
    let bytes: Vec<u8> = owners.map(|owner| owner[0]).collect();
    assert_eq!(bytes, *b"abcd");
    assert_eq!(other.stats().out, 0);
    close(ring, &pool);
}

#[test]
fn more_messages_than_the_submission_queue_has_entries() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(256).build().unwrap();
    let mut ring = Ring::builder(&pool).entries(4).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let (mut sent, mut busy) = (0, 0);
    for number in 0..100 {
        let mut message = Message::new(pool.copy_from(&payload(number, 64)).unwrap());
        while let Err(refused) = ring.send(socket, message) {
            message = *refused.message;
            busy += 1;
            assert!(busy < 10_000);
            while let Some(event) = ring.next_event() {
                assert!(matches!(event, Event::Sent(_)), "{event:?}");
                sent += 1;
            }
        }
    }
    ring.submit().unwrap();
    for number in 0..100 {
        let mut received = [0; 100];
        let len = far.recv(&mut received).unwrap();
        assert_eq!(received[..len], payload(number, 64));
    }
    while sent < 100 {
        ring.wait(1, Some(std::time::Duration::from_millis(50)))
            .unwrap();
        while let Some(event) = ring.next_event() {
            assert!(matches!(event, Event::Sent(_)), "{event:?}");
            sent += 1;
        }
    }
    close(ring, &pool);
}

#[test]
#[should_panic(expected = "names what somebody else may own")]
fn descriptors_are_not_sent() {
    let pool = Pool::builder().frames(8).build().unwrap();
    let message = Message::new(pool.copy_from(b"packet").unwrap());
    let _ = message.control(libc::SOL_SOCKET, libc::SCM_RIGHTS, &[0; 4]);
}
