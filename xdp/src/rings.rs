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
        let fill = Asked {
            ring: Ring::Fill,
            size: sizes.fill,
            option: libc::XDP_UMEM_FILL_RING,
            at: 0x1_0000_0000,
        };
        let completion = Asked {
            ring: Ring::Completion,
            size: sizes.completion,
            option: libc::XDP_UMEM_COMPLETION_RING,
            at: 0x1_8000_0000,
        };
        let rx = Asked {
            ring: Ring::Rx,
            size: sizes.rx,
            option: libc::XDP_RX_RING,
            at: 0,
        };
        let tx = Asked {
            ring: Ring::Tx,
            size: sizes.tx,
            option: libc::XDP_TX_RING,
            at: 0x8000_0000,
        };
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
        let (fill, fill_memory) = fill.map(fd, &offsets.fr)?;
        let (completion, completion_memory) = completion.map(fd, &offsets.cr)?;
        let (rx, rx_memory) = rx.map(fd, &offsets.rx)?;
        let (tx, tx_memory) = tx.map(fd, &offsets.tx)?;
        Ok(Self {
            fill: Producer::new(fill),
            rx: Consumer::new(rx),
            tx: Producer::new(tx),
            completion: Consumer::new(completion),
            mappings: [fill_memory, completion_memory, rx_memory, tx_memory],
        })
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
    /// Maps the ring, and finds its parts.
    fn map<T: Copy>(
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
        // SAFETY: the kernel laid the ring out so, with the size that it was asked for, and is its
        // other side. The caller keeps the mapping beside the ring, and nobody else has it.
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
