//! Datagrams one by one, which every system can do.

use std::io;

use framewell::{OutOfBuffers, Pool};
use framewell_udp::{Form, Socket};

use crate::util::{assert_empty, assert_none_out, frames, loopbacks, pattern, pool, socket};

#[test]
fn datagrams_come_whole_with_their_peers() {
    for at in loopbacks() {
        let pool = pool();
        let (mut server, to) = socket(Socket::builder(&pool), at);
        let clients = [0; 2].map(|_| socket(Socket::builder(&pool), at));
        for (seed, (client, _)) in clients.iter().enumerate() {
            client
                .as_std()
                .send_to(&pattern(700 + seed, seed), to)
                .unwrap();
        }
        let received = frames(&mut server, 2);
        for (seed, (datagram, client)) in received.iter().zip(&clients).enumerate() {
            assert_eq!(*datagram.buffer, *pattern(700 + seed, seed));
            assert_eq!(
                (datagram.peer, datagram.sent_len, datagram.form),
                (client.1, 700 + seed, Form::Whole)
            );
            assert_eq!(datagram.buffer.headroom(), 128, "as a frame from the pool");
        }
        drop((received, server, clients));
        assert_none_out(&pool);
    }
}

#[test]
fn an_empty_datagram_is_one_and_has_one_segment() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), "127.0.0.1:0");
    for bytes in [&b""[..], b"after"] {
        server.as_std().send_to(bytes, to).unwrap();
    }
    let mut received = frames(&mut server, 2);
    assert_eq!((received[0].sent_len, received[0].form), (0, Form::Whole));
    assert_eq!(*received[1].buffer, *b"after");
    let mut segments = received.remove(0).segments().unwrap();
    assert_eq!(segments.len(), 1);
    assert!(segments.next().unwrap().is_empty());
    assert!(segments.next().is_none());
    drop((segments, received, server));
    assert_none_out(&pool);
}

#[test]
fn a_datagram_longer_than_a_frame_is_cut_and_says_so() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), "127.0.0.1:0");
    for len in [1500, 1501, 9000] {
        server.as_std().send_to(&pattern(len, 3), to).unwrap();
    }
    let received = frames(&mut server, 3);
    for (datagram, (len, form)) in
        received
            .iter()
            .zip([(1500, Form::Whole), (1501, Form::Cut), (9000, Form::Cut)])
    {
        assert_eq!((datagram.sent_len, datagram.form), (len, form));
        assert_eq!(*datagram.buffer, pattern(len, 3)[..1500]);
    }
    let cut = received
        .into_iter()
        .next_back()
        .unwrap()
        .segments()
        .unwrap_err();
    assert_eq!((cut.form, server.stats().cut), (Form::Cut, 2));
    drop((cut, server));
    assert_none_out(&pool);
}

#[test]
fn a_pool_that_is_empty_for_a_while_loses_nothing() {
    let pool = Pool::builder().frames(3).build().unwrap();
    let (mut server, to) = socket(Socket::builder(&pool), "127.0.0.1:0");
    for seed in 0..3 {
        server.as_std().send_to(&pattern(100, seed), to).unwrap();
    }
    let all: Vec<_> = (0..3).map(|_| pool.get(0).unwrap()).collect();
    let mut received = Vec::new();
    let error = server.recv_burst(&mut received, 32).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
    assert!(
        error
            .get_ref()
            .is_some_and(|error| error.is::<OutOfBuffers>())
    );

    let mut all = all.into_iter();
    drop(all.next());
    // One frame is free: the burst is as long as that.
    assert_eq!(server.recv_burst(&mut received, 32).unwrap(), 1);
    drop(all);
    while received.len() < 3 {
        server.recv_burst(&mut received, 32).unwrap();
    }
    for (seed, datagram) in received.iter().enumerate() {
        assert_eq!(*datagram.buffer, *pattern(100, seed));
    }
    assert!(server.stats().no_buffers >= 2);
    drop((received, server));
    assert_none_out(&pool);
}

#[test]
fn buffers_that_were_not_filled_serve_the_next_call() {
    let pool = pool();
    let (mut server, to) = socket(Socket::builder(&pool), "127.0.0.1:0");
    for _ in 0..3 {
        server.as_std().send_to(b"packet", to).unwrap();
        drop(frames(&mut server, 1));
        let mut received = Vec::new();
        server.as_std().send_to(b"packet", to).unwrap();
        assert_eq!(server.recv_burst(&mut received, 32).unwrap(), 1);
        assert_eq!(pool.stats().out, 32, "31 wait in the socket");
    }
    assert_empty(&mut server);
    drop(server.into_inner());
    assert_none_out(&pool);
}

#[test]
fn nothing_asked_is_nothing_done() {
    let pool = pool();
    let (mut server, _) = socket(Socket::builder(&pool), "127.0.0.1:0");
    assert_eq!(server.recv_burst(&mut Vec::new(), 0).unwrap(), 0);
    assert_eq!(server.recv_merged(&mut Vec::new(), 0).unwrap(), 0);
    assert_eq!(
        server
            .send_burst(&mut Vec::<(Vec<u8>, std::net::SocketAddr)>::new())
            .unwrap(),
        0
    );
    assert_eq!(server.send_segmented(&[], 100, None).unwrap(), 0);
    assert_none_out(&pool);
}

#[test]
fn a_clone_sends_while_another_thread_receives() {
    let pool = pool();
    let (mut receiver, to) = socket(Socket::builder(&pool), "127.0.0.1:0");
    let mut sender = receiver.try_clone().unwrap();
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            for seed in 0..32 {
                let mut burst = vec![(pool.copy_from(&pattern(64, seed)).unwrap(), to)];
                sender.send_burst(&mut burst).unwrap();
            }
        });
        for (seed, datagram) in frames(&mut receiver, 32).into_iter().enumerate() {
            assert_eq!(*datagram.buffer, *pattern(64, seed));
        }
        sending.join().unwrap();
    });
    assert_eq!((receiver.stats().received, sender.stats().sent), (32, 32));
    drop((receiver, sender));
    assert_none_out(&pool);
}
