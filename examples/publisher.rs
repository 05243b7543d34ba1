//! A publisher: it receives datagrams, and sends each to four subscribers of different speeds.
//!
//! Datagrams arrive merged, as Linux delivers them with UDP GRO: 44 segments in one buffer of
//! 64 KiB. `split_every` makes a reference of each segment, and each subscriber gets a clone of it.
//! No payload is copied. A subscriber has a bounded queue. If that is full, the publisher drops the
//! reference that was meant for it, and goes on: a slow subscriber loses its own datagrams, and
//! stalls nobody. A buffer is free again when its last reference is dropped, whose ever that is.
//!
//! There is no room for a header between the segments of a merged buffer, and others read it. So a
//! subscriber puts its header into a frame of its own, before the shared payload in a `Chain`.
//!
//! ```sh
//! cargo run --release --example publisher
//! ```

use std::error::Error;
use std::io::{IoSlice, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use framewell::{Chain, Pool, Shared, VarBuf};

/// The bytes of a datagram: a sequence number, and bytes that follow from it.
const DATAGRAM: usize = 1448;
/// The datagrams in one merged buffer.
const SEGMENTS: usize = 44;
const BUFFERS: usize = 200;
/// The bytes of a subscriber's own header: its number, and the datagram's.
const HEADER: usize = 9;

/// A reference to one datagram.
type Datagram = Shared<VarBuf>;
/// What ends a thread early.
type Failure = Box<dyn Error + Send + Sync>;

/// A subscriber, as the publisher sees it.
struct Subscriber {
    queue: SyncSender<Datagram>,
    sent: usize,
    dropped: usize,
}

/// How a subscriber works: it pauses after so many datagrams, for so long.
#[derive(Clone, Copy)]
struct Speed {
    name: &'static str,
    queue: usize,
    datagrams: usize,
    pause: Duration,
}

const SPEEDS: [Speed; 4] = [
    speed("fast", 1024, usize::MAX, 0),
    speed("steady", 512, 256, 1),
    speed("slow", 128, 16, 1),
    speed("nearly stuck", 32, 1, 5),
];

const fn speed(name: &'static str, queue: usize, datagrams: usize, milliseconds: u64) -> Speed {
    Speed {
        name,
        queue,
        datagrams,
        pause: Duration::from_millis(milliseconds),
    }
}

/// Returns the bytes of a datagram behind its number.
fn body(number: u64) -> impl Iterator<Item = u8> {
    (0..(DATAGRAM - 8) as u64).map(move |at| (number ^ number >> 8 ^ at) as u8)
}

/// Receives datagrams from this number on, merged into one buffer. A real receiver calls `recvmsg`,
/// and the kernel says how long a segment is.
fn receive(pool: &Pool, first: u64) -> Result<VarBuf, Failure> {
    let mut merged = pool.alloc_merged()?;
    merged.resize(SEGMENTS * DATAGRAM)?;
    for (number, datagram) in (first..).zip(merged.chunks_exact_mut(DATAGRAM)) {
        let (head, rest) = datagram.split_at_mut(8);
        head.copy_from_slice(&number.to_be_bytes());
        rest.iter_mut()
            .zip(body(number))
            .for_each(|(to, byte)| *to = byte);
    }
    Ok(merged)
}

/// Gives each subscriber a reference to the datagram, unless its queue is full.
fn publish(datagram: &Datagram, subscribers: &mut [Subscriber]) -> Result<(), Failure> {
    for subscriber in subscribers {
        match subscriber.queue.try_send(datagram.clone()) {
            Ok(()) => subscriber.sent += 1,
            Err(TrySendError::Full(its_own)) => {
                drop(its_own); // the references of the others stay
                subscriber.dropped += 1;
            }
            Err(TrySendError::Disconnected(_)) => return Err("a subscriber is gone".into()),
        }
    }
    Ok(())
}

/// Takes datagrams out of a queue until the publisher is done, sends each on with a header, and
/// returns how many. Each byte is verified.
fn subscribe(
    which: usize,
    speed: Speed,
    pool: &Pool,
    queue: Receiver<Datagram>,
) -> Result<usize, Failure> {
    let (mut delivered, mut before) = (0, None);
    let mut wire = Vec::with_capacity(HEADER + DATAGRAM);
    for datagram in queue {
        let number = u64::from_be_bytes(datagram[..8].try_into()?);
        assert!(before < Some(number), "datagrams keep their order");
        before = Some(number);

        let mut header = pool.get(HEADER)?;
        header[0] = which as u8;
        header[1..].copy_from_slice(&number.to_be_bytes());
        let mut packet = Chain::new();
        packet.push(header);
        packet.push(datagram);
        wire.clear();
        send(&packet, &mut wire)?;

        let (header, payload) = wire.split_at(HEADER);
        assert_eq!(header[0], which as u8);
        assert_eq!(header[1..], payload[..8]);
        assert!(payload[8..].iter().copied().eq(body(number)));
        delivered += 1;
        if delivered % speed.datagrams == 0 {
            thread::sleep(speed.pause);
        }
        // The chain is dropped here: the header's frame, and a reference to the merged buffer.
    }
    Ok(delivered)
}

/// Writes both parts of a packet by one call, as `sendmsg` does.
fn send(packet: &Chain, wire: &mut impl Write) -> Result<(), Failure> {
    let mut slices = [IoSlice::new(&[]); 2];
    let n = packet.io_slices(&mut slices);
    let written = wire.write_vectored(&slices[..n])?;
    assert_eq!(written, packet.len());
    Ok(())
}

/// What the publisher saw.
#[derive(Default)]
struct Peaks {
    references: usize,
    buffers: usize,
}

/// Receives all datagrams and publishes them.
fn publish_all(pool: &Pool, subscribers: &mut [Subscriber]) -> Result<Peaks, Failure> {
    let mut peaks = Peaks::default();
    for buffer in 0..BUFFERS {
        let merged = receive(pool, (buffer * SEGMENTS) as u64)?.share();
        for datagram in merged.split_every(DATAGRAM) {
            publish(&datagram, subscribers)?;
            peaks.references = peaks.references.max(datagram.references());
        }
        let out = pool.stats().alloc.map_or(0, |alloc| alloc.out);
        peaks.buffers = peaks.buffers.max(out);
        let received = buffer + 1;
        if received % (BUFFERS / 4) == 0 {
            let datagrams = received * SEGMENTS;
            println!("published {datagrams} datagrams; {out} merged buffers are out");
        }
        thread::sleep(Duration::from_millis(1)); // until the next buffer has arrived
    }
    Ok(peaks)
}

/// Starts the subscribers, publishes all datagrams, and prints what became of them.
fn run(pool: &Pool) -> Result<Peaks, Failure> {
    thread::scope(|scope| {
        let (mut subscribers, mut threads) = (Vec::new(), Vec::new());
        for (which, speed) in SPEEDS.into_iter().enumerate() {
            let (queue, datagrams) = sync_channel(speed.queue);
            subscribers.push(Subscriber {
                queue,
                sent: 0,
                dropped: 0,
            });
            threads.push(scope.spawn(move || subscribe(which, speed, pool, datagrams)));
        }
        let peaks = publish_all(pool, &mut subscribers)?;
        println!("subscriber         queue  delivered    dropped");
        for ((speed, subscriber), thread) in SPEEDS.iter().zip(subscribers).zip(threads) {
            drop(subscriber.queue); // the subscriber ends when its queue is empty
            let delivered = thread.join().expect("a subscriber does not panic")?;
            assert_eq!(delivered, subscriber.sent);
            let (name, queue, dropped) = (speed.name, speed.queue, subscriber.dropped);
            println!("{name:14}{queue:>10}{delivered:>11}{dropped:>11}");
        }
        Ok(peaks)
    })
}

fn main() -> Result<(), Failure> {
    // A reference to one datagram keeps its whole merged buffer. At worst each datagram in a queue
    // is of another buffer, and the queues hold 1,696 of them.
    let pool = Pool::builder().frames(256).alloc_bytes(128 << 20).build()?;
    let peaks = run(&pool)?;
    let stats = pool.stats();
    let out = stats.alloc.map_or(0, |alloc| alloc.out) + stats.out;
    let Peaks {
        references,
        buffers,
    } = peaks;
    println!("at most {references} references to a buffer, and {buffers} buffers out at once");
    println!(
        "{BUFFERS} buffers, {} datagrams; {out} buffers are out",
        BUFFERS * SEGMENTS
    );
    Ok(())
}
