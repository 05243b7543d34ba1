//! A network that a test has for itself.

use std::io;
use std::net::SocketAddr;
use std::process::Command;

use crate::util::not_run;

/// Moves this thread into a network of its own, with a neighbour that does not answer, and returns
/// an address there. Returns `None` if the thread may not do that, and says so.
pub(crate) fn neighbour_that_does_not_answer() -> Option<SocketAddr> {
    // SAFETY: the call takes no pointer.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
        let error = io::Error::last_os_error();
        not_run(&format!("a network namespace: {error}"));
        return None;
    }
    for line in [
        "link add v0 type veth peer name v1",
        "link set v1 up",
        "link set v0 up",
        "address add 10.0.0.1/24 dev v0",
    ] {
        match Command::new("ip").args(line.split(' ')).output() {
            Ok(done) if done.status.success() => {}
            answer => {
                not_run(&format!("`ip {line}`: {answer:?}"));
                return None;
            }
        }
    }
    Some(([10, 0, 0, 2], 9).into())
}
