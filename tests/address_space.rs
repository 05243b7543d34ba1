//! Tests pools in a process whose memory is limited. What is reserved though nobody asked for a
//! size shrinks or is left out. What was asked for is refused with the limit and the remedy.

#![cfg(all(not(loom), target_os = "linux", target_pointer_width = "64"))]

mod common;

use std::iter;

use common::linux::limit;
use common::{assert_whole, child, linux};
use framewell::{BuildError, Limit, OutOfMemory, Pool, Purpose, Refusal};

/// The limit of `ulimit -v 400000`: less than is reserved for variable-length buffers where nothing
/// limits it.
const LIMIT: usize = 400_000 << 10;
const CHUNK: usize = 1 << 20;
const FULL: usize = 256 * CHUNK;

/// Checks that buffers of all kinds are available.
fn assert_serves(pool: &Pool) {
    pool.get(1500).unwrap().fill(1);
    for len in [300, 65_856, 100_000, 4 << 20] {
        let mut buffer = pool.alloc(len).unwrap();
        buffer.fill(1);
        assert_eq!(buffer.len(), len);
    }
}

/// Checks that what the default budget was granted is used up before anything is refused, and that
/// all of it comes back. Returns the budget.
fn assert_is_exact(pool: &Pool) -> usize {
    let budget = pool.stats().alloc.unwrap().budget;
    let all: Vec<_> = iter::from_fn(|| pool.alloc(60_000).ok()).collect();
    assert_eq!(all.len(), budget / CHUNK * (CHUNK / 62_784));
    let refusal = pool.alloc(60_000).unwrap_err().refusal;
    assert_eq!(refusal, Refusal::Budget { limit: budget });
    drop(all);
    assert_eq!(pool.trim().pinned, 0);
    assert_whole(pool);
    budget
}

#[test]
fn default_budget_takes_no_more_than_half_of_what_is_left() {
    child::alone(
        "default_budget_takes_no_more_than_half_of_what_is_left",
        || {
            limit(libc::RLIMIT_AS, LIMIT);
            let pool = Pool::builder().build().unwrap();
            let left = LIMIT - linux::mapped();
            assert_serves(&pool);
            let budget = assert_is_exact(&pool);
            assert!((8 * CHUNK..FULL / 2).contains(&budget), "{budget}");
            assert!(LIMIT - linux::mapped() >= left / 2);
        },
    );
}

#[test]
fn limit_of_private_memory_counts_as_well() {
    child::alone("limit_of_private_memory_counts_as_well", || {
        limit(libc::RLIMIT_DATA, LIMIT);
        let pool = Pool::builder().build().unwrap();
        assert_serves(&pool);
        assert!(assert_is_exact(&pool) < FULL / 2);
        let refused = Pool::builder().alloc_bytes(4 << 30).build().unwrap_err();
        let said =
            format!("{LIMIT} bytes of private memory; raise that limit (ulimit -d), or lower");
        assert!(refused.to_string().contains(&said), "{refused}");
    });
}

#[test]
fn budget_that_was_asked_for_is_refused_with_limit_and_remedy() {
    child::alone(
        "budget_that_was_asked_for_is_refused_with_limit_and_remedy",
        || {
            limit(libc::RLIMIT_AS, LIMIT);
            let refused = Pool::builder().alloc_bytes(FULL).build().unwrap_err();
            let BuildError::Map { bytes, source, .. } = &refused else {
                panic!("{refused:?}");
            };
            assert_eq!(
                refused.to_string(),
                format!(
                    "the system refused {bytes} bytes of memory for size classes ({source}); \
                     the process may have {LIMIT} bytes of address space; raise that limit \
                     (ulimit -v), or lower PoolBuilder::alloc_bytes"
                )
            );
            assert_serves(&Pool::builder().alloc_bytes(16 << 20).build().unwrap());
        },
    );
}

#[test]
fn frames_are_refused_with_limit_and_remedy() {
    child::alone("frames_are_refused_with_limit_and_remedy", || {
        limit(libc::RLIMIT_AS, LIMIT);
        let refused = Pool::builder().frames(1 << 20).build().unwrap_err();
        assert!(
            matches!(
                refused,
                BuildError::Map {
                    purpose: Purpose::Frames,
                    limit: Some(Limit::AddressSpace { bytes: LIMIT }),
                    ..
                }
            ),
            "{refused:?}"
        );
        let remedy = "(ulimit -v), or ask for fewer with PoolBuilder::frames";
        assert!(refused.to_string().ends_with(remedy), "{refused}");
    });
}

/// Here the limit leaves room for not even one chunk together with the lists of all classes.
#[test]
fn large_buffers_need_nothing_of_the_size_classes() {
    child::alone("large_buffers_need_nothing_of_the_size_classes", || {
        let pool = Pool::builder().build().unwrap();
        let limit_now = linux::mapped() + (7 << 19);
        limit(libc::RLIMIT_AS, limit_now);
        let refused = pool.alloc(300).unwrap_err();
        let Refusal::System { limit, .. } = refused.refusal else {
            panic!("{refused:?}");
        };
        assert_eq!(limit, Some(Limit::AddressSpace { bytes: limit_now }));
        let remedy =
            "raise that limit (ulimit -v), free buffers, or lower PoolBuilder::alloc_bytes";
        assert!(refused.to_string().ends_with(remedy), "{refused}");

        for _ in 0..3 {
            pool.alloc(100_000).unwrap().fill(1);
        }
        let stats = pool.stats().alloc.unwrap();
        assert_eq!((stats.budget, stats.large), (0, 0));
        let too_large = pool.alloc(64 << 20).unwrap_err();
        assert!(
            matches!(
                too_large,
                OutOfMemory {
                    refusal: Refusal::System { limit: Some(_), .. },
                    ..
                }
            ),
            "{too_large:?}"
        );
        let frames = common::take_all(&pool);
        assert_eq!(frames.len(), pool.capacity());
    });
}

/// A borrower's table of references is reserved by the first that is lent. Without the table the
/// reference is the caller's as before, and so is all else.
#[test]
fn reference_is_given_back_where_the_borrower_s_table_is_refused() {
    child::alone(
        "reference_is_given_back_where_the_borrower_s_table_is_refused",
        || {
            let pool = Pool::builder().frames(1 << 24).build().unwrap();
            let mut nic = pool.borrower("nic").unwrap();
            let packet = pool.copy_from(b"packet").unwrap().share();
            limit(libc::RLIMIT_AS, linux::mapped() + (32 << 20));
            let packet = nic.lend_shared(packet.clone()).unwrap_err();
            assert_eq!((&*packet, packet.references()), (&b"packet"[..], 2));
            assert_eq!((nic.lent(), pool.stats().borrowers[0].references), (0, 0));
            nic.lend(pool.get(0).unwrap()).unwrap();
            // SAFETY: nobody touches the bytes.
            assert_eq!(unsafe { nic.reclaim() }, 1);
            // SAFETY: nothing is lent.
            assert!(unsafe { nic.take_back_shared(packet.id(), 0, 0) }.is_err());
        },
    );
}
