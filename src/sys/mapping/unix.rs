//! Mappings by `mmap`: all of one is usable at once, and the first touch of a page has the kernel find memory for it.

use std::io;
use std::ptr::NonNull;

use memmap2::{MmapOptions, MmapRaw};

use super::HUGE;
use crate::sys::{HugePages, PageKind};

/// A range of zeroed, private memory, given back when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// The whole mapping: the range, and what alignment and guards took around it.
    raw: MmapRaw,
    offset: usize,
    len: usize,
}

impl Mapping {
    /// Whether a part is there only after [`commit`](Self::commit).
    pub(crate) const ON_DEMAND: bool = false;

    /// Reserves `len` bytes on base pages.
    #[cfg(not(loom))]
    pub(crate) fn reserved(len: usize) -> io::Result<Self> {
        Self::zeroed(len)
    }

    /// Maps `len` bytes on base pages.
    #[cfg(not(loom))]
    pub(crate) fn zeroed(len: usize) -> io::Result<Self> {
        let len = len.max(1);
        let raw = MmapOptions::new().len(len).no_reserve_swap().map_anon()?;
        Ok(Self {
            raw: raw.into(),
            offset: 0,
            len,
        })
    }

    /// Reserves at least `len` bytes, aligned to 2 MiB, on the best pages that `wish` allows.
    ///
    /// Outside the range lie pages that fault on any access, but for explicit huge pages, around
    /// which nothing is reserved.
    pub(crate) fn huge(len: usize, wish: HugePages) -> io::Result<(Self, PageKind)> {
        let whole = len
            .checked_next_multiple_of(HUGE)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let worth_it = len >= HUGE;
        if wish == HugePages::Explicit || (wish == HugePages::PreferExplicit && worth_it) {
            match Self::explicit(whole) {
                Ok(mapping) => return Ok((mapping, PageKind::Explicit)),
                Err(refusal) if wish == HugePages::Explicit => return Err(refusal),
                Err(_) => {}
            }
        }
        if wish != HugePages::Off && worth_it && transparent_enabled() {
            let mapping = Self::guarded(whole)?;
            if mapping.advise_huge() {
                return Ok((mapping, PageKind::Transparent));
            }
            return Ok((mapping, PageKind::Base));
        }
        let mapping = Self::guarded(len)?;
        mapping.advise_base();
        Ok((mapping, PageKind::Base))
    }

    /// Explicit huge pages. The kernel sets them aside here and now: without that reservation the
    /// first touch could be a SIGBUS, so `no_reserve_swap` must not be given. With it too, where a
    /// control group limits the pages themselves: so all of them are populated before anybody has
    /// the range.
    fn explicit(len: usize) -> io::Result<Self> {
        if !cfg!(target_os = "linux") {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let raw = MmapOptions::new().len(len).huge(Some(21)).map_anon()?;
        let mapping = Self {
            raw: raw.into(),
            offset: 0,
            len,
        };
        mapping.populate(HUGE)?;
        Ok(mapping)
    }

    /// Has the kernel find memory for every page, of `page` bytes, of a range that nobody uses yet.
    /// An error where a touch would be a SIGBUS.
    #[cfg(target_os = "linux")]
    fn populate(&self, page: usize) -> io::Result<()> {
        let populated =
            self.raw
                .advise_range(memmap2::Advice::PopulateWrite, self.offset, self.len);
        match populated {
            // Linux before 5.14 does not know the advice.
            Err(refusal) if refusal.raw_os_error() == Some(libc::EINVAL) => {
                self.populate_by_calls(page)
            }
            answer => answer,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn populate(&self, page: usize) -> io::Result<()> {
        for at in (0..self.len).step_by(page) {
            let byte = self.base().as_ptr().wrapping_add(at);
            // SAFETY: `at < len`, so `byte` lies in the mapping, which `self` owns, and nobody uses
            // yet: the zero replaces a zero.
            unsafe { byte.write_volatile(0) };
        }
        Ok(())
    }

    /// Touches every page by a system call: where a store would be answered by a signal, the call
    /// is by an error.
    #[cfg(target_os = "linux")]
    fn populate_by_calls(&self, page: usize) -> io::Result<()> {
        for at in (0..self.len).step_by(page) {
            let word = self.base().as_ptr().wrapping_add(at).cast::<u32>();
            let none = std::ptr::null_mut::<u32>();
            // SAFETY: `at` is a multiple of a page below `len`, so the word lies in the mapping,
            // which `self` owns, and nobody uses yet; getcpu writes one word, and what is null it
            // does not.
            let answer = unsafe { libc::syscall(libc::SYS_getcpu, word, none, none) };
            if answer != 0 {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: as above, and the page is there.
            unsafe { word.write_volatile(0) };
        }
        Ok(())
    }

    /// Base pages, aligned to 2 MiB, between two guards; committed without regard to what the system could back.
    fn guarded(len: usize) -> io::Result<Self> {
        let mut options = MmapOptions::new();
        options.no_reserve_swap();
        Self::between_guards(len, options)
    }

    fn between_guards(len: usize, mut options: MmapOptions) -> io::Result<Self> {
        let page = page_size();
        let len = len
            .max(1)
            .checked_next_multiple_of(page)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let total = len
            .checked_add(HUGE + 2 * page)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let raw: MmapRaw = options.len(total).map_anon()?.into();
        let start = raw.as_mut_ptr().addr();
        let offset = (start + page).next_multiple_of(HUGE) - start;
        protect(&raw, 0, offset)?;
        protect(&raw, offset + len, total - offset - len)?;
        Ok(Self { raw, offset, len })
    }

    /// Maps at least `len` bytes for one buffer, transparent huge pages if they are worth it. The system may refuse what it could
    /// not back with memory.
    pub(crate) fn large(len: usize) -> io::Result<Self> {
        let whole = if len >= HUGE {
            len.checked_next_multiple_of(HUGE)
        } else {
            Some(len)
        };
        let whole = whole.ok_or(io::ErrorKind::OutOfMemory)?;
        let mapping = Self::between_guards(whole, MmapOptions::new())?;
        if len >= HUGE {
            mapping.advise_huge();
        }
        Ok(mapping)
    }

    /// Nothing to do: the first touch commits.
    #[inline(always)]
    pub(crate) fn commit(&self, _offset: usize, _len: usize) -> io::Result<()> {
        #[cfg(all(test, not(loom)))]
        super::refusal::ask(_len)?;
        Ok(())
    }

    /// Nothing to do: what was not touched has no memory.
    #[inline(always)]
    pub(crate) fn decommit_untouched(&self, _offset: usize, _len: usize) {}

    /// Gives the memory of a part back to the system; it is zeroed when it is touched again. `false` if the system keeps it.
    pub(crate) fn discard(&self, offset: usize, len: usize) -> bool {
        debug_assert!(offset + len <= self.len);
        let at = self.base().as_ptr().wrapping_add(offset);
        // SAFETY: the part lies in the mapping (the callers' arithmetic), anonymous and private, and the caller alone owns what is
        // in it: nobody misses it.
        unsafe { libc::madvise(at.cast(), len, libc::MADV_DONTNEED) == 0 }
    }

    /// Touches every page, so that later first touches cost no fault; no frame of a pool that is
    /// still being built is in use.
    pub(crate) fn prefault(&self) -> io::Result<()> {
        self.populate(page_size())
    }

    /// Has a forked child find the range zeroed.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn wipe_on_fork(&self) -> io::Result<()> {
        let base = self.base().as_ptr().cast();
        // SAFETY: the range is this mapping's; the advice changes what a child sees, not this process.
        let answer = unsafe { libc::madvise(base, self.len, libc::MADV_WIPEONFORK) };
        if answer == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Nothing where processes do not fork, or no pool has anything to tell apart after it.
    #[cfg(not(any(target_os = "linux", loom)))]
    pub(crate) fn wipe_on_fork(&self) -> io::Result<()> {
        Ok(())
    }

    /// The first byte of the range.
    pub(crate) fn base(&self) -> NonNull<u8> {
        let base = self.raw.as_mut_ptr().wrapping_add(self.offset);
        NonNull::new(base).expect("a mapping never starts at address 0")
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[cfg(target_os = "linux")]
    fn advise_huge(&self) -> bool {
        self.raw
            .advise_range(memmap2::Advice::HugePage, self.offset, self.len)
            .is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn advise_huge(&self) -> bool {
        false
    }

    /// Asks for no huge pages, which a system may give unasked; one that knows none refuses the advice.
    fn advise_base(&self) {
        #[cfg(target_os = "linux")]
        let _ = self
            .raw
            .advise_range(memmap2::Advice::NoHugePage, self.offset, self.len);
    }
}

/// Makes `len` bytes at `offset` of a mapping fault on access.
fn protect(raw: &MmapRaw, offset: usize, len: usize) -> io::Result<()> {
    let at = raw.as_mut_ptr().wrapping_add(offset);
    // SAFETY: the pages lie in `raw` (the callers' arithmetic), which is private, fresh, and
    // referenced by nobody; protecting them can only make later accesses fault.
    let answer = unsafe { libc::mprotect(at.cast(), len, libc::PROT_NONE) };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

pub(in crate::sys) fn page_size() -> usize {
    // SAFETY: sysconf has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// Whether the kernel gives transparent huge pages to those who ask.
fn transparent_enabled() -> bool {
    std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled")
        .is_ok_and(|modes| !modes.contains("[never]"))
}

#[cfg(all(test, target_os = "linux", not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn pages_are_populated_by_calls_and_stay_zeroed() {
        let mapping = Mapping::guarded(3 * page_size()).unwrap();
        mapping.populate_by_calls(page_size()).unwrap();
        for at in 0..mapping.len() {
            let byte = mapping.base().as_ptr().wrapping_add(at);
            // SAFETY: within the mapping, which this test alone uses.
            assert_eq!(unsafe { byte.read() }, 0);
        }
    }

    #[test]
    fn page_that_no_store_may_touch_is_an_error() {
        let mapping = Mapping::guarded(2 * page_size()).unwrap();
        protect(&mapping.raw, mapping.offset + page_size(), page_size()).unwrap();
        for populate in [Mapping::populate, Mapping::populate_by_calls] {
            assert!(populate(&mapping, page_size()).is_err());
        }
    }
}
