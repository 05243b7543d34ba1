//! Signals that wait.

#[cfg(unix)]
use std::marker::PhantomData;
#[cfg(unix)]
use std::mem::MaybeUninit;
#[cfg(unix)]
use std::ptr;

/// Keeps all signals from the calling thread, and from those that it starts meanwhile, until it is
/// dropped there.
#[cfg(unix)]
pub(crate) struct Blocked {
    /// Those that were blocked before; `None` if the system has refused.
    before: Option<libc::sigset_t>,
    _of_this_thread: PhantomData<*const ()>,
}

#[cfg(unix)]
impl Blocked {
    pub(crate) fn all() -> Self {
        let mut all = MaybeUninit::uninit();
        // SAFETY: writes a whole set.
        unsafe { libc::sigfillset(all.as_mut_ptr()) };
        let mut before = MaybeUninit::uninit();
        // SAFETY: the first set was written, and the second has room for one.
        let refused =
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
        Self {
            // SAFETY: written, since it was not refused.
            before: (refused == 0).then(|| unsafe { before.assume_init() }),
            _of_this_thread: PhantomData,
        }
    }
}

#[cfg(unix)]
impl Drop for Blocked {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // SAFETY: a set that the system has written.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
        }
    }
}

/// There are none.
#[cfg(windows)]
pub(crate) struct Blocked;

#[cfg(windows)]
impl Blocked {
    pub(crate) fn all() -> Self {
        Self
    }
}
