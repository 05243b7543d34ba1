//! What a ring is made of, and what outlives it while the kernel is not done.
//!
//! ```text
//!              fill ──► group ──► kernel ──► completion ──► Received        borrower "NAME rx"
//!   pool                                                                    a buffer is lent from
//!              send ──► submission queue ──► kernel ──► Sent or Released    its posting on
//!                                                                           borrower "NAME tx"
//! ```
//!
//! Invariants:
//!
//! - #kernel-has-lent: what the kernel may read or write is lent, from before it is told of the
//!   buffer until a completion says that it is done. So no safe code can touch it, and the memory
//!   stays mapped, also if the ring is forgotten.
//! - #operation-until-last: an operation has its place in `operations` from before its entry is
//!   pushed until its last completion, which is the one without F_MORE. The address of what the
//!   kernel reads for it (`Held`, `HeaderRoom`) does not change meanwhile.
//! - #done-when-empty: the kernel uses no buffer of a group while no receive is with it.

use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process;

use framewell::Borrower;
use io_uring::{IoUring, cqueue, squeue, types};

use crate::error::{Error, Step};
use crate::event::Event;
use crate::group::GroupState;
use crate::handles::{Place, Places};
use crate::message::{HeaderRoom, Held, LentParts};
use crate::owner::LentPart;
use crate::received::Headers;

/// The number of completions that concern nobody: those of cancellations.
pub(crate) const NOBODY: u64 = u64::MAX;

/// What the kernel can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    pub(crate) zero_copy: bool,
    pub(crate) zero_copy_messages: bool,
    pub(crate) bundles: bool,
}

/// A socket that the ring uses.
#[derive(Debug)]
pub(crate) struct Attached {
    /// A copy of the descriptor that is the ring's, so that its number stays the same socket's.
    pub(crate) fd: OwnedFd,
    pub(crate) datagrams: bool,
    /// Whether an empty answer says that the peer has ended the connection.
    pub(crate) ends: bool,
    /// How many operations name the socket.
    pub(crate) operations: usize,
    /// Whether the socket goes with its last operation.
    pub(crate) leaving: bool,
}

impl Attached {
    pub(crate) fn descriptor(&self) -> types::Fd {
        types::Fd(self.fd.as_raw_fd())
    }
}

/// What the kernel was asked to do.
#[derive(Debug)]
pub(crate) enum Operation {
    Receive(ReceiveState),
    Send(SendState),
}

#[derive(Debug)]
pub(crate) struct ReceiveState {
    pub(crate) socket: Place,
    pub(crate) datagrams: bool,
    pub(crate) ends: bool,
    pub(crate) how: How,
    /// Whether the kernel has it. If not, it is to be armed again.
    pub(crate) armed: bool,
    pub(crate) cancelled: bool,
}

/// How a receive takes buffers.
#[derive(Debug)]
pub(crate) enum How {
    /// One for each completion.
    Multi { group: u16 },
    /// One for each completion, which begins with headers.
    Messages {
        group: u16,
        headers: Headers,
        room: Box<HeaderRoom>,
    },
    /// Several for each completion.
    Bundles { group: u16 },
    /// This one, once.
    Once { part: LentPart },
}

impl How {
    pub(crate) fn group(&self) -> Option<u16> {
        match self {
            Self::Multi { group } | Self::Messages { group, .. } | Self::Bundles { group } => {
                Some(*group)
            }
            Self::Once { .. } => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct SendState {
    pub(crate) socket: Place,
    pub(crate) parts: LentParts,
    pub(crate) held: Option<Box<Held>>,
    /// Whether only the notification is missing.
    pub(crate) sent: bool,
}

/// What a ring counts itself.
#[derive(Default, Debug)]
pub(crate) struct Counts {
    pub(crate) filled: u64,
    pub(crate) received: u64,
    pub(crate) cut: u64,
    pub(crate) empty: u64,
    pub(crate) pieces: u64,
    pub(crate) no_buffers: u64,
    pub(crate) rearmed: u64,
    pub(crate) interrupted: u64,
    pub(crate) overflowed: u64,
    pub(crate) dry: u64,
    pub(crate) sent: u64,
    pub(crate) failed: u64,
    pub(crate) released: u64,
    pub(crate) copied: u64,
    pub(crate) invalid: u64,
}

/// The parts of a ring. The kernel's part is dropped first.
pub(crate) struct Core {
    pub(crate) uring: IoUring,
    pub(crate) rx: Borrower,
    pub(crate) tx: Borrower,
    pub(crate) groups: Vec<GroupState>,
    pub(crate) sockets: Places<Attached>,
    pub(crate) operations: Places<Operation>,
    /// Receives that are to be armed again.
    pub(crate) again: Vec<Place>,
    /// Events that wait to be taken.
    pub(crate) events: VecDeque<Event>,
    /// Headers of messages that are done, for the next ones. The kernel has their addresses, so
    /// they must not move.
    #[allow(clippy::vec_box, reason = "their places stay the same")]
    pub(crate) spare: Vec<Box<Held>>,
    pub(crate) features: Features,
    /// How many frames a registered piece of the region has.
    pub(crate) frames_each: Option<u32>,
    pub(crate) counts: Counts,
    /// Whether the kernel was asked to cancel all, which is done at the end.
    pub(crate) cancelled: bool,
    /// The process that has the ring. A forked child has not.
    process: u32,
}

impl Core {
    pub(crate) fn new(
        uring: IoUring,
        rx: Borrower,
        tx: Borrower,
        features: Features,
        frames_each: Option<u32>,
    ) -> Self {
        Self {
            uring,
            rx,
            tx,
            groups: Vec::new(),
            sockets: Places::new(),
            operations: Places::new(),
            again: Vec::new(),
            events: VecDeque::new(),
            spare: Vec::new(),
            features,
            frames_each,
            counts: Counts::default(),
            cancelled: false,
            process: process::id(),
        }
    }

    /// Returns whether this process has the ring.
    pub(crate) fn is_ours(&self) -> bool {
        self.process == process::id()
    }

    /// Puts an entry into the submission queue. If that is full, the kernel is asked to empty it.
    ///
    /// # Safety
    ///
    /// - What the entry names is lent or held until its last completion (#kernel-has-lent).
    #[inline]
    pub(crate) unsafe fn push(&mut self, entry: &squeue::Entry) -> Result<(), Error> {
        // SAFETY: the function's bullet.
        if unsafe { self.uring.submission().push(entry) }.is_ok() {
            return Ok(());
        }
        self.enter(0, None)?;
        // SAFETY: as above.
        unsafe { self.uring.submission().push(entry) }.map_err(|_| Error::Busy)
    }

    /// Has the kernel work on the submission queue, and waits for so many completions, or so long.
    pub(crate) fn enter(
        &mut self,
        want: usize,
        timeout: Option<types::Timespec>,
    ) -> Result<(), Error> {
        if self.uring.submission().cq_overflow() {
            self.counts.overflowed += 1;
        }
        let submitter = self.uring.submitter();
        let entered = match &timeout {
            Some(timeout) if want > 0 => {
                let arguments = types::SubmitArgs::new().timespec(timeout);
                submitter.submit_with_args(want, &arguments)
            }
            _ => submitter.submit_and_wait(want),
        };
        match entered {
            Ok(_) => Ok(()),
            Err(refused) => match refused.raw_os_error() {
                // The time is over, a signal came, or completions have to be taken first.
                Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN) => Ok(()),
                _ => Err(Error::kernel(Step::Submit)(refused)),
            },
        }
    }

    /// Returns how many completions there are.
    pub(crate) fn completions(&mut self) -> usize {
        self.uring.completion().len()
    }

    /// Takes the next completion.
    #[inline]
    pub(crate) fn next_completion(&mut self) -> Option<cqueue::Entry> {
        self.uring.completion().next()
    }

    /// Notes that an operation is over, and returns it.
    #[inline]
    pub(crate) fn finish(&mut self, place: Place) -> Option<Operation> {
        let operation = self.operations.remove(place)?;
        let socket = match &operation {
            Operation::Receive(receive) => receive.socket,
            Operation::Send(send) => send.socket,
        };
        if let Some(attached) = self.sockets.get_mut(socket) {
            attached.operations -= 1;
            if attached.leaving && attached.operations == 0 {
                self.sockets.remove(socket);
            }
        }
        Some(operation)
    }

    /// Returns a socket that operations may begin on.
    #[inline]
    pub(crate) fn socket(&self, socket: Place) -> Result<&Attached, Error> {
        let attached = self.sockets.get(socket).filter(|socket| !socket.leaving);
        attached.ok_or(Error::Gone { what: "socket" })
    }

    /// Enters an operation on a socket, and returns its place.
    #[inline]
    pub(crate) fn begin(&mut self, socket: Place, operation: Operation) -> Place {
        if let Some(attached) = self.sockets.get_mut(socket) {
            attached.operations += 1;
        }
        self.operations.insert(operation)
    }

    /// Returns how many receives the kernel has, and how many sends.
    pub(crate) fn with_kernel(&self) -> (usize, usize) {
        let mut counts = (0, 0);
        for (_, operation) in self.operations.iter() {
            match operation {
                Operation::Receive(receive) => counts.0 += usize::from(receive.armed),
                Operation::Send(_) => counts.1 += 1,
            }
        }
        counts
    }
}
