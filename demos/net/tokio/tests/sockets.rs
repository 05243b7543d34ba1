//! Datagrams and streams through frames, and datagrams that are longer than the room.

use std::future::Future;
use std::process::Command;

use bytes::BufMut;
use framewell::{Chain, Pool};
use framewell_tokio::{Options, read, receive, transfer, write};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

fn run(work: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(work);
}

async fn sockets() -> (UdpSocket, UdpSocket) {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.connect(server.local_addr().unwrap()).await.unwrap();
    server.connect(client.local_addr().unwrap()).await.unwrap();
    (client, server)
}

#[test]
fn all_arrives_whole() {
    let options = Options {
        packets: 2000,
        bytes: 3_000_000,
    };
    let outcome = transfer(&options).unwrap();
    assert_eq!(outcome.faults, [""; 0], "{}", outcome.summary);
}

#[test]
fn a_datagram_that_is_longer_than_the_room_is_cut() {
    let pool = Pool::builder().frames(8).payload(100).build().unwrap();
    run(async {
        let (client, server) = sockets().await;
        let mut sent = [7; 4000];
        sent[..6].copy_from_slice(b"packet");
        client.send(&sent).await.unwrap();
        client.send(b"next").await.unwrap();
        let room = pool.get(0).unwrap().remaining_mut();
        assert!((100..4000).contains(&room));
        let (frame, sender) = receive(&server, &pool).await.unwrap();
        // Nothing says so but that the frame is full.
        assert_eq!((frame.len(), frame.tailroom()), (room, 0));
        assert_eq!(*frame, sent[..room]);
        assert_eq!(sender, client.local_addr().unwrap());
        let (next, _) = receive(&server, &pool).await.unwrap();
        assert_eq!(*next, *b"next", "the rest of the first is gone");
    });
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn a_datagram_goes_behind_the_data_of_a_frame() {
    let pool = Pool::builder().frames(8).build().unwrap();
    run(async {
        let (client, server) = sockets().await;
        client.send(b"datagram").await.unwrap();
        client.send(b"").await.unwrap();
        let mut frame = pool.copy_from(b"header").unwrap();
        assert_eq!(server.recv_buf(&mut frame).await.unwrap(), 8);
        assert_eq!(*frame, *b"headerdatagram");
        assert_eq!(server.recv_buf(&mut frame).await.unwrap(), 0);
        assert_eq!(*frame, *b"headerdatagram");
    });
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn a_packet_of_several_frames_is_written_whole() {
    let pool = Pool::builder().frames(64).build().unwrap();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let parts = (0..20_u8).map(|number| pool.copy_from(&[number; 50]).unwrap());
        write(&mut client, Chain::from_iter(parts)).await.unwrap();
        assert_eq!(pool.stats().out, 0, "what is written is free");
        drop(client);
        let mut all = Vec::new();
        while let Some(frame) = read(&server, &pool).await.unwrap() {
            all.extend_from_slice(&frame);
        }
        let whole: Vec<u8> = (0..20_u8).flat_map(|number| [number; 50]).collect();
        assert_eq!(all, whole);
    });
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn nobody_holds_a_frame_who_waits_for_a_stream() {
    let pool = Pool::builder().frames(1).build().unwrap();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let waits = tokio::spawn({
            let pool = pool.clone();
            async move { read(&server, &pool).await.unwrap().unwrap().len() }
        });
        tokio::task::yield_now().await;
        let packet = pool.copy_from(b"the only frame").unwrap();
        write(&mut client, Chain::from_iter([packet]))
            .await
            .unwrap();
        assert_eq!(waits.await.unwrap(), 14);
    });
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn the_program_ends_with_the_status_that_it_promises() {
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_framewell-tokio");
        Command::new(program)
            .args(arguments)
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(run(&["--packets", "10", "--bytes", "1000"]), Some(0));
    assert_eq!(run(&["--unknown"]), Some(2));
}
