//! The provider under writes, slices, clones and drops, with the pool whole at the end.

use std::collections::VecDeque;
use std::sync::mpsc::sync_channel;
use std::thread;

use bytesbuf::mem::{Memory, MemoryShared};
use bytesbuf::{BytesBuf, BytesView};
use framewell::Pool;
use framewell_bytesbuf::{HEAD, PoolMemory};

fn of(pool: &Pool) -> PoolMemory {
    // SAFETY: the tests write into unfilled room by `put_…` alone, and by `first_unfilled_slice`
    // only bytes.
    unsafe { PoolMemory::new(pool.clone()) }
}

fn pool(frames: usize) -> (Pool, PoolMemory) {
    let pool = Pool::builder()
        .frames(frames)
        .alloc_bytes(64 << 20)
        .build()
        .unwrap();
    let memory = of(&pool);
    (pool, memory)
}

/// Returns a view of a copy of the bytes.
fn view_of(memory: &impl Memory, bytes: &[u8]) -> BytesView {
    BytesView::copied_from_slice(bytes, memory)
}

/// Returns the number of variable-length buffers that are out.
fn large(pool: &Pool) -> usize {
    pool.stats()
        .alloc
        .map_or(0, |alloc| alloc.out + alloc.large)
}

#[track_caller]
fn assert_whole(pool: &Pool) {
    let stats = pool.stats();
    assert_eq!((stats.out, large(pool), stats.misuses), (0, 0, 0));
}

/// Numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

#[test]
fn a_view_is_the_bytes_of_a_frame_and_the_last_one_frees_it() {
    let (pool, memory) = pool(8);
    let mut buf = memory.reserve(1500);
    assert_eq!(buf.remaining_capacity(), pool.region().stride() - HEAD);
    assert!(
        pool.region()
            .contains(buf.first_unfilled_slice().as_ptr().cast())
    );
    buf.put_slice(*b"headerpayload");
    let view = buf.consume_all();
    drop(buf);
    assert_eq!(pool.stats().out, 1);

    let (same, rest) = (view.clone(), view.range(6..));
    assert_eq!(same.first_slice().as_ptr(), view.first_slice().as_ptr());
    assert_eq!(
        rest.first_slice().as_ptr(),
        view.first_slice()[6..].as_ptr()
    );
    drop(view);
    drop(same);
    assert_eq!(pool.stats().out, 1);
    assert_eq!(rest, b"payload");
    drop(rest);
    assert_whole(&pool);
}

#[test]
fn one_frame_serves_many_packets_while_its_buffer_has_room() {
    let (pool, memory) = pool(8);
    let mut buf = memory.reserve(1000);
    let views: Vec<_> = (0..100u8)
        .map(|n| {
            buf.put_byte_repeated(n, 10);
            buf.consume_all()
        })
        .collect();
    assert_eq!(pool.stats().out, 1);
    for (n, view) in views.iter().enumerate() {
        assert_eq!(*view, &[n as u8; 10]);
    }
    // The buffer's own reference keeps the frame, and so does each view alone.
    drop(views);
    assert_eq!(pool.stats().out, 1);
    drop(buf);
    assert_whole(&pool);
}

#[test]
fn random_writes_slices_clones_and_drops_keep_every_byte() {
    let (pool, memory) = pool(64);
    let mut random = Random(0x5eed);
    let mut buf = BytesBuf::new();
    let mut filled = VecDeque::new();
    let mut views: Vec<(BytesView, Vec<u8>)> = Vec::new();
    for round in 0..20_000 {
        match random.below(10) {
            0..4 => {
                let len = 1 + random.below(if round % 50 == 0 { 9000 } else { 600 });
                let bytes: Vec<u8> = (0..len).map(|_| random.below(256) as u8).collect();
                buf.reserve(len, &memory);
                buf.put_slice(&*bytes);
                filled.extend(bytes);
            }
            4 => {
                let n = random.below(buf.len() + 1);
                views.push((buf.consume(n), filled.drain(..n).collect()));
            }
            5 => views.push((buf.peek(), filled.iter().copied().collect())),
            6 if !views.is_empty() => {
                let (view, bytes) = &views[random.below(views.len())];
                let from = random.below(bytes.len() + 1);
                let to = from + random.below(bytes.len() - from + 1);
                let slice = (view.range(from..to), bytes[from..to].to_vec());
                views.push(slice);
            }
            7 if !views.is_empty() => {
                // A view that is appended is shared, not copied.
                let (view, bytes) = &views[random.below(views.len())];
                if bytes.len() < 4000 {
                    buf.put_bytes(view.clone());
                    filled.extend(bytes);
                }
            }
            8 if !views.is_empty() => {
                let at = random.below(views.len());
                let (view, bytes) = &mut views[at];
                let n = random.below(bytes.len() + 1);
                view.advance(n);
                bytes.drain(..n);
            }
            _ if !views.is_empty() => {
                let (view, bytes) = views.swap_remove(random.below(views.len()));
                assert_eq!(view, &*bytes);
            }
            _ => {}
        }
        if views.len() > 40 {
            views.truncate(20);
        }
        if filled.len() > 20_000 {
            buf = BytesBuf::new();
            filled.clear();
        }
    }
    for (view, bytes) in &views {
        assert_eq!(*view, &**bytes);
    }
    drop((buf, views));
    assert_whole(&pool);
}

#[test]
fn a_pool_that_is_used_up_is_followed_by_the_heap_which_is_counted() {
    let (pool, memory) = pool(4);
    let held: Vec<_> = (0..4u8).map(|n| view_of(&memory, &[n; 100])).collect();
    assert_eq!((pool.stats().out, memory.from_heap()), (4, 0));
    let heap: Vec<_> = (4..10u8).map(|n| view_of(&memory, &[n; 100])).collect();
    assert_eq!((pool.stats().out, memory.from_heap()), (4, 6));
    for (n, view) in held.iter().chain(&heap).enumerate() {
        assert_eq!(*view, &[n as u8; 100]);
        assert_eq!(memory.share(view).is_some(), n < 4, "{n}");
    }
    // The first view that is dropped makes room for a frame again.
    drop(held);
    let view = view_of(&memory, b"again");
    assert_eq!((pool.stats().out, memory.clone().from_heap()), (1, 6));
    drop((view, heap));
    assert_whole(&pool);
}

#[test]
fn a_request_beyond_a_frame_is_one_buffer() {
    let (pool, memory) = pool(8);
    let most = pool.region().stride() - HEAD;
    let fits = memory.reserve(most);
    assert_eq!((pool.stats().out, large(&pool)), (1, 0));
    for bytes in [most + 1, 9000, 65_536, 3 << 20] {
        let mut buf = memory.reserve(bytes);
        assert_eq!(buf.first_unfilled_slice().len(), buf.remaining_capacity());
        assert!(buf.remaining_capacity() >= bytes);
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        buf.put_slice(&*content);
        let view = buf.consume_all();
        drop(buf);
        assert_eq!((pool.stats().out, large(&pool)), (1, 1), "{bytes}");
        let end = view.range(bytes - 100..);
        drop(view);
        assert_eq!(end, &content[bytes - 100..]);
    }
    drop(fits);
    assert_eq!(memory.from_heap(), 0);
    assert_whole(&pool);
}

#[test]
fn a_budget_that_is_used_up_is_followed_by_the_heap() {
    let pool = Pool::builder()
        .frames(8)
        .alloc_bytes(1 << 20)
        .build()
        .unwrap();
    let memory = of(&pool);
    let mut held = Vec::new();
    while memory.from_heap() == 0 {
        held.push(view_of(&memory, &[held.len() as u8; 9000]));
        assert!(held.len() <= (1 << 20) / 9000 + 1);
    }
    assert_eq!(large(&pool), held.len() - 1);
    for (n, view) in held.iter().enumerate() {
        assert_eq!(*view, &[n as u8; 9000]);
    }
    drop(held);
    assert_whole(&pool);
}

#[test]
fn an_empty_request_takes_nothing() {
    let (pool, memory) = pool(8);
    let buf = memory.reserve(0);
    assert_eq!(
        (buf.capacity(), pool.stats().out, memory.from_heap()),
        (0, 0, 0)
    );
}

#[test]
fn frames_without_room_for_the_record_are_not_taken() {
    let pool = Pool::builder()
        .frames(8)
        .payload(16)
        .headroom(0)
        .tailroom(0)
        .build()
        .unwrap();
    let memory = of(&pool);
    for bytes in 1..200 {
        let view = view_of(&memory, &vec![7; bytes]);
        assert_eq!(view.len(), bytes);
    }
    assert_eq!(memory.from_heap(), 0);

    let frame = PoolMemory::view(pool.get(16).unwrap()).expect_err("there is no headroom");
    assert_eq!((frame.headroom(), frame.len()), (0, 16));
    drop(frame);
    assert_whole(&pool);
}

#[test]
fn a_received_frame_is_a_view_and_becomes_a_frame_again() {
    let (pool, memory) = pool(8);
    for from in HEAD..HEAD + 20 {
        let mut frame = pool.copy_from(b"headerpayload").unwrap();
        // The record finds its place wherever the data begins.
        frame.set_view(from, 13).unwrap();
        frame.copy_from_slice(b"headerpayload");
        let first = frame.as_ptr();
        let view = PoolMemory::view(frame).unwrap();
        assert_eq!(view.first_slice().as_ptr(), first);
        assert_eq!(view, b"headerpayload");

        let payload = memory.share(&view.range(6..)).unwrap();
        assert_eq!((&*payload, payload.references()), (&b"payload"[..], 2));
        drop(view);
        let mut owner = payload.try_into_owned().expect("no view is left");
        assert_eq!((owner.headroom(), &*owner), (from + 6, &b"payload"[..]));
        owner.push(2).unwrap().fill(0);
    }
    let mut frame = pool.get(0).unwrap();
    frame.set_view(HEAD - 1, 13).unwrap();
    let frame = PoolMemory::view(frame).expect_err("the headroom lacks a byte");
    assert_eq!((frame.headroom(), frame.len()), (HEAD - 1, 13));
    drop(frame);
    assert!(PoolMemory::view(pool.get(0).unwrap()).unwrap().is_empty());
    assert_whole(&pool);
}

#[test]
fn only_one_part_in_a_frame_of_the_pool_becomes_a_frame() {
    let (pool, memory) = pool(8);
    let (other_pool, other) = self::pool(8);
    let view = view_of(&memory, b"packet");
    assert!(memory.share(&view).is_some());
    assert!(other.share(&view).is_none());
    assert!(memory.share(&BytesView::new()).is_none());
    assert!(memory.share(&view_of(&memory, &[1; 9000])).is_none());
    let two = BytesView::from_views([view.clone(), view_of(&memory, b"second")]);
    assert!(memory.share(&two).is_none());
    drop((view, two));
    assert_whole(&pool);
    assert_whole(&other_pool);
}

#[test]
fn a_frame_that_is_still_written_to_is_shared_but_not_owned() {
    let (pool, memory) = pool(8);
    let mut buf = memory.reserve(100);
    buf.put_slice(*b"first");
    let first = memory.share(&buf.consume_all()).unwrap();
    let mut first = first
        .try_into_owned()
        .expect_err("the buffer has a reference");
    assert!(first.get_mut().is_none());
    buf.put_slice(*b"second");
    assert_eq!(*first, *b"first");
    assert_eq!(buf.consume_all(), b"second");
    drop(buf);
    assert!(first.get_mut().is_some());
    drop(first);
    assert_whole(&pool);
}

#[test]
fn views_outlive_pool_and_provider() {
    let (pool, memory) = pool(8);
    let view = view_of(&memory, b"packet");
    let long = view_of(&memory, &[3; 9000]);
    drop((memory, pool));
    assert_eq!(view, b"packet");
    assert_eq!(long, &[3; 9000]);
}

#[test]
fn a_guard_keeps_the_frame() {
    let (pool, memory) = pool(8);
    let view = view_of(&memory, b"packet");
    let guard = view.extend_lifetime();
    drop(view);
    assert_eq!(pool.stats().out, 1);
    drop(guard);
    assert_whole(&pool);
}

#[test]
fn bytes_written_in_place_and_by_a_writer_are_in_the_pool() {
    use std::io::Write;

    let (pool, memory) = pool(8);
    let mut buf = memory.reserve(100);
    for to in &mut buf.first_unfilled_slice()[..100] {
        to.write(9);
    }
    // SAFETY: these bytes were written just now.
    unsafe { buf.advance(100) };
    assert_eq!(buf.consume_all(), &[9; 100]);

    // A writer reserves by itself, again and again.
    let mut writer = buf.into_writer(&memory);
    for n in 0..1000u32 {
        writer.write_all(&n.to_be_bytes()).unwrap();
    }
    let mut view = writer.into_inner().consume_all();
    assert_eq!(memory.from_heap(), 0);
    for n in 0..1000 {
        assert_eq!(view.get_u32_be(), n);
    }
    drop(view);
    assert_whole(&pool);
}

#[test]
fn threads_reserve_share_and_drop_at_the_same_time() {
    const THREADS: usize = 4;
    const PACKETS: usize = 5000;

    // Any thread may have a packet in its hands besides those in the queues.
    let (pool, memory) = pool(THREADS * (16 + 4));
    // The provider goes to each thread as what a generic library takes.
    let memory: Box<dyn MemoryShared> = Box::new(memory);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS)
        .map(|_| sync_channel::<(usize, BytesView)>(16))
        .unzip();
    thread::scope(|scope| {
        for packets in receivers {
            scope.spawn(move || {
                for (n, packet) in packets {
                    let half = packet.range(packet.len() / 2..);
                    drop(packet);
                    assert!(
                        half.slices()
                            .all(|(part, _)| part.iter().all(|&b| b == n as u8))
                    );
                }
            });
        }
        for thread in 0..THREADS {
            let (memory, senders) = (memory.clone_boxed(), senders.clone());
            scope.spawn(move || {
                for n in 0..PACKETS {
                    let len = 1 + (n * 37 + thread) % 1600;
                    let mut buf = memory.reserve(len);
                    buf.put_byte_repeated(n as u8, len);
                    let packet = buf.consume_all();
                    drop(buf);
                    // Every receiver reads the same packet, and the last one frees it.
                    for to in &senders {
                        to.send((n, packet.clone())).unwrap();
                    }
                }
            });
        }
        drop(senders);
    });
    assert_whole(&pool);
}
