//! What it costs to give a packet to several readers, in each of the ways that
//! `docs/sharing.md` names, under criterion. All of it runs on one thread: the steps are measured,
//! and not how long a cache line takes to another core.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use framewell::{Chain, Frame, FrameCell, Pool, Shared};

/// The bytes of a packet, and of a segment of a merged one.
const PACKET: usize = 1448;
/// The segments of a merged packet.
const SEGMENTS: usize = 44;

/// Measures one way.
fn way(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut run: impl FnMut()) {
    group.bench_function(name, |bencher| bencher.iter(&mut run));
}

/// Returns a packet, of which the first byte is written.
fn packet(pool: &Pool, len: usize) -> Frame {
    let mut frame = pool.get(len).expect("a frame is free");
    frame[0] = 0x45;
    frame
}

/// One packet to four readers, each of which drops it at once.
fn four_readers(criterion: &mut Criterion, pool: &Pool) {
    let mut group = criterion.benchmark_group("four readers");
    way(&mut group, "one owner, for comparison", || {
        drop(packet(pool, PACKET))
    });
    way(&mut group, "clone", || {
        let packet = packet(pool, PACKET).share();
        drop(black_box([
            packet.clone(),
            packet.clone(),
            packet.clone(),
            packet,
        ]));
    });
    let four = NonZeroUsize::new(4).expect("four are not zero");
    way(&mut group, "share_many", || {
        Shared::share_many(packet(pool, PACKET), four).for_each(|one| drop(black_box(one)));
    });
    way(&mut group, "Arc<Frame>", || {
        let packet = Arc::new(packet(pool, PACKET));
        drop(black_box([
            packet.clone(),
            packet.clone(),
            packet.clone(),
            packet,
        ]));
    });
    way(&mut group, "Bytes", || {
        let packet = Bytes::from(packet(pool, PACKET));
        drop(black_box([
            packet.clone(),
            packet.clone(),
            packet.clone(),
            packet,
        ]));
    });
    for len in [64, 256, PACKET] {
        let copies = format!("copies of {len} bytes");
        way(&mut group, &copies, || {
            let packet = packet(pool, len);
            let copy = || pool.copy_from(&packet).expect("a frame is free");
            drop(black_box([copy(), copy(), copy()]));
        });
    }
    group.finish();
}

/// A merged packet of 44 segments, per segment.
fn segments(criterion: &mut Criterion, pool: &Pool) {
    let mut group = criterion.benchmark_group("segments of a merged packet");
    group.throughput(Throughput::Elements(SEGMENTS as u64));
    let merged = || {
        let merged = pool.alloc(SEGMENTS * PACKET).expect("a buffer is free");
        merged.share()
    };
    way(&mut group, "split_every", || {
        merged()
            .split_every(PACKET)
            .for_each(|one| drop(black_box(one)));
    });
    way(&mut group, "split_to", || {
        let mut rest = merged();
        (0..SEGMENTS).for_each(|_| drop(black_box(rest.split_to(PACKET))));
    });
    way(&mut group, "copies into frames", || {
        for segment in merged().chunks(PACKET) {
            drop(black_box(pool.copy_from(segment).expect("a frame is free")));
        }
    });
    group.finish();
}

/// A header before a payload that others read.
fn headers(criterion: &mut Criterion, pool: &Pool) {
    let mut group = criterion.benchmark_group("a header before a payload");
    let payload = packet(pool, PACKET).share();
    way(&mut group, "in a frame of its own, in a chain", || {
        let mut chain = Chain::new();
        chain.push(packet(pool, 54));
        chain.push(payload.clone());
        black_box(chain);
    });
    way(&mut group, "in the headroom of a copy", || {
        let mut copy = pool.copy_from(&payload).expect("a frame is free");
        copy.push(54).expect("there is headroom")[0] = 0x45;
        black_box(copy);
    });
    group.finish();
}

/// The latest of a kind.
fn cells(criterion: &mut Criterion, pool: &Pool) {
    let mut group = criterion.benchmark_group("a cell");
    let cell = FrameCell::new(1);
    let shared = packet(pool, PACKET).share();
    cell.writer().swap(shared).expect("nobody reads");
    let reader = cell.reader();
    let read = || reader.read().expect("it was written");
    way(&mut group, "read", || {
        assert_eq!(black_box(read())[0], 0x45)
    });
    way(&mut group, "read, and keep a reference", || {
        drop(black_box(Shared::clone(&read())));
    });
    group.finish();
}

fn main() {
    let pool = Pool::builder()
        .frames(1024)
        .build()
        .expect("there is memory");
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .configure_from_args();
    four_readers(&mut criterion, &pool);
    segments(&mut criterion, &pool);
    headers(&mut criterion, &pool);
    cells(&mut criterion, &pool);
    criterion.final_summary();
}
