//! A network that a test has for itself.

use std::io;
use std::net::SocketAddr;
use std::process::Command;

use crate::util::not_run;

/// Moves this thread into a network of its own, with a neighbour that does not answer, and returns
/// an address there. Returns `None` if the thread may not do that, and says so.
pub(crate) fn neighbour_that_does_not_answer() -> Option<SocketAddr> {
    let made = network(&[
        "link add v0 type veth peer name v1",
        "link set v1 up",
        "link set v0 up",
        "address add 10.0.0.1/24 dev v0",
    ]);
    made.then_some(([10, 0, 0, 2], 9).into())
}

/// Moves this thread into a network of its own, whose loopback takes packets of 1,300 bytes.
/// Returns `false` if the thread may not do that, and says so.
pub(crate) fn short_path() -> bool {
    network(&["link set lo mtu 1300", "link set lo up"])
}

/// Moves this thread into a network of its own, and sets that up.
fn network(lines: &[&str]) -> bool {
    // SAFETY: the call takes no pointer.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
        let error = io::Error::last_os_error();
        not_run(&format!("a network namespace: {error}"));
        return false;
    }
    lines.iter().all(|line| {
        let answer = Command::new("ip").args(line.split(' ')).output();
        let done = answer.as_ref().is_ok_and(|answer| answer.status.success());
        if !done {
            not_run(&format!("`ip {line}`: {answer:?}"));
        }
        done
    })
}
