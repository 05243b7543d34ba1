//! The 802.11 buffers of a pool.

use super::Pool;
use crate::base::limits::CHUNK;
use crate::buffer::dot11_buf::Dot11Buf;
use crate::dot11::{Dot11, LINE, STEP};
use crate::error::{OutOfMemory, Refusal};
use crate::memory::back::Lack;
use crate::shared::Shared;
use crate::sys::{Mapping, Refused};

impl Pool {
    /// Returns a buffer of `len` bytes, aligned to 16 bytes: management frames, MSDUs, A-MSDUs, receive-offload buffers, megabytes.
    ///
    /// Up to the largest size class (65,600 bytes) it comes from the class's per-CPU list, as a frame does: lock-free, and the kernel is
    /// entered only as [`get`](Self::get) does it, and by the very first call, which reserves the range. Above it is a mapping of its
    /// own, which the kernel makes and unmaps, and which needs nothing of that range. The bytes are
    /// initialised: zero where they were never used, else what their last owner left, unless
    /// [`PoolBuilder::zero_on_free`](crate::PoolBuilder::zero_on_free) is on. An empty buffer is a buffer.
    ///
    /// Not for a signal handler: the first call, one that finds the budget used up, and one for a larger buffer, as its drop, use the heap.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] if at some moment of the call no buffer of the class or of a larger one was
    /// at rest, all chunks of the budget
    /// ([`PoolBuilder::dot11_bytes`](crate::PoolBuilder::dot11_bytes)) were the classes', and none
    /// of them held nothing but buffers at rest; or if the system refuses the memory (then
    /// [`Refusal::System`] names the limit, where that is known). Up to 64
    /// buffers that another thread is just moving between lists count as in use, with the chunks
    /// that they lie in. Chunks that another call takes, takes back or trims do not: the call looks
    /// again as long as that one gets on, and is refused if it does not for 10 ms.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let beacon = pool.dot11(310)?;
    /// let amsdu = pool.dot11(11_454)?;
    /// let offload = pool.dot11(4 << 20)?;
    /// assert_eq!((beacon.len(), amsdu.len(), offload.len()), (310, 11_454, 4 << 20));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn dot11(&self, len: usize) -> Result<Dot11Buf, OutOfMemory> {
        let class = self.shared().dot11_class(len);
        let taken = class.and_then(|class| Some((class, class.take_from_cache()?)));
        if let Some((class, id)) = taken {
            // SAFETY: the id came out of the class, which holds `len`, and is in this call's hands alone.
            return Ok(unsafe { Dot11Buf::of_class(class, id, len) });
        }
        self.dot11_slow(len)
    }

    /// Takes a buffer from this CPU's shard, on the portable front, else from anywhere. Out of line, so that each call in a user's code
    /// holds one front's instructions, and few besides.
    #[inline(never)]
    fn dot11_slow(&self, len: usize) -> Result<Dot11Buf, OutOfMemory> {
        let class = self.shared().dot11_class(len);
        let taken = class.and_then(|class| Some((class, class.lists().take_from_shard()?)));
        if let Some((class, id)) = taken {
            // SAFETY: as in `dot11`.
            return Ok(unsafe { Dot11Buf::of_class(class, id, len) });
        }
        self.dot11_from(len, STEP)
    }

    /// Returns a buffer as [`dot11`](Self::dot11) does, aligned to 64 bytes: a cache line of its own at either end.
    ///
    /// # Errors
    ///
    /// As for [`dot11`](Self::dot11).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.dot11_aligned(100)?.as_ptr().addr() % 64, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dot11_aligned(&self, len: usize) -> Result<Dot11Buf, OutOfMemory> {
        self.dot11_from(len, LINE)
    }

    /// Takes a buffer of the class that serves the length from anywhere, or of a larger one, or
    /// maps one.
    #[cold]
    #[inline(never)]
    fn dot11_from(&self, len: usize, align: usize) -> Result<Dot11Buf, OutOfMemory> {
        let made = match self.shared().sizes().class_aligned(len.max(1), align) {
            Some(class) => self.dot11_of(class, len, align),
            None => self.large(len),
        };
        made.map_err(|refusal| OutOfMemory {
            requested: len,
            refusal,
        })
    }

    /// Maps a buffer: first of all, so that a refusal asks nothing of the heap, which may have
    /// nothing left either.
    fn large(&self, len: usize) -> Result<Dot11Buf, Refusal> {
        let mapping = Mapping::large(len);
        let mapping = mapping.map_err(|source| of_system(Refused::of(len)(source)))?;
        let id = self.shared().large_or_make().add(self.shared, mapping, len);
        // SAFETY: the buffer was mapped for this call.
        Ok(unsafe { Dot11Buf::large(id) })
    }

    /// Takes a buffer from anywhere, of the class of this number, one of the pool's sizes, or of a
    /// larger one at the same alignment; it holds `len` bytes.
    fn dot11_of(&self, class: usize, len: usize, align: usize) -> Result<Dot11Buf, Refusal> {
        // SAFETY: this handle keeps the pool.
        let dot11 = unsafe { Shared::dot11_or_make(self.shared) }.map_err(of_system)?;
        // SAFETY: the number is from the pool's sizes.
        let class = unsafe { dot11.numbered(class) };
        let taken = match class.take() {
            Some(id) => Ok((class, id)),
            None => dot11.take_slow(class, align),
        };
        let (class, id) = taken.map_err(|lack| match lack {
            Lack::UsedUp => Refusal::Budget {
                limit: dot11.chunks().bytes(),
            },
            Lack::Memory { bytes, code } => Refusal::System {
                bytes,
                code,
                limit: None,
            },
        })?;
        // SAFETY: the id came out of the class, which holds `len`, and is in this call's hands alone.
        Ok(unsafe { Dot11Buf::of_class(class, id, len) })
    }

    /// Takes back the chunks of which no buffer is in use, for any size class to have, and returns their memory to the system.
    ///
    /// Other threads go on meanwhile, and find what this call moves. Chunks on explicit huge pages
    /// keep their memory. Enters the kernel: not for a signal handler.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let peak: Vec<_> = (0..2000).map(|_| pool.dot11(2346)).collect::<Result<_, _>>()?;
    /// drop(peak);
    /// let trimmed = pool.trim();
    /// assert_eq!((trimmed.chunks, trimmed.pinned), (5, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trim(&self) -> Trimmed {
        let trim = self.shared().dot11().map(Dot11::trim).unwrap_or_default();
        Trimmed {
            chunks: trim.chunks,
            bytes: trim.discarded * CHUNK,
            pinned: trim.pinned,
        }
    }
}

/// What [`Pool::trim`] has done.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let buffer = pool.dot11(100)?;
/// assert_eq!(pool.trim().pinned, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Trimmed {
    /// Chunks (of 1 MiB) that the size classes gave back.
    pub chunks: usize,
    /// Bytes of them that went back to the system.
    pub bytes: usize,
    /// Chunks that stay with their classes: buffers of them are in use, or were in the hands of other calls.
    pub pinned: usize,
}

/// What a refusal by the system becomes.
fn of_system(refused: Refused) -> Refusal {
    Refusal::System {
        bytes: refused.bytes,
        code: refused.source.raw_os_error(),
        limit: refused.limit,
    }
}
