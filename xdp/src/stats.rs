//! The counts of a socket.

#![forbid(unsafe_code)]

use std::fmt;

/// What a socket has counted since it was bound; it adds up.
///
/// Each frame that was given to the kernel is either back or with the kernel:
///
/// - `filled` = `received` + `dropped` + `rx_lent`
/// - `posted` = `completed` + `tx_lent`
///
/// *Completed* means that the kernel is done with a frame. It does not mean that the packet was
/// sent: the kernel completes what it could not send as well.
///
/// ```no_run
/// # use framewell::Pool;
/// # use framewell_xdp::{Interface, Socket, Umem};
/// # let pool = Pool::builder().stride(2048).build()?;
/// # let socket = Socket::builder(&Umem::new(&pool)?, &Interface::named("eth0")?, 0).bind()?;
/// let stats = socket.stats()?;
/// assert_eq!(stats.filled, stats.received + stats.dropped + stats.rx_lent as u64);
/// assert_eq!(stats.posted, stats.completed + stats.tx_lent as u64);
/// println!("{stats}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct SocketStats {
    /// Frames that were posted to the fill ring.
    pub filled: u64,
    /// Frames that came back with a packet, and were handed out.
    pub received: u64,
    /// Frames that came back with a part of a packet that was dropped here: one of several frames
    /// where the caller takes only one, or of more than the caller has room for.
    pub dropped: u64,
    /// Frames that are in the fill or the RX ring, or between them.
    pub rx_lent: usize,
    /// Frames that were posted to the TX ring.
    pub posted: u64,
    /// Frames that the kernel is done with, whether their packets were sent or not.
    pub completed: u64,
    /// Frames that are in the TX or the completion ring, or between them.
    pub tx_lent: usize,
    /// Calls that found no frame in the pool for the fill ring.
    pub dry: u64,
    /// Descriptors of the kernel that name no frame which is lent to this socket. Such a frame
    /// stays lent until the socket is dropped.
    pub invalid: u64,
    /// Times that the kernel was woken.
    pub wakeups: u64,
    /// Wake-ups to which the kernel answered that it has more to do, or no room. The next one goes
    /// on.
    pub busy: u64,
    /// What the kernel has counted.
    pub kernel: KernelStats,
}

/// What the kernel has counted about a socket (`XDP_STATISTICS`).
///
/// ```
/// assert_eq!(framewell_xdp::KernelStats::default().rx_dropped, 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct KernelStats {
    /// Packets that were dropped: too long for a frame, or no frame in the fill ring.
    pub rx_dropped: u64,
    /// Entries of the fill ring that the kernel refused.
    pub rx_invalid: u64,
    /// Packets that were dropped for want of room in the RX ring.
    pub rx_ring_full: u64,
    /// Times that the fill ring was found empty.
    pub fill_ring_empty: u64,
    /// Entries of the TX ring that the kernel refused. It completes them all the same.
    pub tx_invalid: u64,
    /// Times that the TX ring was found empty.
    pub tx_ring_empty: u64,
}

impl From<libc::xdp_statistics> for KernelStats {
    fn from(counts: libc::xdp_statistics) -> Self {
        Self {
            rx_dropped: counts.rx_dropped,
            rx_invalid: counts.rx_invalid_descs,
            rx_ring_full: counts.rx_ring_full,
            fill_ring_empty: counts.rx_fill_ring_empty_descs,
            tx_invalid: counts.tx_invalid_descs,
            tx_ring_empty: counts.tx_ring_empty_descs,
        }
    }
}

impl fmt::Display for SocketStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "rx: {} filled, {} received, {} dropped, {} with the kernel, {} times dry",
            self.filled, self.received, self.dropped, self.rx_lent, self.dry
        )?;
        writeln!(
            f,
            "tx: {} posted, {} completed (sent or not), {} with the kernel",
            self.posted, self.completed, self.tx_lent
        )?;
        writeln!(
            f,
            "{} wake-ups, {} answered with \"again\"; {} invalid descriptors",
            self.wakeups, self.busy, self.invalid
        )?;
        let kernel = &self.kernel;
        write!(
            f,
            "kernel: {} dropped, {} dropped for a full RX ring, fill ring empty {} times, refused \
             {} fill and {} TX entries",
            kernel.rx_dropped,
            kernel.rx_ring_full,
            kernel.fill_ring_empty,
            kernel.rx_invalid,
            kernel.tx_invalid
        )
    }
}

/// What a socket counts itself.
#[derive(Default, Debug)]
pub(crate) struct Counts {
    pub(crate) filled: u64,
    pub(crate) received: u64,
    pub(crate) dropped: u64,
    pub(crate) posted: u64,
    pub(crate) completed: u64,
    pub(crate) dry: u64,
    pub(crate) invalid: u64,
    pub(crate) wakeups: u64,
    pub(crate) busy: u64,
}
