//! What a socket that is closed leaves: frames that may be taken back once nobody writes to them.
//!
//! The kernel writes to the frames of a socket as long as it is open. It is open as long as a ring
//! of it is mapped, or a process has its descriptor. So the order is:
//!
//! 1. All four rings are unmapped.
//! 2. The descriptor is closed.
//! 3. No other process has the descriptor ([`Witness`]).
//! 4. With zero-copy, the driver has let go of the queue. The kernel tells it to after the close
//!    has returned. That has happened when another socket can be bound to the queue.
//! 5. The frames are taken back.

use std::time::Duration;

use framewell::Borrower;

use crate::probe;
use crate::witness::{Closed, Witness};

/// How long a socket that is dropped waits for other processes and for the driver.
pub(crate) const PATIENCE: Duration = Duration::from_millis(200);

/// The frames that are lent to a socket's rings, and what tells when they may be taken back.
#[derive(Debug)]
pub(crate) struct Lent {
    pub(crate) rx: Borrower,
    pub(crate) tx: Borrower,
    pub(crate) witness: Witness,
    /// The queue whose driver writes to the frames itself.
    pub(crate) zero_copy: Option<Queue>,
}

/// A queue of an interface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) interface: u32,
    pub(crate) number: u32,
}

/// The frames of a socket that this process has closed.
#[derive(Debug)]
pub(crate) struct Remains {
    rx: Borrower,
    tx: Borrower,
    closed: Closed,
    zero_copy: Option<Queue>,
}

impl Remains {
    /// Takes over the frames of a socket.
    ///
    /// # Safety
    ///
    /// - The rings of the socket are unmapped, and its descriptor is closed in this process.
    pub(crate) unsafe fn of(lent: Lent) -> Self {
        Self {
            rx: lent.rx,
            tx: lent.tx,
            closed: lent.witness.closed(),
            zero_copy: lent.zero_copy,
        }
    }

    /// Takes the frames back and returns how many they are, or `None` if the kernel may still write
    /// to them after so long.
    pub(crate) fn collect(&mut self, patience: Duration) -> Option<usize> {
        if !self.closed.everywhere(patience.as_millis() as i32) {
            return None;
        }
        if let Some(queue) = self.zero_copy {
            if !probe::is_free(queue, patience) {
                return None;
            }
        }
        // SAFETY: the rings are unmapped and no process has the socket (`of`, `Closed`), so the
        // kernel has released it, and the driver has let go of the queue.
        let received = unsafe { self.rx.reclaim() };
        // SAFETY: as above.
        let sent = unsafe { self.tx.reclaim() };
        Some(received + sent)
    }
}
