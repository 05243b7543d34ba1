//! Packets that are written with `bytesbuf` into a pool, and read by other threads.
//!
//! ```sh
//! cargo run --release --manifest-path demos/bytesbuf/Cargo.toml              # 10,000 packets
//! cargo run --release --manifest-path demos/bytesbuf/Cargo.toml -- 1000000
//! ```
//!
//! Each packet goes as a view to two readers. One gets the packet, the other a slice of it, without
//! the header. Both verify each byte. Every third packet comes as a frame, as if a device had
//! received it, and every 64th is longer than a frame. The exit status is 0 if all bytes were
//! right, if the pool served each packet, and if it has all its memory back at the end.

use std::process::ExitCode;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Instant;

use bytesbuf::mem::Memory;
use bytesbuf::{BytesBuf, BytesView};
use framewell::Pool;
use framewell_bytesbuf::PoolMemory;

const HEADER: usize = 12;
/// The packets that one reader may lag behind.
const QUEUE: usize = 64;

/// Returns the byte at an offset in the payload of a packet.
fn byte(number: u64, offset: usize) -> u8 {
    (number.wrapping_mul(31) as usize + offset * 7) as u8
}

/// Returns the length of a packet's payload.
fn payload(number: u64) -> usize {
    let mixed = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize;
    match number % 64 {
        63 => 2000 + mixed % 63_000,
        _ => mixed % 1400,
    }
}

/// Writes a packet into a buffer that has the room.
fn write(number: u64, buf: &mut BytesBuf) {
    let len = payload(number);
    buf.put_u64_be(number);
    buf.put_u32_be(len as u32);
    let bytes: Vec<u8> = (0..len).map(|at| byte(number, at)).collect();
    // In pieces, so that the writes meet the ends of blocks anywhere.
    for piece in bytes.chunks(700) {
        buf.put_slice(piece);
    }
}

/// Returns a packet that a device has put into a frame.
fn receive(number: u64, pool: &Pool) -> Option<BytesView> {
    let mut frame = pool.get_exact(HEADER + payload(number)).ok()?;
    let (header, payload) = frame.split_at_mut(HEADER);
    header[..8].copy_from_slice(&number.to_be_bytes());
    header[8..].copy_from_slice(&(payload.len() as u32).to_be_bytes());
    for (at, to) in payload.iter_mut().enumerate() {
        *to = byte(number, at);
    }
    PoolMemory::view(frame).ok()
}

/// What a reader has seen.
#[derive(Default)]
struct Seen {
    packets: u64,
    bytes: u64,
    wrong: u64,
}

/// Verifies each packet: number, length and payload, or the payload alone.
fn read(packets: Receiver<(u64, BytesView)>, has_header: bool) -> Seen {
    let mut seen = Seen::default();
    for (number, mut packet) in packets {
        seen.packets += 1;
        seen.bytes += packet.len() as u64;
        if has_header {
            let header = (packet.get_u64_be(), packet.get_u32_be() as usize);
            seen.wrong += u64::from(header != (number, payload(number)));
        }
        let mut at = 0;
        for (part, _) in packet.slices() {
            let right = part
                .iter()
                .enumerate()
                .all(|(i, &b)| b == byte(number, at + i));
            seen.wrong += u64::from(!right);
            at += part.len();
        }
        seen.wrong += u64::from(at != payload(number));
    }
    seen
}

fn main() -> ExitCode {
    let packets = match std::env::args().nth(1).map(|count| count.parse()) {
        None => 10_000,
        Some(Ok(count)) => count,
        Some(Err(_)) => {
            eprintln!("usage: framewell-bytesbuf [PACKETS]");
            return ExitCode::from(2);
        }
    };
    // The queues bound what is in use. The 4096 frames of an ordinary pool are far more than that.
    let pool = match Pool::builder().build() {
        Ok(pool) => pool,
        Err(refused) => {
            eprintln!("no pool: {refused}");
            return ExitCode::from(2);
        }
    };
    // SAFETY: nothing here writes into unfilled room but by `put_…`, which write bytes.
    let memory = unsafe { PoolMemory::new(pool.clone()) };

    let start = Instant::now();
    let (to_first, first) = sync_channel(QUEUE);
    let (to_second, second) = sync_channel(QUEUE);
    let (mut received, mut in_frames, mut refused) = (0, 0, 0);
    let seen = thread::scope(|scope| {
        let first = scope.spawn(|| read(first, true));
        let second = scope.spawn(|| read(second, false));
        for number in 0..packets {
            let packet = if number % 3 == 2 && number % 64 != 63 {
                received += 1;
                receive(number, &pool)
            } else {
                let mut buf = memory.reserve(HEADER + payload(number));
                write(number, &mut buf);
                Some(buf.consume_all())
            };
            let Some(packet) = packet else {
                refused += 1;
                continue;
            };
            // The reference to the frame that a device would be lent.
            in_frames += u64::from(memory.share(&packet).is_some());
            let rest = packet.range(HEADER..);
            // The readers end only after the senders are dropped.
            to_first.send((number, packet)).expect("the reader runs");
            to_second.send((number, rest)).expect("the reader runs");
            if (number + 1) % (packets / 10).max(1) == 0 {
                eprintln!("{} packets", number + 1);
            }
        }
        drop((to_first, to_second));
        [first, second].map(|reader| reader.join().expect("a reader does not panic"))
    });
    let took = start.elapsed();

    let stats = pool.stats();
    let large = stats
        .alloc
        .as_ref()
        .map_or(0, |alloc| alloc.out + alloc.large);
    let rows = [
        ("packets", packets),
        ("  received as frames", received),
        ("  that lie in one frame", in_frames),
        ("refused by the pool", refused),
        ("reserved on the heap", memory.from_heap()),
        ("verified: packets", seen[0].packets),
        ("verified: bytes", seen[0].bytes),
        ("verified: slices without header", seen[1].packets),
        ("verified: their bytes", seen[1].bytes),
        ("wrong", seen[0].wrong + seen[1].wrong),
        ("frames out at the end", stats.out as u64),
        ("longer buffers out at the end", large as u64),
        ("misuses", stats.misuses),
    ];
    for (name, value) in rows {
        println!("{name:<32} {value:>12}");
    }
    println!("{:<32} {:>12.1?}", "time", took);

    let is_whole = stats.out == 0 && large == 0 && stats.misuses == 0;
    let is_right = seen
        .iter()
        .all(|reader| reader.wrong == 0 && reader.packets == packets);
    if is_whole && is_right && refused == 0 && memory.from_heap() == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("a packet is wrong or missing, or the pool is not whole");
    ExitCode::FAILURE
}
