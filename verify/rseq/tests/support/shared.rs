//! Memory that a process and the child that it forks share.

use std::io;
use std::ops::Deref;
use std::ptr::NonNull;

/// A value in shared memory, of a type for which zeros are a value: atomics.
pub(crate) struct Shared<T: Zeroed>(NonNull<T>);

/// A type that can lie in fresh shared memory.
///
/// # Safety
///
/// - All bytes zero is a value, which needs no drop, and a page is aligned for it.
pub(crate) unsafe trait Zeroed: Sync {}

// SAFETY: access is only through shared references, and `T` is `Sync`.
unsafe impl<T: Zeroed> Send for Shared<T> {}
// SAFETY: the reason for Send holds for Sync too.
unsafe impl<T: Zeroed> Sync for Shared<T> {}

impl<T: Zeroed> Shared<T> {
    pub(crate) fn new() -> Self {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        // SAFETY: this is a new mapping, at a place that the kernel chooses.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size_of::<T>(),
                protection,
                flags,
                -1,
                0,
            )
        };
        assert_ne!(at, libc::MAP_FAILED, "{}", io::Error::last_os_error());
        Self(NonNull::new(at.cast()).expect("a mapping is not at 0"))
    }
}

impl<T: Zeroed> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Zeroed> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the memory is mapped, zeroed and aligned (`Zeroed`) until the drop, and it is
        // only shared.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Zeroed> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: this is the mapping of `new`, and no reference to it is left.
        unsafe { libc::munmap(self.0.as_ptr().cast(), size_of::<T>()) };
    }
}
