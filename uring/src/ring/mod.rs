//! A ring: what a program calls.
//!
//! `receive` and `send` put entries into the submission queue, `run` has the kernel work on them,
//! and `complete` makes events of completions. `crate::core` has the parts and their invariants.

mod complete;
mod receive;
mod run;
mod send;

use std::fmt;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::slice;
use std::time::Duration;

use framewell::Pool;
use io_uring::{opcode, types};

use crate::builder::RingBuilder;
use crate::core::{Attached, Core, NOBODY, Operation};
use crate::error::{Error, Step};
use crate::event::Piece;
use crate::group::{GroupConfig, GroupState};
use crate::handles::{Group, Socket};
use crate::stats::RingStats;
use crate::sys;
use crate::teardown::{self, PATIENCE};

// A ring has one user, which may be on any thread.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Ring>();
};

/// An io_uring over the buffers of a pool.
///
/// Buffers go around. A [group](Self::group) gives the kernel buffers to receive into, and
/// [`next_event`](Self::next_event) returns those that hold data, as owners. [`send`](Self::send)
/// gives messages to the kernel, and an event returns their buffers when it is done with them.
///
/// ```text
///   pool ─ group ──► kernel ── Received ──► owners ── send ──► kernel ── Sent or Released ─► pool
/// ```
///
/// Only [`wait`](Self::wait), [`submit`](Self::submit) and the making of things enter the kernel,
/// and a send or a receive when the submission queue is full. Each `wait` and `submit` refills the
/// groups, and arms the receives again that the kernel has ended: for want of buffers, because the
/// completion queue was full, because a datagram without data came.
///
/// Dropping the ring [closes](Self::close) it. A ring that is forgotten leaves its buffers lent. A
/// forked child cannot use the ring: its memory is not mapped there.
///
/// ```
/// use std::net::UdpSocket;
///
/// use framewell::Pool;
/// use framewell_uring::{Event, GroupConfig, Headers, Message, Ring};
///
/// let pool = Pool::builder().frames(256).build()?;
/// let mut ring = Ring::builder(&pool).build()?;
/// let here = UdpSocket::bind("127.0.0.1:0")?;
/// let socket = ring.attach(&here)?;
/// let group = ring.group(GroupConfig::frames(64))?;
/// ring.recv_msg_multi(socket, group, Headers::new().peer())?;
///
/// let peer = UdpSocket::bind("127.0.0.1:0")?;
/// peer.send_to(b"packet", here.local_addr()?)?;
/// let mut echoed = false;
/// while !echoed {
///     ring.wait(1, None)?;
///     while let Some(event) = ring.next_event() {
///         match event {
///             Event::Received(received) => {
///                 let from = received.peer().ok_or("an address of IPv4 or IPv6")?;
///                 ring.send(socket, Message::new(received.into_owner()).to(from))?;
///             }
///             Event::Sent(sent) => echoed = sent.result? == 6,
///             other => return Err(format!("{other:?}").into()),
///         }
///     }
/// }
/// let mut answer = [0; 16];
/// assert_eq!(peer.recv(&mut answer)?, 6);
/// drop(ring);
/// assert_eq!(pool.stats().out, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Ring {
    /// Taken once, by `drop` or `close`.
    core: ManuallyDrop<Core>,
}

impl Ring {
    /// Returns a builder for a ring over the buffers of a pool.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// let ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(pool: &Pool) -> RingBuilder {
        RingBuilder::new(pool)
    }

    pub(crate) fn of(core: Core) -> Self {
        Self {
            core: ManuallyDrop::new(core),
        }
    }

    /// Returns the pool.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// let ring = Ring::builder(&Pool::builder().frames(64).build()?).build()?;
    /// assert_eq!(ring.pool().capacity(), 64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pool(&self) -> &Pool {
        self.core.rx.pool()
    }

    /// Has the ring use a socket. The ring keeps a descriptor of its own for it, so the socket
    /// stays open until it is [detached](Self::detach) or the ring is closed.
    ///
    /// The call enters the kernel.
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if it is no socket, or if the process has no descriptor left.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// let udp = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// let socket = ring.attach(&udp)?;
    /// drop(udp); // the ring goes on
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attach(&mut self, socket: &impl AsFd) -> Result<Socket, Error> {
        let fd = socket.as_fd();
        let kind = sys::socket_type(fd).map_err(Error::kernel(Step::Attach))?;
        let fd = fd
            .try_clone_to_owned()
            .map_err(Error::kernel(Step::Attach))?;
        Ok(Socket(self.core.sockets.insert(Attached {
            fd,
            datagrams: kind != libc::SOCK_STREAM,
            ends: matches!(kind, libc::SOCK_STREAM | libc::SOCK_SEQPACKET),
            operations: 0,
            leaving: false,
        })))
    }

    /// Ends all receives of a socket, and gives its descriptor up once all its receives and sends
    /// are over. No new ones can be made.
    ///
    /// The call enters the kernel if the submission queue is full. The receives end with an event
    /// ([`Ending::Cancelled`](crate::Ending::Cancelled)).
    ///
    /// # Errors
    ///
    /// [`Error::Gone`] if there is no such socket; [`Error::Busy`] if the submission queue is full:
    /// take events, and call it again.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// let socket = ring.attach(&std::net::UdpSocket::bind("127.0.0.1:0")?)?;
    /// ring.detach(socket)?;
    /// assert!(ring.detach(socket).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn detach(&mut self, socket: Socket) -> Result<(), Error> {
        self.core.socket(socket.0)?;
        let operations = self.core.operations.iter();
        let receives: Vec<_> = operations
            .filter(|(_, operation)| {
                matches!(operation, Operation::Receive(receive) if receive.socket == socket.0)
            })
            .map(|(place, _)| place)
            .collect();
        for place in receives {
            self.cancel_at(place)?;
        }
        let Some(attached) = self.core.sockets.get_mut(socket.0) else {
            return Ok(());
        };
        attached.leaving = true;
        if attached.operations == 0 {
            self.core.sockets.remove(socket.0);
        }
        Ok(())
    }

    /// Makes a group of buffers, and fills it from the pool.
    ///
    /// If the pool has too few buffers, the group gets what there is, and the rest in the next
    /// [`wait`](Self::wait) or [`submit`](Self::submit). The call enters the kernel.
    ///
    /// # Errors
    ///
    /// [`Error::GroupSize`] or [`Error::GroupRoom`] if the kernel would not take it, and
    /// [`Error::Kernel`] if it does not.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::{GroupConfig, Ring};
    /// let pool = Pool::builder().frames(64).build()?;
    /// let mut ring = Ring::builder(&pool).build()?;
    /// ring.group(GroupConfig::frames(32))?;
    /// assert_eq!(pool.stats().borrowers[0].frames, 32);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn group(&mut self, config: GroupConfig) -> Result<Group, Error> {
        let core = &mut *self.core;
        let number = u16::try_from(core.groups.len()).map_err(|_| Error::Groups)?;
        let group = GroupState::new(&config, core.rx.pool())?;
        let entries = config.entries()?;
        let flags = match group.incremental {
            true => types::IOU_PBUF_RING_INC as u16,
            false => 0,
        };
        let address = group.entries.address();
        let submitter = core.uring.submitter();
        // SAFETY: the memory has that many entries. The kernel pins its pages until the ring is
        // closed, and the group lives as long.
        unsafe { submitter.register_buf_ring_with_flags(address, entries, number, flags) }
            .map_err(Error::kernel(config.step()))?;
        core.groups.push(group);
        if let Some(group) = core.groups.last_mut() {
            core.counts.filled += group.fill(&core.rx) as u64;
        }
        Ok(Group(number))
    }

    /// Returns the bytes of a piece, or `None` if the owner of its buffer has been handed out.
    ///
    /// ```
    /// # use framewell_uring::{Event, Ring};
    /// fn handle(ring: &Ring, event: &Event) {
    ///     if let Event::Piece(piece) = event {
    ///         println!("{:?}", ring.piece(piece));
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn piece(&self, piece: &Piece) -> Option<&[u8]> {
        let group = self.core.groups.get(usize::from(piece.group.0))?;
        let slot = group.table.get(piece.id)?;
        if slot.serial != piece.serial || piece.offset.checked_add(piece.len)? > slot.used {
            return None;
        }
        let first = slot.loan.first(&self.core.rx);
        let data = first.wrapping_add(group.headroom + piece.offset as usize);
        // SAFETY: the buffer is lent to this ring, and has these bytes, which are part of its room.
        // The kernel has written them, and writes only behind what is used. The buffer is not
        // handed out while the ring is borrowed.
        Some(unsafe { slice::from_raw_parts(data, piece.len as usize) })
    }

    /// Returns the counts of the ring. The call looks at a word of each buffer of the pool.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// let ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// println!("{}", ring.stats());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> RingStats {
        let core = &*self.core;
        let counts = &core.counts;
        let unreleased = core
            .operations
            .iter()
            .filter(|(_, operation)| matches!(operation, Operation::Send(send) if send.sent));
        RingStats {
            filled: counts.filled,
            received: counts.received,
            cut: counts.cut,
            empty: counts.empty,
            pieces: counts.pieces,
            no_buffers: counts.no_buffers,
            rearmed: counts.rearmed,
            interrupted: counts.interrupted,
            overflowed: counts.overflowed,
            dry: counts.dry,
            sent: counts.sent,
            failed: counts.failed,
            released: counts.released,
            unreleased: unreleased.count(),
            copied: counts.copied,
            invalid: counts.invalid,
            rx_lent: core.rx.lent(),
            tx_lent: core.tx.lent(),
        }
    }

    /// Closes the ring, and returns how many buffers the kernel still has.
    ///
    /// All receives are cancelled. Then the ring waits, at most so long, until the kernel is done
    /// with every buffer, and takes them back. Events that nobody has taken are dropped, with their
    /// owners.
    ///
    /// The notification of a message without a copy may be seconds late: one to a neighbour that
    /// does not answer is held for about 3 s. Such buffers stay lent, under the name of the ring's
    /// borrower. [`collect`](crate::collect) takes them back later, and so does the next ring that
    /// is built.
    ///
    /// Dropping the ring does the same, with 200 ms.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use framewell::Pool;
    /// # use framewell_uring::{GroupConfig, Ring};
    /// let pool = Pool::builder().frames(64).build()?;
    /// let mut ring = Ring::builder(&pool).build()?;
    /// ring.group(GroupConfig::frames(32))?;
    /// assert_eq!(ring.close(Duration::from_secs(1)), 0);
    /// assert_eq!(pool.stats().out, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close(self, patience: Duration) -> usize {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: the ring is not used again, and its `drop` does not run.
        let core = unsafe { ManuallyDrop::take(&mut this.core) };
        teardown::close(core, patience)
    }

    /// Puts the cancellation of an operation into the submission queue.
    fn push_cancellation(&mut self, number: u64) -> Result<(), Error> {
        let entry = opcode::AsyncCancel::new(number).build().user_data(NOBODY);
        // SAFETY: the entry names no memory.
        unsafe { self.core.push(&entry) }
    }
}

/// The descriptor, for waiting on several things at once: it is readable when there are
/// completions.
///
/// Make no copy of it, and do not close it. The ring is not closed while there is a copy.
impl AsRawFd for Ring {
    fn as_raw_fd(&self) -> RawFd {
        self.core.uring.as_raw_fd()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: this is the only place that takes it, beside `close`, which forgets the ring.
        let core = unsafe { ManuallyDrop::take(&mut self.core) };
        teardown::close(core, PATIENCE);
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("rx", &self.core.rx)
            .field("tx", &self.core.tx)
            .field("operations", &self.core.operations.len())
            .finish_non_exhaustive()
    }
}
