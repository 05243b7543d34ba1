//! Signals that wait until a part of a thread's work is done.

#[cfg(unix)]
use std::marker::PhantomData;
#[cfg(unix)]
use std::mem::MaybeUninit;
#[cfg(unix)]
use std::ptr;

/// A guard that keeps all signals from the calling thread, and from those that it starts meanwhile,
/// until it is dropped there.
#[cfg(unix)]
pub(crate) struct Blocked {
    /// The signals that were blocked before; `None` if the system has refused to block.
    before: Option<libc::sigset_t>,
    _of_this_thread: PhantomData<*const ()>,
}

#[cfg(unix)]
impl Blocked {
    pub(crate) fn all() -> Self {
        let mut all = MaybeUninit::uninit();
        // SAFETY: the call writes a whole set.
        unsafe { libc::sigfillset(all.as_mut_ptr()) };
        let mut before = MaybeUninit::uninit();
        // SAFETY: the first set was written, and the second has room for one.
        let refused =
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
        Self {
            // SAFETY: the set was written, because the call was not refused.
            before: (refused == 0).then(|| unsafe { before.assume_init() }),
            _of_this_thread: PhantomData,
        }
    }
}

#[cfg(unix)]
impl Drop for Blocked {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // SAFETY: the set was written by the system.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
        }
    }
}

/// A guard that does nothing, because Windows has no such signals.
#[cfg(windows)]
pub(crate) struct Blocked;

#[cfg(windows)]
impl Blocked {
    pub(crate) fn all() -> Self {
        Self
    }
}
