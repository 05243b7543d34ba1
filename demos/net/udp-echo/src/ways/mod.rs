//! The servers: for each way one with frames of a pool, and a twin with buffers by hand. Both do
//! the same with each datagram.
//!
//! | way | framewell | the twin |
//! |---|---|---|
//! | recvmmsg | framewell-udp, a frame for each datagram | two system calls, a vector of `Vec<u8>` |
//! | GRO | framewell-udp, merged datagrams split into references | `BytesMut`, a copy for each datagram |
//! | `io_uring` | framewell-uring, a frame for each datagram | a slab, and a buffer ring by hand |
//! | tokio | `recv_buf_from` into a frame | `recv_buf_from` into a `Vec<u8>` |

mod gro {
    pub(super) mod copies;
    pub(super) mod references;
}
mod mmsg;
mod recvmmsg {
    pub(super) mod frames;
    pub(super) mod slab;
}
mod runtime {
    mod echo;
    pub(super) mod frames;
    pub(super) mod vectors;
}
mod uring {
    pub(super) mod frames;
    mod memory;
    pub(super) mod slab;

    /// Says what an io_uring was refused, and what to do about it.
    fn explain(error: impl std::fmt::Display) -> String {
        format!("io_uring: {error}; --way recvmmsg, gro or tokio does without it")
    }
}

use std::net::UdpSocket;

use framewell::Pool;

use crate::args::{Way, Who};
use crate::turn::Turn;

/// The name of framewell's servers.
pub const OWN: &str = "framewell";

/// The datagrams that are moved at once.
const BURST: usize = 32;
/// The merged datagrams that are received at once.
const MERGED: usize = 8;
/// The buffers of a server: as many as datagrams can be under way, and as many again.
const BUFFERS: usize = 512;

/// The sizes of an io_uring.
struct Sizes {
    /// The entries of the submission queue.
    entries: u32,
    /// The entries of the completion queue.
    completions: u32,
}

/// The sizes of both io_urings.
const RING: Sizes = Sizes {
    entries: 256,
    completions: 4096,
};

/// What a server has out at the end, when its socket is closed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Account {
    /// Buffers that are not back.
    pub out: usize,
    /// Datagrams that were received and not passed on.
    pub dropped: u64,
    /// framewell's own statistics.
    pub words: Option<String>,
}

impl Account {
    /// Returns the account of a pool.
    fn of(pool: &Pool, dropped: u64) -> Self {
        let stats = pool.stats();
        Self {
            out: stats.out,
            dropped,
            words: Some(stats.to_string()),
        }
    }

    /// Returns the account of a vector in which so many buffers should lie.
    fn of_slab(there: usize, dropped: u64) -> Self {
        Self {
            out: BUFFERS - there,
            dropped,
            words: None,
        }
    }

    /// Returns what does not balance, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.out != 0 {
            faults.push(format!("{} buffers did not come back", self.out));
        }
        if self.dropped != 0 {
            faults.push(format!("the server dropped {} datagrams", self.dropped));
        }
        faults
    }
}

/// A server, with its memory, which outlives the sockets.
pub trait Server: Send {
    /// Returns the name that tables show.
    fn name(&self) -> &'static str;

    /// Serves what comes to a socket that does not block, for a turn.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    fn serve(&mut self, socket: &UdpSocket, turn: &mut Turn<'_>) -> Result<Account, String>;
}

/// Returns a server for datagrams of up to so many bytes.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn server(way: Way, who: Who, longest: usize) -> Result<Box<dyn Server>, String> {
    Ok(match (way, who) {
        (Way::Recvmmsg, Who::Framewell) => Box::new(recvmmsg::frames::Frames::new(longest)?),
        (Way::Recvmmsg, Who::Twin) => Box::new(recvmmsg::slab::Slab::new(longest)),
        (Way::Gro, Who::Framewell) => Box::new(gro::references::References::new()?),
        (Way::Gro, Who::Twin) => Box::new(gro::copies::Copies::new()),
        (Way::IoUring, Who::Framewell) => Box::new(uring::frames::Frames::new(longest)?),
        (Way::IoUring, Who::Twin) => Box::new(uring::slab::Slab::new(longest)),
        (Way::Tokio, Who::Framewell) => Box::new(runtime::frames::Frames::new(longest)?),
        (Way::Tokio, Who::Twin) => Box::new(runtime::vectors::Vectors::new(longest)),
    })
}

/// Returns a pool of frames for datagrams of up to so many bytes.
fn pool(longest: usize) -> Result<Pool, String> {
    let pool = Pool::builder().frames(BUFFERS).payload(longest).build();
    pool.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_or_dropped_is_a_fault() {
        let account = Account {
            out: 3,
            dropped: 1,
            words: None,
        };
        assert_eq!(
            account.faults(),
            [
                "3 buffers did not come back",
                "the server dropped 1 datagrams"
            ]
        );
        assert_eq!(Account::of_slab(BUFFERS, 0).faults(), Vec::<String>::new());
        let pool = pool(64).unwrap();
        let frame = pool.get(64).unwrap();
        assert_eq!(Account::of(&pool, 0).out, 1);
        drop(frame);
        assert_eq!(Account::of(&pool, 0).faults(), Vec::<String>::new());
    }
}
