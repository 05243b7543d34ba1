//! Whether a copy of a socket's descriptor may live in another process.
//!
//! The kernel goes on receiving into a socket's frames while any process has the descriptor. A fork
//! copies it, and so does a program that is being started, until its exec. The kernel does not say
//! how many copies there are. So a pipe tells: its writing end is inherited as the socket is, and
//! closed by an exec as the socket is. When the reading end hangs up, nobody has the socket.
//!
//! ```text
//!   number:   before  <  socket  <  after        two writing ends, around the socket
//! ```
//!
//! A process that exits closes its descriptors by their numbers, upwards or downwards, and the
//! release of a socket takes time. One of the two writing ends is closed after the socket either
//! way.
//!
//! It does not tell of a process that closed the writing ends and kept the socket, or that was sent
//! the socket by another one.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use crate::sys;

/// The pipe of a socket while the socket is open.
#[derive(Debug)]
pub(crate) struct Witness {
    reader: OwnedFd,
    _before: OwnedFd,
    _after: OwnedFd,
}

impl Witness {
    /// Makes a descriptor, and the pipe that tells of its copies.
    pub(crate) fn of(make: impl FnOnce() -> io::Result<OwnedFd>) -> io::Result<(OwnedFd, Self)> {
        let (reader, before) = sys::pipe()?;
        let mut made = make()?;
        if made.as_raw_fd() < before.as_raw_fd() {
            made = sys::copy_from_number(&made, before.as_raw_fd() + 1)?;
        }
        let after = sys::copy_from_number(&before, made.as_raw_fd() + 1)?;
        let witness = Self {
            reader,
            _before: before,
            _after: after,
        };
        Ok((made, witness))
    }

    /// Closes the writing ends of this process, whose socket is closed.
    pub(crate) fn closed(self) -> Closed {
        Closed {
            reader: self.reader,
        }
    }
}

/// Does something, and returns whether no other process can have seen what it looked like
/// meanwhile: there was no fork, or the child has ended, or another program runs in it. It waits up
/// to so many milliseconds for that.
pub(crate) fn without_fork<T>(milliseconds: i32, run: impl FnOnce() -> T) -> io::Result<(T, bool)> {
    let (reader, writer) = sys::pipe()?;
    let value = run();
    drop(writer);
    Ok((value, Closed { reader }.everywhere(milliseconds)))
}

/// The pipe of a socket that this process has closed.
#[derive(Debug)]
pub(crate) struct Closed {
    reader: OwnedFd,
}

impl Closed {
    /// Returns whether no process has the socket. It waits up to so many milliseconds for that.
    pub(crate) fn everywhere(&self, milliseconds: i32) -> bool {
        // No event is asked for: that nobody writes any more is told all the same.
        let events = sys::poll(self.reader.as_raw_fd(), 0, milliseconds);
        events.is_ok_and(|events| events & i32::from(libc::POLLHUP) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_in_a_child_is_told_of_until_the_child_is_gone() {
        let (made, witness) = Witness::of(|| Ok(sys::pipe()?.0)).unwrap();
        let (wait, go) = sys::pipe().unwrap();
        // SAFETY: the child calls only functions that may be called after a fork.
        let child = unsafe { libc::fork() };
        if child == 0 {
            drop(go);
            // The writing end of the parent is the only one left.
            let _ = sys::poll(wait.as_raw_fd(), 0, 10_000);
            // SAFETY: the process ends here.
            unsafe { libc::_exit(0) };
        }
        drop(wait);
        drop(made);
        let closed = witness.closed();
        assert!(!closed.everywhere(20), "the child has a copy");
        drop(go);
        assert!(closed.everywhere(10_000), "the child has ended");
        // SAFETY: the child is this process's, and the status is not asked for.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    }

    #[test]
    fn the_writing_ends_lie_around_the_descriptor() {
        let (low, _other) = sys::pipe().unwrap();
        let (made, witness) = Witness::of(|| Ok(low)).unwrap();
        let [before, made, after] =
            [&witness._before, &made, &witness._after].map(AsRawFd::as_raw_fd);
        assert!(before < made && made < after, "{before} {made} {after}");
    }
}
