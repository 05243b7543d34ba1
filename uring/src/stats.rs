//! The counts of a ring.

#![forbid(unsafe_code)]

use std::fmt;

/// What a ring has counted since it was built.
///
/// ```
/// # use framewell::Pool;
/// # use framewell_uring::Ring;
/// let ring = Ring::builder(&Pool::builder().build()?).build()?;
/// let stats = ring.stats();
/// assert_eq!((stats.received, stats.rx_lent, stats.tx_lent), (0, 0, 0));
/// println!("{stats}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct RingStats {
    /// Buffers that were given to groups.
    pub filled: u64,
    /// Buffers that came back with data, and were handed out.
    pub received: u64,
    /// Datagrams of which a part was cut off, for want of room in the buffer.
    pub cut: u64,
    /// Datagrams without data that came without a buffer.
    pub empty: u64,
    /// Pieces of streams that came in buffers which got more.
    pub pieces: u64,
    /// Times that a receive found no buffer in its group.
    pub no_buffers: u64,
    /// Times that a receive was armed again because the kernel had ended it.
    pub rearmed: u64,
    /// Errors of sockets after which the receive went on.
    pub interrupted: u64,
    /// Times that the completion queue was found to have overflowed.
    pub overflowed: u64,
    /// Calls that found no buffer in the pool for a group that lacked some.
    pub dry: u64,
    /// Messages that were sent.
    pub sent: u64,
    /// Messages that the kernel refused.
    pub failed: u64,
    /// Messages without a copy whose buffers came back by a notification.
    pub released: u64,
    /// Messages whose notification has not come yet.
    pub unreleased: usize,
    /// Messages that were to be sent without a copy, and were copied because this kernel cannot do
    /// otherwise.
    pub copied: u64,
    /// Completions that name nothing that the ring has, or buffers that the pool did not take back.
    pub invalid: u64,
    /// Buffers that the groups and receives have.
    pub rx_lent: usize,
    /// Buffers that messages have.
    pub tx_lent: usize,
}

impl fmt::Display for RingStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "rx: {} filled, {} received, {} cut, {} empty, {} pieces, {} with the kernel",
            self.filled, self.received, self.cut, self.empty, self.pieces, self.rx_lent
        )?;
        writeln!(
            f,
            "tx: {} sent, {} failed, {} released, {} not released yet, {} copied for want of \
             zero-copy, {} with the kernel",
            self.sent, self.failed, self.released, self.unreleased, self.copied, self.tx_lent
        )?;
        write!(
            f,
            "{} times without buffers, {} times dry, {} times rearmed, {} errors that passed, {} \
             overflows, {} invalid completions",
            self.no_buffers,
            self.dry,
            self.rearmed,
            self.interrupted,
            self.overflowed,
            self.invalid
        )
    }
}
