//! The four rings of a socket, and their memory.

// The kernel is the other side of these atomics. loom has no part in them.
#![allow(clippy::disallowed_types)]

use std::io;
use std::os::fd::RawFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

use crate::abi::Descriptor;
use crate::error::{Error, Step};
use crate::mapping::Mapping;
use crate::ring::{Consumer, Places, Producer};
use crate::ring_kind::Ring;
use crate::sys;

/// The offset of the last ring in a socket, the completion ring.
pub(crate) const LAST_RING: u64 = 0x1_8000_0000;

/// The number of entries of each ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) fill: u32,
    pub(crate) rx: u32,
    pub(crate) tx: u32,
    pub(crate) completion: u32,
}

impl Sizes {
    /// Checks that the kernel takes each of them.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let all = [
            (Ring::Fill, self.fill),
            (Ring::Rx, self.rx),
            (Ring::Tx, self.tx),
            (Ring::Completion, self.completion),
        ];
        match all
            .iter()
            .find(|(_, size)| !size.is_power_of_two() || *size > 1 << 15)
        {
            Some(&(ring, asked)) => Err(Error::RingSize { ring, asked }),
            None => Ok(()),
        }
    }
}

/// The rings of a socket. Their memory is unmapped with them.
#[derive(Debug)]
pub(crate) struct Rings {
    pub(crate) fill: Producer<u64>,
    pub(crate) rx: Consumer<Descriptor>,
    pub(crate) tx: Producer<Descriptor>,
    pub(crate) completion: Consumer<u64>,
    mappings: [Mapping; 4],
}

impl Rings {
    /// Makes the rings of a new socket, and maps them.
    pub(crate) fn new(fd: RawFd, sizes: &Sizes) -> Result<Self, Error> {
        let [fill, completion, rx, tx] = Asked::all(sizes);
        for asked in [&fill, &completion, &rx, &tx] {
            sys::set_option(fd, asked.option, &asked.size).map_err(|error| asked.refused(error))?;
        }
        let (offsets, len) =
            sys::option::<libc::xdp_mmap_offsets>(fd, libc::SOL_XDP, libc::XDP_MMAP_OFFSETS)
                .map_err(|error| fill.refused(error))?;
        if len != size_of::<libc::xdp_mmap_offsets>() {
            // Before Linux 5.4 there were no flags.
            return Err(fill.refused(io::ErrorKind::Unsupported.into()));
        }
        // SAFETY: the kernel laid the rings out so, with the sizes that it was asked for, and is
        // their other side.
        let memory = unsafe { Memory::map(fd, sizes, &offsets) }?;
        Ok(Self::of(memory))
    }

    /// Returns a socket's side of rings in which nothing was written yet.
    pub(crate) fn of(memory: Memory) -> Self {
        Self {
            fill: Producer::new(memory.fill),
            rx: Consumer::new(memory.rx),
            tx: Producer::new(memory.tx),
            completion: Consumer::new(memory.completion),
            mappings: memory.mappings,
        }
    }

    /// Unmaps all rings and returns whether all are unmapped.
    ///
    /// # Safety
    ///
    /// - No ring is used from here on.
    pub(crate) unsafe fn unmap(&mut self) -> bool {
        let mut all = true;
        for mapping in &mut self.mappings {
            // SAFETY: by the function's bullet.
            all &= unsafe { mapping.unmap() };
        }
        all
    }
}

/// The memory of four rings. Whoever uses a ring keeps the mappings.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) fill: Places<u64>,
    pub(crate) completion: Places<u64>,
    pub(crate) rx: Places<Descriptor>,
    pub(crate) tx: Places<Descriptor>,
    pub(crate) mappings: [Mapping; 4],
}

impl Memory {
    /// Maps four rings.
    ///
    /// # Safety
    ///
    /// - At the offsets that [`Ring`]s have in a socket, the descriptor has rings of these sizes,
    ///   laid out as `offsets` says.
    /// - Each side of them has one user, and keeps to the protocol.
    pub(crate) unsafe fn map(
        fd: RawFd,
        sizes: &Sizes,
        offsets: &libc::xdp_mmap_offsets,
    ) -> Result<Self, Error> {
        let [fill, completion, rx, tx] = Asked::all(sizes);
        // SAFETY: by the function's bullets.
        let (fill, fill_memory) = unsafe { fill.map(fd, &offsets.fr) }?;
        // SAFETY: as above.
        let (completion, completion_memory) = unsafe { completion.map(fd, &offsets.cr) }?;
        // SAFETY: as above.
        let (rx, rx_memory) = unsafe { rx.map(fd, &offsets.rx) }?;
        // SAFETY: as above.
        let (tx, tx_memory) = unsafe { tx.map(fd, &offsets.tx) }?;
        Ok(Self {
            fill,
            completion,
            rx,
            tx,
            mappings: [fill_memory, completion_memory, rx_memory, tx_memory],
        })
    }
}

/// A ring that is asked of the kernel.
struct Asked {
    ring: Ring,
    size: u32,
    /// The option of the socket that makes the ring.
    option: libc::c_int,
    /// The offset at which the socket has the ring (`XDP_PGOFF_*`).
    at: u64,
}

impl Asked {
    /// Returns the four rings of a socket: fill, completion, RX and TX.
    fn all(sizes: &Sizes) -> [Self; 4] {
        let fill = Self {
            ring: Ring::Fill,
            size: sizes.fill,
            option: libc::XDP_UMEM_FILL_RING,
            at: 0x1_0000_0000,
        };
        let completion = Self {
            ring: Ring::Completion,
            size: sizes.completion,
            option: libc::XDP_UMEM_COMPLETION_RING,
            at: LAST_RING,
        };
        let rx = Self {
            ring: Ring::Rx,
            size: sizes.rx,
            option: libc::XDP_RX_RING,
            at: 0,
        };
        let tx = Self {
            ring: Ring::Tx,
            size: sizes.tx,
            option: libc::XDP_TX_RING,
            at: 0x8000_0000,
        };
        [fill, completion, rx, tx]
    }

    /// Maps the ring, and finds its parts.
    ///
    /// # Safety
    ///
    /// - The bullets of [`Memory::map`] hold for this ring.
    unsafe fn map<T: Copy>(
        &self,
        fd: RawFd,
        offsets: &libc::xdp_ring_offset,
    ) -> Result<(Places<T>, Mapping), Error> {
        let entries = self.size as usize * size_of::<T>();
        let len = offsets.desc as usize + entries;
        let mapping = Mapping::new(fd, self.at, len).map_err(|error| self.refused(error))?;
        let word = |offset| mapping.at(offset, 4).map(NonNull::cast::<AtomicU32>);
        let places = (
            word(offsets.producer),
            word(offsets.consumer),
            word(offsets.flags),
            mapping.at(offsets.desc, entries),
        );
        let (Some(producer), Some(consumer), Some(flags), Some(first)) = places else {
            return Err(self.refused(io::ErrorKind::InvalidData.into()));
        };
        // SAFETY: by the function's bullet, and the caller keeps the mapping beside the ring.
        let places = unsafe { Places::new(producer, consumer, flags, first.cast(), self.size) };
        Ok((places, mapping))
    }

    fn refused(&self, source: io::Error) -> Error {
        Error::Kernel {
            step: Step::Ring {
                ring: self.ring,
                entries: self.size,
            },
            source,
        }
    }
}
