//! Forks a child of this process.

use std::panic::{self, AssertUnwindSafe};

/// The seconds after which a child is said to hang.
const PATIENCE: libc::c_uint = 60;

/// Forks, does something in the child, and waits for it. The child must neither fail nor hang.
#[track_caller]
pub(crate) fn forked(in_child: impl FnOnce()) {
    // SAFETY: of the other threads' locks the child only needs those of the allocator, which libc
    // puts in order.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork");
    if child == 0 {
        // SAFETY: alarm has no preconditions.
        unsafe { libc::alarm(PATIENCE) };
        panic::set_hook(Box::new(|failure| {
            let text = format!("in a forked child: {failure}\n");
            // SAFETY: the bytes are those of `text`.
            unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
        }));
        let failed = panic::catch_unwind(AssertUnwindSafe(in_child)).is_err();
        // SAFETY: the call ends the child, without what the parent's exit would do.
        unsafe { libc::_exit(failed.into()) };
    }
    let mut status = 0;
    // SAFETY: `status` has room for the answer.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(waited, child, "waitpid");
    assert!(
        libc::WIFEXITED(status),
        "the child was killed: {status:#x} (14 is the alarm: it hung)"
    );
    assert_eq!(libc::WEXITSTATUS(status), 0, "the child failed");
}
