//! The rseq area that libc has registered for the calling thread.

use std::fmt;

/// The reason why there is no area.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoArea {
    /// The target is neither Linux on x86-64 nor on aarch64, and only these have sequences.
    Target,
    /// libc has registered no area.
    Unregistered,
}

impl fmt::Display for NoArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Target => "there are sequences for 64-bit Linux on x86-64 and aarch64 alone",
            Self::Unregistered => "libc has registered no rseq area",
        })
    }
}

#[cfg(rseq)]
mod real {
    use std::num::NonZero;

    use super::NoArea;

    /// The offset of libc's area from the thread pointer.
    #[derive(Clone, Copy)]
    pub(in crate::floors) struct Area(NonZero<isize>);

    impl Area {
        pub(in crate::floors) fn find() -> Result<Self, NoArea> {
            Self::registered().ok_or(NoArea::Unregistered)
        }

        fn registered() -> Option<Self> {
            let symbol = |name: &std::ffi::CStr| {
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
        pub(in crate::floors) fn offset(self) -> isize {
            self.0.get()
        }

        /// Returns the CPU that the calling thread runs on, or ran on a moment ago.
        #[inline(always)]
        pub(in crate::floors) fn cpu(self) -> u32 {
            let cpu: u32;
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this reads the first field (`cpu_id_start`) of the calling thread's own rseq
            // area, at the offset that libc states (`registered`).
            unsafe {
                std::arch::asm!(
                    "mov {cpu:e}, dword ptr fs:[{offset}]",
                    cpu = out(reg) cpu,
                    offset = in(reg) self.offset(),
                    options(nostack, preserves_flags, readonly),
                );
            }
            #[cfg(target_arch = "aarch64")]
            // SAFETY: this reads the same field at the same offset as on x86-64.
            unsafe {
                std::arch::asm!(
                    "mrs {at}, tpidr_el0",
                    "ldr {cpu:w}, [{at}, {offset}]",
                    at = out(reg) _,
                    cpu = lateout(reg) cpu,
                    offset = in(reg) self.offset(),
                    options(nostack, preserves_flags, readonly),
                );
            }
            cpu
        }
    }
}

#[cfg(not(rseq))]
mod real {
    use super::NoArea;

    /// An area on a target that has none.
    #[derive(Clone, Copy)]
    pub(in crate::floors) enum Area {}

    impl Area {
        pub(in crate::floors) fn find() -> Result<Self, NoArea> {
            Err(NoArea::Target)
        }

        pub(in crate::floors) fn cpu(self) -> u32 {
            match self {}
        }
    }
}

pub(super) use real::Area;
