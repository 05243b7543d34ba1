//! A reflector against the kernel's UDP: each byte of each packet comes back, once and in order.

use std::time::Duration;

use framewell::{Burst, IdBatch, Pool, Span, XdpChunks};
use framewell_xdp::{Interface, Mode, Ready, Redirect, Socket, Umem};

use super::net::*;

/// Sends packets of so many bytes in windows, and checks what comes back.
fn echo(stride: usize, frame_len: usize, prepare: impl FnOnce(&Umem) -> (Socket, Redirect)) {
    let mut burst: Burst<32> = Burst::new();
    echo_by(stride, frame_len, prepare, |socket, _| {
        reflect(socket, &mut burst)
    });
}

/// Does what [`echo`] does, with a reflector of one's own.
fn echo_by(
    stride: usize,
    frame_len: usize,
    prepare: impl FnOnce(&Umem) -> (Socket, Redirect),
    mut reflect: impl FnMut(&mut Socket, &Pool) -> usize,
) {
    const WINDOW: u64 = 64;
    let pool = pool(1024, stride);
    let umem = Umem::builder(&pool).headroom(32).build().unwrap();
    veth(("a", 1), ("b", 2), 1500);
    let peer = peer("a", 0, 2);
    let (mut socket, program) = prepare(&umem);
    assert!(!socket.is_zero_copy(), "a veth pair copies");
    let len = frame_len - HEADERS;
    let mut received = vec![0; 2048];
    for window in 0..40 {
        let numbers = window * WINDOW..(window + 1) * WINDOW;
        socket.fill(usize::MAX);
        for number in numbers.clone() {
            peer.send(&payload(number, len)).unwrap();
        }
        let mut turned = 0;
        until("the window is turned round", || {
            turned += reflect(&mut socket, &pool);
            turned as u64 >= WINDOW
        });
        for number in numbers {
            let n = peer.recv(&mut received).unwrap();
            assert_eq!(received[..n], payload(number, len), "packet {number}");
        }
    }
    drain(&mut socket);
    let stats = socket.stats().unwrap();
    assert_balanced(&stats);
    assert_eq!(stats.kernel.rx_dropped, 0, "{stats}");
    drop(program);
    drop(socket);
    assert_whole(&pool);
    peer.set_nonblocking(true).unwrap();
    assert!(peer.recv(&mut received).is_err(), "no packet came twice");
}

#[test]
fn packets_of_64_bytes_come_back_from_aligned_chunks() {
    isolated("an echo", || echo(2048, 64, |umem| bound(umem, "b")));
}

#[test]
fn packets_of_1514_bytes_come_back_from_aligned_chunks() {
    isolated("an echo", || echo(4096, 1514, |umem| bound(umem, "b")));
}

#[test]
fn packets_of_1514_bytes_come_back_from_unaligned_chunks() {
    isolated("an echo", || echo(2112, 1514, |umem| bound(umem, "b")));
}

#[test]
fn packets_come_back_without_need_wakeup() {
    isolated("an echo", || {
        echo(2112, 64, |umem| {
            let interface = Interface::named("b").unwrap();
            let builder = Socket::builder(umem, &interface, 0).mode(Mode::Copy);
            let socket = builder.need_wakeup(false).bind().unwrap();
            let program = Redirect::attach(&interface).unwrap();
            program.enter(&socket).unwrap();
            (socket, program)
        });
    });
}

/// One round of a reflector that moves ids.
fn reflect_ids(socket: &mut Socket, pool: &Pool) -> usize {
    let region = pool.region();
    let mut batch: IdBatch<'_, 32> = IdBatch::new(pool);
    let mut spans = [Span::default(); 32];
    socket.complete_into(&mut batch);
    socket.fill_from(&mut batch);
    batch.clear();
    socket.fill(usize::MAX);
    if socket.receive_ids(&mut batch, &mut spans) == 0 {
        socket
            .poll(Ready::Receive, Duration::from_millis(1))
            .unwrap();
    }
    for (bytes, span) in batch.iter_mut().zip(&spans) {
        // The pool's headroom is less than what the kernel leaves by that of the UMEM.
        let ahead = span.offset as usize % region.stride() - 256;
        assert!(turn_round(&mut bytes[ahead..][..span.len as usize]));
    }
    let all = batch.len();
    let sent = socket.send_ids(&mut batch, &spans).unwrap();
    assert_eq!((sent, batch.len()), (all, 0), "the TX ring has room");
    sent
}

#[test]
fn packets_of_64_bytes_come_back_by_their_ids() {
    isolated("an echo", || {
        echo_by(2048, 64, |umem| bound(umem, "b"), reflect_ids)
    });
}

#[test]
fn packets_of_1514_bytes_come_back_by_their_ids() {
    isolated("an echo", || {
        echo_by(2112, 1514, |umem| bound(umem, "b"), reflect_ids)
    });
}

#[test]
fn a_received_frame_has_the_headroom_that_the_kernel_left() {
    isolated("a headroom", || {
        let pool = pool(64, 2112);
        let umem = Umem::builder(&pool).headroom(64).build().unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let peer = peer("a", 0, 2);
        let (mut socket, _program) = bound(&umem, "b");
        socket.fill(16);
        peer.send(&payload(7, 100)).unwrap();
        let mut burst: Burst<4> = Burst::new();
        until("the packet comes", || socket.receive(&mut burst) > 0);
        assert_eq!((burst[0].headroom(), burst[0].len()), (320, 100 + HEADERS));
        assert_eq!(burst[0].headroom(), umem.received_headroom());
        assert_eq!(burst[0][HEADERS..], payload(7, 100));
    });
}

#[test]
fn a_pool_that_was_laid_out_for_it_receives_into_its_headroom() {
    for chunks in [XdpChunks::Aligned, XdpChunks::Unaligned] {
        isolated("a headroom", || {
            let builder = Pool::builder().frames(64).stride(4096).headroom(320);
            let pool = builder.af_xdp(chunks).build().unwrap();
            veth(("a", 1), ("b", 2), 1500);
            let peer = peer("a", 0, 2);
            let (mut socket, _program) = bound(&Umem::new(&pool).unwrap(), "b");
            socket.fill(16);
            let mut burst: Burst<4> = Burst::new();
            for number in 0..4 {
                peer.send(&payload(number, 100)).unwrap();
            }
            until("the packets come", || {
                socket.receive(&mut burst);
                burst.len() == 4
            });
            for (number, frame) in (0..).zip(&burst) {
                assert_eq!(frame.headroom(), pool.get(0).unwrap().headroom());
                assert_eq!(frame[HEADERS..], payload(number, 100));
            }
        });
    }
}

#[test]
fn a_queue_without_a_socket_is_the_network_stacks() {
    isolated("a program alone", || {
        veth(("a", 1), ("b", 2), 1500);
        let peer = peer("a", 0, 2);
        let tap = Tap::on("b");
        let _program = Redirect::attach(&Interface::named("b").unwrap()).unwrap();
        for number in 0..10 {
            peer.send(&payload(number, 100)).unwrap();
            let packet = tap.next(Duration::from_secs(10)).expect("it comes in");
            assert_eq!(packet[HEADERS..], payload(number, 100));
        }
    });
}
