//! A wait for any of several sockets.

use std::os::fd::RawFd;

/// The most that a wait takes, in milliseconds.
const LIMIT: libc::c_int = 10;

/// Sockets to wait for.
#[derive(Debug)]
pub struct Wait {
    polled: Vec<libc::pollfd>,
}

impl Wait {
    /// Returns a wait for these descriptors.
    pub fn on(descriptors: impl IntoIterator<Item = RawFd>) -> Self {
        let entry = |fd| libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        Self {
            polled: descriptors.into_iter().map(entry).collect(),
        }
    }

    /// Waits until there is something to receive, for 10 milliseconds at most. It also has the
    /// kernel send what was posted to an AF_XDP socket.
    pub fn wait(&mut self) {
        let (at, n) = (self.polled.as_mut_ptr(), self.polled.len());
        // SAFETY: there are as many entries as it says. What a failure means, the next attempt to
        // receive tells.
        unsafe { libc::poll(at, n as libc::nfds_t, LIMIT) };
    }
}
