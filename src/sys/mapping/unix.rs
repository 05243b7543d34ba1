//! Mappings by `mmap`. All of a mapping is usable at once, and the first touch of a page makes the
//! kernel find memory for it.
//!
//! That holds too if the process has all of its memory locked (`mlockall` with `MCL_FUTURE`). There
//! the kernel would populate what is mapped, touched or not. A mapping begins without rights, which
//! keeps the kernel from populating it. It gets its rights when the kernel was told to lock each
//! page as it is touched.
//!
//! Source: mmap(2), mlock(2), madvise(2).

use std::ffi::c_void;
use std::io;
use std::ptr::{self, NonNull};

use super::HUGE;
use crate::sys::{HugePages, PageKind};

/// The flag of a mapping that is made without regard to what the system could back.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
const UNBACKED: libc::c_int = libc::MAP_NORESERVE;
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
const UNBACKED: libc::c_int = 0;

/// A range of zeroed, private memory, which is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// The whole mapping: the range, and what alignment and guards took around it.
    pub(super) raw: NonNull<c_void>,
    total: usize,
    pub(super) offset: usize,
    pub(super) len: usize,
}

// SAFETY: the memory is the mapping's own, and not bound to a thread.
unsafe impl Send for Mapping {}
// SAFETY: shared access yields addresses, and asks the system for what any thread may ask it.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Whether a part is usable only after [`commit`](Self::commit).
    pub(crate) const ON_DEMAND: bool = false;

    /// Reserves `len` bytes on base pages.
    #[cfg(not(loom))]
    pub(crate) fn reserved(len: usize) -> io::Result<Self> {
        Self::zeroed(len)
    }

    /// Maps `len` bytes on base pages.
    #[cfg(not(loom))]
    pub(crate) fn zeroed(len: usize) -> io::Result<Self> {
        let mapping = Self::closed(len.max(1), UNBACKED)?;
        mapping.lock_as_touched();
        mapping.opened()
    }

    /// Reserves at least `len` bytes, aligned to 2 MiB, on the best pages that are `requested`.
    ///
    /// Outside the range lie pages that fault on any access. Explicit huge pages are the exception:
    /// nothing is reserved around them.
    pub(crate) fn huge(len: usize, requested: HugePages) -> io::Result<(Self, PageKind)> {
        let whole = len
            .checked_next_multiple_of(HUGE)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let worth_it = len >= HUGE;
        if requested == HugePages::Explicit || (requested == HugePages::PreferExplicit && worth_it)
        {
            match Self::explicit(whole) {
                Ok(mapping) => return Ok((mapping, PageKind::Explicit)),
                Err(refusal) if requested == HugePages::Explicit => return Err(refusal),
                Err(_) => {}
            }
        }
        if requested != HugePages::Off && worth_it && transparent_enabled() {
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

    /// Maps explicit huge pages, and populates all of them before anybody has the range.
    ///
    /// The kernel sets the pages aside here and now. Without that reservation the first touch could
    /// be a SIGBUS, so `UNBACKED` must not be given. With the reservation it could be one too, if a
    /// control group limits the pages themselves. That is why all are populated.
    #[cfg(target_os = "linux")]
    fn explicit(len: usize) -> io::Result<Self> {
        let flags = libc::MAP_HUGETLB | libc::MAP_HUGE_2MB;
        let mapping = Self::closed(len, flags)?.opened()?;
        mapping.populate(HUGE)?;
        Ok(mapping)
    }

    #[cfg(not(target_os = "linux"))]
    fn explicit(_len: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Maps base pages, aligned to 2 MiB, between two guards. They are committed without regard to
    /// what the system could back.
    fn guarded(len: usize) -> io::Result<Self> {
        let mapping = Self::between_guards(len, UNBACKED)?;
        mapping.lock_as_touched();
        mapping.opened()
    }

    /// Maps a range aligned to 2 MiB. The range and what lies around it fault on any access.
    fn between_guards(len: usize, flags: libc::c_int) -> io::Result<Self> {
        let page = page_size();
        let len = len
            .max(1)
            .checked_next_multiple_of(page)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let total = len
            .checked_add(HUGE + 2 * page)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let mut mapping = Self::closed(total, flags)?;
        let start = mapping.base().addr().get();
        mapping.offset = (start + page).next_multiple_of(HUGE) - start;
        mapping.len = len;
        Ok(mapping)
    }

    /// Maps at least `len` bytes for one buffer, on transparent huge pages if they are worth it.
    ///
    /// The system may refuse what it could not back with memory. If the process has its memory
    /// locked, all of the buffer is locked, because it is in use as a whole.
    pub(crate) fn large(len: usize) -> io::Result<Self> {
        let whole = if len >= HUGE {
            len.checked_next_multiple_of(HUGE)
        } else {
            Some(len)
        };
        let whole = whole.ok_or(io::ErrorKind::OutOfMemory)?;
        let mapping = Self::between_guards(whole, 0)?;
        if len >= HUGE {
            mapping.advise_huge();
        }
        mapping.opened()
    }

    /// Maps memory that faults on any access, and never more than `isize::MAX` bytes. A process of
    /// 32 bits could have more, but no pointer may be moved so far within a mapping.
    fn closed(total: usize, flags: libc::c_int) -> io::Result<Self> {
        if isize::try_from(total).is_err() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON | flags;
        // SAFETY: a new mapping, where the system likes, touches no memory that is there.
        let raw = unsafe { libc::mmap(ptr::null_mut(), total, libc::PROT_NONE, flags, -1, 0) };
        if raw == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            raw: NonNull::new(raw).expect("a mapping never starts at address 0"),
            total,
            offset: 0,
            len: total,
        })
    }

    /// Makes the range readable and writable.
    fn opened(self) -> io::Result<Self> {
        self.protect(0, self.len, libc::PROT_READ | libc::PROT_WRITE)?;
        Ok(self)
    }

    fn protect(&self, offset: usize, len: usize, rights: libc::c_int) -> io::Result<()> {
        // SAFETY: the part lies in the range (`part`), which is fresh, and referenced by nobody.
        let answer = unsafe { libc::mprotect(self.part(offset, len), len, rights) };
        io_result(answer)
    }

    /// Tells the kernel to lock each page of a closed range when it is touched, and never to lock
    /// what lies around the range. This does nothing unless the process has what it maps locked.
    #[cfg(target_os = "linux")]
    fn lock_as_touched(&self) {
        if self.discard_unlocked(0, page_size().min(self.len)) {
            return;
        }
        // SAFETY: the mapping is this one's; unlocked pages can be paged out, and differ in nothing
        // else.
        let _ = unsafe { libc::munlock(self.raw.as_ptr(), self.total) };
        let at = self.part(0, self.len);
        // SAFETY: the range is this mapping's; locked pages cannot be paged out, and differ in
        // nothing else.
        let _ = unsafe { libc::syscall(libc::SYS_mlock2, at, self.len, libc::MLOCK_ONFAULT) };
    }

    #[cfg(not(target_os = "linux"))]
    fn lock_as_touched(&self) {}

    /// Makes the kernel find memory for every page, of `page` bytes, of a range that nobody uses
    /// yet. Returns an error where a touch would be a SIGBUS.
    #[cfg(target_os = "linux")]
    fn populate(&self, page: usize) -> io::Result<()> {
        match self.advise(libc::MADV_POPULATE_WRITE) {
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

    /// Touches every page by a system call. Where a store would raise a signal, the call returns an
    /// error.
    #[cfg(target_os = "linux")]
    fn populate_by_calls(&self, page: usize) -> io::Result<()> {
        for at in (0..self.len).step_by(page) {
            let word = self.base().as_ptr().wrapping_add(at).cast::<u32>();
            let none = ptr::null_mut::<u32>();
            // SAFETY: `at` is a multiple of a page below `len`, so the word lies in the mapping,
            // which `self` owns, and nobody uses yet. getcpu writes one word, and does not write to
            // what is null.
            let answer = unsafe { libc::syscall(libc::SYS_getcpu, word, none, none) };
            if answer != 0 {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: as above, and the page is there.
            unsafe { word.write_volatile(0) };
        }
        Ok(())
    }

    /// Does nothing: the first touch commits.
    #[inline(always)]
    pub(crate) fn commit(&self, _offset: usize, _len: usize) -> io::Result<()> {
        #[cfg(all(test, not(loom)))]
        super::refusal::ask(_len)?;
        Ok(())
    }

    /// Does nothing: what was not touched has no memory.
    #[inline(always)]
    pub(crate) fn decommit_untouched(&self, _offset: usize, _len: usize) {}

    /// Gives the memory of a part back to the system. The part is zeroed when it is touched again.
    /// Returns `false` if the system keeps the memory.
    pub(crate) fn discard(&self, offset: usize, len: usize) -> bool {
        self.discard_unlocked(offset, len) || self.discard_locked(offset, len)
    }

    /// Gives the memory of a part back, or returns `false`. Locked pages are refused.
    fn discard_unlocked(&self, offset: usize, len: usize) -> bool {
        // SAFETY: the part lies in the range (`part`), anonymous and private, and the caller alone
        // owns what is in it: nobody misses it.
        unsafe { libc::madvise(self.part(offset, len), len, libc::MADV_DONTNEED) == 0 }
    }

    /// Gives the memory of locked pages back, or returns `false`. Linux before 5.18 refuses this.
    #[cfg(target_os = "linux")]
    fn discard_locked(&self, offset: usize, len: usize) -> bool {
        // SAFETY: as in `discard_unlocked`.
        unsafe { libc::madvise(self.part(offset, len), len, libc::MADV_DONTNEED_LOCKED) == 0 }
    }

    #[cfg(not(target_os = "linux"))]
    fn discard_locked(&self, _offset: usize, _len: usize) -> bool {
        false
    }

    /// Touches every page, so that later first touches cost no fault. No frame is in use, because
    /// the pool is still being built.
    pub(crate) fn prefault(&self) -> io::Result<()> {
        self.populate(page_size())
    }

    /// Tells the kernel that a forked child finds the range zeroed.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn wipe_on_fork(&self) -> io::Result<()> {
        self.advise(libc::MADV_WIPEONFORK)
    }

    /// Does nothing: processes do not fork, or no pool has anything to tell apart after a fork.
    #[cfg(not(any(target_os = "linux", loom)))]
    pub(crate) fn wipe_on_fork(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn advise_huge(&self) -> bool {
        self.advise(libc::MADV_HUGEPAGE).is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn advise_huge(&self) -> bool {
        false
    }

    /// Asks for no huge pages, which a system may give unasked. A system that knows none refuses
    /// the advice.
    fn advise_base(&self) {
        #[cfg(target_os = "linux")]
        let _ = self.advise(libc::MADV_NOHUGEPAGE);
    }

    /// Advises the kernel about a range that nobody uses yet.
    #[cfg(target_os = "linux")]
    fn advise(&self, advice: libc::c_int) -> io::Result<()> {
        // SAFETY: the range is this mapping's; none of these advices takes away what is in it.
        let answer = unsafe { libc::madvise(self.part(0, self.len), self.len, advice) };
        io_result(answer)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's, as a whole, and whoever drops it has let go of what is
        // in it.
        let unmapped = unsafe { libc::munmap(self.raw.as_ptr(), self.total) };
        debug_assert_eq!(unmapped, 0, "{}", io::Error::last_os_error());
    }
}

fn io_result(answer: libc::c_int) -> io::Result<()> {
    match answer {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

pub(in crate::sys) fn page_size() -> usize {
    // SAFETY: sysconf has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// Returns whether the kernel gives transparent huge pages to those who ask.
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
        let page = page_size();
        mapping.protect(page, page, libc::PROT_NONE).unwrap();
        assert!(mapping.populate_by_calls(page).is_err());
    }
}
