//! Variable-length buffers that begin with room around their data.

#![forbid(unsafe_code)]

use super::Pool;
use crate::base::part::Part;
use crate::buffer::var_buf::VarBuf;
use crate::error::OutOfMemory;

/// The least tailroom of a buffer for merged packets.
const MERGED_TAILROOM: usize = 100;

impl Pool {
    /// The most bytes that a receiver of merged packets reads at once: a packet of 65,535 bytes
    /// behind the 10 bytes of a `virtio_net_hdr`.
    ///
    /// ```
    /// assert_eq!(framewell::Pool::MERGED, 10 + 65_535);
    /// ```
    pub const MERGED: usize = 65_545;

    /// Returns a buffer of `len` bytes behind `headroom` bytes, and with at least `tailroom` bytes
    /// behind them.
    ///
    /// The size class for the sum serves it, as it serves [`alloc`](Self::alloc). What the class
    /// has beyond the sum is tailroom too. The data begins on a multiple of 16 bytes if `headroom`
    /// is one.
    ///
    /// # Errors
    ///
    /// The errors are those of [`alloc`](Self::alloc), for the sum.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.alloc_with_room(64, 9000, 16)?;
    /// assert_eq!((packet.headroom(), packet.len(), packet.tailroom()), (64, 9000, 1240));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn alloc_with_room(
        &self,
        headroom: usize,
        len: usize,
        tailroom: usize,
    ) -> Result<VarBuf, OutOfMemory> {
        // A sum that does not fit into a `usize` is refused as the largest one.
        let sum = headroom.saturating_add(len).saturating_add(tailroom);
        let mut buffer = self.alloc(sum)?;
        buffer.set_part(Part {
            offset: headroom,
            len,
        });
        Ok(buffer)
    }

    /// Returns a buffer with a copy of `bytes` behind `headroom` bytes.
    ///
    /// # Errors
    ///
    /// The errors are those of [`alloc`](Self::alloc), for the sum of both.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.alloc_copy_from(4, b"payload")?;
    /// packet.push(4)?.copy_from_slice(b"head");
    /// assert_eq!(*packet, *b"headpayload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn alloc_copy_from(&self, headroom: usize, bytes: &[u8]) -> Result<VarBuf, OutOfMemory> {
        let mut buffer = self.alloc_with_room(headroom, bytes.len(), 0)?;
        buffer.copy_from_slice(bytes);
        Ok(buffer)
    }

    /// Returns a buffer for a receiver of merged packets (GRO), such as a TUN device with offloads.
    ///
    /// It has [`MERGED`](Self::MERGED) bytes, behind the headroom that the pool's frames have, and
    /// a tailroom of at least 100 bytes. With a headroom of up to 211 bytes, the largest built-in
    /// size class serves it. Otherwise it has a mapping of its own, unless
    /// [`PoolBuilder::size_class`](crate::PoolBuilder::size_class) adds a class.
    ///
    /// # Errors
    ///
    /// The errors are those of [`alloc`](Self::alloc).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # let pool = Pool::builder().build()?;
    /// let mut merged = pool.alloc_merged()?;
    /// assert_eq!((merged.headroom(), merged.len()), (128, Pool::MERGED));
    /// let received = 10 + 44_000; // what a read of the device returns
    /// merged.trim(received)?;
    /// merged.pull(10)?;
    /// assert_eq!((merged.headroom(), merged.len()), (138, 44_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn alloc_merged(&self) -> Result<VarBuf, OutOfMemory> {
        let headroom = self.engine().arena().layout().headroom;
        self.alloc_with_room(headroom.into(), Self::MERGED, MERGED_TAILROOM)
    }
}
