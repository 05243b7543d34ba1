//! How a pool behaves when the system refuses to commit memory: it says so, and loses nothing.

use std::collections::BTreeSet;
use std::iter;

use crate::base::limits::CHUNK;
use crate::sys::refusal;
use crate::{BuildError, Burst, Frame, Front, OutOfBuffers, OutOfMemory, Pool, Refusal};

const FRAMES: usize = 256;
/// The bytes that a frame needs: its stride, its link word, the word for handing it out, and the
/// count of its references.
const FRAME: usize = 1728 + 8 + 4 + 4;

fn pools() -> [Pool; 2] {
    [Front::Auto, Front::Portable].map(|front| {
        let builder = Pool::builder().frames(FRAMES).front(front);
        builder.alloc_bytes(2 * CHUNK).build().unwrap()
    })
}

fn take_all(pool: &Pool) -> Vec<Frame> {
    iter::from_fn(|| pool.get(60).ok()).collect()
}

#[track_caller]
fn assert_whole(pool: &Pool) {
    let stats = pool.stats();
    assert_eq!((stats.free, stats.out), (FRAMES, 0), "{stats}");
    let frames = take_all(pool);
    let ids: BTreeSet<usize> = frames.iter().map(|frame| frame.id().index()).collect();
    assert_eq!((frames.len(), ids.len()), (FRAMES, FRAMES));
}

#[test]
fn refused_frames_are_out_of_buffers_and_counted() {
    for pool in pools() {
        let refused = refusal::beyond(0, || pool.get(60).map(|_| ()));
        assert_eq!(refused, Err(OutOfBuffers));
        let stats = pool.stats();
        assert_eq!((stats.refusals, stats.uncarved), (1, FRAMES));
        assert_whole(&pool);
    }
}

#[test]
fn frames_are_carved_as_far_as_memory_goes() {
    for pool in pools() {
        // The budget is less than a batch, then less than the words of a frame.
        for (bytes, frames) in [(5 * FRAME, 5), (3 * FRAME - 1, 2)] {
            let before = pool.stats().uncarved;
            let got = refusal::beyond(bytes, || take_all(&pool));
            // The frames of before are free, and come as well.
            assert_eq!(got.len(), frames + FRAMES - before);
            assert_eq!(pool.stats().uncarved, before - frames);
        }
        assert_whole(&pool);
    }
}

#[test]
fn frames_at_rest_are_found_when_carving_is_refused() {
    for pool in pools() {
        let mut held: Vec<Frame> = (0..100).map(|_| pool.get(60).unwrap()).collect();
        let uncarved = pool.stats().uncarved;
        std::thread::scope(|scope| {
            let freed = held.split_off(30);
            scope.spawn(move || drop(freed));
        });
        let found = refusal::beyond(0, || {
            let mut burst: Burst<FRAMES> = Burst::new();
            pool.get_burst(&mut burst, FRAMES);
            burst.len()
        });
        assert_eq!(found, FRAMES - uncarved - 30);
        drop(held);
        assert_whole(&pool);
    }
}

#[test]
fn frames_are_freed_when_the_depot_gets_no_magazine() {
    for pool in pools() {
        let held = take_all(&pool);
        refusal::beyond(0, || {
            drop(held);
            assert_whole(&pool);
        });
        assert_whole(&pool);
    }
}

/// Gets, frees and trims on one thread, refused now and then at one step or another.
fn churn(pool: &Pool, seed: usize) {
    let mut state = seed as u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    for _ in 0..300 {
        let budget = [0, 8, FRAME, 64 * FRAME, CHUNK, CHUNK + 8 * FRAME][random(6)];
        refusal::beyond(budget, || {
            let frames: Vec<_> = (0..random(90)).map_while(|_| pool.get(60).ok()).collect();
            let len = [100, 2000, 9000][random(3)];
            let buffers: Vec<_> = (0..random(200))
                .map_while(|_| pool.alloc(len).ok())
                .collect();
            drop((frames, buffers));
            if random(4) == 0 {
                pool.trim();
            }
        });
    }
}

#[test]
fn nothing_is_lost_where_some_are_refused_and_others_not() {
    for pool in pools() {
        let whole = iter::from_fn(|| pool.alloc(2000).ok())
            .collect::<Vec<_>>()
            .len();
        std::thread::scope(|scope| {
            for seed in 0..4 {
                let pool = &pool;
                scope.spawn(move || churn(pool, seed));
            }
        });
        assert_whole(&pool);
        assert_eq!(pool.trim().pinned, 0);
        let all: Vec<_> = iter::from_fn(|| pool.alloc(2000).ok()).collect();
        let starts: BTreeSet<_> = all.iter().map(|buffer| buffer.as_ptr()).collect();
        assert_eq!((all.len(), starts.len()), (whole, whole));
    }
}

#[test]
fn words_of_frames_that_were_never_carved_say_nothing() {
    let [pool, _] = pools();
    let region = pool.region();
    let last = region.base().as_ptr().wrapping_add(region.len() - 1);
    assert!(!pool.find(last).unwrap().is_raw);
}

#[test]
fn refused_chunk_is_out_of_memory_and_stays() {
    for pool in pools() {
        let refused = OutOfMemory {
            requested: 2000,
            refusal: Refusal::System {
                bytes: CHUNK,
                code: Some(refusal::CODE),
                limit: None,
            },
        };
        let all = || iter::from_fn(|| pool.alloc(2000).ok()).collect::<Vec<_>>();
        // The chunk was never taken: memory is missing for its words, then for its bytes. Below, it
        // was taken and given back.
        for bytes in [0, CHUNK, CHUNK + 8] {
            let answer = refusal::beyond(bytes, || pool.alloc(2000).map(|_| ()));
            assert_eq!(answer, Err(refused));
            assert_eq!(pool.stats().alloc.unwrap().chunks, 0);
        }
        let whole = all().len();
        assert_eq!(pool.trim().pinned, 0);
        let answer = refusal::beyond(0, || pool.alloc(2000).map(|_| ()));
        assert_eq!(answer, Err(refused));
        assert_eq!(pool.stats().alloc.unwrap().chunks, 0);
        assert_eq!(all().len(), whole);
    }
}

#[test]
fn refused_chunk_charges_none_of_its_bytes() {
    for pool in pools() {
        for _ in 0..2 {
            // The budget is enough for the bytes or for the words, not for both.
            let left = refusal::beyond(CHUNK + 8, || {
                assert!(pool.alloc(2000).is_err());
                refusal::left()
            });
            assert!(left > Some(CHUNK / 2), "{left:?}");
            // The chunk is fresh in the first round, and given back in the second.
            drop(pool.alloc(2000).unwrap());
            assert_eq!(pool.trim().pinned, 0);
        }
    }
}

#[test]
fn prefault_commits_the_words_of_frames_too() {
    for front in [Front::Auto, Front::Portable] {
        let builder = || Pool::builder().frames(FRAMES).front(front).prefault(true);
        let refused = refusal::beyond(0, || builder().build().map(|_| ()));
        assert!(matches!(refused, Err(BuildError::Map { .. })));
        let pool = builder().build().unwrap();
        assert_whole(&pool);
    }
}

#[test]
fn buffers_at_rest_are_found_when_a_chunk_is_refused() {
    for pool in pools() {
        let held: Vec<_> = (0..50).map(|_| pool.alloc(2000).unwrap()).collect();
        drop(held);
        let found = refusal::beyond(0, || {
            let got: Vec<_> = iter::from_fn(|| pool.alloc(2000).ok()).collect();
            got.len()
        });
        let one = pool.stats().alloc.unwrap();
        assert_eq!(one.chunks, 1);
        assert_eq!(found, CHUNK / one.classes[0].size);
    }
}
