//! Moves threads between CPUs.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::super::common::{Random, linux};

/// Returns the calling thread's id.
pub(crate) fn thread_id() -> libc::pid_t {
    // SAFETY: gettid has no preconditions.
    unsafe { libc::gettid() }
}

/// Moves a thread of this process to a CPU. A thread that is gone stays so.
pub(crate) fn move_to(thread: libc::pid_t, cpu: usize) {
    // SAFETY: an all-zero cpu_set_t is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: CPU_SET checks its bounds.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: `set` is a cpu_set_t of the size given.
    let _ = unsafe { libc::sched_setaffinity(thread, size_of_val(&set), &set) };
}

/// Moves threads from CPU to CPU, one about every 50 µs, until the time is over.
pub(crate) fn flip(threads: &[libc::pid_t], seed: u64, until: Instant) {
    let cpus = linux::cpus();
    let mut random = Random::new(seed);
    while Instant::now() < until {
        let thread = threads[random.below(threads.len())];
        move_to(thread, cpus[random.below(cpus.len())]);
        thread::sleep(Duration::from_micros(50));
    }
}

/// Waits until a thread of this process sleeps, and goes on sleeping for a moment.
pub(crate) fn wait_until_asleep(thread: libc::pid_t) {
    let asleep = || {
        let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().starts_with('S')
    };
    let mut times = 0;
    while times < 20 {
        thread::sleep(Duration::from_millis(1));
        times = if asleep() { times + 1 } else { 0 };
    }
}
