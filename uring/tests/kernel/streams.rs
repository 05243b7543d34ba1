//! Streams: bundles, incremental groups, the end.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;

use framewell::Pool;
use framewell_uring::{Ending, Error, Event, Group, GroupConfig, Receive, Ring, Socket};

use super::net::*;

/// Sends bytes to a ring by TCP, and checks what comes until the end of the stream.
fn through(
    config: GroupConfig,
    receive: impl FnOnce(&mut Ring, Socket, Group) -> Result<Receive, Error>,
) {
    let (near, mut far) = streams();
    let pool = Pool::builder().frames(512).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = match ring.group(config) {
        Err(Error::Kernel { source, .. }) => return lacking(&format!("such a group: {source}")),
        group => group.unwrap(),
    };
    match receive(&mut ring, socket, group) {
        Err(Error::Lacking { what, since }) => return lacking(&format!("{what} of Linux {since}")),
        receive => receive.unwrap(),
    };
    let bytes = payload(9, 3 << 20);
    let mut received = Vec::new();
    let mut in_pieces = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            far.write_all(&bytes).unwrap();
            far.shutdown(Shutdown::Write).unwrap();
        });
        events(&mut ring, "the end of the stream", |ring, event| {
            match event {
                Event::Received(buffer) => received.extend_from_slice(&buffer),
                Event::Piece(piece) => {
                    in_pieces += 1;
                    received.extend_from_slice(ring.piece(&piece).unwrap());
                }
                Event::Ended(ended) => {
                    assert!(matches!(ended.ending, Ending::EndOfStream), "{ended:?}");
                    return true;
                }
                other => panic!("{other:?}"),
            }
            false
        });
    });
    assert!(received == bytes, "{} bytes", received.len());
    assert_eq!(ring.stats().pieces, in_pieces);
    close(ring, &pool);
}

#[test]
fn a_stream_comes_in_order_by_frames() {
    through(GroupConfig::frames(64), |ring, socket, group| {
        ring.recv_multi(socket, group)
    });
}

#[test]
fn a_stream_comes_in_order_by_bundles() {
    through(GroupConfig::frames(128), |ring, socket, group| {
        ring.recv_bundles(socket, group)
    });
}

#[test]
fn a_stream_comes_in_order_by_pieces() {
    let config = GroupConfig::bufs(8, 100_000).headroom(32).incremental();
    through(config, |ring, socket, group| ring.recv_multi(socket, group));
}

#[test]
fn a_piece_whose_buffer_was_handed_out_is_gone() {
    let (near, mut far) = streams();
    let pool = Pool::builder().frames(16).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = match ring.group(GroupConfig::bufs(2, 4096).incremental()) {
        Err(refused) => return lacking(&refused.to_string()),
        Ok(group) => group,
    };
    ring.recv_multi(socket, group).unwrap();
    let bytes = payload(2, 4096);
    let mut first = None;
    for part in [0..100, 100..150, 150..400] {
        far.write_all(&bytes[part.clone()]).unwrap();
        events(&mut ring, "a piece", |ring, event| {
            let Event::Piece(piece) = event else {
                panic!("{event:?}");
            };
            assert_eq!(ring.piece(&piece).unwrap(), &bytes[part.clone()]);
            first.get_or_insert(piece);
            true
        });
    }
    far.write_all(&bytes[400..]).unwrap();
    events(&mut ring, "the last piece", |ring, event| match event {
        Event::Piece(_) => false,
        Event::Received(last) => {
            assert_eq!(ring.piece(&first.unwrap()), None);
            let mut owner = last.into_owner();
            owner.push(owner.headroom()).unwrap();
            assert_eq!(*owner, *bytes, "the pieces before are the headroom");
            true
        }
        other => panic!("{other:?}"),
    });
    // The other buffer is filled. Then the place is used again, by another one.
    far.write_all(&bytes).unwrap();
    far.write_all(&bytes[..200]).unwrap();
    let mut left = bytes.len() + 200;
    events(&mut ring, "the next buffer", |ring, event| {
        left -= match event {
            Event::Piece(piece) => ring.piece(&piece).unwrap().len(),
            Event::Received(last) => last.len(),
            other => panic!("{other:?}"),
        };
        left == 0
    });
    assert_eq!(ring.piece(&first.unwrap()), None);
    close(ring, &pool);
}

#[test]
fn what_is_for_streams_is_refused_for_datagrams() {
    let (near, _far) = pair();
    let pool = Pool::builder().frames(64).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = ring.group(GroupConfig::frames(8)).unwrap();
    let refused = ring.recv_bundles(socket, group);
    assert!(
        matches!(refused, Err(Error::NoStream { .. })),
        "{refused:?}"
    );
    if let Ok(group) = ring.group(GroupConfig::bufs(2, 4096).incremental()) {
        let refused = ring.recv_multi(socket, group);
        assert!(
            matches!(refused, Err(Error::NoStream { .. })),
            "{refused:?}"
        );
        let refused = ring.recv_msg_multi(socket, group, Default::default());
        assert!(
            matches!(refused, Err(Error::OtherGroup { .. })),
            "{refused:?}"
        );
    }
    close(ring, &pool);
}

#[test]
fn a_detached_socket_is_closed_once_its_receives_are_over() {
    let (near, mut far) = streams();
    let pool = Pool::builder().frames(64).build().unwrap();
    let mut ring = Ring::builder(&pool).build().unwrap();
    let socket = ring.attach(&near).unwrap();
    let group = ring.group(GroupConfig::frames(8)).unwrap();
    ring.recv_multi(socket, group).unwrap();
    ring.submit().unwrap();
    drop(near);
    ring.detach(socket).unwrap();
    assert!(matches!(ring.detach(socket), Err(Error::Gone { .. })));
    events(
        &mut ring,
        "the end",
        |_, event| matches!(event, Event::Ended(ended) if matches!(ended.ending, Ending::Cancelled)),
    );
    assert_eq!(far.read(&mut [0; 8]).unwrap(), 0, "the peer sees the end");
    close(ring, &pool);
}
