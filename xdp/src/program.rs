//! The redirect program: what has the kernel give packets to a socket.
//!
//! ```text
//!   r2 = packet.rx_queue_index
//!   r1 = the map
//!   r3 = XDP_PASS
//!   return redirect_map(r1, r2, r3)
//! ```
//!
//! A packet of a queue that has a socket in the map goes to the socket. All others go on to the
//! network stack.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::abi::{
    self, BPF_F_XDP_HAS_FRAGS, BPF_LINK_CREATE, BPF_MAP_CREATE, BPF_MAP_TYPE_XSKMAP,
    BPF_MAP_UPDATE_ELEM, BPF_OBJ_GET_INFO_BY_FD, BPF_PROG_LOAD, BPF_PROG_TYPE_XDP, BPF_XDP,
    Instruction, XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE, XDP_PASS,
};
use crate::error::{Error, Step};
use crate::interface::Interface;
use crate::socket::Socket;
use crate::sys;

/// Where a program is attached.
///
/// ```
/// assert_eq!(framewell_xdp::Attach::default(), framewell_xdp::Attach::Auto);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum Attach {
    /// In the driver if it has a place for programs, and else in the network stack.
    #[default]
    Auto,
    /// In the driver, where a packet costs least.
    Driver,
    /// In the network stack, which works with every driver.
    Generic,
}

/// A program on an interface that redirects packets to sockets by their queue; made by
/// [`Redirect::builder`].
///
/// Packets of queues without a socket go on to the network stack. Dropping the program detaches it:
/// sockets then receive nothing more.
///
/// ```no_run
/// use framewell::{Pool, XdpChunks};
/// use framewell_xdp::{Interface, Redirect, Socket, Umem};
///
/// let pool = Pool::builder().frames(4096).af_xdp(XdpChunks::Aligned).build()?;
/// let eth0 = Interface::named("eth0")?;
/// let socket = Socket::builder(&Umem::new(&pool)?, &eth0, 0).bind()?;
/// let program = Redirect::attach(&eth0)?;
/// program.enter(&socket)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Redirect {
    /// Closing it detaches the program.
    _link: OwnedFd,
    map: OwnedFd,
    interface: Interface,
}

/// The settings of a [`Redirect`]; made by [`Redirect::builder`].
///
/// ```no_run
/// use framewell_xdp::{Attach, Interface, Redirect};
///
/// let eth0 = Interface::named("eth0")?;
/// let program = Redirect::builder(&eth0).place(Attach::Generic).multi_buffer(true).attach()?;
/// # Ok::<(), framewell_xdp::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder attaches nothing until `attach` is called"]
pub struct RedirectBuilder {
    interface: Interface,
    queues: u32,
    place: Attach,
    multi_buffer: bool,
}

impl RedirectBuilder {
    /// Sets how many queues may have a socket, the first of the interface (256 unless set).
    ///
    /// ```
    /// # use framewell_xdp::{Interface, Redirect};
    /// let builder = Redirect::builder(&Interface::named("lo")?).queues(4);
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    pub fn queues(mut self, queues: u32) -> Self {
        self.queues = queues;
        self
    }

    /// Sets where the program is attached ([`Attach::Auto`] unless set).
    ///
    /// ```
    /// # use framewell_xdp::{Attach, Interface, Redirect};
    /// let builder = Redirect::builder(&Interface::named("lo")?).place(Attach::Driver);
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    pub fn place(mut self, place: Attach) -> Self {
        self.place = place;
        self
    }

    /// Sets whether the program takes packets of several frames (off unless set). An interface with
    /// an MTU above some 3,500 bytes takes no other program.
    ///
    /// ```
    /// # use framewell_xdp::{Interface, Redirect};
    /// let builder = Redirect::builder(&Interface::named("lo")?).multi_buffer(true);
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    pub fn multi_buffer(mut self, on: bool) -> Self {
        self.multi_buffer = on;
        self
    }

    /// Loads the program, and attaches it.
    ///
    /// The call enters the kernel.
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if a step is refused. It needs CAP_NET_ADMIN and CAP_BPF; the error says
    /// which of them is missing.
    ///
    /// ```no_run
    /// # use framewell_xdp::{Interface, Redirect};
    /// let program = Redirect::builder(&Interface::named("eth0")?).attach()?;
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    pub fn attach(self) -> Result<Redirect, Error> {
        let refused = |step| move |source| Error::Kernel { step, source };
        let map = make_map(self.queues).map_err(refused(Step::Map))?;
        let program = load(&map, self.multi_buffer).map_err(refused(Step::Load))?;
        let link = self.link(&program).map_err(refused(Step::Attach {
            interface: self.interface.name().to_owned(),
        }))?;
        Ok(Redirect {
            _link: link,
            map,
            interface: self.interface,
        })
    }

    fn link(&self, program: &OwnedFd) -> io::Result<OwnedFd> {
        let mut attributes = abi::LinkCreate {
            prog_fd: program.as_raw_fd() as u32,
            target_ifindex: self.interface.index(),
            attach_type: BPF_XDP,
            flags: match self.place {
                Attach::Auto => 0,
                Attach::Driver => XDP_FLAGS_DRV_MODE,
                Attach::Generic => XDP_FLAGS_SKB_MODE,
            },
        };
        // SAFETY: there is no address among them, and the command makes a descriptor.
        unsafe { sys::bpf_object(BPF_LINK_CREATE, &mut attributes) }
    }
}

impl Redirect {
    /// Returns a builder for a program on this interface.
    ///
    /// ```
    /// # use framewell_xdp::{Interface, Redirect};
    /// let builder = Redirect::builder(&Interface::named("lo")?);
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    pub fn builder(interface: &Interface) -> RedirectBuilder {
        RedirectBuilder {
            interface: interface.clone(),
            queues: 256,
            place: Attach::Auto,
            multi_buffer: false,
        }
    }

    /// Attaches a program with the settings that a builder begins with.
    ///
    /// The call enters the kernel.
    ///
    /// # Errors
    ///
    /// The errors are those of [`RedirectBuilder::attach`].
    ///
    /// ```no_run
    /// # use framewell_xdp::{Interface, Redirect};
    /// let program = Redirect::attach(&Interface::named("eth0")?)?;
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    pub fn attach(interface: &Interface) -> Result<Self, Error> {
        Self::builder(interface).attach()
    }

    /// Gives the packets of a socket's queue to the socket, instead of to the socket that had them.
    ///
    /// Dropping the socket takes it out again.
    /// The call enters the kernel.
    ///
    /// # Errors
    ///
    /// [`Error::OtherInterface`] if the socket is on another interface: the kernel would drop the
    /// packets. [`Error::Kernel`] if the map has no place for the queue.
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Redirect, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let eth0 = Interface::named("eth0")?;
    /// # let socket = Socket::builder(&Umem::new(&pool)?, &eth0, 0).bind()?;
    /// Redirect::attach(&eth0)?.enter(&socket)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn enter(&self, socket: &Socket) -> Result<(), Error> {
        if socket.interface() != &self.interface {
            return Err(Error::OtherInterface {
                program: self.interface.name().to_owned(),
                socket: socket.interface().name().to_owned(),
            });
        }
        socket.enter_into(self.map.as_fd(), socket.queue())
    }

    /// Returns the map of the program (`BPF_MAP_TYPE_XSKMAP`), whose places are the queues.
    ///
    /// ```no_run
    /// # use framewell_xdp::{Interface, Redirect};
    /// use std::os::fd::AsRawFd;
    ///
    /// let program = Redirect::attach(&Interface::named("eth0")?)?;
    /// println!("descriptor {}", program.map().as_raw_fd());
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    #[must_use]
    pub fn map(&self) -> BorrowedFd<'_> {
        self.map.as_fd()
    }
}

/// Enters a socket into a map of sockets.
pub(crate) fn enter(map: BorrowedFd<'_>, place: u32, socket: RawFd) -> Result<(), Error> {
    let entered = match map_type(map) {
        Ok(BPF_MAP_TYPE_XSKMAP) => enter_checked(map, place, socket),
        Ok(_) => Err(io::Error::from_raw_os_error(libc::EINVAL)),
        Err(error) => Err(error),
    };
    entered.map_err(|source| Error::Kernel {
        step: Step::Enter { queue: place },
        source,
    })
}

/// Returns the type of a map.
fn map_type(map: BorrowedFd<'_>) -> io::Result<u32> {
    let mut info = abi::MapInfo::default();
    let mut attributes = abi::ObjectInfo {
        bpf_fd: map.as_raw_fd() as u32,
        info_len: size_of::<abi::MapInfo>() as u32,
        info: (&raw mut info).expose_provenance() as u64,
    };
    // SAFETY: there is room for as many bytes as it says, and integers may have any of them.
    unsafe { sys::bpf(BPF_OBJ_GET_INFO_BY_FD, &mut attributes) }?;
    Ok(info.map_type)
}

/// Enters a socket into a map of the type `BPF_MAP_TYPE_XSKMAP`.
fn enter_checked(map: BorrowedFd<'_>, place: u32, socket: RawFd) -> io::Result<()> {
    let value = socket as u32;
    let mut attributes = abi::MapUpdate {
        map_fd: map.as_raw_fd() as u32,
        padding: 0,
        key: (&raw const place).expose_provenance() as u64,
        value: (&raw const value).expose_provenance() as u64,
        flags: 0,
    };
    // SAFETY: a map of this type has keys and values of four bytes, which the kernel reads here.
    unsafe { sys::bpf(BPF_MAP_UPDATE_ELEM, &mut attributes) }.map(drop)
}

fn make_map(queues: u32) -> io::Result<OwnedFd> {
    let mut attributes = abi::MapCreate {
        map_type: BPF_MAP_TYPE_XSKMAP,
        key_size: 4,
        value_size: 4,
        max_entries: queues,
    };
    // SAFETY: there is no address among them, and the command makes a descriptor.
    unsafe { sys::bpf_object(BPF_MAP_CREATE, &mut attributes) }
}

fn load(map: &OwnedFd, multi_buffer: bool) -> io::Result<OwnedFd> {
    let instructions = instructions(map.as_raw_fd());
    let license: &CStr = c"Dual MIT/GPL";
    let mut attributes = abi::ProgLoad {
        prog_type: BPF_PROG_TYPE_XDP,
        insn_cnt: instructions.len() as u32,
        insns: instructions.as_ptr().expose_provenance() as u64,
        license: license.as_ptr().expose_provenance() as u64,
        prog_flags: if multi_buffer { BPF_F_XDP_HAS_FRAGS } else { 0 },
        prog_name: *b"framewell_xdp\0\0\0",
        expected_attach_type: BPF_XDP,
        ..Default::default()
    };
    // SAFETY: the instructions are as many as it says, the licence ends with a zero byte, and the
    // command makes a descriptor.
    unsafe { sys::bpf_object(BPF_PROG_LOAD, &mut attributes) }
}

/// Returns the program of the module's head for a map.
fn instructions(map: i32) -> [Instruction; 6] {
    /// The member `rx_queue_index` of `struct xdp_md`.
    const QUEUE: i16 = 16;
    /// The number of `bpf_redirect_map` among the kernel's functions.
    const REDIRECT_MAP: i32 = 51;
    [
        Instruction::new(0x61, 2, 1, QUEUE, 0), // r2 = *(u32 *)(r1 + QUEUE)
        Instruction::new(0x18, 1, 1, 0, map),   // r1 = map, in two instructions
        Instruction::new(0, 0, 0, 0, 0),
        Instruction::new(0xb7, 3, 0, 0, XDP_PASS), // r3 = XDP_PASS
        Instruction::new(0x85, 0, 0, 0, REDIRECT_MAP),
        Instruction::new(0x95, 0, 0, 0, 0), // return r0
    ]
}
