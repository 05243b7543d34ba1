//! How a socket is made.

#![forbid(unsafe_code)]

use std::io;
use std::net::{ToSocketAddrs, UdpSocket};

use framewell::Pool;

use crate::socket::Socket;
use crate::sys::{self, Room};

/// The options of a [`Socket`].
///
/// ```
/// # use framewell::Pool;
/// # use framewell_udp::Socket;
/// # let pool = Pool::builder().build()?;
/// let socket = Socket::builder(&pool).gro(true).bind("127.0.0.1:0")?;
/// println!("merged on receipt: {}, cut on sending: {}", socket.gro(), socket.gso());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SocketBuilder {
    pool: Pool,
    gro: bool,
    gso: bool,
    receive: Option<usize>,
    send: Option<usize>,
}

impl SocketBuilder {
    pub(crate) fn new(pool: &Pool) -> Self {
        Self {
            pool: pool.clone(),
            gro: false,
            gso: true,
            receive: None,
            send: None,
        }
    }

    /// Sets whether the kernel may merge datagrams that it receives (GRO). It is off unless set.
    ///
    /// A system that has no GRO receives datagrams one by one: [`Socket::gro`] says so.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let socket = Socket::builder(&pool).gro(true).bind("127.0.0.1:0")?;
    /// assert_eq!(socket.gro(), cfg!(target_os = "linux"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn gro(mut self, on: bool) -> Self {
        self.gro = on;
        self
    }

    /// Sets whether packets may be sent as super-datagrams (GSO). It is on unless set.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let socket = Socket::builder(&pool).gso(false).bind("127.0.0.1:0")?;
    /// assert!(!socket.gso());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn gso(mut self, on: bool) -> Self {
        self.gso = on;
        self
    }

    /// Sets the bytes of the kernel's buffer for what was received (`SO_RCVBUF`).
    ///
    /// Linux doubles the number for its own use, and takes no more than `net.core.rmem_max`,
    /// without telling. On other systems the socket is then not made
    /// ([`Unsupported`](io::ErrorKind::Unsupported)).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let socket = Socket::builder(&pool).recv_buffer(1 << 20).bind("127.0.0.1:0");
    /// assert_eq!(socket.is_ok(), cfg!(target_os = "linux"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn recv_buffer(mut self, bytes: usize) -> Self {
        self.receive = Some(bytes);
        self
    }

    /// Sets the bytes of the kernel's buffer for what is to be sent (`SO_SNDBUF`), as
    /// [`recv_buffer`](Self::recv_buffer) does. The limit is `net.core.wmem_max`.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let socket = Socket::builder(&pool).send_buffer(1 << 20).bind("127.0.0.1:0");
    /// assert_eq!(socket.is_ok(), cfg!(target_os = "linux"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.send = Some(bytes);
        self
    }

    /// Makes a socket at an address.
    ///
    /// The call enters the kernel. The socket is a blocking one, until
    /// `as_std().set_nonblocking(true)`.
    ///
    /// # Errors
    ///
    /// The errors are those of [`UdpSocket::bind`] and of [`over`](Self::over).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let socket = Socket::builder(&pool).bind("[::1]:0");
    /// # drop(socket);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind(self, address: impl ToSocketAddrs) -> io::Result<Socket> {
        self.over(UdpSocket::bind(address)?)
    }

    /// Takes over a socket that there is. The call enters the kernel.
    ///
    /// The kernel may have merged what is queued already, if the socket had GRO on. If this builder
    /// turns it off, what comes until the queue is empty is [`Form::Unknown`](crate::Form).
    ///
    /// # Errors
    ///
    /// The call is refused if it is no socket of UDP, or if the system refuses an option other than
    /// GRO.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// socket.set_nonblocking(true)?;
    /// let mut socket = Socket::builder(&pool).gro(true).over(socket)?;
    /// let empty = socket.recv_merged(&mut Vec::new(), 32).unwrap_err();
    /// assert_eq!(empty.kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn over(self, socket: UdpSocket) -> io::Result<Socket> {
        // A socket of another family has no such address.
        socket.local_addr()?;
        for (room, bytes) in [(Room::Receive, self.receive), (Room::Send, self.send)] {
            if let Some(bytes) = bytes {
                sys::set_room(&socket, room, bytes)?;
            }
        }
        let had_gro = sys::gro(&socket);
        let gro = match self.gro {
            // A kernel without GRO refuses it, and receives one by one.
            true => had_gro || sys::set_gro(&socket, true).is_ok(),
            false if had_gro => {
                sys::set_gro(&socket, false)?;
                false
            }
            false => false,
        };
        let gso = sys::cut_only_as_told(&socket) && self.gso;
        Ok(Socket::made(socket, self.pool, gso, gro, had_gro && !gro))
    }
}
