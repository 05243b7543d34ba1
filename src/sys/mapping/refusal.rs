//! A system that refuses to commit, for tests. A real refusal needs a limit that the whole process
//! meets.

use std::cell::Cell;
use std::io;

thread_local! {
    /// The bytes that the calling thread may still commit, if they are limited.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The system's code for the refusal.
pub(crate) const CODE: i32 = 8;

/// Calls `f`, during which the calling thread may commit `bytes` bytes and no more.
pub(crate) fn beyond<T>(bytes: usize, f: impl FnOnce() -> T) -> T {
    /// Ends the limit, also when `f` has panicked.
    struct Unlimited;
    impl Drop for Unlimited {
        fn drop(&mut self) {
            LEFT.set(None);
        }
    }
    LEFT.set(Some(bytes));
    let _unlimited = Unlimited;
    f()
}

/// Returns the bytes that the calling thread may still commit, within [`beyond`].
pub(crate) fn left() -> Option<usize> {
    LEFT.get()
}

/// Counts `bytes` bytes as committed, or refuses them if the limit leaves fewer.
pub(super) fn ask(bytes: usize) -> io::Result<()> {
    let Some(left) = LEFT.get() else {
        return Ok(());
    };
    let refusal = || io::Error::from_raw_os_error(CODE);
    LEFT.set(Some(left.checked_sub(bytes).ok_or_else(refusal)?));
    Ok(())
}
