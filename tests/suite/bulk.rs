//! Tests many frames at once, as numbers.

use std::collections::HashSet;
use std::thread;

use crate::common::{assert_whole, pool, take_all};
use framewell::{Bulk, BulkError, Frame, Pool};

fn out(pool: &Pool) -> usize {
    pool.stats().out
}

#[test]
fn bulk_gets_exactly_what_was_asked_for_or_nothing() {
    let pool = pool(2000);
    let mut bulk: Bulk<2048> = Bulk::new(&pool);
    for n in [0, 1, 64, 65, 470, 1400] {
        let before = bulk.len();
        bulk.get(n).unwrap();
        assert_eq!((bulk.len(), out(&pool)), (before + n, before + n));
    }
    let different: HashSet<_> = bulk.ids().iter().collect();
    assert_eq!(different.len(), 2000);
    assert_eq!(bulk.get(1), Err(BulkError::OutOfBuffers));
    assert_eq!(pool.stats().refusals, 1);

    let first = bulk.ids()[..700].to_vec();
    bulk.truncate(700);
    assert_eq!(out(&pool), 700);
    assert_eq!(bulk.get(1301), Err(BulkError::OutOfBuffers), "one too many");
    assert_eq!(bulk.ids(), first, "what it had stays");
    assert_eq!(out(&pool), 700, "what it got besides is given back");
    let too_many = BulkError::NoRoom {
        asked: 1349,
        room: 1348,
    };
    assert_eq!(bulk.get(1349), Err(too_many));
    drop(bulk);
    assert_whole(&pool);
}

#[test]
fn bulk_gets_up_to_what_is_free_and_fits() {
    let pool = pool(40);
    let held = pool.get(0).unwrap();
    let mut bulk: Bulk<64> = Bulk::new(&pool);
    assert_eq!(bulk.get_burst(0), 0);
    assert_eq!(bulk.get_burst(30), 30);
    assert_eq!(bulk.get_burst(usize::MAX), 9);
    assert_eq!(
        (bulk.len(), bulk.room(), pool.stats().refusals),
        (39, 25, 0)
    );
    assert_eq!(bulk.get_burst(1), 0);
    assert_eq!(pool.stats().refusals, 1);
    bulk.clear();
    drop(held);
    let mut small: Bulk<8> = Bulk::new(&pool);
    assert_eq!((small.get_burst(32), small.get_burst(32)), (8, 0));
    assert_eq!(pool.stats().refusals, 1, "a full one is no refusal");
    drop(small);
    drop(bulk);
    assert_whole(&pool);
}

#[test]
fn bulk_lends_the_payload_of_each_frame() {
    let pool = Pool::builder().frames(100).payload(300).headroom(64);
    let pool = pool.build().unwrap();
    let mut bulk: Bulk<100> = Bulk::new(&pool);
    bulk.get(100).unwrap();
    for (at, bytes) in bulk.iter_mut().enumerate() {
        assert_eq!(bytes.len(), 300);
        bytes.fill(at as u8);
    }
    bulk[7][0] = 200;
    assert_eq!((bulk[7][0], bulk[7][1], bulk[8][0]), (200, 7, 8));
    for (at, bytes) in bulk.iter().enumerate().filter(|(at, _)| *at != 7) {
        assert!(bytes.iter().all(|byte| *byte == at as u8), "frame {at}");
    }
    let region = pool.region();
    for (bytes, id) in bulk.iter().zip(bulk.ids()) {
        let start = region.base().as_ptr().addr() + id.index() * region.stride();
        assert_eq!(bytes.as_ptr().addr(), start + 64);
    }
    let backwards: Vec<u8> = bulk.iter().rev().map(|bytes| bytes[1]).collect();
    assert!(backwards.into_iter().eq((0..100).rev()));
}

#[test]
fn frames_go_into_a_bulk_and_out_of_it() {
    let (pool, other) = (pool(8), pool(8));
    let mut bulk: Bulk<4> = Bulk::new(&pool);
    let mut frame = pool.copy_from(b"payload").unwrap();
    frame.pull(3).unwrap();
    let id = frame.id();
    bulk.push(frame).unwrap();
    assert_eq!(bulk.ids(), [id]);
    assert_eq!((bulk[0].len(), &bulk[0][..7]), (1500, &b"payload"[..]));

    let stranger = bulk.push(other.get(9).unwrap()).unwrap_err();
    assert_eq!(stranger.len(), 9, "of another pool");
    bulk.get(3).unwrap();
    let fifth = bulk.push(pool.get(5).unwrap()).unwrap_err();
    assert_eq!(fifth.len(), 5, "no room");
    drop(fifth);

    let last = bulk.ids()[3];
    let popped = bulk.pop().unwrap();
    assert_eq!(
        (popped.id(), popped.len(), popped.headroom()),
        (last, 1500, 128)
    );
    let mut drain = bulk.drain();
    assert_eq!(drain.len(), 3);
    let second = drain.next().unwrap();
    drop(drain);
    assert_eq!(
        (bulk.len(), out(&pool)),
        (0, 2),
        "what was not taken is freed"
    );
    assert!(bulk.pop().is_none());
    drop(bulk);
    drop((popped, second));
    drop(take_all(&pool));
    assert_whole(&pool);
    drop(stranger);
    assert_whole(&other);
}

#[test]
fn bulks_of_two_threads_share_no_frame_and_lose_none() {
    let pool = pool(600);
    thread::scope(|scope| {
        for tag in 1..=2_u8 {
            let pool = &pool;
            scope.spawn(move || {
                let mut bulk: Bulk<256> = Bulk::new(pool);
                let mut kept: Vec<Frame> = Vec::new();
                for round in 0..400 {
                    bulk.get(round % 256).unwrap();
                    bulk.iter_mut().for_each(|bytes| bytes.fill(tag));
                    assert!(
                        bulk.iter()
                            .all(|bytes| bytes.iter().all(|byte| *byte == tag))
                    );
                    kept.extend(bulk.pop());
                    kept.truncate(20);
                    bulk.clear();
                }
                assert!(
                    kept.iter()
                        .all(|frame| frame.iter().all(|byte| *byte == tag))
                );
            });
        }
    });
    assert_whole(&pool);
    let zeroing = Pool::builder().frames(300).zero_on_free(true).build();
    let zeroing = zeroing.unwrap();
    let mut bulk: Bulk<300> = Bulk::new(&zeroing);
    for _ in 0..2 {
        bulk.get(300).unwrap();
        assert!(bulk.iter().all(|bytes| bytes.iter().all(|byte| *byte == 0)));
        bulk.iter_mut().for_each(|bytes| bytes.fill(1));
        bulk.clear();
    }
}
