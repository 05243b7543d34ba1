//! The CPUs that threads run on.

use std::sync::OnceLock;

static ALLOWED: OnceLock<Vec<usize>> = OnceLock::new();

/// Notes the CPUs that the process may use, puts the calling thread on the first of them, and
/// returns how many there are.
///
/// It also makes the process one of several threads (M6).
pub fn settle() -> usize {
    // A thread that has ended counts: libc never takes the single-threaded shortcut again.
    let _ = std::thread::spawn(|| {}).join();
    let count = ALLOWED.get_or_init(imp::allowed).len();
    pin(0);
    count
}

/// Puts the calling thread on the `core`-th CPU that the process may use, if there is one.
pub fn pin(core: usize) {
    if let Some(&cpu) = ALLOWED.get_or_init(imp::allowed).get(core) {
        imp::restrict(&[cpu]);
    }
}

/// Lets the calling thread run on all CPUs that the process may use.
pub fn unpin() {
    imp::restrict(ALLOWED.get_or_init(imp::allowed));
}

#[cfg(target_os = "linux")]
mod imp {
    use std::mem;

    pub(super) fn allowed() -> Vec<usize> {
        // SAFETY: an all-zero cpu_set_t is the empty set.
        let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
        // SAFETY: `set` is a cpu_set_t of the size given.
        if unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) } != 0 {
            return Vec::new();
        }
        (0..libc::CPU_SETSIZE as usize)
            .filter(|&cpu| {
                // SAFETY: `cpu` is below CPU_SETSIZE.
                unsafe { libc::CPU_ISSET(cpu, &set) }
            })
            .collect()
    }

    /// Restricts the calling thread to these CPUs. A refusal is no error: the thread stays where it
    /// may run.
    pub(super) fn restrict(cpus: &[usize]) {
        // SAFETY: an all-zero cpu_set_t is the empty set.
        let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
        for &cpu in cpus {
            // SAFETY: `cpu` came from `allowed`, so it is below CPU_SETSIZE.
            unsafe { libc::CPU_SET(cpu, &mut set) };
        }
        // SAFETY: `set` is a cpu_set_t of the size given.
        unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) };
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    /// Returns as many numbers as there are CPUs. Threads are not bound here.
    pub(super) fn allowed() -> Vec<usize> {
        let count = std::thread::available_parallelism().map_or(1, |n| n.get());
        (0..count).collect()
    }

    pub(super) fn restrict(_cpus: &[usize]) {}
}
