//! The builder of a socket: it makes the rings, and binds the socket to a queue.

use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

use framewell::Borrower;

use crate::error::{Error, Step};
use crate::interface::Interface;
use crate::rings::{Rings, Sizes};
use crate::socket::Socket;
use crate::stats::Counts;
use crate::sys;
use crate::teardown::{Lent, Queue};
use crate::umem::Umem;
use crate::witness::{self, Witness};

/// The time between two attempts to bind to a queue that is busy.
const PAUSE: Duration = Duration::from_millis(5);

/// How long a child that was forked meanwhile may take to its exec, in milliseconds.
const EXEC: i32 = 1000;

/// How packets get into frames and out of them.
///
/// ```
/// assert_eq!(framewell_xdp::Mode::default(), framewell_xdp::Mode::Auto);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum Mode {
    /// The driver does it if it can, and else the kernel copies.
    #[default]
    Auto,
    /// The kernel copies.
    Copy,
    /// The driver does it, or there is no socket. With unaligned chunks the frames should lie on
    /// huge pages: the driver uses no frame that crosses to another page which does not follow it
    /// in the machine's memory.
    ZeroCopy,
}

/// The settings of a [`Socket`]; made by [`Socket::builder`].
///
/// ```no_run
/// # use framewell::Pool;
/// # use framewell_xdp::{Interface, Mode, Socket, Umem};
/// # let pool = Pool::builder().stride(2048).build()?;
/// # let umem = Umem::new(&pool)?;
/// let eth0 = Interface::named("eth0")?;
/// let socket = Socket::builder(&umem, &eth0, 0).rx_ring(4096).mode(Mode::Copy).bind()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder binds nothing until `bind` is called"]
pub struct SocketBuilder<'s> {
    umem: Umem,
    interface: Interface,
    queue: u32,
    sizes: Sizes,
    mode: Mode,
    need_wakeup: bool,
    multi_buffer: bool,
    share: Option<&'s Socket>,
    patience: Duration,
}

impl<'s> SocketBuilder<'s> {
    pub(crate) fn new(umem: &Umem, interface: &Interface, queue: u32) -> Self {
        Self {
            umem: umem.clone(),
            interface: interface.clone(),
            queue,
            sizes: Sizes {
                fill: 2048,
                rx: 2048,
                tx: 2048,
                completion: 2048,
            },
            mode: Mode::Auto,
            need_wakeup: true,
            multi_buffer: false,
            share: None,
            patience: Duration::from_millis(500),
        }
    }

    /// Sets the entries of the fill ring: a power of two up to 32768 (2048 unless set).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let builder = Socket::builder(&umem, &Interface::named("lo")?, 0).fill_ring(4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fill_ring(mut self, entries: u32) -> Self {
        self.sizes.fill = entries;
        self
    }

    /// Sets the entries of the RX ring: a power of two up to 32768 (2048 unless set).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let builder = Socket::builder(&umem, &Interface::named("lo")?, 0).rx_ring(4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rx_ring(mut self, entries: u32) -> Self {
        self.sizes.rx = entries;
        self
    }

    /// Sets the entries of the TX ring: a power of two up to 32768 (2048 unless set).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let builder = Socket::builder(&umem, &Interface::named("lo")?, 0).tx_ring(4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tx_ring(mut self, entries: u32) -> Self {
        self.sizes.tx = entries;
        self
    }

    /// Sets the entries of the completion ring: a power of two up to 32768 (2048 unless set). The
    /// kernel sends nothing while it is full.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let builder = Socket::builder(&umem, &Interface::named("lo")?, 0).completion_ring(4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn completion_ring(mut self, entries: u32) -> Self {
        self.sizes.completion = entries;
        self
    }

    /// Sets who moves the packets ([`Mode::Auto`] unless set). A socket that shares a registration
    /// has the mode of the other socket.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Mode, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let builder = Socket::builder(&umem, &Interface::named("lo")?, 0).mode(Mode::Copy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets whether the kernel may sleep until it is woken (on unless set). The socket wakes it
    /// where that is needed. Off, the driver keeps looking at the rings, which costs it a CPU.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let builder = Socket::builder(&umem, &Interface::named("lo")?, 0).need_wakeup(false);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn need_wakeup(mut self, on: bool) -> Self {
        self.need_wakeup = on;
        self
    }

    /// Sets whether a packet may take several frames (off unless set; from Linux 6.6 on). Use
    /// [`Socket::receive_packets`] and [`Socket::send_packets`] then.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let builder = Socket::builder(&umem, &Interface::named("lo")?, 0).multi_buffer(true);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn multi_buffer(mut self, on: bool) -> Self {
        self.multi_buffer = on;
        self
    }

    /// Uses the registration of another socket, which must have the same [`Umem`] and another queue
    /// or interface. Then memory is locked once for both, and mode, wake-ups and packets of several
    /// frames are those of the other socket, which may be dropped before this one.
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// let first = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// let second = Socket::builder(&umem, &Interface::named("eth1")?, 0).share(&first).bind()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn share(mut self, with: &'s Socket) -> Self {
        self.share = Some(with);
        self
    }

    /// Sets how long [`bind`](Self::bind) waits for a queue that is busy (half a second unless
    /// set). The kernel gives up a queue a moment after its socket was closed.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// # let lo = Interface::named("lo")?;
    /// let builder = Socket::builder(&umem, &lo, 0).patience(std::time::Duration::ZERO);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Makes the socket and binds it to its queue. It has no frames yet: call [`Socket::fill`].
    ///
    /// The call enters the kernel, and waits for a queue that is busy
    /// ([`patience`](Self::patience)).
    ///
    /// # Errors
    ///
    /// - [`Error::RingSize`] if the size of a ring is none that the kernel takes.
    /// - [`Error::OtherUmem`] if the socket to share with has another [`Umem`].
    /// - [`Error::Borrowers`] if too many borrow from the pool.
    /// - [`Error::Forked`] if a child of this process may have the rings.
    /// - [`Error::Kernel`] if the kernel refuses a step. It names the step and the remedy.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let umem = Umem::new(&Pool::builder().stride(2048).build()?)?;
    /// # let lo = Interface::named("lo")?;
    /// let refused = Socket::builder(&umem, &lo, 0).rx_ring(1000).bind().unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "1000 entries are no size of the RX ring, which is a power of two up to 32768; ask for \
    ///      1024",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind(self) -> Result<Socket, Error> {
        self.sizes.check()?;
        if self.share.is_some_and(|other| !other.umem().is(&self.umem)) {
            return Err(Error::OtherUmem);
        }
        self.umem.collect();
        let refused = |source| Error::Kernel {
            step: Step::Socket,
            source,
        };
        let (fd, witness) = Witness::of(sys::socket).map_err(refused)?;
        if self.share.is_none() {
            self.umem.register(fd.as_raw_fd())?;
        }
        // A child that was forked before the mappings are kept from children would have them.
        let (rings, alone) =
            witness::without_fork(EXEC, || Rings::new(fd.as_raw_fd(), &self.sizes))
                .map_err(refused)?;
        let rings = rings?;
        if !alone {
            return Err(Error::Forked);
        }
        let rx = self.borrower("rx")?;
        let tx = self.borrower("tx")?;
        self.bind_patiently(&fd)?;
        let zero_copy = is_zero_copy(&fd).map_err(refused)?;
        let lent = Lent {
            rx,
            tx,
            witness,
            zero_copy: zero_copy.then_some(Queue {
                interface: self.interface.index(),
                number: self.queue,
            }),
        };
        let multi_buffer = match self.share {
            Some(other) => other.multi_buffer,
            None => self.multi_buffer,
        };
        Ok(Socket {
            rings,
            lent: ManuallyDrop::new(lent),
            shape: *self.umem.shape(),
            multi_buffer,
            skipping: false,
            counts: Counts::default(),
            fd: ManuallyDrop::new(fd),
            umem: self.umem,
            interface: self.interface,
            queue: self.queue,
        })
    }

    /// Makes the borrower for one direction. Statistics of the pool show its name.
    fn borrower(&self, direction: &str) -> Result<Borrower, Error> {
        let name = format!("{}:{} {direction}", self.interface.name(), self.queue);
        self.umem
            .pool()
            .borrower(&name)
            .map_err(|source| Error::Borrowers { source })
    }

    fn bind_patiently(&self, fd: &OwnedFd) -> Result<(), Error> {
        let mut address = sys::no_address();
        address.sxdp_family = libc::AF_XDP as u16;
        address.sxdp_ifindex = self.interface.index();
        address.sxdp_queue_id = self.queue;
        if let Some(other) = self.share {
            address.sxdp_flags = libc::XDP_SHARED_UMEM;
            address.sxdp_shared_umem_fd = other.as_raw_fd() as u32;
        } else {
            address.sxdp_flags = self.flags();
        }
        let start = Instant::now();
        loop {
            let Err(source) = sys::bind(fd.as_raw_fd(), &address) else {
                return Ok(());
            };
            let busy = source.raw_os_error() == Some(libc::EBUSY);
            if !busy || start.elapsed() >= self.patience {
                return Err(Error::Kernel {
                    step: Step::Bind {
                        interface: self.interface.name().to_owned(),
                        queue: self.queue,
                        zero_copy: self.mode == Mode::ZeroCopy,
                    },
                    source,
                });
            }
            thread::sleep(PAUSE);
        }
    }

    fn flags(&self) -> u16 {
        let mut flags = match self.mode {
            Mode::Auto => 0,
            Mode::Copy => libc::XDP_COPY,
            Mode::ZeroCopy => libc::XDP_ZEROCOPY,
        };
        if self.need_wakeup {
            flags |= libc::XDP_USE_NEED_WAKEUP;
        }
        if self.multi_buffer {
            flags |= libc::XDP_USE_SG;
        }
        flags
    }
}

/// Returns whether the driver of a bound socket moves the packets.
fn is_zero_copy(fd: &OwnedFd) -> std::io::Result<bool> {
    let (options, _) =
        sys::option::<libc::xdp_options>(fd.as_raw_fd(), libc::SOL_XDP, libc::XDP_OPTIONS)?;
    Ok(options.flags & libc::XDP_OPTIONS_ZEROCOPY != 0)
}
