//! The number of the CPU that a thread runs on, as a hint, and how many CPUs there can be.
//!
//! The hint may be stale when it is returned, because the thread may have moved. It only chooses a
//! shard.
//!
//! Linux keeps the number up to date in the area that libc registered for restartable sequences
//! (`rseq(2)`), and one load reads it. The field that is read is `cpu_id_start`, which is a valid
//! CPU number at any time (0 in a thread that is not registered). Reading the hint writes nothing.

#[cfg(all(rseq, not(loom)))]
use super::rseq::Area;

#[cfg(all(windows, not(loom)))]
use super::groups::Groups;

/// The source of the hint, which is found once per pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CpuHint {
    /// The hint comes from libc's rseq area.
    #[cfg(all(rseq, not(loom)))]
    Rseq(Area),
    /// The hint comes from the system call `getcpu`, which the vDSO usually answers without
    /// entering the kernel.
    #[cfg(all(target_os = "linux", not(loom)))]
    GetCpu,
    /// The hint is made of the number of the processor's group, and of its number within the group.
    #[cfg(all(windows, not(loom)))]
    Processor(Groups),
    /// The system tells no CPU number, so the hint is a number drawn from the thread.
    #[cfg(not(any(loom, target_os = "linux", windows)))]
    Thread,
    /// The hint is the CPU of a loom model.
    #[cfg(loom)]
    Modelled,
}

#[cfg(not(loom))]
impl CpuHint {
    #[cfg(target_os = "linux")]
    pub(crate) fn detect() -> Self {
        #[cfg(rseq)]
        if let Some(area) = Area::registered() {
            return Self::Rseq(area);
        }
        Self::GetCpu
    }

    #[cfg(windows)]
    pub(crate) fn detect() -> Self {
        Self::Processor(Groups::count())
    }

    #[cfg(not(any(target_os = "linux", windows)))]
    pub(crate) fn detect() -> Self {
        Self::Thread
    }

    /// Returns a number that is likely the running CPU's, or the thread's own.
    #[inline(always)]
    pub(crate) fn current(self) -> u32 {
        match self {
            #[cfg(rseq)]
            Self::Rseq(area) => area.cpu(),
            #[cfg(target_os = "linux")]
            Self::GetCpu => getcpu(),
            #[cfg(windows)]
            Self::Processor(groups) => groups.current(),
            #[cfg(not(any(target_os = "linux", windows)))]
            Self::Thread => thread_number(),
        }
    }
}

#[cfg(loom)]
impl CpuHint {
    pub(crate) fn detect() -> Self {
        Self::Modelled
    }

    pub(crate) fn current(self) -> u32 {
        super::modelled_cpu()
    }
}

#[cfg(all(target_os = "linux", not(loom)))]
#[cold]
fn getcpu() -> u32 {
    // SAFETY: sched_getcpu has no preconditions.
    let cpu = unsafe { libc::sched_getcpu() };
    u32::try_from(cpu).unwrap_or(0)
}

/// Returns a number drawn from the address of a thread-local. A thread keeps it as long as it
/// lives.
#[cfg(not(any(target_os = "linux", windows, loom)))]
fn thread_number() -> u32 {
    thread_local!(static HERE: u8 = const { 0 });
    let address = HERE.try_with(|here| std::ptr::from_ref(here).addr());
    // Fibonacci hashing: the high half of the product depends on all bits of the address.
    let product = (address.unwrap_or(0) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (product >> 32) as u32
}

/// Returns how many CPUs this machine can have, including those that may come online later.
///
/// It takes the largest number that the system tells. Some sources can be hidden (`/sys` in a
/// sandbox), and some tell of the CPUs of the calling thread alone, so none counts if another one
/// knows of more.
#[cfg(not(any(windows, loom)))]
pub(crate) fn possible_cpus() -> u32 {
    // `/proc` lists those of the CPUs in `/sys` that are online. Reading it takes long on a large
    // machine.
    let told = [
        possible_in_sys().or_else(online_in_proc),
        usable(),
        configured(),
    ];
    told.into_iter().flatten().max().unwrap_or(1)
}

#[cfg(not(any(windows, loom)))]
fn possible_in_sys() -> Option<u32> {
    let list = std::fs::read_to_string("/sys/devices/system/cpu/possible").ok()?;
    Some(highest_cpu(&list)?.saturating_add(1))
}

#[cfg(not(any(windows, loom)))]
fn online_in_proc() -> Option<u32> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    Some(highest_in_stat(&stat)?.saturating_add(1))
}

/// The set of CPUs that a thread may run on. It has one bit for each CPU, in the kernel's words.
#[cfg(all(target_os = "linux", not(loom)))]
pub(crate) struct Affinity(Vec<libc::c_ulong>);

#[cfg(all(target_os = "linux", not(loom)))]
impl Affinity {
    /// The most CPUs that Linux can have. The kernel refuses a mask that is shorter than its own.
    const MOST: usize = 8192;

    /// Returns the set of the calling thread, or an empty set if the kernel does not tell.
    pub(crate) fn here() -> Self {
        let mut mask = vec![0; Self::MOST / libc::c_ulong::BITS as usize];
        let bytes = size_of_val(&mask[..]);
        // SAFETY: the mask has `bytes` bytes, and the kernel writes no more.
        if unsafe { libc::sched_getaffinity(0, bytes, mask.as_mut_ptr().cast()) } != 0 {
            mask.clear();
        }
        Self(mask)
    }

    /// Lets the calling thread run on these CPUs except `cpu`. Returns `false` if there is no
    /// other.
    pub(crate) fn apply_without(&self, cpu: u32) -> bool {
        let mut mask = self.0.clone();
        if let Some(word) = mask.get_mut((cpu / libc::c_ulong::BITS) as usize) {
            *word &= !(1 << (cpu % libc::c_ulong::BITS));
        }
        let bytes = size_of_val(&mask[..]);
        // SAFETY: the mask has `bytes` bytes.
        unsafe { libc::sched_setaffinity(0, bytes, mask.as_ptr().cast()) == 0 }
    }

    /// Returns the number behind the last CPU.
    fn end(&self) -> Option<u32> {
        let last = self.0.iter().rposition(|word| *word != 0)?;
        Some((last as u32 + 1) * libc::c_ulong::BITS - self.0[last].leading_zeros())
    }
}

/// The set of CPUs on a system whose CPUs have no numbers here.
#[cfg(not(any(target_os = "linux", loom)))]
pub(crate) struct Affinity;

#[cfg(not(any(target_os = "linux", loom)))]
impl Affinity {
    pub(crate) fn here() -> Self {
        Self
    }

    pub(crate) fn apply_without(&self, _cpu: u32) -> bool {
        false
    }
}

/// Returns how many numbers there are up to the last CPU that the calling thread may run on.
#[cfg(all(target_os = "linux", not(loom)))]
fn usable() -> Option<u32> {
    Affinity::here().end()
}

/// Returns how many CPUs libc knows of.
#[cfg(all(target_os = "linux", not(loom)))]
fn configured() -> Option<u32> {
    // SAFETY: sysconf has no preconditions.
    let cpus = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    u32::try_from(cpus).ok()
}

/// Returns how many CPUs may be used. That is enough where CPUs have no numbers (`CpuHint`).
#[cfg(not(any(target_os = "linux", windows, loom)))]
fn usable() -> Option<u32> {
    let cpus = std::thread::available_parallelism().ok()?;
    cpus.get().try_into().ok()
}

#[cfg(not(any(target_os = "linux", windows, loom)))]
fn configured() -> Option<u32> {
    None
}

/// Returns how many CPUs this machine has now.
#[cfg(not(any(windows, loom)))]
pub(crate) fn online_cpus() -> u32 {
    std::fs::read_to_string("/sys/devices/system/cpu/online")
        .ok()
        .and_then(|list| count_cpus(&list))
        .unwrap_or_else(possible_cpus)
}

/// Returns how many numbers a processor can have. A processor that is added later shares another's.
#[cfg(all(windows, not(loom)))]
pub(crate) fn possible_cpus() -> u32 {
    Groups::count().processors()
}

#[cfg(all(windows, not(loom)))]
pub(crate) fn online_cpus() -> u32 {
    possible_cpus()
}

/// Returns 2: a modelled machine has two CPUs.
#[cfg(loom)]
pub(crate) fn possible_cpus() -> u32 {
    2
}

#[cfg(loom)]
pub(crate) fn online_cpus() -> u32 {
    2
}

/// Returns how many numbers a list such as `0-3,8-11` has.
#[cfg(not(any(windows, loom)))]
fn count_cpus(list: &str) -> Option<u32> {
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        last.checked_sub(first)?.checked_add(1)
    };
    list.trim().split(',').map(count).sum()
}

/// Returns the highest number of a list such as `0-3,8-11`.
#[cfg(not(any(windows, loom)))]
fn highest_cpu(list: &str) -> Option<u32> {
    let last = list.trim().rsplit([',', '-']).next()?;
    last.parse().ok()
}

/// Returns the highest CPU that a text such as `/proc/stat` has a line for: `cpu7 …`.
#[cfg(not(any(windows, loom)))]
fn highest_in_stat(stat: &str) -> Option<u32> {
    let numbers = stat.lines().filter_map(|line| {
        // The line for all CPUs together has a space after "cpu", so it has no number.
        line.strip_prefix("cpu")?.split(' ').next()?.parse().ok()
    });
    numbers.max()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[cfg(windows)]
    #[test]
    fn hint_names_the_processor_that_the_thread_is_bound_to() {
        use windows_sys::Win32::System::Threading::{GetCurrentThread, SetThreadAffinityMask};

        let hint = CpuHint::detect();
        let mut bound = 0;
        for cpu in 0..possible_cpus().min(usize::BITS) {
            // SAFETY: the pseudo handle is the calling thread's.
            let thread = unsafe { GetCurrentThread() };
            // SAFETY: the call needs no more than a thread.
            if unsafe { SetThreadAffinityMask(thread, 1 << cpu) } != 0 {
                assert_eq!(hint.current(), cpu);
                bound += 1;
            }
        }
        assert!(bound > 0, "of {} processors", possible_cpus());
    }

    #[cfg(not(windows))]
    #[test]
    fn highest_cpu_is_read_from_sparse_lists() {
        assert_eq!(highest_cpu("0\n"), Some(0));
        assert_eq!(highest_cpu("0-3\n"), Some(3));
        assert_eq!(highest_cpu("0-1,8-11\n"), Some(11));
        assert_eq!(highest_cpu("0,5"), Some(5));
        assert_eq!(highest_cpu(""), None);
    }

    #[cfg(not(windows))]
    #[test]
    fn cpus_are_counted_in_sparse_lists() {
        assert_eq!(count_cpus("0\n"), Some(1));
        assert_eq!(count_cpus("0-1,8-11\n"), Some(6));
        assert_eq!(count_cpus("0,5"), Some(2));
        assert_eq!(count_cpus(""), None);
        assert_eq!(count_cpus("3-1"), None);
    }

    #[cfg(not(windows))]
    #[test]
    fn highest_cpu_is_read_from_the_lines_of_stat() {
        let stat = "cpu  10 0 3\ncpu0 5 0 2\ncpu11 5 0 1\nintr 120 cpu99\ncpufreq 7\n";
        assert_eq!(highest_in_stat(stat), Some(11));
        assert_eq!(highest_in_stat("cpu  10 0 3\nintr 12\n"), None);
        assert_eq!(highest_in_stat(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn last_cpu_of_a_mask_counts_with_all_below() {
        const BITS: u32 = libc::c_ulong::BITS;
        let end = |mask: &[libc::c_ulong]| Affinity(mask.to_vec()).end();
        assert_eq!(end(&[]), None);
        assert_eq!(end(&[0, 0]), None);
        assert_eq!(end(&[0b10, 0]), Some(2));
        assert_eq!(end(&[1, 1 << (BITS - 1), 0]), Some(2 * BITS));
        assert_eq!(end(&[0, 0, 1]), Some(2 * BITS + 1));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn every_source_knows_of_the_cpus_that_may_be_used() {
        let usable = usable().unwrap();
        for told in [possible_in_sys(), online_in_proc(), configured()] {
            assert!(told.is_none_or(|told| told >= usable), "{told:?}");
        }
        assert!(possible_cpus() >= usable);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn hint_names_a_cpu_of_the_affinity_mask() {
        let hint = CpuHint::detect();
        for cpu in 0..possible_cpus() {
            // SAFETY: an all-zero cpu_set_t is the empty set.
            let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
            // SAFETY: CPU_SET checks its bounds.
            unsafe { libc::CPU_SET(cpu as usize, &mut set) };
            // SAFETY: `set` is a cpu_set_t of the size given.
            let moved = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) };
            if moved == 0 {
                assert_eq!(hint.current(), cpu);
                assert_eq!(getcpu(), cpu);
            }
        }
    }
}
