//! Restartable sequences: the area that libc registered with the kernel, and the fence that aborts
//! them.
//!
//! Only libc's own registration is used (glibc 2.35 or newer). A registration of our own would need
//! thread-local state and an exit hook. Nothing is ever written to the area but `rseq_cs`.
//!
//! Source: rseq(2) and membarrier(2) of Linux; `<sys/rseq.h>` of glibc.

use std::fmt;

/// Why a pool does not use restartable sequences.
///
/// It is in [`Stats::no_rseq`](crate::Stats::no_rseq) and
/// [`BuildError::NoRseq`](crate::BuildError::NoRseq).
///
/// ```
/// use framewell::{Front, NoRseq, Pool};
///
/// let pool = Pool::builder().front(Front::Portable).build()?;
/// assert_eq!(pool.stats().no_rseq, Some(NoRseq::Chosen));
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NoRseq {
    /// The builder asked for [`Front::Portable`](crate::Front::Portable).
    Chosen,
    /// The environment variable `FRAMEWELL_FRONT` asked for the portable front.
    Environment,
    /// The target is not 64-bit Linux on x86-64 or aarch64, for which alone there are sequences.
    Target,
    /// libc has registered no area. It is musl, or older than glibc 2.35, or linked statically, or
    /// was told not to (`GLIBC_TUNABLES=glibc.pthread.rseq=0`).
    Unregistered,
    /// The kernel has no fence for sequences (`membarrier`, Linux 5.10), or refuses it.
    Fence,
    /// The kernel refuses to wipe memory in forked children (`MADV_WIPEONFORK`, Linux 4.14).
    Fork,
    /// The kernel registers areas and does not abort sequences.
    ///
    /// A trial, made once per process, met a section that went on after a fence. Linux on aarch64
    /// does that from 6.19 on, until the fix in 7.0.14 and 7.1. Emulators and sandboxes can do it,
    /// too.
    Unaborted,
    /// The trial could not tell whether the kernel aborts sequences.
    ///
    /// The thread that the trial needs was refused, or did not run in time: within two seconds, or
    /// up to 20 where the machine is emulated or has much to do. The next process tries again.
    Untested,
}

impl fmt::Display for NoRseq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Chosen => "the builder asked for the portable front",
            Self::Environment => "FRAMEWELL_FRONT asks for the portable front",
            Self::Target => "there are sequences for 64-bit Linux on x86-64 and aarch64 alone",
            Self::Unregistered => "libc has registered no rseq area (glibc 2.35 or newer does)",
            Self::Fork => {
                "the kernel refuses to wipe memory in forked children (Linux 4.14 does it)"
            }
            Self::Fence => {
                "the kernel refuses membarrier's fence for sequences (Linux 5.10 has it)"
            }
            Self::Unaborted => {
                "the kernel does not abort sequences (on aarch64 Linux 6.19 to 7.0.13 do not)"
            }
            Self::Untested => {
                "a trial whether the kernel aborts sequences got no thread, or none in time"
            }
        })
    }
}

#[cfg(all(rseq, not(loom)))]
mod real {
    use std::ffi::CStr;
    use std::mem::MaybeUninit;
    use std::num::NonZero;

    use super::NoRseq;
    use crate::sys::Mapping;

    /// The command of membarrier(2) that aborts sequences. The two below announce it, and limit it
    /// to a CPU.
    const FENCE: libc::c_long = 1 << 7;
    const REGISTER: libc::c_long = 1 << 8;
    const ONE_CPU: libc::c_long = 1;

    /// libc's area of each thread, as the offset from the thread pointer, which points to the
    /// thread's own control block.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct Area(NonZero<isize>);

    impl Area {
        /// Finds the area, and announces to the kernel that it will be fenced.
        pub(crate) fn find() -> Result<Self, NoRseq> {
            let area = Self::registered().ok_or(NoRseq::Unregistered)?;
            if !membarrier(REGISTER, 0, 0) {
                return Err(NoRseq::Fence);
            }
            // Each pool has memory of its own that is wiped on fork. This is a trial.
            match Mapping::zeroed(1).and_then(|trial| trial.wipe_on_fork()) {
                Ok(()) => Ok(area),
                Err(_) => Err(NoRseq::Fork),
            }
        }

        /// Finds the area. `__rseq_size` is 0 where libc did not register one.
        pub(crate) fn registered() -> Option<Self> {
            let symbol = |name: &CStr| {
                // SAFETY: `name` is a C string; RTLD_DEFAULT asks the objects loaded already.
                let at = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
                (!at.is_null()).then_some(at)
            };
            let size = symbol(c"__rseq_size")?.cast::<libc::c_uint>();
            let offset = symbol(c"__rseq_offset")?.cast::<isize>();
            // SAFETY: glibc documents `__rseq_size` as a `const unsigned int`, set before main.
            let size = unsafe { size.read() };
            // SAFETY: glibc documents `__rseq_offset` as a `const ptrdiff_t`, set before main.
            let offset = unsafe { offset.read() };
            NonZero::new(offset).filter(|_| size > 0).map(Self)
        }

        #[inline(always)]
        pub(crate) fn offset(self) -> isize {
            self.0.get()
        }

        /// Returns the CPU that the calling thread runs on, or did a moment ago. Returns 0 in a
        /// thread that has no area.
        #[inline(always)]
        pub(crate) fn cpu(self) -> u32 {
            // SAFETY: every thread has its area at this offset (`registered`).
            unsafe { cpu_id_start(self.offset()) }
        }

        /// Returns whether the kernel is of a release that may not abort sections. Such releases
        /// are of Linux on aarch64, and whoever built the kernel may have fixed it since.
        pub(crate) fn is_suspect(self) -> bool {
            cfg!(target_arch = "aarch64") && release().is_none_or(|release| is_suspect(&release))
        }

        /// Aborts every section that runs on a CPU, or with `None` on any CPU. Every section that
        /// starts afterwards sees what the caller wrote before. Returns `false` if the kernel
        /// refuses.
        pub(crate) fn fence(self, cpu: Option<u32>) -> bool {
            let (flags, number) = match cpu {
                Some(cpu) => (ONE_CPU, cpu.into()),
                None => (0, 0),
            };
            // A process that was forked may have to announce it anew.
            membarrier(FENCE, flags, number)
                || (membarrier(REGISTER, 0, 0) && membarrier(FENCE, flags, number))
        }
    }

    fn membarrier(command: libc::c_long, flags: libc::c_long, cpu: libc::c_long) -> bool {
        // SAFETY: membarrier takes numbers only and has no preconditions.
        unsafe { libc::syscall(libc::SYS_membarrier, command, flags, cpu) == 0 }
    }

    /// Returns the kernel's release, such as `6.12.48+deb13-arm64`.
    fn release() -> Option<String> {
        let mut names = MaybeUninit::<libc::utsname>::uninit();
        // SAFETY: there is room for the answer.
        if unsafe { libc::uname(names.as_mut_ptr()) } != 0 {
            return None;
        }
        // SAFETY: the names were written, because the call was not refused.
        let names = unsafe { names.assume_init() };
        let release = names.release.map(|byte| byte as u8);
        let release = CStr::from_bytes_until_nul(&release).ok()?;
        Some(release.to_string_lossy().into_owned())
    }

    /// Returns whether a release of Linux does not abort sections on aarch64: 6.19, and 7.0 before
    /// 7.0.14. Those who build kernels keep the numbers when they fix one, so this is no more than
    /// a suspicion.
    ///
    /// Source: Linux 411c1cf43039, "arm64/entry: Fix arm64-specific rseq brokenness", and the
    /// announcement of 7.0.14.
    fn is_suspect(release: &str) -> bool {
        let mut numbers = release.split(|c: char| !c.is_ascii_digit());
        let mut next = || numbers.next().and_then(|number| number.parse().ok());
        match (next(), next(), next().unwrap_or(0_u32)) {
            (Some(6), Some(19), _) => true,
            (Some(7), Some(0), patch) => patch < 14,
            _ => false,
        }
    }

    /// Returns the CPU of the calling thread, from its area.
    ///
    /// # Safety
    ///
    /// - `offset` is libc's `__rseq_offset`, in a process in which libc registers areas.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn cpu_id_start(offset: isize) -> u32 {
        let cpu: u32;
        // SAFETY: reads the first field (`cpu_id_start`) of the calling thread's own area, which
        // lies in its TLS block for as long as it runs (the function's bullet).
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

    /// Returns the CPU of the calling thread, from its area.
    ///
    /// # Safety
    ///
    /// - `offset` is libc's `__rseq_offset`, in a process in which libc registers areas.
    #[cfg(target_arch = "aarch64")]
    #[inline(always)]
    unsafe fn cpu_id_start(offset: isize) -> u32 {
        let cpu: u32;
        // SAFETY: as for x86_64: reads `cpu_id_start` of the calling thread's own area.
        unsafe {
            std::arch::asm!(
                "mrs {at}, tpidr_el0",
                "ldr {cpu:w}, [{at}, {offset}]",
                at = out(reg) _,
                cpu = lateout(reg) cpu,
                offset = in(reg) offset,
                options(nostack, preserves_flags, readonly),
            );
        }
        cpu
    }

    #[cfg(all(test, not(loom)))]
    mod tests {
        use super::is_suspect;

        #[test]
        fn releases_that_did_not_abort_on_aarch64_are_suspect() {
            for release in [
                "6.19.0",
                "6.19-rc3",
                "6.19.11+deb14-arm64",
                "7.0",
                "7.0.0-12-generic",
                "7.0.13",
            ] {
                assert!(is_suspect(release), "{release}");
            }
            for release in [
                "6.18.44",
                "6.1.0-19-arm64",
                "7.0.14",
                "7.0.15-rc1",
                "7.1.0",
                "7.19.0",
                "16.19",
                "",
                "linux",
            ] {
                assert!(!is_suspect(release), "{release}");
            }
        }
    }
}

#[cfg(all(rseq, not(loom)))]
pub(crate) use real::Area;

/// The area of a target that has none.
#[cfg(not(any(rseq, loom)))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Area {}

#[cfg(not(any(rseq, loom)))]
impl Area {
    pub(crate) fn find() -> Result<Self, NoRseq> {
        Err(NoRseq::Target)
    }

    pub(crate) fn cpu(self) -> u32 {
        match self {}
    }

    pub(crate) fn is_suspect(self) -> bool {
        match self {}
    }

    pub(crate) fn fence(self, _cpu: Option<u32>) -> bool {
        match self {}
    }
}

/// The area of a model.
#[cfg(loom)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Area;

#[cfg(loom)]
impl Area {
    pub(crate) fn find() -> Result<Self, NoRseq> {
        Ok(Self)
    }
}
