//! A socket without a kernel. Its rings lie in ordinary memory, and a test is their other side.
//!
//! The socket is a [`Socket`] like any other, but what it asks of the kernel is refused: waiting,
//! waking and the kernel's counts. The other side may write any descriptor. It writes to no frame,
//! so what the socket takes back is nobody else's.

use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;

use crate::abi::Descriptor;
use crate::error::{Error, Step};
use crate::interface::Interface;
use crate::mapping::Mapping;
use crate::ring::{Consumer, Producer};
use crate::rings::{LAST_RING, Memory, Rings, Sizes};
use crate::socket::Socket;
use crate::stats::{Counts, KernelStats, SocketStats};
use crate::sys;
use crate::teardown::Lent;
use crate::umem::Umem;
use crate::witness::Witness;

/// Where the parts of a ring lie in its mapping, each in a cache line of its own.
const RING: libc::xdp_ring_offset = libc::xdp_ring_offset {
    producer: 0,
    consumer: 64,
    flags: 128,
    desc: 192,
};

/// The side of a socket's rings that is the kernel's elsewhere.
///
/// ```
/// use framewell::{Burst, Pool, XdpChunks};
/// use framewell_xdp::Umem;
/// use framewell_xdp::for_the_tests::OtherSide;
///
/// let pool = Pool::builder().frames(8).af_xdp(XdpChunks::Aligned).build()?;
/// let (mut socket, mut other) = OtherSide::socket(&Umem::new(&pool)?, 4)?;
/// assert_eq!(socket.fill(1), 1);
/// let start = other.filled().expect("an entry of the fill ring");
/// assert!(other.receive(start + 256, 60, 0));
/// let mut burst: Burst<4> = Burst::new();
/// assert_eq!((socket.receive(&mut burst), burst[0].len()), (1, 60));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct OtherSide {
    fill: Consumer<u64>,
    rx: Producer<Descriptor>,
    tx: Consumer<Descriptor>,
    completion: Producer<u64>,
    _mappings: [Mapping; 4],
}

impl OtherSide {
    /// Returns a socket, and its other side. Each ring has so many entries.
    ///
    /// # Errors
    ///
    /// [`Error::RingSize`] if a ring cannot be so large, [`Error::Borrowers`] if too many borrow
    /// from the pool, and [`Error::Kernel`] if there is no memory for the rings.
    pub fn socket(umem: &Umem, entries: u32) -> Result<(Socket, Self), Error> {
        let sizes = Sizes {
            fill: entries,
            rx: entries,
            tx: entries,
            completion: entries,
        };
        sizes.check()?;
        let refused = |source| Error::Kernel {
            step: Step::Socket,
            source,
        };
        let bytes = LAST_RING + RING.desc + u64::from(entries) * 8;
        let (fd, witness) = Witness::of(|| sys::memory(bytes)).map_err(refused)?;
        let offsets = libc::xdp_mmap_offsets {
            rx: RING,
            tx: RING,
            fr: RING,
            cr: RING,
        };
        // SAFETY: the memory reaches to the end of the last ring, and the rings do not overlap. All
        // of it is zero. This mapping is for the socket's side.
        let near = unsafe { Memory::map(fd.as_raw_fd(), &sizes, &offsets) }?;
        // SAFETY: as above. This mapping is for the other side.
        let far = unsafe { Memory::map(fd.as_raw_fd(), &sizes, &offsets) }?;
        let borrower = |name| {
            let made = umem.pool().borrower(name);
            made.map_err(|source| Error::Borrowers { source })
        };
        let lent = Lent {
            rx: borrower("rx")?,
            tx: borrower("tx")?,
            witness,
            zero_copy: None,
        };
        let socket = Socket {
            rings: Rings::of(near),
            lent: ManuallyDrop::new(lent),
            shape: *umem.shape(),
            multi_buffer: true,
            skipping: false,
            counts: Counts::default(),
            fd: ManuallyDrop::new(fd),
            umem: umem.clone(),
            interface: Interface::named("lo")?,
            queue: 0,
        };
        let other = Self {
            fill: Consumer::new(far.fill),
            rx: Producer::new(far.rx),
            tx: Consumer::new(far.tx),
            completion: Producer::new(far.completion),
            _mappings: far.mappings,
        };
        Ok((socket, other))
    }

    /// Takes the next entry of the fill ring, or returns `None` if there is none.
    pub fn filled(&mut self) -> Option<u64> {
        take(&mut self.fill)
    }

    /// Takes the next entry of the TX ring, or returns `None` if there is none: address, length and
    /// options.
    pub fn sent(&mut self) -> Option<(u64, u32, u32)> {
        let Descriptor { addr, len, options } = take(&mut self.tx)?;
        Some((addr, len, options))
    }

    /// Puts an entry into the RX ring, and returns whether there was room.
    pub fn receive(&mut self, addr: u64, len: u32, options: u32) -> bool {
        put(&mut self.rx, Descriptor { addr, len, options })
    }

    /// Puts an entry into the completion ring, and returns whether there was room.
    pub fn complete(&mut self, addr: u64) -> bool {
        put(&mut self.completion, addr)
    }

    /// Returns what a socket has counted.
    #[must_use]
    pub fn stats(socket: &Socket) -> SocketStats {
        socket.counted(KernelStats::default())
    }
}

fn take<T: Copy>(ring: &mut Consumer<T>) -> Option<T> {
    if ring.available(1) == 0 {
        return None;
    }
    let entry = ring.read(0);
    ring.release(1);
    Some(entry)
}

fn put<T: Copy>(ring: &mut Producer<T>, entry: T) -> bool {
    let room = ring.free(1) == 1;
    if room {
        ring.write(0, entry);
        ring.publish(1);
    }
    room
}
