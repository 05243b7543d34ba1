//! Code that the integration tests share.
//!
//! Each test crate runs on the front of [`builder`]: `fronts` on the portable one unless
//! `FRAMEWELL_TEST_FRONT=auto`, every other crate on the one that `Front::Auto` finds. Where the
//! fronts differ, a test asks the pool's `stats().front` which one it has.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod alloc;
#[cfg(target_os = "linux")]
pub(crate) mod child;
pub(crate) mod churn;
#[cfg(target_os = "linux")]
pub(crate) mod hugetlb;
pub(crate) mod ledger;
#[cfg(target_os = "linux")]
pub(crate) mod linux;
pub(crate) mod model;
#[cfg(windows)]
pub(crate) mod windows;

use std::collections::BTreeSet;
use std::iter;
use std::thread;

use framewell::{Frame, Front, FrontKind, HugePages, Pool, PoolBuilder, Stats};

/// The variable that names the only front on which the suite runs: `portable` or `auto`.
pub(crate) const TEST_FRONT: &str = "FRAMEWELL_TEST_FRONT";

/// Returns the front under test.
pub(crate) fn front() -> Front {
    if env!("CARGO_CRATE_NAME") == "fronts" && !set(TEST_FRONT, "auto") {
        Front::Portable
    } else {
        Front::Auto
    }
}

/// Returns a builder that asks for the front under test.
pub(crate) fn builder() -> PoolBuilder {
    Pool::builder().front(front())
}

/// Returns whether an environment variable has this value.
fn set(name: &str, to: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == to)
}

/// Returns a pool of default frames on the front under test.
pub(crate) fn pool(frames: usize) -> Pool {
    builder().frames(frames).build().unwrap()
}

/// The stride of [`arena`]'s frames.
const STRIDE: usize = 1 << 20;

/// Returns a builder of arenas that [`assert_mapped`] can count. Each test has a number of frames
/// of its own, and so a length of mapping that no other test has. There are more than 64 frames: a
/// heap of glibc's, which grows page by page through every length, ends at 64 MiB.
pub(crate) fn counted(frames: usize) -> PoolBuilder {
    assert!(frames * STRIDE > 64 << 20, "{frames} frames");
    let builder = builder().frames(frames).stride(STRIDE);
    builder.huge_pages(HugePages::Off)
}

/// Returns a pool whose arena [`assert_mapped`] can count.
pub(crate) fn arena(frames: usize) -> Pool {
    counted(frames).build().unwrap()
}

/// Checks that this many arenas of [`counted`] with this many frames are mapped.
#[track_caller]
pub(crate) fn assert_mapped(frames: usize, expected: usize) {
    #[cfg(target_os = "linux")]
    assert_eq!(
        linux::mappings_of(frames * STRIDE),
        expected,
        "arenas of {frames} frames"
    );
    #[cfg(windows)]
    assert_eq!(
        windows::mappings_of(frames * STRIDE),
        expected,
        "arenas of {frames} frames"
    );
    #[cfg(not(any(target_os = "linux", windows)))]
    not_run(&format!(
        "whether {expected} arenas of {frames} frames are mapped: no /proc/self/maps"
    ));
}

/// Returns the number of frames that the calls of other threads, all together, can have in hand
/// beside their batches. On the rseq front these are the frames that the caches hold, which a sweep
/// has stopped and not yet moved. A steal on the portable front has only a batch.
pub(crate) fn held_by_sweeps(stats: &Stats) -> usize {
    match stats.front {
        FrontKind::Rseq => stats.per_cpu.len() * stats.cache,
        _ => 0,
    }
}

/// Returns every frame that one thread can get.
pub(crate) fn take_all(pool: &Pool) -> Vec<Frame> {
    iter::from_fn(|| pool.get(usize::MAX).ok()).collect()
}

/// Checks that the pool has every frame free, and that one thread can get each of them exactly
/// once.
#[track_caller]
pub(crate) fn assert_whole(pool: &Pool) {
    let stats = pool.stats();
    assert_eq!((stats.free, stats.out), (stats.capacity, 0), "{stats}");
    let frames = take_all(pool);
    assert_eq!(frames.len(), stats.capacity, "frames handed out");
    assert_distinct(&frames, stats.capacity);
}

/// Checks that the frames are pairwise different, with ids below `capacity`.
#[track_caller]
pub(crate) fn assert_distinct(frames: &[Frame], capacity: usize) {
    let ids: BTreeSet<usize> = frames.iter().map(|frame| frame.id().index()).collect();
    assert_eq!(ids.len(), frames.len(), "ids are unique");
    assert!(ids.last().is_none_or(|last| *last < capacity));
}

/// Says which check this machine could not make.
pub(crate) fn not_run(what: &str) {
    eprintln!("not run: {what}");
}

/// Says which check this machine could not make though a machine for strict tests can. With
/// `FRAMEWELL_STRICT=1` that is a failure.
#[track_caller]
pub(crate) fn lacking(what: &str) {
    assert!(
        !set("FRAMEWELL_STRICT", "1"),
        "FRAMEWELL_STRICT=1 wants {what}"
    );
    not_run(what);
}

/// Whether the crate has restartable sequences for this target at all.
pub(crate) const SEQUENCES: bool = cfg!(rseq);

/// Returns whether the rseq front is available. If it is not, it says which check is not made. With
/// `FRAMEWELL_STRICT=1` that is a failure, unless the target has no sequences, or the environment
/// has turned them off.
pub(crate) fn has_rseq(what: &str) -> bool {
    let Err(why) = Pool::builder().frames(1).front(Front::Rseq).build() else {
        return true;
    };
    let turned_off = std::env::var_os("GLIBC_TUNABLES")
        .is_some_and(|tunables| tunables.to_string_lossy().contains("glibc.pthread.rseq=0"));
    assert!(
        !SEQUENCES || turned_off || !set("FRAMEWELL_STRICT", "1"),
        "FRAMEWELL_STRICT=1 wants {what}, and {why}"
    );
    not_run(&format!("{what}: {why}"));
    false
}

/// Returns how much longer the long form of a test is: 4 with `FRAMEWELL_LONG=1`, else 1.
pub(crate) fn scale() -> u64 {
    if set("FRAMEWELL_LONG", "1") { 4 } else { 1 }
}

/// Returns how often the longest tests do something of which their long form does four times
/// `times`, with `FRAMEWELL_LONG=1`. Normally it is a quarter of `times`. With `FRAMEWELL_SHORT=1`,
/// which is for slow machines, it is an eighth.
pub(crate) fn repeated(times: u64) -> u64 {
    if set("FRAMEWELL_SHORT", "1") {
        times / 8
    } else if scale() > 1 {
        scale() * times
    } else {
        times / 4
    }
}

/// Returns the CPUs that this process may run on. Where they cannot be told apart it is one.
pub(crate) fn cpus() -> Vec<usize> {
    #[cfg(target_os = "linux")]
    return linux::cpus();
    #[cfg(windows)]
    return windows::cpus();
    #[cfg(not(any(target_os = "linux", windows)))]
    vec![0]
}

/// Moves the calling thread to a CPU out of [`cpus`].
pub(crate) fn pin(cpu: usize) {
    spread(&[cpu]);
}

/// Runs something on one CPU, on a thread of its own, so that the caller's affinity stays as it is.
pub(crate) fn on<T: Send>(cpu: usize, run: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let there = scope.spawn(|| {
            pin(cpu);
            run()
        });
        there.join().unwrap()
    })
}

/// Lets the calling thread run on these CPUs out of [`cpus`], and on no others.
pub(crate) fn spread(cpus: &[usize]) {
    #[cfg(target_os = "linux")]
    linux::spread(cpus);
    #[cfg(windows)]
    windows::spread(cpus);
    #[cfg(not(any(target_os = "linux", windows)))]
    assert_eq!(cpus, [0]);
}

/// A pseudo-random sequence (xorshift64), the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}
