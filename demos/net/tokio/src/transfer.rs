//! A client and an echo server for datagrams, and a stream from one task to another.

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use framewell::{Chain, Pool};
use framewell_net_common::{Outcome, Progress, fill, wrong};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::sockets;

/// How much is transferred.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The datagrams that go to the server and come back.
    pub packets: u64,
    /// The length of the stream, in bytes.
    pub bytes: u64,
}

const LOCAL: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
/// What takes so long does not come any more.
const PATIENCE: Duration = Duration::from_secs(20);
/// The bytes of the first frame of a packet that a stream carries.
const HEADER: usize = 40;

/// Returns the length of a datagram.
fn length(number: u64, pool: &Pool) -> usize {
    (number * 97) as usize % (pool.payload() + 1)
}

async fn patiently<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, work).await.map_err(io::Error::from)?
}

/// Sends back what comes, until the task is dropped.
async fn echo(socket: UdpSocket, pool: Pool) -> io::Result<()> {
    loop {
        let (frame, sender) = sockets::receive(&socket, &pool).await?;
        socket.send_to(&frame, sender).await?;
    }
}

/// Sends datagrams, one after another, and returns how many came back, and how many bytes were
/// wrong.
async fn datagrams(packets: u64, pool: &Pool) -> io::Result<(u64, u64)> {
    let server = UdpSocket::bind(LOCAL).await?;
    let client = UdpSocket::bind(LOCAL).await?;
    let to = server.local_addr()?;
    let server = tokio::spawn(echo(server, pool.clone()));
    let mut wrongs = 0;
    let mut progress = Progress::new(packets, "datagrams");
    for number in 0..packets {
        let mut sent = pool.get(length(number, pool)).map_err(io::Error::other)?;
        fill(number, &mut sent);
        client.send_to(&sent, to).await?;
        let (back, sender) = patiently(sockets::receive(&client, pool)).await?;
        wrongs += u64::from(sender != to || back.len() != sent.len()) + wrong(number, &back);
        progress.at(number + 1);
    }
    server.abort();
    // The task owns a frame, which is freed when the task is gone.
    server.await.ok();
    Ok((packets, wrongs))
}

/// Writes the stream in packets of two frames, a header and a payload.
async fn send(mut stream: TcpStream, bytes: u64, pool: Pool) -> io::Result<()> {
    let mut sent = 0;
    while sent < bytes {
        let mut packet = Chain::new();
        for most in [HEADER, pool.payload()] {
            let len = (bytes - sent).min(most as u64) as usize;
            let mut frame = pool.get(len).map_err(io::Error::other)?;
            fill(sent, &mut frame);
            sent += len as u64;
            packet.push(frame);
        }
        sockets::write(&mut stream, packet).await?;
    }
    Ok(())
}

/// Carries a stream, and returns how many bytes came, and how many were wrong.
async fn stream(bytes: u64, pool: &Pool) -> io::Result<(u64, u64)> {
    let listener = TcpListener::bind(LOCAL).await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, _) = listener.accept().await?;
    let sender = tokio::spawn(send(client, bytes, pool.clone()));
    let (mut received, mut wrongs) = (0, 0);
    let mut progress = Progress::new(bytes, "bytes");
    while let Some(frame) = patiently(sockets::read(&server, pool)).await? {
        wrongs += wrong(received, &frame);
        received += frame.len() as u64;
        progress.at(received);
    }
    sender.await.map_err(io::Error::other)??;
    Ok((received, wrongs))
}

/// Transfers datagrams and a stream over loopback, and verifies each byte.
///
/// # Errors
///
/// The error says why it could not run, or what did not come.
pub fn transfer(options: &Options) -> Result<Outcome, String> {
    let pool = Pool::builder().build().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let start = Instant::now();
    let work = async {
        let datagrams = datagrams(options.packets, &pool).await?;
        Ok((datagrams, stream(options.bytes, &pool).await?))
    };
    let done: io::Result<_> = runtime.block_on(work);
    let ((packets, wrong_datagrams), (bytes, wrong_bytes)) =
        done.map_err(|error| error.to_string())?;
    let took = start.elapsed();
    drop(runtime);
    let (out, wrongs) = (pool.stats().out, wrong_datagrams + wrong_bytes);
    let mut outcome = Outcome {
        summary: format!(
            "{packets} datagrams to and fro, {bytes} bytes of a stream, {wrongs} wrong, {out} \
             frames out at the end, {took:.1?}"
        ),
        faults: Vec::new(),
    };
    outcome.expect("bytes of the stream", bytes, options.bytes);
    outcome.expect("wrong", wrongs, 0);
    outcome.expect("frames out at the end", out as u64, 0);
    outcome.expect("misuses", pool.stats().misuses, 0);
    Ok(outcome)
}
