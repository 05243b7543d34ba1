//! Tests many frames at once, as numbers.

use std::collections::HashSet;
use std::thread;

use crate::common::{assert_whole, pool, take_all};
use framewell::{BulkError, Frame, IdBatch, Pool};

fn out(pool: &Pool) -> usize {
    pool.stats().out
}

#[test]
fn bulk_gets_exactly_what_was_asked_for_or_nothing() {
    let pool = pool(2000);
    let mut batch: IdBatch<2048> = IdBatch::new(&pool);
    for n in [0, 1, 64, 65, 470, 1400] {
        let before = batch.len();
        batch.get_bulk(n).unwrap();
        assert_eq!((batch.len(), out(&pool)), (before + n, before + n));
    }
    let different: HashSet<_> = batch.ids().iter().collect();
    assert_eq!(different.len(), 2000);
    assert_eq!(batch.get_bulk(1), Err(BulkError::OutOfBuffers));
    assert_eq!(pool.stats().refusals, 1);

    let first = batch.ids()[..700].to_vec();
    batch.truncate(700);
    assert_eq!(out(&pool), 700);
    assert_eq!(
        batch.get_bulk(1301),
        Err(BulkError::OutOfBuffers),
        "one too many"
    );
    assert_eq!(batch.ids(), first, "what it had stays");
    assert_eq!(out(&pool), 700, "what it got besides is given back");
    let too_many = BulkError::NoRoom {
        asked: 1349,
        room: 1348,
    };
    assert_eq!(batch.get_bulk(1349), Err(too_many));
    drop(batch);
    assert_whole(&pool);
}

#[test]
fn bulk_gets_up_to_what_is_free_and_fits() {
    let pool = pool(40);
    let held = pool.get(0).unwrap();
    let mut batch: IdBatch<64> = IdBatch::new(&pool);
    assert_eq!(batch.get_burst(0), 0);
    assert_eq!(batch.get_burst(30), 30);
    assert_eq!(batch.get_burst(usize::MAX), 9);
    assert_eq!(
        (batch.len(), batch.room(), pool.stats().refusals),
        (39, 25, 0)
    );
    assert_eq!(batch.get_burst(1), 0);
    assert_eq!(pool.stats().refusals, 1);
    batch.clear();
    drop(held);
    let mut small: IdBatch<8> = IdBatch::new(&pool);
    assert_eq!((small.get_burst(32), small.get_burst(32)), (8, 0));
    assert_eq!(pool.stats().refusals, 1, "a full one is no refusal");
    drop(small);
    drop(batch);
    assert_whole(&pool);
}

#[test]
fn bulk_lends_the_payload_of_each_frame() {
    let pool = Pool::builder().frames(100).payload(300).headroom(64);
    let pool = pool.build().unwrap();
    let mut batch: IdBatch<100> = IdBatch::new(&pool);
    batch.get_bulk(100).unwrap();
    for (at, bytes) in batch.iter_mut().enumerate() {
        assert_eq!(bytes.len(), 300);
        bytes.fill(at as u8);
    }
    batch[7][0] = 200;
    assert_eq!((batch[7][0], batch[7][1], batch[8][0]), (200, 7, 8));
    for (at, bytes) in batch.iter().enumerate().filter(|(at, _)| *at != 7) {
        assert!(bytes.iter().all(|byte| *byte == at as u8), "frame {at}");
    }
    let region = pool.region();
    for (bytes, id) in batch.iter().zip(batch.ids()) {
        let start = region.base().as_ptr().addr() + id.index() * region.stride();
        assert_eq!(bytes.as_ptr().addr(), start + 64);
    }
    let backwards: Vec<u8> = batch.iter().rev().map(|bytes| bytes[1]).collect();
    assert!(backwards.into_iter().eq((0..100).rev()));
}

#[test]
fn frames_go_into_a_bulk_and_out_of_it() {
    let (pool, other) = (pool(8), pool(8));
    let mut batch: IdBatch<4> = IdBatch::new(&pool);
    let mut frame = pool.copy_from(b"payload").unwrap();
    frame.pull(3).unwrap();
    let id = frame.id();
    batch.push(frame).unwrap();
    assert_eq!(batch.ids(), [id]);
    assert_eq!((batch[0].len(), &batch[0][..7]), (1500, &b"payload"[..]));

    let stranger = batch.push(other.get(9).unwrap()).unwrap_err();
    assert_eq!(stranger.len(), 9, "of another pool");
    batch.get_bulk(3).unwrap();
    let fifth = batch.push(pool.get(5).unwrap()).unwrap_err();
    assert_eq!(fifth.len(), 5, "no room");
    drop(fifth);

    let last = batch.ids()[3];
    let popped = batch.pop().unwrap();
    assert_eq!(
        (popped.id(), popped.len(), popped.headroom()),
        (last, 1500, 128)
    );
    let mut drain = batch.drain();
    assert_eq!(drain.len(), 3);
    let second = drain.next().unwrap();
    drop(drain);
    assert_eq!(
        (batch.len(), out(&pool)),
        (0, 2),
        "what was not taken is freed"
    );
    assert!(batch.pop().is_none());
    drop(batch);
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
                let mut batch: IdBatch<256> = IdBatch::new(pool);
                let mut kept: Vec<Frame> = Vec::new();
                for round in 0..400 {
                    batch.get_bulk(round % 256).unwrap();
                    batch.iter_mut().for_each(|bytes| bytes.fill(tag));
                    assert!(
                        batch
                            .iter()
                            .all(|bytes| bytes.iter().all(|byte| *byte == tag))
                    );
                    kept.extend(batch.pop());
                    kept.truncate(20);
                    batch.clear();
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
    let mut batch: IdBatch<300> = IdBatch::new(&zeroing);
    for _ in 0..2 {
        batch.get_bulk(300).unwrap();
        assert!(
            batch
                .iter()
                .all(|bytes| bytes.iter().all(|byte| *byte == 0))
        );
        batch.iter_mut().for_each(|bytes| bytes.fill(1));
        batch.clear();
    }
}
