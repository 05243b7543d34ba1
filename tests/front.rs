//! Tests which front a pool gets by the builder, by the environment, and by what the process has,
//! and how large its caches are.

#![cfg(all(not(loom), target_os = "linux", target_env = "gnu"))]

mod common;

use std::env;
use std::process::Command;

use common::{SEQUENCES, assert_whole};
use framewell::{Front, FrontKind, NoRseq, Pool};

/// The variable that says in a process of its own what it is to find there.
const EXPECTED: &str = "FRAMEWELL_TEST_EXPECTED";

const VARIABLE: &str = "FRAMEWELL_FRONT";

/// Returns whether the rseq front is available. If it is not, it says so, and with
/// `FRAMEWELL_STRICT=1` fails.
fn has_rseq() -> bool {
    common::has_rseq("the rseq front")
}

/// Returns the front of a pool that asks for one, or the refusal, as a line.
fn described(front: Front) -> String {
    match Pool::builder().frames(100).front(front).build() {
        Ok(pool) => {
            assert_whole(&pool);
            let stats = pool.stats();
            format!("{} {:?}", stats.front, stats.no_rseq)
        }
        Err(refused) => refused.to_string(),
    }
}

/// Returns what the three choices give.
fn all_described() -> String {
    let fronts = [Front::Auto, Front::Rseq, Front::Portable];
    fronts.map(described).join("; ")
}

/// Checks that a process with these variables finds, for `Auto`, `Rseq` and `Portable`, what is
/// expected.
#[track_caller]
fn assert_finds(variables: &[(&str, &str)], expected: [&str; 3]) {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env_remove(VARIABLE)
        .env_remove("GLIBC_TUNABLES")
        .envs(variables.iter().copied())
        .env(EXPECTED, expected.join("; "))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    let error = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{variables:?}: {text}\n{error}");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "run by the others, in processes of their own"]
fn child() {
    if let Some(expected) = env::var_os(EXPECTED) {
        assert_eq!(all_described(), expected.to_str().unwrap());
    }
}

#[test]
fn auto_takes_rseq_where_libc_has_registered_it() {
    let stats = Pool::builder().front(Front::Auto).build().unwrap().stats();
    if env::var_os(VARIABLE).is_some() {
        return common::not_run("what Front::Auto finds: FRAMEWELL_FRONT is set");
    }
    assert_eq!(stats.front == FrontKind::Rseq, stats.no_rseq.is_none());
    if has_rseq() {
        assert_eq!(stats.front, FrontKind::Rseq, "{stats}");
    } else {
        assert_eq!(stats.front, FrontKind::Portable, "{stats}");
    }
    match common::linux::rseq_registered() {
        _ if !SEQUENCES => assert_eq!(stats.no_rseq, Some(NoRseq::Target)),
        // In that case only a kernel that refuses the fence can stand in the way.
        Some(true) => assert!(
            matches!(stats.no_rseq, None | Some(NoRseq::Fence)),
            "{stats}"
        ),
        Some(false) | None => assert_eq!(stats.no_rseq, Some(NoRseq::Unregistered)),
    }
}

const RSEQ: &str = "rseq None";
const PORTABLE: &str = "portable Some(Chosen)";

#[test]
fn without_a_variable_auto_is_rseq_where_it_is_to_be_had() {
    if has_rseq() {
        assert_finds(&[], [RSEQ, RSEQ, PORTABLE]);
    }
}

#[test]
fn variable_auto_changes_nothing() {
    if has_rseq() {
        assert_finds(&[(VARIABLE, "auto")], [RSEQ, RSEQ, PORTABLE]);
    }
}

#[test]
fn variable_rseq_demands_it_for_auto() {
    if has_rseq() {
        assert_finds(&[(VARIABLE, "rseq")], [RSEQ, RSEQ, PORTABLE]);
    }
}

#[test]
fn variable_portable_decides_for_auto_alone() {
    if has_rseq() {
        let auto = "portable Some(Environment)";
        assert_finds(&[(VARIABLE, "portable")], [auto, RSEQ, PORTABLE]);
    }
}

#[test]
fn variable_that_names_no_front_is_refused_for_auto() {
    if !has_rseq() {
        return;
    }
    for value in ["nonsense", "", "RSEQ", "rseq "] {
        let refused = format!(
            "FRAMEWELL_FRONT is {value:?}, which names no front; set it to auto, rseq or portable, or \
             unset it"
        );
        assert_finds(&[(VARIABLE, value)], [&refused, RSEQ, PORTABLE]);
    }
}

/// What a pool without sequences says of `Auto`, and the refusal of `Rseq`.
const WITHOUT: [&str; 2] = if SEQUENCES {
    [
        "portable Some(Unregistered)",
        "the rseq front is not available: libc has registered no rseq area (glibc 2.35 or newer does); ask for \
         Front::Auto or Front::Portable",
    ]
} else {
    [
        "portable Some(Target)",
        "the rseq front is not available: there are sequences for 64-bit Linux on x86-64 and aarch64 alone; ask \
         for Front::Auto or Front::Portable",
    ]
};

#[test]
fn process_without_an_area_gets_the_portable_front() {
    let tunable = ("GLIBC_TUNABLES", "glibc.pthread.rseq=0");
    let [auto, refusal] = WITHOUT;
    assert_finds(&[tunable], [auto, refusal, PORTABLE]);
    assert_finds(&[tunable, (VARIABLE, "rseq")], [refusal, refusal, PORTABLE]);
    let auto = "portable Some(Environment)";
    assert_finds(
        &[tunable, (VARIABLE, "portable")],
        [auto, refusal, PORTABLE],
    );
}

#[test]
fn stats_name_the_front_and_the_reason() {
    let pool = Pool::builder().frames(8).front(Front::Portable);
    let stats = pool.build().unwrap().stats();
    assert_eq!(stats.front, FrontKind::Portable);
    assert_eq!(stats.no_rseq, Some(NoRseq::Chosen));
    let text = stats.to_string();
    assert!(
        text.contains("\nfront                 portable\n"),
        "{text}"
    );
    assert!(
        text.contains("\nno rseq     the builder asked for the portable front\n"),
        "{text}"
    );
    if has_rseq() {
        let pool = Pool::builder().frames(8).front(Front::Rseq);
        let text = pool.build().unwrap().stats().to_string();
        assert!(
            text.contains("\nfront                     rseq\n"),
            "{text}"
        );
        assert!(!text.contains("no rseq"), "{text}");
    }
}

/// Returns the fronts that this process has.
fn fronts() -> Vec<Front> {
    let mut fronts = vec![Front::Portable];
    if has_rseq() {
        fronts.push(Front::Rseq);
    }
    fronts
}

#[test]
fn cache_sizes_outside_the_bounds_are_refused() {
    for front in fronts() {
        for size in [0, 1021, usize::MAX] {
            let refused = Pool::builder().front(front).cache_size(size).build();
            assert_eq!(
                refused.unwrap_err().to_string(),
                format!(
                    "a cache size of {size} frames is outside 1 to 1020; leave \
                     PoolBuilder::cache_size out for the default"
                )
            );
        }
    }
}

#[test]
fn cache_sizes_within_the_bounds_are_granted_where_the_pool_is_large_enough() {
    for front in fronts() {
        for size in [1, 2, 3, 63, 1019, 1020] {
            let pool = Pool::builder().frames(1 << 20).front(front);
            let pool = pool.headroom(0).payload(60).tailroom(0);
            let pool = pool.shards(4).cache_size(size).build().unwrap();
            assert_eq!(pool.stats().cache, size);
            // The loop gets more frames than fill the cache.
            let frames: Vec<_> = (0..3 * size).map(|_| pool.get(60).unwrap()).collect();
            drop(frames);
            let stats = pool.stats();
            assert_eq!(stats.out, 0, "{stats}");
            let most = stats.per_cpu.iter().max();
            // The portable front holds one more, in the slot.
            assert!(most.is_some_and(|most| *most <= size + 1), "{stats}");
        }
    }
}

#[test]
fn caches_take_at_most_half_of_a_small_pool() {
    for front in fronts() {
        for frames in [1, 2, 5, 100, 1000, 10_000] {
            let pool = Pool::builder().frames(frames).front(front).cache_size(1020);
            let pool = pool.build().unwrap();
            let stats = pool.stats();
            let least = 2 * stats.per_cpu.len();
            assert!(
                stats.cache * stats.per_cpu.len() <= (frames / 2).max(least),
                "{stats}"
            );
            assert!((1..=1020).contains(&stats.cache), "{stats}");
            assert!(stats.batch <= stats.cache, "{stats}");
            assert_whole(&pool);
        }
    }
}
