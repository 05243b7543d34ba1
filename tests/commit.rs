//! Tests what pools charge to the system where memory is committed on demand: what they handed out,
//! and no more.

#![cfg(all(not(loom), windows))]

mod common;

use std::sync::{Mutex, MutexGuard, PoisonError};

use common::take_all;
use common::windows::{committed, committed_at};
use framewell::{Pool, VarBuf};

const CHUNK: usize = 1 << 20;
const PAGE: usize = 4096;
/// The tolerance in either direction. It is for the heap, and for the stacks of the other tests'
/// threads, which start and end meanwhile. A table with a word for each frame, or for each buffer
/// of all chunks, would be more.
const SLACK: usize = 16 << 20;

/// Locks the process, because all tests share what it has committed.
fn alone() -> MutexGuard<'static, ()> {
    static PROCESS: Mutex<()> = Mutex::new(());
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[track_caller]
fn assert_grown(before: usize, by: usize) {
    let grown = committed().saturating_sub(before);
    assert!(grown.abs_diff(by) <= SLACK, "{grown} bytes, not {by}");
}

#[test]
fn pool_of_8_gib_commits_what_is_carved() {
    let _alone = alone();
    let before = committed();
    let pool = Pool::builder().frames((8 << 30) / 1728).build().unwrap();
    let base = pool.region().base().addr().get();
    assert_eq!(committed_at(base), Some(0));
    assert_grown(before, 0);

    const FRAMES: usize = 100_000;
    for _ in 0..2 {
        let mut frames: Vec<_> = (0..FRAMES).map(|_| pool.get(1500).unwrap()).collect();
        for frame in &mut frames {
            frame.fill(1);
        }
        // A frame that is in a shard whose processor the thread has left is carved once more.
        let stats = pool.stats();
        let resting = stats.per_cpu.len() * (stats.cache + stats.batch);
        let carved = (FRAMES + resting) * 1728;
        let of_frames = committed_at(base).unwrap();
        assert!(
            (FRAMES * 1728..carved + PAGE).contains(&of_frames),
            "{of_frames}"
        );
        // Each frame has words of 8 bytes and of 4, and 4 bytes in the depot when it was freed.
        // Each owner takes 16 bytes.
        assert_grown(before, of_frames + FRAMES * (8 + 4 + 16));
        drop(frames);
    }
    drop(pool);
    assert_grown(before, 0);
}

#[test]
fn prefault_commits_every_frame() {
    let _alone = alone();
    let pool = Pool::builder().frames(1000).prefault(true).build().unwrap();
    let region = pool.region();
    let base = region.base().addr().get();
    let all = region.len().next_multiple_of(PAGE);
    assert_eq!(committed_at(base), Some(all));
    for frame in take_all(&pool) {
        assert!(frame.iter().all(|byte| *byte == 0));
    }
    assert_eq!(committed_at(base), Some(all));
}

fn written(pool: &Pool, len: usize) -> VarBuf {
    let mut buffer = pool.alloc(len).unwrap();
    buffer.fill(1);
    buffer
}

#[test]
fn chunks_are_committed_when_they_are_taken_and_go_by_trim() {
    let _alone = alone();
    let before = committed();
    let pool = Pool::builder().frames(64).build().unwrap();
    let first = written(&pool, 2346);
    let base = first.as_ptr().addr();
    assert_eq!(committed_at(base), Some(CHUNK));
    assert_grown(before, CHUNK);

    for _ in 0..2 {
        let per_chunk = CHUNK / first.capacity();
        let peak: Vec<_> = (0..20 * per_chunk).map(|_| written(&pool, 2346)).collect();
        assert_eq!(committed_at(base), Some(21 * CHUNK));
        drop(peak);
        let trimmed = pool.trim();
        assert_eq!((trimmed.bytes, trimmed.pinned), (20 * CHUNK, 1));
        assert_eq!(committed_at(base), Some(CHUNK));
        assert_grown(before, CHUNK);
    }
    // Another class takes the chunks that this one gave back.
    let other = pool.alloc(65_000).unwrap();
    assert_eq!(committed_at(base), Some(2 * CHUNK));
    assert!(other.iter().all(|byte| *byte == 0));
    drop((first, other));
    assert_eq!(pool.trim().pinned, 0);
    assert_eq!(committed_at(base), Some(0));
}

#[test]
fn large_buffer_is_committed_as_a_whole_and_goes_with_its_owner() {
    let _alone = alone();
    let pool = Pool::builder().frames(64).build().unwrap();
    let buffer = written(&pool, 3_000_001);
    let base = buffer.as_ptr().addr();
    assert_eq!(buffer.capacity(), 3_000_001_usize.next_multiple_of(PAGE));
    assert_eq!(committed_at(base), Some(buffer.capacity()));
    drop(buffer);
    assert_eq!(committed_at(base), None);
}
