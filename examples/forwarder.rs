//! A forwarder: one thread receives packets in bursts, another one rewrites and sends them.
//!
//! It shows how frames cross threads. A `Burst` of frames moves through a bounded channel, and
//! dropping it on the sending thread frees all of its frames at once. When the pool is empty, the
//! receiver gets a short burst, counts that, and goes on.
//!
//! ```sh
//! cargo run --release --example forwarder
//! ```

use std::error::Error;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use framewell::{Burst, Pool};

const PACKETS: usize = 200_000;
/// The bytes of each packet: an IPv4 header and 40 bytes after it.
const LEN: usize = 60;
/// Where an IPv4 header has its time to live.
const TTL: usize = 8;

/// What ends a thread early.
type Failure = Box<dyn Error + Send + Sync>;

/// Receives all packets, and returns how often the pool had no frame for a burst.
fn receive(pool: &Pool, to_sender: &SyncSender<Burst<32>>) -> Result<usize, Failure> {
    let (mut received, mut empty) = (0, 0);
    while received < PACKETS {
        let mut burst: Burst<32> = Burst::new();
        if pool.get_burst(&mut burst, 32.min(PACKETS - received)) == 0 {
            empty += 1;
            thread::yield_now();
            continue;
        }
        for packet in &mut burst {
            packet.trim(LEN)?;
            packet.fill(0); // a real receiver reads from its socket here
            packet[0] = 0x45;
            packet[TTL] = 64;
        }
        received += burst.len();
        to_sender.send(burst)?;
    }
    Ok(empty)
}

/// Sends what arrives until the receiver is done, and returns the packets and their bytes.
fn send(from_receiver: Receiver<Burst<32>>) -> Result<(usize, usize), Failure> {
    let (mut packets, mut bytes) = (0, 0);
    for mut burst in from_receiver {
        for packet in &mut burst {
            packet[TTL] -= 1;
            packet.push(14)?.fill(0xff); // the link header goes into the headroom
            packets += 1;
            bytes += packet.len();
        }
        // The burst is dropped here: its frames return to the pool on this thread's CPU.
    }
    Ok((packets, bytes))
}

fn main() -> Result<(), Failure> {
    let pool = Pool::builder().frames(2048).build()?;
    let (to_sender, from_receiver) = sync_channel(16);
    let started = Instant::now();
    let sender = thread::spawn(move || send(from_receiver));
    let empty = receive(&pool, &to_sender)?;
    drop(to_sender);
    let (packets, bytes) = sender.join().expect("the sender does not panic")?;

    let million_per_second = packets as f64 / started.elapsed().as_secs_f64() / 1e6;
    println!("forwarded {packets} packets, {bytes} bytes, {million_per_second:.1} million/s");
    println!(
        "the pool was empty {empty} times; {} frames are out",
        pool.stats().out
    );
    Ok(())
}
