//! The floor of a per-CPU lock-free pair: two compare-and-swaps that nobody contends, with the CPU's
//! number from libc's rseq area, and one byte written between them.
//!
//! No allocator that is lock-free without restartable sequences can do less: one atomic step to get, one
//! to free, each on the word of its CPU.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use crate::work::{Timed, Workload, time};

/// The most CPUs that a cpu_set_t can name.
const CPUS: usize = 1024;

/// Two bare compare-and-swaps.
pub struct BarePair {
    words: Box<[CachePadded<AtomicU64>; CPUS]>,
    cpu: Cpu,
    byte: u8,
}

impl Default for BarePair {
    fn default() -> Self {
        Self::new()
    }
}

impl BarePair {
    /// Finds libc's rseq area and makes the words.
    #[must_use]
    pub fn new() -> Self {
        let words: Box<[_]> = (0..CPUS).map(|_| CachePadded::default()).collect();
        Self {
            words: words.try_into().expect("as many words"),
            cpu: Cpu::find(),
            byte: 0,
        }
    }

    /// Whether the CPU's number is one load, not a call.
    #[must_use]
    pub fn is_rseq(&self) -> bool {
        self.cpu.is_rseq()
    }
}

impl Workload for BarePair {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let (words, cpu) = (&*self.words, self.cpu);
        let byte = &raw mut self.byte;
        time(steps, 1, || {
            swap(words, cpu);
            // SAFETY: the byte is this value's, which is borrowed mutably.
            unsafe { byte.write(1) };
            black_box(byte);
            swap(words, cpu);
        })
    }
}

#[inline(always)]
fn swap(words: &[CachePadded<AtomicU64>; CPUS], cpu: Cpu) {
    // The remainder of a power of two costs one instruction, as a bound check would.
    let word = &words[cpu.current() as usize % CPUS];
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

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use rseq::Cpu;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod rseq {
    /// The offset of libc's rseq area from the thread pointer; `None` if libc registered none.
    #[derive(Clone, Copy)]
    pub(super) struct Cpu(Option<isize>);

    impl Cpu {
        pub(super) fn find() -> Self {
            let symbol = |name: &std::ffi::CStr| {
                // SAFETY: `name` is a C string; RTLD_DEFAULT asks the objects loaded already.
                let at = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
                (!at.is_null()).then_some(at)
            };
            let (Some(size), Some(offset)) = (symbol(c"__rseq_size"), symbol(c"__rseq_offset"))
            else {
                return Self(None);
            };
            // SAFETY: glibc documents `__rseq_size` as a `const unsigned int`, set before main.
            let size = unsafe { size.cast::<libc::c_uint>().read() };
            // SAFETY: glibc documents `__rseq_offset` as a `const ptrdiff_t`, set before main.
            let offset = unsafe { offset.cast::<isize>().read() };
            Self((size > 0).then_some(offset))
        }

        pub(super) fn is_rseq(self) -> bool {
            self.0.is_some()
        }

        #[inline(always)]
        pub(super) fn current(self) -> u32 {
            let Some(offset) = self.0 else {
                // SAFETY: sched_getcpu has no preconditions.
                let cpu = unsafe { libc::sched_getcpu() };
                return u32::try_from(cpu).unwrap_or(0);
            };
            let cpu: u32;
            // SAFETY: reads the first field (`cpu_id_start`) of the calling thread's own rseq
            // area, at the offset that libc states (`find`).
            unsafe {
                std::arch::asm!(
                    "mov {cpu:e}, dword ptr fs:[{offset}]",
                    cpu = out(reg) cpu,
                    offset = in(reg) offset,
                    options(nostack, preserves_flags, readonly),
                );
            }
            cpu
        }
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
use called::Cpu;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod called {
    /// The CPU by a call, or no CPU at all.
    #[derive(Clone, Copy)]
    pub(super) struct Cpu;

    impl Cpu {
        pub(super) fn find() -> Self {
            Self
        }

        pub(super) fn is_rseq(self) -> bool {
            false
        }

        #[cfg(target_os = "linux")]
        pub(super) fn current(self) -> u32 {
            // SAFETY: sched_getcpu has no preconditions.
            let cpu = unsafe { libc::sched_getcpu() };
            u32::try_from(cpu).unwrap_or(0)
        }

        #[cfg(not(target_os = "linux"))]
        pub(super) fn current(self) -> u32 {
            0
        }
    }
}
