//! Tests many frames at once: bursts and bulks.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::{assert_whole, pool, take_all};
use framewell::{BulkError, Burst, Frame, Pool};

fn ids(frames: &[Frame]) -> Vec<usize> {
    frames.iter().map(|frame| frame.id().index()).collect()
}

fn out(pool: &Pool) -> usize {
    pool.stats().out
}

#[test]
fn get_burst_appends_up_to_what_is_free() {
    let pool = pool(40);
    let mut burst: Burst<64> = Burst::new();
    assert_eq!(pool.get_burst(&mut burst, 0), 0);
    assert_eq!(pool.get_burst(&mut burst, 5), 5);
    let first = ids(&burst);
    assert_eq!(pool.get_burst(&mut burst, 30), 30);
    assert_eq!(ids(&burst[..5]), first, "appended behind the first ones");
    assert_eq!(pool.get_burst(&mut burst, usize::MAX), 5);
    assert_eq!(pool.get_burst(&mut burst, 1), 0);
    assert_eq!(burst.len(), 40);
    for frame in &burst {
        assert_eq!((frame.len(), frame.headroom()), (1500, 128));
    }
    drop(burst);
    assert_whole(&pool);
}

#[test]
fn get_burst_stops_at_the_bursts_room() {
    let pool = pool(40);
    let mut burst: Burst<8> = Burst::new();
    assert_eq!(pool.get_burst(&mut burst, 3), 3);
    assert_eq!(pool.get_burst(&mut burst, 32), 5);
    assert_eq!(pool.get_burst(&mut burst, 32), 0);
    assert_eq!((burst.len(), burst.room(), out(&pool)), (8, 0, 8));
    assert_eq!(pool.stats().refusals, 0, "a full burst is no refusal");
}

#[test]
fn get_bulk_appends_exactly_what_was_asked_for() {
    let pool = pool(200);
    let mut burst: Burst<200> = Burst::new();
    for n in [0, 1, 64, 65, 70] {
        let before = burst.len();
        pool.get_bulk(&mut burst, n).unwrap();
        assert_eq!(burst.len(), before + n);
    }
    assert_eq!(out(&pool), 200);
}

#[test]
fn get_bulk_beyond_the_bursts_room_takes_nothing() {
    let pool = pool(200);
    let mut burst: Burst<8> = Burst::new();
    pool.get_bulk(&mut burst, 5).unwrap();
    let refused = pool.get_bulk(&mut burst, 4).unwrap_err();
    assert_eq!(refused, BulkError::NoRoom { asked: 4, room: 3 });
    assert_eq!(
        refused.to_string(),
        "4 frames exceed the room of 3 left in the burst; empty it first, or make it larger"
    );
    assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::InvalidInput);
    assert_eq!((burst.len(), out(&pool)), (5, 5));
}

#[test]
fn get_bulk_of_more_than_is_free_takes_nothing() {
    let pool = pool(100);
    let mut burst: Burst<200> = Burst::new();
    pool.get_bulk(&mut burst, 30).unwrap();
    let before = ids(&burst);
    let refused = pool.get_bulk(&mut burst, 71).unwrap_err();
    assert_eq!(refused, BulkError::OutOfBuffers);
    assert_eq!(
        refused.to_string(),
        "out of buffers: fewer frames than asked for are free; ask for fewer, drop frames, or \
         build the pool with more"
    );
    assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::OutOfMemory);
    assert_eq!(ids(&burst), before);
    assert_eq!(out(&pool), 30);
    pool.get_bulk(&mut burst, 70).unwrap();
    drop(burst);
    assert_whole(&pool);
}

#[test]
fn push_into_a_full_burst_gives_the_frame_back() {
    let pool = pool(3);
    let mut burst: Burst<2> = Burst::new();
    let [a, b, c] = [0, 1, 2].map(|len| pool.get(len).unwrap());
    burst.push(a).unwrap();
    burst.push(b).unwrap();
    let back = burst.push(c).unwrap_err();
    assert_eq!(back.len(), 2);
    assert_eq!(burst.pop().unwrap().len(), 1);
    burst.push(back).unwrap();
    assert_eq!(burst.pop().unwrap().len(), 2);
    assert_eq!(burst.pop().unwrap().len(), 0);
    assert!(burst.pop().is_none());
    assert_whole(&pool);
}

#[test]
fn drain_yields_in_order_from_both_ends_and_frees_the_rest() {
    let pool = pool(10);
    let mut burst: Burst<10> = Burst::new();
    pool.get_bulk(&mut burst, 10).unwrap();
    let order = ids(&burst);
    let mut drain = burst.drain();
    assert_eq!(drain.len(), 10);
    let front = drain.next().unwrap();
    let back = drain.next_back().unwrap();
    assert_eq!(
        (front.id().index(), back.id().index()),
        (order[0], order[9])
    );
    drop(drain);
    assert!(burst.is_empty());
    assert_eq!(out(&pool), 2);
}

#[test]
fn retain_keeps_order_and_frees_the_others() {
    let pool = pool(10);
    let mut burst: Burst<10> = Burst::new();
    pool.get_bulk(&mut burst, 10).unwrap();
    for (i, frame) in burst.iter_mut().enumerate() {
        frame[0] = i as u8;
    }
    burst.retain(|frame| {
        frame[1] = 1;
        frame[0] % 3 == 0
    });
    let kept: Vec<_> = burst.iter().map(|frame| (frame[0], frame[1])).collect();
    assert_eq!(kept, [(0, 1), (3, 1), (6, 1), (9, 1)]);
    assert_eq!(out(&pool), 4);
}

#[test]
fn truncate_keeps_the_first_and_frees_the_others() {
    let pool = pool(300);
    let mut burst: Burst<300> = Burst::new();
    pool.get_bulk(&mut burst, 300).unwrap();
    let order = ids(&burst);
    for len in [usize::MAX, 300, 299, 150, 150, 3, 0] {
        burst.truncate(len);
        let left = len.min(300);
        assert_eq!(ids(&burst), order[..left]);
        assert_eq!(out(&pool), left);
    }
    assert_whole(&pool);
}

#[test]
fn clear_frees_all_and_the_burst_can_be_filled_again() {
    let pool = pool(10);
    let mut burst: Burst<10> = Burst::default();
    for _ in 0..100 {
        pool.get_bulk(&mut burst, 10).unwrap();
        assert_eq!(out(&pool), 10);
        burst.clear();
        assert!(burst.is_empty());
    }
    assert_whole(&pool);
}

#[test]
fn iteration_and_indexing_reach_every_frame() {
    let pool = pool(10);
    let mut burst: Burst<10> = Burst::new();
    pool.get_bulk(&mut burst, 4).unwrap();
    for (i, frame) in (&mut burst).into_iter().enumerate() {
        frame[0] = i as u8;
    }
    let read: Vec<u8> = (&burst).into_iter().map(|frame| frame[0]).collect();
    assert_eq!(read, [0, 1, 2, 3]);
    burst.swap(0, 3);
    assert_eq!(burst[0][0], 3);
    let text = format!("{burst:?}");
    assert_eq!(text.matches("Frame {").count(), 4, "{text}");
}

#[test]
fn extend_beyond_the_room_panics_and_loses_nothing() {
    let pool = pool(10);
    let frames = take_all(&pool);
    let mut burst: Burst<4> = Burst::new();
    let overflow = catch_unwind(AssertUnwindSafe(|| burst.extend(frames))).unwrap_err();
    assert_eq!(
        overflow.downcast_ref::<String>().unwrap(),
        "frames exceed the burst's room of 4; make the burst larger, or use Burst::push"
    );
    assert_eq!((burst.len(), out(&pool)), (4, 4));
    burst.clear();
    assert_whole(&pool);
}

#[test]
fn extend_within_the_room_appends() {
    let pool = pool(10);
    let mut burst: Burst<10> = Burst::new();
    burst.extend(take_all(&pool));
    assert_eq!(ids(&burst).len(), 10);
    burst.extend(None);
    assert_eq!(burst.len(), 10);
}

#[test]
fn burst_of_no_room_is_always_full_and_empty() {
    let pool = pool(1);
    let mut burst: Burst<0> = Burst::new();
    assert_eq!(pool.get_burst(&mut burst, 1), 0);
    assert_eq!(pool.get_bulk(&mut burst, 0), Ok(()));
    let refused = pool.get_bulk(&mut burst, 1);
    assert_eq!(refused, Err(BulkError::NoRoom { asked: 1, room: 0 }));
}

/// Puts `count` frames of several pools into a burst, interleaved by `pattern`.
fn interleave(pools: &[Pool], pattern: &[usize], count: usize) -> Burst<600> {
    let mut burst = Burst::new();
    for i in 0..count {
        let pool = &pools[pattern[i % pattern.len()]];
        burst.push(pool.get(60).unwrap()).unwrap();
    }
    burst
}

#[test]
fn mixed_bursts_go_home_to_their_own_pools() {
    let patterns: [&[usize]; 6] = [
        &[0, 1],
        &[0, 1, 2],
        &[0, 0, 1],
        &[2, 2, 2, 1, 0, 1],
        &[1, 0, 0, 0, 0, 0, 0, 2],
        &[2],
    ];
    // Two pools have the same layout, so that a frame in the wrong pool would not be noticed by its
    // size.
    let pools = [pool(600), pool(600), pool(601)];
    for pattern in patterns {
        for (count, left) in [(600, 0), (600, 1), (599, 300), (130, 65), (7, 3)] {
            let mut burst = interleave(&pools, pattern, count);
            let ours: Vec<Vec<bool>> = pools
                .iter()
                .map(|pool| burst.iter().map(|frame| is_of(pool, frame)).collect())
                .collect();
            burst.truncate(left);
            for (pool, ours) in pools.iter().zip(&ours) {
                let kept = ours[..left].iter().filter(|ours| **ours).count();
                assert_eq!(out(pool), kept, "{pattern:?} {count} {left}");
                let still: Vec<bool> = burst.iter().map(|frame| is_of(pool, frame)).collect();
                assert_eq!(still, ours[..left], "the kept ones stay in order");
            }
            drop(burst);
            pools.iter().for_each(assert_whole);
        }
    }
}

fn is_of(pool: &Pool, frame: &Frame) -> bool {
    pool.region().contains(frame.as_ptr())
}

#[test]
fn mixed_burst_outlives_its_pools() {
    let pools = [pool(100), pool(100), pool(100)];
    let mut burst = interleave(&pools, &[0, 1, 2, 1], 100);
    let kept = pools[0].clone();
    drop(pools);
    for (i, frame) in burst.iter_mut().enumerate() {
        frame.fill(i as u8);
    }
    for (i, frame) in burst.iter().enumerate() {
        assert_eq!(**frame, [i as u8; 60]);
    }
    assert_eq!(out(&kept), 25);
    drop(burst);
    assert_whole(&kept);
}
