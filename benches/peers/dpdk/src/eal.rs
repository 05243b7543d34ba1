//! DPDK's environment, and the threads that it knows.

use std::ffi::{CStr, CString};

use framewell_bench::BYTES;

use crate::sys;

/// The number of buffers of each pool: its ring wants one less than a power of two.
const COUNT: u32 = (1 << 14) - 1;

/// The number of buffers that each thread caches: as many as DPDK allows.
const CACHE: u32 = 512;

/// Starts DPDK on the calling thread, and makes both pools.
pub(crate) fn start() -> Result<(), String> {
    // SAFETY: the call only tells where the thread runs.
    let cpu = unsafe { libc::sched_getcpu() };
    let arguments = [
        "framewell",
        // DPDK gets one thread, the calling one, on the CPU that it is pinned to.
        &format!("--lcores=0@{}", cpu.max(0)),
        "--no-pci",
        "--no-telemetry",
        // There are no files, so nothing stays behind in a hugetlbfs, and none need be mounted.
        "--in-memory",
        "--iova-mode=va",
        "--log-level=error",
    ];
    let arguments = arguments.map(|argument| CString::new(argument).expect("no zero in it"));
    // DPDK keeps what it is given.
    let mut arguments = arguments.map(CString::into_raw);
    let count = arguments.len() as i32;
    let failed = {
        // SAFETY: there are `count` strings, which stay, and this is called once.
        unsafe {
            sys::framewell_dpdk_start(count, arguments.as_mut_ptr(), COUNT, CACHE, BYTES as u32)
        }
    };
    if failed.is_null() {
        return Ok(());
    }
    // SAFETY: the text is DPDK's, is terminated, and is read at once.
    let failed = unsafe { CStr::from_ptr(failed) };
    Err(format!("DPDK does not start: {}", failed.to_string_lossy()))
}

/// A thread's registration, which ends with the thread.
struct Registered(bool);

impl Registered {
    fn new() -> Self {
        // SAFETY: the workloads run after `start`.
        let entered = unsafe { sys::framewell_dpdk_enter() };
        assert!(entered >= 0, "DPDK has no place for another thread");
        Self(entered == 1)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if self.0 {
            // SAFETY: `new` registered this thread, which uses no pool any more.
            unsafe { sys::framewell_dpdk_leave() };
        }
    }
}

/// Gives the calling thread a cache.
pub(crate) fn enter() {
    thread_local! {
        static REGISTERED: Registered = Registered::new();
    }
    REGISTERED.with(|_| ());
}
