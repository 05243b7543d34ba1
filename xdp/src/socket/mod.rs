//! A socket: its rings, the frames that it has lent to them, and its end.
//!
//! ```text
//!              fill ──► fill ring ──► kernel ──► RX ring ──► receive        borrower "rx"
//!   pool                                                                    a frame is lent from
//!              send ──► TX ring ──► kernel ──► completion ring ──► complete   its posting on
//!                                                                           borrower "tx"
//! ```
//!
//! Invariants:
//!
//! - What is in the fill ring, with the kernel or in the RX ring is lent to `lent.rx`; what is in
//!   the TX ring, with the kernel or in the completion ring, to `lent.tx`. A frame is lent before
//!   its address is published, and taken back after its descriptor was read.
//! - Each address that is posted lies in a frame that is lent (`Shape`). A descriptor that comes
//!   back is checked before it is believed.
//! - Frames are reclaimed only in the order of `xdp/src/teardown.rs`.

mod fill;
mod ids;
mod receive;
mod send;
mod wake;

use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

use framewell::{Burst, Span};
pub use wake::Ready;

use crate::builder::SocketBuilder;
use crate::error::{Error, Step};
use crate::interface::Interface;
use crate::program;
use crate::rings::Rings;
use crate::shape::Shape;
use crate::stats::{Counts, KernelStats, SocketStats};
use crate::sys;
use crate::teardown::{Lent, PATIENCE, Remains};
use crate::umem::Umem;

// Each ring has one user, which may be on any thread.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Socket>();
};

/// An AF_XDP socket on one queue of an interface, over the frames of a pool.
///
/// Frames go around. [`fill`](Self::fill) gives the kernel frames to receive into, and
/// [`receive`](Self::receive) returns those that hold packets, as owners. [`send`](Self::send)
/// gives packets to the kernel, and [`complete`](Self::complete) returns their frames to the pool.
///
/// ```text
///   pool ── fill ──► kernel ── receive ──► owners ── send ──► kernel ── complete ──► pool
/// ```
///
/// No call waits for a frame or for room in a ring. Only [`poll`](Self::poll) waits, for as long as
/// it is told to.
///
/// A socket receives packets once a program redirects them to it ([`Redirect`](crate::Redirect)).
///
/// Dropping the socket closes it and takes back all its frames, also those that the kernel has. It
/// waits for that if it has to, at most half a second. Frames that the kernel may still write to
/// stay lent ([`Umem::collect`]). A forked child cannot use the socket.
///
/// ```no_run
/// use std::time::Duration;
///
/// use framewell::{Burst, Pool, XdpChunks};
/// use framewell_xdp::{Interface, Ready, Redirect, Socket, Umem};
///
/// let pool = Pool::builder().frames(8192).af_xdp(XdpChunks::Aligned).build()?;
/// let eth0 = Interface::named("eth0")?;
/// let mut socket = Socket::builder(&Umem::new(&pool)?, &eth0, 0).bind()?;
/// let program = Redirect::attach(&eth0)?;
/// program.enter(&socket)?;
/// let mut burst: Burst<32> = Burst::new();
/// loop {
///     socket.fill(usize::MAX);
///     if socket.receive(&mut burst) == 0 {
///         socket.poll(Ready::Receive, Duration::from_millis(100))?;
///     }
///     for packet in &mut burst {
///         let (to, from) = packet[..12].split_at_mut(6);
///         to.swap_with_slice(from);
///     }
///     socket.send(&mut burst)?;
///     burst.clear(); // what the TX ring had no room for is dropped
///     socket.complete();
/// }
/// # #[allow(unreachable_code)]
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Socket {
    pub(crate) rings: Rings,
    /// Taken once, by `drop`.
    pub(crate) lent: ManuallyDrop<Lent>,
    pub(crate) shape: Shape,
    pub(crate) multi_buffer: bool,
    /// Whether the next descriptor of the RX ring goes on with a packet that is dropped.
    pub(crate) skipping: bool,
    pub(crate) counts: Counts,
    /// Closed once, by `drop`.
    pub(crate) fd: ManuallyDrop<OwnedFd>,
    pub(crate) umem: Umem,
    pub(crate) interface: Interface,
    pub(crate) queue: u32,
}

impl Socket {
    /// Returns a builder for a socket on a queue of an interface.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let builder = Socket::builder(&umem, &Interface::named("lo")?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(umem: &Umem, interface: &Interface, queue: u32) -> SocketBuilder<'static> {
        SocketBuilder::new(umem, interface, queue)
    }

    /// Takes back the frames of a part of the pool that came by the RX ring, and appends them to a
    /// burst that has room for them. It returns how many there are.
    pub(crate) fn take_back<const N: usize>(
        &mut self,
        mut spans: &[Span],
        burst: &mut Burst<N>,
    ) -> usize {
        let before = burst.len();
        while !spans.is_empty() {
            // SAFETY: the kernel has given the frames back by descriptors of the RX ring, and
            // writes to them no more. A descriptor is read once, by this thread.
            match unsafe { self.lent.rx.take_back_spans(spans, burst) } {
                Ok(_) => break,
                Err(refused) => {
                    self.counts.invalid += 1;
                    spans = &spans[refused.taken + 1..];
                }
            }
        }
        burst.len() - before
    }

    /// Returns the counts of the socket, the kernel's among them.
    ///
    /// The call looks at a word of each frame of the pool, and enters the kernel.
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if the kernel does not tell its counts.
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// println!("{}", socket.stats()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stats(&self) -> Result<SocketStats, Error> {
        let fd = self.as_raw_fd();
        let counts = sys::option::<libc::xdp_statistics>(fd, libc::SOL_XDP, libc::XDP_STATISTICS);
        let (kernel, _) = counts.map_err(|source| Error::Kernel {
            step: Step::Statistics,
            source,
        })?;
        Ok(self.counted(kernel.into()))
    }

    /// Returns what the socket and the kernel have counted.
    pub(crate) fn counted(&self, kernel: KernelStats) -> SocketStats {
        let counts = &self.counts;
        SocketStats {
            filled: counts.filled,
            received: counts.received,
            dropped: counts.dropped,
            rx_lent: self.lent.rx.lent(),
            posted: counts.posted,
            completed: counts.completed,
            tx_lent: self.lent.tx.lent(),
            dry: counts.dry,
            invalid: counts.invalid,
            wakeups: counts.wakeups,
            busy: counts.busy,
            kernel,
        }
    }

    /// Enters the socket into a map of sockets (`BPF_MAP_TYPE_XSKMAP`) of a program of your own.
    ///
    /// The call enters the kernel.
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if the map has no such place, or is none of sockets.
    ///
    /// ```no_run
    /// # use std::os::fd::AsFd;
    /// # use framewell_xdp::Socket;
    /// fn with_a_map_of_aya(socket: &Socket, map: impl AsFd) -> Result<(), framewell_xdp::Error> {
    ///     socket.enter_into(map.as_fd(), socket.queue())
    /// }
    /// ```
    pub fn enter_into(&self, map: BorrowedFd<'_>, place: u32) -> Result<(), Error> {
        program::enter(map, place, self.as_raw_fd())
    }

    /// Returns the memory that the socket is over.
    ///
    /// ```no_run
    /// # fn show(socket: &framewell_xdp::Socket) {
    /// println!("{}", socket.umem().pool().stats());
    /// # }
    /// ```
    #[must_use]
    pub fn umem(&self) -> &Umem {
        &self.umem
    }

    /// Returns the interface.
    ///
    /// ```no_run
    /// # fn show(socket: &framewell_xdp::Socket) {
    /// println!("{}", socket.interface());
    /// # }
    /// ```
    #[must_use]
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// Returns the number of the queue.
    ///
    /// ```no_run
    /// # fn show(socket: &framewell_xdp::Socket) {
    /// println!("{}", socket.queue());
    /// # }
    /// ```
    #[must_use]
    pub fn queue(&self) -> u32 {
        self.queue
    }

    /// Returns whether the driver moves the packets, and nobody copies them.
    ///
    /// ```no_run
    /// # fn show(socket: &framewell_xdp::Socket) {
    /// println!("zero-copy: {}", socket.is_zero_copy());
    /// # }
    /// ```
    #[must_use]
    pub fn is_zero_copy(&self) -> bool {
        self.lent.zero_copy.is_some()
    }
}

/// The descriptor, for waiting on several sockets at once.
///
/// Make no copy of it: the kernel writes to the frames of a socket for as long as a copy is open,
/// and the socket cannot know of one in this process. Do not close it.
impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: the rings are used by methods of the socket alone, and there will be no more
        // calls.
        let unmapped = unsafe { self.rings.unmap() };
        // SAFETY: this is the only place that takes it, and nobody uses it afterwards.
        unsafe { ManuallyDrop::drop(&mut self.fd) };
        // SAFETY: as above.
        let lent = unsafe { ManuallyDrop::take(&mut self.lent) };
        if !unmapped {
            // The kernel keeps the socket, or this is a forked child, which has no part in it. The
            // frames stay lent.
            return;
        }
        // SAFETY: the rings are unmapped, and the descriptor is closed.
        let mut remains = unsafe { Remains::of(lent) };
        if remains.collect(PATIENCE).is_none() {
            self.umem.keep(remains);
        }
    }
}
