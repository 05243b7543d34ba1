//! The process as Linux shows it: its CPUs, its mappings, its resident memory.

use std::fs;
use std::ops::Range;

/// Returns the CPUs of the calling thread's affinity mask.
pub(crate) fn cpus() -> Vec<usize> {
    // SAFETY: an all-zero cpu_set_t is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is a cpu_set_t of the size given.
    let answer = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) };
    assert_eq!(answer, 0, "sched_getaffinity");
    let has = |cpu: &usize| {
        // SAFETY: CPU_ISSET checks its bounds.
        unsafe { libc::CPU_ISSET(*cpu, &set) }
    };
    (0..libc::CPU_SETSIZE as usize).filter(has).collect()
}

/// Moves the calling thread to a CPU.
pub(crate) fn pin(cpu: usize) {
    spread(&[cpu]);
}

/// Lets the calling thread run on these CPUs only.
pub(crate) fn spread(cpus: &[usize]) {
    // SAFETY: an all-zero cpu_set_t is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for cpu in cpus {
        // SAFETY: CPU_SET checks its bounds.
        unsafe { libc::CPU_SET(*cpu, &mut set) };
    }
    // SAFETY: `set` is a cpu_set_t of the size given.
    let answer = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) };
    assert_eq!(answer, 0, "the CPUs {cpus:?} are there");
}

/// Runs `child` in a forked child, and checks that it ends well, and soon.
#[track_caller]
pub(crate) fn in_child(child: impl FnOnce()) {
    // SAFETY: the child uses the pool and ends.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        // SAFETY: alarm has no preconditions. It ends a child that hangs.
        unsafe { libc::alarm(20) };
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
        // SAFETY: _exit has no preconditions.
        unsafe { libc::_exit(i32::from(told.is_err())) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's, and `status` lives.
    let ended = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!((ended, status), (pid, 0));
}

/// Returns whether libc registered restartable sequences, and `None` before glibc 2.35.
pub(crate) fn rseq_registered() -> Option<bool> {
    // SAFETY: the name is a C string, and RTLD_DEFAULT asks the objects that are loaded already.
    let size = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__rseq_size".as_ptr()) };
    if size.is_null() {
        return None;
    }
    // SAFETY: glibc documents `__rseq_size` as a `const unsigned int`, set before main.
    Some(unsafe { size.cast::<libc::c_uint>().read() } > 0)
}

/// Returns the bytes of a base page.
pub(crate) fn page() -> usize {
    // SAFETY: sysconf has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap()
}

/// Returns the address range in front of a line of /proc/self/maps or smaps.
fn range(line: &str) -> Option<Range<usize>> {
    let (from, to) = line.split_whitespace().next()?.split_once('-')?;
    let from = usize::from_str_radix(from, 16).ok()?;
    Some(from..usize::from_str_radix(to, 16).ok()?)
}

/// Returns how many readable and writable mappings have exactly this many bytes.
pub(crate) fn mappings_of(bytes: usize) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .filter(|line| line.contains(" rw-p "))
        .filter_map(range)
        .filter(|range| range.len() == bytes)
        .count()
}

/// Returns the resident bytes of the mapping that holds an address.
pub(crate) fn resident_at(address: usize) -> usize {
    smaps_at(address, "Rss:")
}

/// Returns the locked bytes of the mapping that holds an address.
pub(crate) fn locked_at(address: usize) -> usize {
    smaps_at(address, "Locked:")
}

fn smaps_at(address: usize, what: &str) -> usize {
    let maps = fs::read_to_string("/proc/self/smaps").unwrap();
    let mut lines = maps
        .lines()
        .skip_while(|line| !range(line).is_some_and(|range| range.contains(&address)));
    let resident = lines.find_map(|line| line.strip_prefix(what)).unwrap();
    kilobytes(resident)
}

/// Returns the resident bytes of the process.
pub(crate) fn resident() -> usize {
    statm(1)
}

/// Returns the bytes of address space of the process.
pub(crate) fn mapped() -> usize {
    statm(0)
}

fn statm(field: usize) -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(field).unwrap().parse().unwrap();
    pages * page()
}

/// Sets a limit of this process. The process must belong to one test alone.
pub(crate) fn limit(resource: libc::__rlimit_resource_t, bytes: usize) {
    let limit = libc::rlimit {
        rlim_cur: bytes as libc::rlim_t,
        rlim_max: bytes as libc::rlim_t,
    };
    // SAFETY: the limit is valid for the call.
    assert_eq!(unsafe { libc::setrlimit(resource, &limit) }, 0);
}

/// Returns a number out of /proc/meminfo: a count, or kilobytes.
pub(crate) fn meminfo(name: &str) -> Option<usize> {
    let info = fs::read_to_string("/proc/meminfo").unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix(name))?;
    line.strip_prefix(':')?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn kilobytes(text: &str) -> usize {
    let number = text.trim().strip_suffix("kB").unwrap().trim();
    number.parse::<usize>().unwrap() << 10
}
