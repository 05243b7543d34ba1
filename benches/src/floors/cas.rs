//! The floor of a per-CPU lock-free pair: two compare-and-swaps that nobody contends, with the CPU's
//! number from libc's rseq area where there is one, and one byte written between them.
//!
//! No allocator that is lock-free without restartable sequences can do less: one atomic step to get, one
//! to free, each on the word of its CPU.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::area::Area;
use crate::work::{Timed, Workload, time, touch};

/// The most CPUs that a cpu_set_t can name.
const CPUS: usize = 1024;

/// Two bare compare-and-swaps.
pub(super) struct CasPair {
    words: Box<[CachePadded<AtomicU64>; CPUS]>,
    /// `None`: the CPU's number is asked for by a call.
    area: Option<Area>,
    byte: u8,
}

impl CasPair {
    /// Finds libc's rseq area and makes the words.
    pub(super) fn new() -> Self {
        let words: Box<[_]> = (0..CPUS).map(|_| CachePadded::default()).collect();
        Self {
            words: words.try_into().expect("as many words"),
            area: Area::find().ok(),
            byte: 0,
        }
    }
}

impl Workload for CasPair {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let (words, area) = (&*self.words, self.area);
        let byte = &raw mut self.byte;
        time(steps, 1, || {
            swap(words, area);
            // SAFETY: the byte is this value's, which is borrowed mutably.
            unsafe { touch::write_at(byte, 1) };
            swap(words, area);
        })
    }
}

#[inline(always)]
fn swap(words: &[CachePadded<AtomicU64>; CPUS], area: Option<Area>) {
    let cpu = area.map_or_else(called, Area::cpu);
    // The remainder of a power of two costs one instruction, as a bound check would.
    let word = &words[cpu as usize % CPUS];
    // Relaxed: what is published by the swap is nothing.
    let mut seen = word.load(Ordering::Relaxed);
    while let Err(now) = word.compare_exchange_weak(
        seen,
        seen.wrapping_add(1),
        // As strong as a stack's; the same instruction where there is but one.
        Ordering::AcqRel,
        Ordering::Relaxed,
    ) {
        seen = now;
    }
}

/// The CPU by a call.
#[cfg(target_os = "linux")]
fn called() -> u32 {
    // SAFETY: sched_getcpu has no preconditions.
    let cpu = unsafe { libc::sched_getcpu() };
    u32::try_from(cpu).unwrap_or(0)
}

/// No CPU at all.
#[cfg(not(target_os = "linux"))]
fn called() -> u32 {
    0
}
