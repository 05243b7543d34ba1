//! Mappings by `VirtualAlloc`. The range is reserved at once, and its parts are committed before
//! they are used. Windows counts what is committed, touched or not, against what memory and page
//! file can hold.
//!
//! ```text
//!   raw ─► │ reserved │ committed │ reserved … │ committed │ reserved … │ reserved │
//!                     ▲ base                      the range             ▲ base + len
//! ```
//!
//! Whatever is not committed faults on any access: the pages around the range, and the parts of it
//! that were not handed out.
//!
//! Source: VirtualAlloc and VirtualFree, memoryapi.h.

use std::ffi::c_void;
use std::io;
use std::ptr::{self, NonNull};

use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree,
};

use super::HUGE;
use crate::sys::{HugePages, PageKind};

/// The size of a page on every processor that Windows runs on.
const PAGE: usize = 4096;

/// A range of zeroed, private memory, which is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// The whole reservation: the range, and what alignment and guards took around it.
    pub(super) raw: NonNull<c_void>,
    pub(super) offset: usize,
    pub(super) len: usize,
}

// SAFETY: the reservation is the mapping's own, and not bound to a thread.
unsafe impl Send for Mapping {}
// SAFETY: shared access yields addresses, and asks the system to commit, which any thread may.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Whether a part is usable only after [`commit`](Self::commit).
    pub(crate) const ON_DEMAND: bool = true;

    /// Reserves `len` bytes.
    #[cfg(not(loom))]
    pub(crate) fn reserved(len: usize) -> io::Result<Self> {
        let len = len.max(1);
        Ok(Self {
            raw: reserve(len)?,
            offset: 0,
            len,
        })
    }

    /// Maps `len` bytes, all of them committed.
    #[cfg(not(loom))]
    pub(crate) fn zeroed(len: usize) -> io::Result<Self> {
        Self::reserved(len)?.committed()
    }

    /// Reserves at least `len` bytes, aligned to 2 MiB, between pages that fault on any access.
    /// Large pages are not asked for, because they need a privilege and cannot be committed in
    /// parts.
    pub(crate) fn huge(len: usize, requested: HugePages) -> io::Result<(Self, PageKind)> {
        if requested == HugePages::Explicit {
            return Err(io::ErrorKind::Unsupported.into());
        }
        Ok((Self::between_guards(len)?, PageKind::Base))
    }

    /// Maps at least `len` bytes for one buffer, all of them committed.
    pub(crate) fn large(len: usize) -> io::Result<Self> {
        Self::between_guards(len)?.committed()
    }

    fn between_guards(len: usize) -> io::Result<Self> {
        let len = len
            .max(1)
            .checked_next_multiple_of(PAGE)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let total = len
            .checked_add(HUGE + 2 * PAGE)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let raw = reserve(total)?;
        let start = raw.addr().get();
        let offset = (start + PAGE).next_multiple_of(HUGE) - start;
        Ok(Self { raw, offset, len })
    }

    fn committed(self) -> io::Result<Self> {
        self.commit(0, self.len)?;
        Ok(self)
    }

    /// Makes a part usable. It is zeroed, unless it was committed before. This enters the kernel,
    /// which may refuse.
    pub(crate) fn commit(&self, offset: usize, len: usize) -> io::Result<()> {
        #[cfg(all(test, not(loom)))]
        super::refusal::ask(len)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the part lies in the reservation (`part`); committing what is committed changes
        // nothing of it.
        let at = unsafe { VirtualAlloc(self.part(offset, len), len, MEM_COMMIT, PAGE_READWRITE) };
        if at.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Takes away the memory of a part that the caller has committed and nobody touched.
    pub(crate) fn decommit_untouched(&self, offset: usize, len: usize) {
        self.discard(offset, len);
    }

    /// Gives the memory of a part of whole pages back to the system. The part has to be committed
    /// again before it is used. Returns `false` if the system keeps the memory.
    pub(crate) fn discard(&self, offset: usize, len: usize) -> bool {
        debug_assert!(offset % PAGE == 0 && len % PAGE == 0 && len > 0);
        // SAFETY: the part lies in the reservation (`part`), and the caller alone owns what is in
        // it: nobody misses it.
        unsafe { VirtualFree(self.part(offset, len), len, MEM_DECOMMIT) != 0 }
    }

    /// Commits and touches every page, so that later first touches cost no fault.
    pub(crate) fn prefault(&self) -> io::Result<()> {
        self.commit(0, self.len)?;
        for at in (0..self.len).step_by(PAGE) {
            let byte = self.base().as_ptr().wrapping_add(at);
            // SAFETY: `at < len`, so `byte` lies in the mapping, which `self` owns and has
            // committed, and no frame of a pool that is still being built is in use: the zero
            // replaces a zero.
            unsafe { byte.write_volatile(0) };
        }
        Ok(())
    }

    /// Does nothing: processes do not fork here.
    pub(crate) fn wipe_on_fork(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the reservation is this mapping's, as a whole, and whoever drops the mapping has
        // let go of what is in it.
        let released = unsafe { VirtualFree(self.raw.as_ptr(), 0, MEM_RELEASE) };
        debug_assert_ne!(released, 0, "{}", io::Error::last_os_error());
    }
}

/// Reserves addresses where the system likes.
fn reserve(len: usize) -> io::Result<NonNull<c_void>> {
    // SAFETY: a new reservation touches no memory that is there.
    let raw = unsafe { VirtualAlloc(ptr::null(), len, MEM_RESERVE, PAGE_READWRITE) };
    NonNull::new(raw).ok_or_else(io::Error::last_os_error)
}
