//! Network namespaces that last as long as their value.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::panic;
use std::thread;

/// A network namespace without a name. The kernel removes it, with its interfaces, when nobody uses
/// it any more.
#[derive(Debug)]
pub struct Namespace {
    /// Holds it, for there may be no process in it.
    file: File,
}

impl Namespace {
    /// Makes a namespace, with the loopback device up and without IPv6: packets of the kernel's own
    /// accord would disturb the counts.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub fn new() -> Result<Self, String> {
        let make = || {
            // SAFETY: the call takes no pointer, and concerns this thread alone, which ends soon.
            if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
                let error = io::Error::last_os_error();
                return Err(format!("a network namespace was refused: {error}"));
            }
            for which in ["all", "default"] {
                let switch = format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6");
                // A kernel without IPv6 has no such file.
                let _ = fs::write(switch, "1");
            }
            let path = "/proc/thread-self/ns/net";
            let file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
            Ok(Self { file })
        };
        let made = on_a_thread(make)?;
        made.inside(|| super::ip("link set lo up"))??;
        Ok(made)
    }

    /// Has the calling thread, and the programs that it starts, be in the namespace from now on.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub fn enter(&self) -> Result<(), String> {
        // SAFETY: the call takes no pointer, and concerns this thread alone.
        match unsafe { libc::setns(self.file.as_raw_fd(), libc::CLONE_NEWNET) } {
            0 => Ok(()),
            _ => Err(format!(
                "entering a network namespace was refused: {}",
                io::Error::last_os_error()
            )),
        }
    }

    /// Calls a function on a thread that is in the namespace.
    ///
    /// # Errors
    ///
    /// The errors are those of [`enter`](Self::enter).
    pub fn inside<R: Send>(&self, call: impl FnOnce() -> R + Send) -> Result<R, String> {
        on_a_thread(|| self.enter().map(|()| call()))
    }

    /// Returns a path by which other programs find the namespace while this value lasts.
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }
}

fn on_a_thread<R: Send>(call: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| match scope.spawn(call).join() {
        Ok(answer) => answer,
        Err(panic) => panic::resume_unwind(panic),
    })
}
