//! The socket: the kernel's, and what is kept between calls.
//!
//! ```text
//!   Pool ── get_burst, alloc_merged ──► stash ── recvmmsg ──► Datagram: owner, peer, form
//!                                         ▲ what was not filled stays
//!
//!   packets of the caller ── plan ──► messages ── sendmmsg ──► those sent leave the caller's list
//! ```
//!
//! Buffers to receive into are taken from the pool in bulk. Those that the kernel did not fill stay
//! with the socket for the next call, and count as out until the socket is dropped.

#![forbid(unsafe_code)]

mod receive;
mod send;

use std::fmt;
use std::io;
use std::net::{ToSocketAddrs, UdpSocket};

use framewell::{Burst, Pool, VarBuf};

use crate::builder::SocketBuilder;
use crate::stats::Stats;
use crate::sys::{self, Inbox, MESSAGES, Outbox, SEGMENTS};

/// A socket of UDP that receives into buffers of a [`Pool`], and sends from them.
///
/// It is as blocking as the socket that it was made of. It is `Send`; a second thread uses a
/// [clone](Self::try_clone).
///
/// ```
/// use framewell::{Frame, Pool};
/// use framewell_udp::{Datagram, Socket};
///
/// let pool = Pool::builder().frames(256).build()?;
/// let mut server = Socket::bind("127.0.0.1:0", &pool)?;
/// let mut client = Socket::bind("127.0.0.1:0", &pool)?;
///
/// // Eight packets of one length to one peer are one super-datagram.
/// let to = server.as_std().local_addr()?;
/// let mut burst = Vec::with_capacity(8);
/// for n in 0..8 {
///     burst.push((pool.copy_from(&[n; 1200])?, to));
/// }
/// client.send_burst(&mut burst)?;
///
/// // An echo: each datagram goes back to its peer, in the frame that it came in.
/// let mut received: Vec<Datagram<Frame>> = Vec::with_capacity(64);
/// let mut echoed = 0;
/// while echoed < 8 {
///     server.recv_burst(&mut received, 64)?;
///     received.retain(|datagram| datagram.form.is_whole());
///     echoed += server.send_burst(&mut received)?;
/// }
/// # drop((server, client));
/// # assert_eq!(pool.stats().out, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Socket {
    io: UdpSocket,
    pool: Pool,
    inbox: Inbox,
    outbox: Outbox,
    /// Frames to receive into. The last one is the next one.
    frames: Burst<MESSAGES>,
    /// Buffers to receive into. The last one is the next one.
    merged: Vec<VarBuf>,
    gro: bool,
    /// Whether the queue may hold what was merged before GRO was turned off: it was not seen empty
    /// since.
    stale: bool,
    gso: bool,
    /// The most packets of a super-datagram that this kernel takes.
    segments: usize,
    stats: Stats,
}

impl Socket {
    /// The most datagrams or messages that one system call of a socket moves.
    ///
    /// ```
    /// assert_eq!(framewell_udp::Socket::BURST, 64);
    /// ```
    pub const BURST: usize = MESSAGES;

    /// Returns the options of a socket, to be set.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let pool = Pool::builder().build()?;
    /// let socket = Socket::builder(&pool).gro(true).bind("127.0.0.1:0")?;
    /// # drop(socket);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn builder(pool: &Pool) -> SocketBuilder {
        SocketBuilder::new(pool)
    }

    /// Makes a socket at an address, with GRO off. The call enters the kernel.
    ///
    /// # Errors
    ///
    /// The errors are those of [`SocketBuilder::bind`].
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let socket = Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?;
    /// assert!(!socket.gro());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind(address: impl ToSocketAddrs, pool: &Pool) -> io::Result<Self> {
        Self::builder(pool).bind(address)
    }

    /// Takes over a socket that there is, and turns GRO off. The call enters the kernel.
    ///
    /// # Errors
    ///
    /// The errors are those of [`SocketBuilder::over`].
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// let socket = Socket::new(socket, &Pool::builder().build()?)?;
    /// # drop(socket);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(socket: UdpSocket, pool: &Pool) -> io::Result<Self> {
        Self::builder(pool).over(socket)
    }

    pub(crate) fn made(io: UdpSocket, pool: Pool, gso: bool, gro: bool, stale: bool) -> Self {
        Self {
            io,
            pool,
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            frames: Burst::new(),
            merged: Vec::new(),
            gro,
            stale,
            gso,
            segments: SEGMENTS,
            stats: Stats::default(),
        }
    }

    /// Makes a second handle to the same socket, with buffers and counts of its own: one thread can
    /// receive while another one sends. The call enters the kernel.
    ///
    /// # Errors
    ///
    /// The errors are those of [`UdpSocket::try_clone`].
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let receiver = Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?;
    /// let sender = receiver.try_clone()?;
    /// std::thread::spawn(move || drop(sender)).join().unwrap();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_clone(&self) -> io::Result<Self> {
        let mut clone = Self::made(
            self.io.try_clone()?,
            self.pool.clone(),
            self.gso,
            self.gro,
            self.stale,
        );
        clone.segments = self.segments;
        Ok(clone)
    }

    /// Returns the standard library's socket, for addresses, options, and a reactor's registration.
    ///
    /// Leave `UDP_GRO` and `UDP_SEGMENT` as they are: the socket keeps account of them.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let socket = Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?;
    /// socket.as_std().set_nonblocking(true)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn as_std(&self) -> &UdpSocket {
        &self.io
    }

    /// Returns the standard library's socket, and frees the buffers that were kept for receiving.
    ///
    /// The socket's options stay as they are, GRO among them.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let socket = Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?;
    /// let socket: std::net::UdpSocket = socket.into_inner();
    /// # drop(socket);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_inner(self) -> UdpSocket {
        self.io
    }

    /// Returns whether the kernel may merge what it receives.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// assert!(!Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?.gro());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn gro(&self) -> bool {
        self.gro
    }

    /// Turns merging on receipt on or off. The call enters the kernel.
    ///
    /// What was merged before it was turned off still comes as one buffer, and the kernel does not
    /// tell. So whatever comes until the queue was seen empty has [`Form::Unknown`](crate::Form).
    /// Until then a call on a blocking socket looks once more than otherwise. A clone does not know
    /// of the change: turn it off before the socket is cloned.
    ///
    /// # Errors
    ///
    /// The system's, if it has no GRO.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let mut socket = Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?;
    /// if socket.set_gro(true).is_ok() {
    ///     socket.set_gro(false)?;
    /// }
    /// assert!(!socket.gro());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_gro(&mut self, on: bool) -> io::Result<()> {
        sys::set_gro(&self.io, on)?;
        self.stale |= self.gro && !on;
        self.gro = on;
        Ok(())
    }

    /// Returns whether packets may be sent as super-datagrams. It is false if the system cannot, or
    /// if a device turned out to be unable.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let socket = Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?;
    /// assert_eq!(socket.gso(), cfg!(target_os = "linux"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn gso(&self) -> bool {
        self.gso
    }

    /// Returns what this handle has counted.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// let socket = Socket::bind("127.0.0.1:0", &Pool::builder().build()?)?;
    /// assert_eq!(socket.stats().sent, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Tells the kernel of less room for control data. Only tests do that.
    #[doc(hidden)]
    pub fn limit_control(&mut self, bytes: usize) {
        self.inbox.limit_control(bytes);
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Socket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.io.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for Socket {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.io.as_raw_fd()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsSocket for Socket {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.io.as_socket()
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("io", &self.io)
            .field("gro", &self.gro)
            .field("gso", &self.gso)
            .finish_non_exhaustive()
    }
}
