//! Datagrams: their senders, their lengths, their control messages.

use std::collections::BTreeSet;
use std::net::UdpSocket;

use framewell::Pool;
use framewell_uring::{Ending, Error, Event, GroupConfig, Headers, Message, Ring};

use super::net::*;

#[test]
fn each_datagram_comes_once_with_its_sender() {
    const WINDOW: u64 = 32;
    for (here, there) in [("127.0.0.1:0", "127.0.0.1:0"), ("[::1]:0", "[::1]:0")] {
        let Ok(near) = UdpSocket::bind(here) else {
            lacking(&format!("an address for {here}"));
            continue;
        };
        let far = UdpSocket::bind(there).unwrap();
        let pool = Pool::builder().frames(128).build().unwrap();
        let mut ring = Ring::builder(&pool).build().unwrap();
        let socket = ring.attach(&near).unwrap();
        let group = ring.group(GroupConfig::frames(64)).unwrap();
        let headers = Headers::new().peer().control(32);
        let receive = ring.recv_msg_multi(socket, group, headers).unwrap();
        for window in 0..20 {
            let mut missing: BTreeSet<u64> = (window * WINDOW..(window + 1) * WINDOW).collect();
            for number in missing.clone() {
                let len = 8 + (number as usize * 37) % 1400;
                far.send_to(&payload(number, len), near.local_addr().unwrap())
                    .unwrap();
            }
            events(&mut ring, "a window", |_, event| {
                let Event::Received(received) = event else {
                    panic!("{event:?}");
                };
                assert_eq!(received.receive(), receive);
                assert_eq!(received.peer(), Some(far.local_addr().unwrap()));
                assert!(!received.is_cut() && received.full_len() == received.len());
                let number = number_of(&received);
                assert!(missing.remove(&number), "{number} came twice");
                assert_eq!(*received, *payload(number, received.len()));
                let frame = received.into_owner().into_frame().unwrap();
                assert_eq!(frame.headroom(), 128 + headers.bytes());
                missing.is_empty()
            });
        }
        close(ring, &pool);
    }
}

#[test]
fn a_datagram_longer_than_the_buffer_is_cut_and_says_so() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(64).payload(200).build().unwrap();
    let room = pool.region().stride() - pool.headroom();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = ring.group(GroupConfig::frames(4)).unwrap();
    let headers = Headers::new().peer();
    for with_headers in [false, true] {
        let receive = match with_headers {
            true => ring.recv_msg_multi(socket, group, headers).unwrap(),
            false => ring.recv_multi(socket, group).unwrap(),
        };
        let room = if with_headers {
            room - headers.bytes()
        } else {
            room
        };
        for len in [room - 1, room, room + 1, 3000] {
            far.send(&payload(7, len)).unwrap();
            events(&mut ring, "a datagram", |_, event| {
                let Event::Received(received) = event else {
                    panic!("{event:?}");
                };
                assert_eq!(*received, payload(7, len)[..len.min(room)]);
                assert_eq!(received.full_len(), len);
                assert_eq!(received.is_cut(), len > room);
                true
            });
        }
        ring.cancel(receive).unwrap();
        events(
            &mut ring,
            "the end",
            |_, event| matches!(event, Event::Ended(ended) if matches!(ended.ending, Ending::Cancelled)),
        );
    }
    assert_eq!(ring.stats().cut, 4);
    close(ring, &pool);
}

#[test]
fn a_datagram_without_data_ends_no_receive() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(64).build().unwrap();
    for with_headers in [false, true] {
        let mut ring = Ring::builder(&pool).build().unwrap();
        let socket = ring.attach(&near).unwrap();
        let group = ring.group(GroupConfig::frames(8)).unwrap();
        match with_headers {
            true => ring.recv_msg_multi(socket, group, Headers::new().peer()),
            false => ring.recv_multi(socket, group),
        }
        .unwrap();
        for number in 0..20 {
            far.send(&[]).unwrap();
            far.send(&payload(number, 100)).unwrap();
        }
        let (mut empty, mut next) = (0, 0);
        events(&mut ring, "all datagrams", |_, event| {
            match event {
                Event::Empty(_) => empty += 1,
                Event::Received(received) if received.is_empty() => {
                    assert_eq!(received.peer(), Some(far.local_addr().unwrap()));
                    empty += 1;
                }
                Event::Received(received) => {
                    assert_eq!(*received, *payload(next, 100));
                    next += 1;
                }
                other => panic!("{other:?}"),
            }
            empty == 20 && next == 20
        });
        assert!(ring.stats().rearmed > 0, "{}", ring.stats());
        close(ring, &pool);
    }
}

#[test]
fn headers_that_leave_no_room_are_refused() {
    let (near, far) = pair();
    let pool = Pool::builder()
        .frames(16)
        .payload(64)
        .headroom(0)
        .tailroom(0);
    let pool = pool.build().unwrap();
    let stride = pool.region().stride() as u32;
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = ring.group(GroupConfig::frames(4)).unwrap();
    let refused = ring.recv_msg_multi(socket, group, Headers::new().control(stride - 16));
    assert!(matches!(refused, Err(Error::Headers { .. })), "{refused:?}");
    // With 8 bytes behind the headers a datagram is cut to them.
    ring.recv_msg_multi(socket, group, Headers::new().control(stride - 24))
        .unwrap();
    far.send(&payload(3, 100)).unwrap();
    events(&mut ring, "the datagram", |_, event| {
        matches!(event, Event::Received(received)
            if *received == payload(3, 8) && received.is_cut() && received.full_len() == 100)
    });
    close(ring, &pool);
}

#[test]
fn groups_have_1_to_32768_buffers() {
    let pool = Pool::builder().frames(40_000).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    for entries in [0, 3, 48, 32_767, 65_536, u32::MAX] {
        let refused = ring.group(GroupConfig::frames(entries)).unwrap_err();
        assert!(matches!(refused, Error::GroupSize { asked } if asked == entries));
    }
    let (near, far) = pair();
    let socket = ring.attach(&near).unwrap();
    for entries in [1, 32_768] {
        let group = ring.group(GroupConfig::frames(entries)).unwrap();
        let receive = ring.recv_multi(socket, group).unwrap();
        for number in 0..50 {
            far.send(&payload(number, 500)).unwrap();
            events(
                &mut ring,
                "a datagram",
                |_, event| matches!(event, Event::Received(received) if *received == payload(number, 500)),
            );
        }
        ring.cancel(receive).unwrap();
        events(&mut ring, "the end", |_, event| {
            matches!(event, Event::Ended(_))
        });
    }
    assert_eq!(ring.stats().rx_lent, 32_769);
    close(ring, &pool);
}

#[test]
fn merged_datagrams_come_with_the_length_of_each() {
    const EACH: usize = 1000;
    let (near, far) = pair();
    set(&near, libc::SOL_UDP, libc::UDP_GRO, 1);
    let pool = Pool::builder().frames(16).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let (receiver, sender) = (ring.attach(&near).unwrap(), ring.attach(&far).unwrap());
    let headers = Headers::new().control(64);
    let bufs = GroupConfig::bufs(8, 65_536 + headers.bytes());
    let group = ring.group(bufs).unwrap();
    ring.recv_msg_multi(receiver, group, headers).unwrap();
    let bytes = payload(5, 20 * EACH + 500);
    let message = Message::new(pool.alloc_copy_from(0, &bytes).unwrap()).segments(EACH as u16);
    ring.send(sender, message).unwrap();
    let mut received = Vec::new();
    events(&mut ring, "all segments", |_, event| {
        match event {
            Event::Received(merged) => {
                let each = merged.segment_size().map_or(merged.len(), usize::from);
                assert_eq!(each, EACH.min(merged.len()));
                assert!(!merged.is_cut() && !merged.is_control_cut());
                received.extend_from_slice(&merged);
            }
            Event::Sent(sent) => assert_eq!(sent.result.unwrap(), bytes.len()),
            other => panic!("{other:?}"),
        }
        received.len() == bytes.len()
    });
    assert_eq!(received, bytes);
    close(ring, &pool);
}

#[test]
fn a_receive_into_ones_own_buffer_needs_no_group() {
    let (near, far) = pair();
    let pool = Pool::builder().frames(16).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let receive = ring.recv(socket, pool.get(64).unwrap()).unwrap();
    far.send(&payload(1, 100)).unwrap();
    let mut came = false;
    events(&mut ring, "the datagram", |_, event| match event {
        Event::Received(received) => {
            assert_eq!((&*received, received.is_cut()), (&payload(1, 64)[..], true));
            assert_eq!(received.receive(), receive);
            came = true;
            false
        }
        Event::Ended(ended) => matches!(ended.ending, Ending::Done),
        other => panic!("{other:?}"),
    });
    assert!(came);
    assert!(matches!(
        ring.recv(socket, pool.get(0).unwrap()),
        Err(Error::NoRoom)
    ));
    // One that is cancelled gives its buffer back.
    let receive = ring.recv(socket, pool.get(64).unwrap()).unwrap();
    ring.submit().unwrap();
    assert_eq!(pool.stats().out, 1);
    ring.cancel(receive).unwrap();
    events(
        &mut ring,
        "the end",
        |_, event| matches!(event, Event::Ended(ended) if matches!(ended.ending, Ending::Cancelled)),
    );
    assert_whole(&pool);
    close(ring, &pool);
}
