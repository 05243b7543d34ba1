//! Tests variable-length buffers: what a caller sees of size classes, chunks, large buffers and
//! `trim`.

use std::thread;

use crate::common::{builder, cpus, on};
use framewell::{BuildError, MisuseKind, OutOfMemory, Pool, Refusal, VarBuf};

const CHUNK: usize = 1 << 20;

fn take_all(pool: &Pool, len: usize) -> Vec<VarBuf> {
    std::iter::from_fn(|| pool.alloc(len).ok()).collect()
}

#[track_caller]
fn assert_disjoint(buffers: &[VarBuf]) {
    let mut ranges: Vec<_> = buffers
        .iter()
        .map(|b| (b.as_ptr().addr(), b.capacity()))
        .collect();
    ranges.sort_unstable();
    for pair in ranges.windows(2) {
        assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{pair:x?}");
    }
}

#[test]
fn every_length_is_served_with_room_and_alignment() {
    let pool = builder().build().unwrap();
    for len in (0..3000).chain([3839, 7935, 11_454, 65_536, 65_856, 65_857, 1 << 20, 5 << 20]) {
        let mut buffer = pool.alloc(len).unwrap();
        assert_eq!(buffer.len(), len);
        assert!(buffer.capacity() >= len);
        assert_eq!(buffer.as_ptr().addr() % 16, 0, "{len}");
        buffer.fill(0xa5);
        let aligned = pool.alloc_aligned(len).unwrap();
        assert_eq!(aligned.as_ptr().addr() % 64, 0, "{len}");
        assert!(aligned.capacity() >= len);
    }
    assert_eq!(pool.stats().alloc.unwrap().out, 0);
}

#[test]
fn buffers_of_all_sizes_do_not_overlap() {
    let pool = builder().build().unwrap();
    let mut buffers = Vec::new();
    for round in 0..40 {
        for len in [
            1, 64, 65, 130, 700, 1500, 2346, 3839, 7935, 11_454, 65_536, 70_000,
        ] {
            buffers.push(pool.alloc(len + round).unwrap());
        }
    }
    assert_disjoint(&buffers);
    for (number, buffer) in buffers.iter_mut().enumerate() {
        buffer.fill(number as u8);
    }
    for (number, buffer) in buffers.iter().enumerate() {
        assert!(buffer.iter().all(|byte| *byte == number as u8));
    }
    drop(buffers);
    assert_eq!(pool.stats().alloc.unwrap().out, 0);
}

#[test]
fn one_class_can_have_the_whole_budget_and_then_another() {
    let pool = builder().alloc_bytes(4 * CHUNK).build().unwrap();
    let per_chunk = CHUNK / 2368;
    let buffers = take_all(&pool, 2346);
    assert_eq!(buffers.len(), 4 * per_chunk);
    assert_disjoint(&buffers);
    let refused = pool.alloc(100).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Budget { limit: 4 * CHUNK });
    drop(buffers);
    // The chunks that the first class has left idle are taken back for the second, without a trim.
    let small = take_all(&pool, 100);
    assert_eq!(small.len(), 4 * (CHUNK / 112));
    assert_disjoint(&small);
}

#[test]
fn refusals_name_request_limit_and_remedy() {
    let pool = builder().alloc_bytes(CHUNK).build().unwrap();
    let _all = take_all(&pool, 65_856);
    assert_eq!(
        pool.alloc(1000).unwrap_err().to_string(),
        "out of memory for 1000 bytes: the budget of 1048576 bytes for size classes is in use; free \
         buffers, or raise PoolBuilder::alloc_bytes"
    );
    let refused: std::io::Error = pool.alloc(1000).unwrap_err().into();
    assert_eq!(refused.kind(), std::io::ErrorKind::OutOfMemory);
}

#[test]
fn absurd_lengths_are_refused_and_leave_the_pool_usable() {
    let pool = builder().build().unwrap();
    for len in [
        usize::MAX,
        usize::MAX - 1,
        usize::MAX - 4095,
        usize::MAX - (2 << 20),
        usize::MAX / 2,
        isize::MAX as usize,
        isize::MAX as usize + 1,
        // This is an eighth of what an address can name. No 64-bit system maps as much.
        1 << if usize::BITS < 64 { 31 } else { 61 },
    ] {
        let OutOfMemory {
            requested, refusal, ..
        } = pool.alloc(len).unwrap_err();
        assert_eq!(requested, len);
        let most = u32::MAX as usize;
        if len > most {
            assert_eq!(refusal, Refusal::TooLong { most });
        } else {
            assert!(matches!(refusal, Refusal::System { .. }), "{refusal:?}");
        }
        assert!(pool.alloc_aligned(len).is_err());
    }
    assert_eq!(pool.alloc(100).unwrap().len(), 100);
}

#[test]
fn wrong_wishes_are_named() {
    let refused = |builder: framewell::PoolBuilder| builder.build().unwrap_err().to_string();
    // The limit is half of what 32 bits can name, in whole chunks.
    let limit: u64 = if usize::BITS < 64 {
        2047 << 20
    } else {
        4 << 30
    };
    assert_eq!(
        refused(builder().alloc_bytes(usize::MAX)),
        format!(
            "a budget of {} bytes for size classes exceeds the limit of {limit}; lower \
             PoolBuilder::alloc_bytes (buffers above the largest size class do not count)",
            usize::MAX
        )
    );
    for size in [0, (256 << 10) + 1] {
        assert!(matches!(
            builder().size_class(size).build(),
            Err(BuildError::SizeClass { bytes }) if bytes == size
        ));
    }
    let many = (1..200).fold(builder(), |builder, n| builder.size_class(n * 1024));
    assert_eq!(
        refused(many),
        "199 size classes beside those that are built in exceed the limit of 128 in all; leave out \
         some PoolBuilder::size_class"
    );
}

#[test]
fn an_added_class_serves_its_size() {
    let pool = builder()
        .size_class(9000)
        .size_class(200_000)
        .build()
        .unwrap();
    assert_eq!(pool.alloc(9000).unwrap().capacity(), 9008);
    assert_eq!(pool.alloc(150_000).unwrap().capacity(), 200_000);
    assert_eq!(pool.stats().alloc.unwrap().large, 0);
}

#[test]
fn buffers_of_the_smallest_class_stay_in_their_chunks() {
    // There are more buffers than ids can number in one chunk.
    let pool = builder()
        .alloc_bytes(2 * CHUNK)
        .size_class(1)
        .build()
        .unwrap();
    let mut buffers = vec![pool.alloc(65_856).unwrap()];
    buffers.extend(take_all(&pool, 16));
    let smallest = buffers.iter().filter(|buffer| buffer.capacity() == 16);
    assert_eq!(smallest.count(), 1 << 14);
    // The others come from what is left of the other chunk.
    assert_eq!(buffers.len(), (1 << 14) + 15);
    assert_disjoint(&buffers);
}

#[test]
fn a_buffer_is_resized_within_its_class() {
    let pool = builder().build().unwrap();
    let mut buffer = pool.alloc(2304).unwrap();
    buffer.fill(7);
    buffer.resize(2368).unwrap();
    assert!(buffer[..2304].iter().all(|byte| *byte == 7));
    buffer.resize(10).unwrap();
    assert_eq!(buffer.len(), 10);
    assert!(buffer.resize(2369).is_err());
    assert_eq!(buffer.len(), 10);
    let mut large = pool.alloc(100_000).unwrap();
    let capacity = large.capacity();
    large.resize(capacity).unwrap();
    large[capacity - 1] = 1;
    assert!(large.resize(capacity + 1).is_err());
}

#[test]
fn buffers_outlive_their_pool() {
    for len in [100, 2346, 65_536, 1 << 20] {
        let pool = builder().build().unwrap();
        let frame = pool.get(60).unwrap();
        let mut first = pool.alloc(len).unwrap();
        let second = pool.alloc(len).unwrap();
        drop(pool);
        first.fill(1);
        drop(second);
        thread::spawn(move || drop(first)).join().unwrap();
        drop(frame);
    }
}

#[test]
fn a_fresh_buffer_is_zeroed_and_a_freed_one_if_asked_for() {
    let pool = builder().zero_on_free(true).build().unwrap();
    for len in [100, 2346, 11_454] {
        for _ in 0..300 {
            let mut buffer = pool.alloc(len).unwrap();
            let capacity = buffer.capacity();
            buffer.resize(capacity).unwrap();
            assert!(buffer.iter().all(|byte| *byte == 0));
            buffer.fill(0x5a);
        }
    }
}

#[test]
fn trim_takes_back_what_is_idle_and_counts_what_is_pinned() {
    // A thread that is moved would leave the rest of a batch with its old CPU, and another chunk
    // would be cut.
    on(cpus()[0], trim_counts_chunks);
}

fn trim_counts_chunks() {
    let pool = builder().alloc_bytes(64 * CHUNK).build().unwrap();
    let per_chunk = CHUNK / 2368;
    let mut peak: Vec<_> = (0..20 * per_chunk)
        .map(|_| pool.alloc(2346).unwrap())
        .collect();
    assert_eq!(pool.stats().alloc.unwrap().chunks, 20);
    // One buffer of a chunk stays.
    peak.sort_by_key(|buffer| buffer.as_ptr().addr());
    peak.truncate(1);
    let trimmed = pool.trim();
    assert_eq!(
        (trimmed.chunks, trimmed.bytes, trimmed.pinned),
        (19, 19 * CHUNK, 1)
    );
    assert_eq!(pool.stats().alloc.unwrap().chunks, 1);
    peak[0].fill(3);
    // What is left of the pinned chunk can still be got, once.
    let rest: Vec<_> = (1..per_chunk).map(|_| pool.alloc(2346).unwrap()).collect();
    assert_eq!(pool.stats().alloc.unwrap().chunks, 1);
    assert_disjoint(&rest);
    assert!(peak[0].iter().all(|byte| *byte == 3));
    drop((peak, rest));
    assert_eq!((pool.trim().chunks, pool.trim().chunks), (1, 0));
    assert_eq!(pool.stats().alloc.unwrap().chunks, 0);
}

#[test]
fn trimming_a_pool_without_variable_length_buffers_does_nothing() {
    let pool = builder().build().unwrap();
    assert_eq!(pool.trim().chunks, 0);
    assert!(pool.stats().alloc.is_none());
}

#[test]
fn nothing_is_made_before_it_is_asked_for() {
    let pool = builder().build().unwrap();
    assert!(pool.stats().alloc.is_none());
    let mut stranger = 0;
    // SAFETY: the pool refuses what it has not handed out.
    let refused = unsafe { pool.buf_from_raw(&raw mut stranger) }.unwrap_err();
    assert_eq!(refused.kind, MisuseKind::Foreign);
    assert!(pool.stats().alloc.is_none());
}

#[test]
fn threads_that_come_first_together_share_what_one_of_them_has_made() {
    for _ in 0..50 {
        let pool = builder().frames(16).build().unwrap();
        let buffers: Vec<_> = thread::scope(|scope| {
            let get = |_| scope.spawn(|| pool.alloc(500).unwrap());
            let threads: Vec<_> = (0..4).map(get).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_disjoint(&buffers);
        assert_eq!(pool.stats().alloc.unwrap().out, 4);
    }
}

#[test]
fn large_buffers_are_counted_and_go_at_once() {
    let pool = builder().build().unwrap();
    let buffers: Vec<_> = (0..100)
        .map(|n| pool.alloc(70_000 + n * 1000).unwrap())
        .collect();
    assert_disjoint(&buffers);
    let stats = pool.stats().alloc.unwrap();
    let bytes: usize = buffers.iter().map(VarBuf::capacity).sum();
    assert_eq!((stats.large, stats.large_bytes), (100, bytes));
    drop(buffers);
    let stats = pool.stats().alloc.unwrap();
    assert_eq!((stats.large, stats.large_bytes), (0, 0));
}
