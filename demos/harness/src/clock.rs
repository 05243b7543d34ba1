//! The processor time that this thread and this process have used.

use std::time::Duration;

/// Returns the processor time of the calling thread, in the kernel and outside.
///
/// ```
/// let before = framewell_harness::clock::of_this_thread();
/// assert!(framewell_harness::clock::of_this_thread() >= before);
/// ```
pub fn of_this_thread() -> Duration {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Returns the processor time of all threads of the process, in the kernel and outside.
///
/// ```
/// let before = framewell_harness::clock::of_this_process();
/// assert!(framewell_harness::clock::of_this_process() >= before);
/// ```
pub fn of_this_process() -> Duration {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the time may be written.
    let read = unsafe { libc::clock_gettime(clock, &mut time) };
    assert_eq!(read, 0, "these clocks exist on every Linux");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
