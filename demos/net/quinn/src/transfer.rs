//! Datagrams to and fro, and the same data over two streams.

use std::future::Future;
use std::time::{Duration, Instant};

use framewell::Pool;
use framewell_net_common::{Outcome, Progress, fill, wrong};
use quinn::{Connection, RecvStream};
use tokio::time::timeout;

use crate::endpoints::Pair;
use crate::frames::{self, Failed};

/// How much is transferred, and with how many frames.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The datagrams that go to the server and come back.
    pub packets: u64,
    /// The bytes that go to each of the two streams.
    pub bytes: u64,
    /// The frames of the pool, at least 160.
    pub frames: usize,
}

const STREAMS: usize = 2;
/// The frames that are written at once.
const BURST: usize = 16;
/// The frames that are not in a stream.
const OTHERS: usize = 64;
/// What takes so long does not come any more.
const PATIENCE: Duration = Duration::from_secs(20);

async fn patiently<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    timeout(PATIENCE, work).await?
}

/// Sends back what comes, until the connection is closed.
async fn echo(connection: Connection, pool: Pool) -> Result<(), Failed> {
    loop {
        let frame = frames::read_datagram(&connection, &pool).await?;
        frames::send_datagram(&connection, frame).await?;
    }
}

/// Sends datagrams, each when the one before is back, and returns how many bytes were wrong.
async fn datagrams(packets: u64, pair: &Pair, pool: &Pool) -> Result<u64, Failed> {
    let server = tokio::spawn(echo(pair.server.clone(), pool.clone()));
    let mut wrongs = 0;
    let mut progress = Progress::new(packets, "datagrams");
    for number in 0..packets {
        let most = pair
            .client
            .max_datagram_size()
            .ok_or("the server takes no datagrams")?;
        let len = (number * 97) as usize % (most.min(pool.payload()) + 1);
        let mut frame = pool.get_exact(len)?;
        fill(number, &mut frame);
        frames::send_datagram(&pair.client, frame).await?;
        let back = patiently(frames::read_datagram(&pair.client, pool)).await?;
        wrongs += u64::from(back.len() != len) + wrong(number, &back);
        progress.at(number + 1);
    }
    server.abort();
    server.await.ok();
    Ok(wrongs)
}

/// Sends the same frames to all streams, and waits until each is acknowledged.
async fn send(to: Connection, bytes: u64, pool: Pool) -> Result<(), Failed> {
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(to.open_uni().await?);
    }
    let mut sent = 0;
    loop {
        let mut burst = Vec::with_capacity(BURST);
        while sent < bytes && burst.len() < BURST {
            let len = (bytes - sent).min(pool.payload() as u64) as usize;
            let mut frame = pool.get_exact(len)?;
            fill(sent, &mut frame);
            burst.push(frame);
            sent += len as u64;
        }
        if burst.is_empty() {
            break;
        }
        frames::write(&mut streams, burst).await?;
    }
    for mut stream in streams {
        stream.finish()?;
        stream.stopped().await?;
    }
    Ok(())
}

/// Reads a stream to its end, and returns how many bytes came, and how many were wrong.
async fn receive(mut from: RecvStream, bytes: u64, pool: Pool) -> Result<(u64, u64), Failed> {
    let (mut received, mut wrongs) = (0, 0);
    let mut progress = Progress::new(bytes, "bytes");
    while let Some(frame) = patiently(frames::read(&mut from, &pool)).await? {
        wrongs += wrong(received, &frame);
        received += frame.len() as u64;
        progress.at(received);
    }
    Ok((received, wrongs))
}

/// Carries the streams, and returns how many bytes came, and how many were wrong.
async fn streams(bytes: u64, pair: &Pair, pool: &Pool) -> Result<(u64, u64), Failed> {
    let sender = tokio::spawn(send(pair.client.clone(), bytes, pool.clone()));
    let mut receivers = Vec::new();
    let (mut received, mut wrongs) = (0, 0);
    if bytes > 0 {
        for _ in 0..STREAMS {
            let stream = patiently(async { Ok(pair.server.accept_uni().await?) }).await?;
            receivers.push(tokio::spawn(receive(stream, bytes, pool.clone())));
        }
    }
    for receiver in receivers {
        let (more, wrong) = receiver.await??;
        received += more;
        wrongs += wrong;
    }
    sender.await??;
    Ok((received, wrongs))
}

/// Begins a stream that nobody reads, and returns how many frames quinn has then.
async fn abandon(pair: &Pair, pool: &Pool) -> Result<usize, Failed> {
    let mut stream = [pair.client.open_uni().await?];
    let burst: Result<_, _> = (0..BURST).map(|_| pool.get_exact(pool.payload())).collect();
    frames::write(&mut stream, burst?).await?;
    Ok(pool.stats().out)
}

/// Transfers datagrams and streams over loopback, and verifies each byte.
///
/// # Errors
///
/// The error says why it could not run, or what did not come.
pub fn transfer(options: &Options) -> Result<Outcome, Failed> {
    let pool = Pool::builder().frames(options.frames).build()?;
    let for_streams = options
        .frames
        .checked_sub(2 * OTHERS)
        .filter(|&frames| frames >= 2 * BURST);
    let for_streams = for_streams.ok_or("too few frames; 160 are enough")?;
    // quinn keeps what is not acknowledged, for each of the streams. So it has at most so many
    // frames.
    let window = (for_streams - BURST) * pool.payload();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let start = Instant::now();
    let (wrong_datagrams, (bytes, wrong_bytes), kept, out) = runtime.block_on(async {
        let pair = Pair::connect(window as u64).await?;
        let datagrams = datagrams(options.packets, &pair, &pool).await?;
        let streams = streams(options.bytes, &pair, &pool).await?;
        let kept = abandon(&pair, &pool).await?;
        timeout(PATIENCE, pair.close()).await?;
        Ok::<_, Failed>((datagrams, streams, kept, pool.stats().out))
    })?;
    let took = start.elapsed();
    let wrongs = wrong_datagrams + wrong_bytes;
    let packets = options.packets;
    let mut outcome = Outcome {
        summary: format!(
            "{packets} datagrams to and fro, {bytes} bytes of {STREAMS} streams, {wrongs} wrong, \
             {kept} frames in quinn's hands at the close, {out} out after it, {took:.1?}"
        ),
        faults: Vec::new(),
    };
    if kept < BURST {
        outcome
            .faults
            .push(format!("the close met only {kept} frames"));
    }
    outcome.expect(
        "bytes of the streams",
        bytes,
        options.bytes * STREAMS as u64,
    );
    outcome.expect("wrong", wrongs, 0);
    outcome.expect("frames out at the end", out as u64, 0);
    outcome.expect("misuses", pool.stats().misuses, 0);
    Ok(outcome)
}
