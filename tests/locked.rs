//! Tests pools in a process that has all of its memory locked, now and later. What is used is
//! resident and locked, and what is only reserved is neither.

#![cfg(all(not(loom), target_os = "linux", target_env = "gnu"))]

mod common;

use std::io;

use common::linux::{limit, locked_at, resident, resident_at};
use common::{child, lacking, take_all};
use framewell::{BuildError, Front, HugePages, Limit, Pool, VarBuf};

const MIB: usize = 1 << 20;
const CHUNK: usize = MIB;
/// The tolerance for the heap, which is locked as a whole, and for the lists that are used. All
/// tables together take some hundred times as much.
const SLACK: usize = 6 * MIB;

/// Makes the kernel lock what is mapped from now on. Returns `false` if this machine does not allow
/// it.
fn lock_all(what: &str) -> bool {
    // SAFETY: geteuid has no preconditions.
    if unsafe { libc::geteuid() } != 0 {
        lacking(&format!("{what}: not root, whom the kernel sets no limit"));
        return false;
    }
    // SAFETY: mlockall has no preconditions.
    if unsafe { libc::mlockall(libc::MCL_FUTURE) } != 0 {
        lacking(&format!("{what}: {}", io::Error::last_os_error()));
        return false;
    }
    true
}

#[track_caller]
fn assert_grown(before: usize, by: usize) {
    let grown = resident().saturating_sub(before);
    assert!((by..by + SLACK).contains(&grown), "{grown} bytes, not {by}");
}

fn written(pool: &Pool, len: usize) -> VarBuf {
    let mut buffer = pool.alloc(len).unwrap();
    buffer.fill(1);
    buffer
}

#[test]
fn pool_in_a_locked_process_takes_memory_for_what_is_used() {
    let name = "pool_in_a_locked_process_takes_memory_for_what_is_used";
    child::alone(name, || {
        if !lock_all("a pool in a locked process") {
            return;
        }
        for front in [Front::Auto, Front::Portable] {
            takes_memory_for_what_is_used(front);
        }
    });
}

fn takes_memory_for_what_is_used(front: Front) {
    let before = resident();
    let pool = Pool::builder().frames(1 << 20).front(front);
    let pool = pool.huge_pages(HugePages::Off).build().unwrap();
    assert_grown(before, 0);
    let mut frames: Vec<_> = (0..5000).map(|_| pool.get(1500).unwrap()).collect();
    frames.iter_mut().for_each(|frame| frame.fill(1));
    assert_grown(before, 5000 * 1500);
    let base = pool.region().base().addr().get();
    assert_eq!(locked_at(base), resident_at(base), "what is used is locked");
    assert!(locked_at(base) >= 5000 * 1500);

    // This checks the size classes, and what lies around the chunk that is used.
    let before = resident();
    let one = written(&pool, 300);
    assert_grown(before, 0);
    let base = one.as_ptr().addr();
    assert!((300..2 * CHUNK).contains(&locked_at(base)));

    let peak: Vec<_> = (0..20 * (CHUNK / 2368))
        .map(|_| written(&pool, 2346))
        .collect();
    assert_grown(before, 19 * CHUNK);
    drop(peak);
    let trimmed = pool.trim();
    assert!(trimmed.bytes >= 19 * CHUNK, "{trimmed:?}");
    assert_grown(before, 0);
    // Memory that comes again is zeroed, and locked.
    assert!(pool.alloc(2346).unwrap().iter().all(|byte| *byte == 0));
    let again = written(&pool, 60_000);
    assert!(locked_at(again.as_ptr().addr()) >= 60_000);
}

#[test]
fn large_buffer_in_a_locked_process_is_resident_as_a_whole_and_alone() {
    let name = "large_buffer_in_a_locked_process_is_resident_as_a_whole_and_alone";
    child::alone(name, || {
        if !lock_all("a large buffer in a locked process") {
            return;
        }
        let pool = Pool::builder().build().unwrap();
        let before = resident();
        let buffers: Vec<_> = (0..20).map(|_| pool.alloc(MIB).unwrap()).collect();
        assert_grown(before, 20 * MIB);
        let base = buffers[0].as_ptr().addr();
        assert!(locked_at(base) >= MIB);
        drop(buffers);
        assert_grown(before, 0);
    });
}

#[test]
fn prefault_makes_all_frames_resident_and_locked() {
    let name = "prefault_makes_all_frames_resident_and_locked";
    child::alone(name, || {
        if !lock_all("prefault in a locked process") {
            return;
        }
        let pool = Pool::builder().frames(10_000).prefault(true);
        let pool = pool.build().unwrap();
        let base = pool.region().base().addr().get();
        assert!(locked_at(base) >= pool.region().len());
        assert!(take_all(&pool).iter().all(|frame| frame[0] == 0));
    });
}

#[test]
fn limit_of_locked_memory_is_named() {
    child::alone("limit_of_locked_memory_is_named", || {
        const LIMIT: usize = 8 * MIB;
        if !lock_all("a limit of locked memory") {
            return;
        }
        limit(libc::RLIMIT_MEMLOCK, LIMIT);
        // The kernel limits only processes without the privilege.
        // SAFETY: setuid has no preconditions.
        assert_eq!(unsafe { libc::setuid(65_534) }, 0);
        let pool = Pool::builder().frames(100).build().unwrap();
        pool.get(60).unwrap().fill(1);
        let refused = Pool::builder().frames(1 << 17).build().unwrap_err();
        let BuildError::Map { bytes, source, .. } = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(
            refused.to_string(),
            format!(
                "the system refused {bytes} bytes of memory for frames ({source}); the process \
                 may lock {LIMIT} bytes, and has all that it maps locked; raise that limit \
                 (ulimit -l), or ask for fewer with PoolBuilder::frames"
            )
        );
        let refused = Pool::builder().frames(100).alloc_bytes(LIMIT);
        let refused = refused.build().unwrap_err();
        let is_limit = matches!(
            refused,
            BuildError::Map {
                limit: Some(Limit::Locked { bytes: LIMIT }),
                ..
            }
        );
        assert!(is_limit, "{refused:?}");
        let remedy = "(ulimit -l), or lower PoolBuilder::alloc_bytes";
        assert!(refused.to_string().ends_with(remedy), "{refused}");
        // Where nobody asked for a size, the budget has as many chunks as there is room for.
        written(&pool, 300);
        written(&pool, 100_000);
        assert!(pool.stats().alloc.unwrap().budget < LIMIT);
    });
}
