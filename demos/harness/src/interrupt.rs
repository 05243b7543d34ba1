//! The request to end, Ctrl-C or SIGTERM, as a question instead of an interruption.

use std::mem;
use std::ptr;

/// Tells whether the process was asked to end. From its making on, that does not end the process.
///
/// Make it before other threads are started, which inherit that.
#[derive(Debug)]
pub struct Interrupt(());

impl Interrupt {
    /// Has the process asked instead of ended.
    #[expect(clippy::new_without_default, reason = "it changes the process")]
    pub fn new() -> Self {
        let asked = requests();
        // SAFETY: the set may be read, and the old one is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &asked, ptr::null_mut()) };
        Self(())
    }

    /// Returns whether the process was asked to end. The call enters the kernel.
    pub fn came(&self) -> bool {
        let mut waiting = requests();
        // SAFETY: the set may be written.
        unsafe { libc::sigpending(&mut waiting) };
        // SAFETY: the set was written just now.
        let came = |signal| unsafe { libc::sigismember(&waiting, signal) } == 1;
        came(libc::SIGINT) || came(libc::SIGTERM)
    }
}

fn requests() -> libc::sigset_t {
    // SAFETY: the structure holds integers, which may be zero.
    let mut set: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: the set may be written.
    unsafe { libc::sigemptyset(&mut set) };
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the set was made just now, and the signal exists.
        unsafe { libc::sigaddset(&mut set, signal) };
    }
    set
}
