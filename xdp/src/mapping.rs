//! The mapping of a ring, which ends when it is told to, or with its owner.

use std::io;
use std::os::fd::RawFd;
use std::ptr::{self, NonNull};

use crate::sys;

/// The memory of a ring, shared with the kernel. A forked child does not have it.
///
/// While it is mapped the kernel keeps the socket open, whatever becomes of the descriptor.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    /// The bytes that are mapped, and 0 once they are not.
    len: usize,
    /// The process that mapped it. In a forked child something else may lie at the address.
    process: libc::pid_t,
}

// SAFETY: the mapping belongs to the process, and to no thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps `len` bytes of a socket's ring, which lie at `offset`.
    pub(crate) fn new(fd: RawFd, offset: u64, len: usize) -> io::Result<Self> {
        // Where an offset has 32 bits the kernel's rings cannot be named.
        let offset = libc::off_t::try_from(offset).map_err(|_| io::ErrorKind::Unsupported)?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
        // SAFETY: the kernel chooses the address, so nothing that exists is replaced.
        let base = unsafe { libc::mmap(ptr::null_mut(), len, access, flags, fd, offset) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base).ok_or(io::ErrorKind::AddrNotAvailable)?;
        let mapping = Self {
            base: base.cast(),
            len,
            process: sys::process(),
        };
        // SAFETY: the range was mapped just now, and the advice is about children only.
        if unsafe { libc::madvise(base.as_ptr(), len, libc::MADV_DONTFORK) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(mapping)
    }

    /// Returns the address of the byte at `offset`, or `None` if fewer than `len` bytes are there.
    pub(crate) fn at(&self, offset: u64, len: usize) -> Option<NonNull<u8>> {
        let offset = usize::try_from(offset).ok()?;
        let end = offset.checked_add(len)?;
        if end > self.len {
            return None;
        }
        NonNull::new(self.base.as_ptr().wrapping_add(offset))
    }

    /// Unmaps the ring and returns whether it is unmapped. In a forked child, which does not have
    /// it, the answer is no.
    ///
    /// # Safety
    ///
    /// - Nobody reads or writes the ring from here on.
    pub(crate) unsafe fn unmap(&mut self) -> bool {
        if self.len == 0 {
            return true;
        }
        if self.process != sys::process() {
            return false;
        }
        // SAFETY: the range is this mapping's, and by the bullet nobody uses it.
        if unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) } != 0 {
            return false;
        }
        self.len = 0;
        true
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: what uses the ring is dropped with its mapping, or before.
        unsafe { self.unmap() };
    }
}
