//! What the kernel has merged: split without a copy, or marked where nobody can split it.

use std::os::fd::AsRawFd;

use framewell_udp::{Form, Socket};

use crate::util::{
    V4, assert_empty, assert_none_out, frames, loopbacks, not_run, one_merged, pattern, pool,
    socket,
};

/// Returns a socket with GRO, or says that the kernel has none.
fn with_gro(pool: &framewell::Pool, at: &str) -> Option<(Socket, std::net::SocketAddr)> {
    let (server, to) = socket(Socket::builder(pool).gro(true), at);
    if server.gro() && server.gso() {
        return Some((server, to));
    }
    not_run("merged datagrams: the kernel has no GRO or no GSO for UDP");
    None
}

#[test]
fn merged_datagrams_are_split_byte_by_byte() {
    for at in loopbacks() {
        // The last is shorter, all are equal, as many as can be, as long as can be.
        for (segment, bytes) in [
            (1400, 3 * 1400 + 77),
            (1200, 4800),
            (500, 128 * 500),
            (1, 128),
            (1448, 65_160),
        ] {
            let pool = pool();
            let Some((mut server, to)) = with_gro(&pool, at) else {
                return;
            };
            let (mut client, here) = socket(Socket::builder(&pool), at);
            let sent = pattern(bytes, segment);
            let packets = client.send_segmented(&sent, segment, Some(to)).unwrap();
            assert_eq!(packets, bytes.div_ceil(segment));
            assert_eq!(client.stats().gso_batches, 1, "{:?}", client.stats());

            let merged = one_merged(&mut server);
            assert_eq!((merged.form, merged.peer), (Form::Merged { segment }, here));
            assert_eq!((merged.sent_len, merged.buffer.len()), (bytes, bytes));
            let start = merged.buffer.as_ptr();
            let segments: Vec<_> = merged.segments().unwrap().collect();
            assert_eq!(segments.len(), packets);
            assert_eq!(segments[0].as_ptr(), start, "it was not copied");
            for (segment, expected) in segments.iter().zip(sent.chunks(segment)) {
                assert_eq!(**segment, *expected);
            }
            let stats = server.stats();
            assert_eq!((stats.merged, stats.segments), (1, packets as u64));
            drop((segments, server, client));
            assert_none_out(&pool);
        }
    }
}

#[test]
fn merged_datagrams_fit_a_frame_or_are_cut_and_not_split() {
    let pool = pool();
    let Some((mut server, to)) = with_gro(&pool, V4) else {
        return;
    };
    let (mut client, _) = socket(Socket::builder(&pool), V4);
    for bytes in [1000, 1501] {
        client
            .send_segmented(&pattern(bytes, 1), 400, Some(to))
            .unwrap();
    }
    let mut received = frames(&mut server, 2);
    let cut = received.pop().unwrap();
    assert_eq!(
        (cut.form, cut.sent_len, cut.buffer.len()),
        (Form::Cut, 1501, 1500)
    );
    let cut = cut.segments().unwrap_err();
    let fits = received.pop().unwrap();
    assert_eq!(fits.form, Form::Merged { segment: 400 });
    let lens: Vec<_> = fits
        .segments()
        .unwrap()
        .map(|segment| segment.len())
        .collect();
    assert_eq!(lens, [400, 400, 200]);
    assert_eq!((server.stats().merged, server.stats().cut), (1, 1));
    // The rest of what was cut is lost, and does not come as another datagram.
    assert_empty(&mut server);
    drop((cut, server, client));
    assert_none_out(&pool);
}

#[test]
fn a_merged_datagram_without_its_segment_size_is_not_split() {
    // No room at all, part of the header, the header, and part of the size.
    for room in [0, 8, 16, 18] {
        let pool = pool();
        let Some((mut server, to)) = with_gro(&pool, V4) else {
            return;
        };
        let (mut client, _) = socket(Socket::builder(&pool), V4);
        server.limit_control(room);
        client
            .send_segmented(&pattern(1000, 1), 400, Some(to))
            .unwrap();
        let merged = one_merged(&mut server);
        assert_eq!(
            (merged.form, merged.sent_len),
            (Form::Unknown, 1000),
            "{room} bytes"
        );
        let refused = merged.segments().unwrap_err();
        assert_eq!(*refused.buffer, *pattern(1000, 1));
        assert_eq!((server.stats().control_cut, server.stats().merged), (1, 0));

        // The room is set again for each call.
        server.limit_control(usize::MAX);
        for _ in 0..2 {
            client
                .send_segmented(&pattern(1000, 1), 400, Some(to))
                .unwrap();
            assert_eq!(one_merged(&mut server).form, Form::Merged { segment: 400 });
        }
        drop((refused, server, client));
        assert_none_out(&pool);
    }
}

#[test]
fn what_the_program_asked_of_the_socket_does_not_hide_the_segment_size() {
    let pool = pool();
    let Some((mut server, to)) = with_gro(&pool, V4) else {
        return;
    };
    for option in [libc::IP_PKTINFO, libc::IP_RECVTOS, libc::IP_RECVTTL] {
        let on: libc::c_int = 1;
        // SAFETY: the value is an integer of the length given.
        let set = unsafe {
            let (at, len) = ((&raw const on).cast(), 4);
            libc::setsockopt(server.as_std().as_raw_fd(), libc::SOL_IP, option, at, len)
        };
        assert_eq!(set, 0);
    }
    let (mut client, _) = socket(Socket::builder(&pool), V4);
    client
        .send_segmented(&pattern(1000, 1), 400, Some(to))
        .unwrap();
    assert_eq!(one_merged(&mut server).form, Form::Merged { segment: 400 });
    drop((server, client));
    assert_none_out(&pool);
}

#[test]
fn what_was_merged_before_gro_was_turned_off_is_not_taken_for_a_datagram() {
    // By the socket, and by the builder over a socket that had it on.
    for again in [false, true] {
        let pool = pool();
        let Some((mut server, to)) = with_gro(&pool, V4) else {
            return;
        };
        let (mut client, _) = socket(Socket::builder(&pool), V4);
        client
            .send_segmented(&pattern(1000, 1), 400, Some(to))
            .unwrap();
        // It is queued as one before GRO is turned off.
        server.as_std().peek_from(&mut [0]).unwrap();
        if again {
            server = Socket::new(server.into_inner(), &pool).unwrap();
        } else {
            server.set_gro(false).unwrap();
        }
        client
            .send_segmented(&pattern(500, 2), 400, Some(to))
            .unwrap();

        let stale = frames(&mut server, 3);
        assert_eq!((stale[0].sent_len, stale[0].form), (1000, Form::Unknown));
        // Nobody can tell that these are single.
        assert_eq!((stale[1].sent_len, stale[1].form), (400, Form::Unknown));
        assert_eq!((stale[2].sent_len, stale[2].form), (100, Form::Unknown));
        assert_empty(&mut server);
        client
            .send_segmented(&pattern(500, 2), 400, Some(to))
            .unwrap();
        let forms: Vec<_> = frames(&mut server, 2)
            .iter()
            .map(|datagram| datagram.form)
            .collect();
        assert_eq!(forms, [Form::Whole; 2]);
        drop((stale, server, client));
        assert_none_out(&pool);
    }
}

#[test]
fn a_budget_for_one_buffer_receives_one_at_a_time() {
    // A chunk of 1 MiB has 15 buffers of the largest class.
    let pool = framewell::Pool::builder()
        .frames(8)
        .alloc_bytes(1 << 20)
        .build()
        .unwrap();
    let Some((mut server, to)) = with_gro(&pool, V4) else {
        return;
    };
    let mut all: Vec<_> = std::iter::from_fn(|| pool.alloc_merged().ok()).collect();
    let (mut client, _) = socket(Socket::builder(&pool), V4);
    for seed in 0..2 {
        client
            .send_segmented(&pattern(900, seed), 400, Some(to))
            .unwrap();
    }
    let mut received = Vec::new();
    let error = server.recv_merged(&mut received, 8).unwrap_err();
    assert!(
        error
            .get_ref()
            .is_some_and(|error| error.is::<framewell::OutOfMemory>())
    );
    for seed in 0..2 {
        drop(all.pop());
        assert_eq!(server.recv_merged(&mut received, 8).unwrap(), 1);
        assert_eq!(*received[seed].buffer, *pattern(900, seed));
    }
    assert_eq!(server.stats().no_buffers, 3);
    drop((received, all, server, client));
    assert_none_out(&pool);
}
