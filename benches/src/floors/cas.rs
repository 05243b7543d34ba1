//! The floor of a per-CPU lock-free pair: two compare-and-swaps that nobody contends, and one byte
//! written between them. The CPU's number comes from libc's rseq area where there is one.
//!
//! No allocator that is lock-free without restartable sequences can do less. A get needs one atomic
//! step and a free another, each on the word of its CPU.

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

/// The workload of two bare compare-and-swaps.
pub(super) struct CasPair {
    words: Box<[CachePadded<AtomicU64>; CPUS]>,
    /// libc's area; if it is `None`, a call asks for the CPU's number.
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
            // SAFETY: the byte belongs to this value, which is borrowed mutably.
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
    // Relaxed: the swap publishes nothing.
    let mut seen = word.load(Ordering::Relaxed);
    while let Err(now) = word.compare_exchange_weak(
        seen,
        seen.wrapping_add(1),
        // AcqRel: as strong as in a stack. It is the same instruction where there is but one.
        Ordering::AcqRel,
        Ordering::Relaxed,
    ) {
        seen = now;
    }
}

/// Returns the CPU that a call reports.
#[cfg(target_os = "linux")]
fn called() -> u32 {
    // SAFETY: sched_getcpu has no preconditions.
    let cpu = unsafe { libc::sched_getcpu() };
    u32::try_from(cpu).unwrap_or(0)
}

/// Returns 0, since there is no call for the CPU's number here.
#[cfg(not(target_os = "linux"))]
fn called() -> u32 {
    0
}
