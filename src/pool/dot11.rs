//! How a pool gives out 802.11 buffers, and takes their memory back.

use super::Pool;
use crate::base::limits::CHUNK;
use crate::buffer::dot11_buf::Dot11Buf;
use crate::dot11::{Dot11, LINE, STEP};
use crate::error::{OutOfMemory, Refusal};
use crate::memory::back::Lack;
use crate::shared::Shared;
use crate::sys::{Mapping, Refused};

impl Pool {
    /// Returns a buffer of `len` bytes, aligned to 16 bytes.
    ///
    /// It serves management frames, MSDUs, A-MSDUs, receive-offload buffers, and buffers of
    /// megabytes. `dot11(0)` returns an empty buffer. The bytes are initialised. Bytes that were
    /// never used are zero. The others hold what their last owner left, unless
    /// [`PoolBuilder::zero_on_free`](crate::PoolBuilder::zero_on_free) is on.
    ///
    /// A buffer of up to the largest size class comes from the class's list for this CPU, as a
    /// frame does. That class has 65,600 bytes, unless
    /// [`PoolBuilder::size_class`](crate::PoolBuilder::size_class) adds a larger one. Such a call
    /// is lock-free. It enters the kernel only as [`get`](Self::get) does; the very first call also
    /// reserves the range of the classes. A larger buffer has a mapping of its own, which the
    /// kernel makes and unmaps, and needs nothing of that range.
    ///
    /// The call is not for a signal handler: it may use the heap. The heap is used by the first
    /// call, by a call that finds the budget used up, by a call for a larger buffer, and by the
    /// drop of one.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] is returned if the system refuses the memory. [`Refusal::System`] then names
    /// the limit, where it is known.
    ///
    /// It is returned also if all of this was so at some moment of the call:
    ///
    /// - no buffer of the class or of a larger one was at rest,
    /// - all chunks of the budget ([`PoolBuilder::dot11_bytes`](crate::PoolBuilder::dot11_bytes))
    ///   belonged to classes,
    /// - each of these chunks held a buffer in use.
    ///
    /// Up to 64 buffers that another thread is just moving between lists count as in use, with the
    /// chunks that they lie in. Chunks that another call is taking, taking back or trimming do not
    /// count as in use: this call looks again as long as the other one makes progress. It is
    /// refused if the other one makes none for 10 ms.
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
            // SAFETY: the id came out of the class, which holds `len`, and is in this call's hands
            // alone.
            return Ok(unsafe { Dot11Buf::of_class(class, id, len) });
        }
        self.dot11_slow(len)
    }

    /// Takes a buffer from this CPU's shard, on the portable front, else from anywhere. It is not
    /// inlined, so that each call in a user's code holds only one front's instructions, and few
    /// besides.
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

    /// Returns a buffer as [`dot11`](Self::dot11) does, aligned to 64 bytes.
    ///
    /// It shares no cache line with another buffer.
    ///
    /// # Errors
    ///
    /// The errors are those of [`dot11`](Self::dot11).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.dot11_aligned(100)?.as_ptr().addr() % 64, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dot11_aligned(&self, len: usize) -> Result<Dot11Buf, OutOfMemory> {
        self.dot11_from(len, LINE)
    }

    /// Takes a buffer from anywhere: of the class that serves the length, or of a larger class.
    /// Maps one if the length is above the largest class.
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

    /// Maps a large buffer. The mapping comes first, so that a refusal needs nothing of the heap,
    /// which may have nothing left either.
    fn large(&self, len: usize) -> Result<Dot11Buf, Refusal> {
        let mapping = Mapping::large(len);
        let mapping = mapping.map_err(|source| of_system(Refused::of(len)(source)))?;
        let id = self.shared().large_or_make().add(self.shared, mapping, len);
        // SAFETY: the buffer was mapped for this call.
        Ok(unsafe { Dot11Buf::large(id) })
    }

    /// Takes a buffer of at least `len` bytes from anywhere. It is of the class with this number,
    /// one of the pool's sizes, or of a larger class with the same alignment.
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
        // SAFETY: the id came out of the class, which holds `len`, and is in this call's hands
        // alone.
        Ok(unsafe { Dot11Buf::of_class(class, id, len) })
    }

    /// Takes back the chunks that hold no buffer in use, and returns their memory to the system.
    ///
    /// Any size class can take such a chunk afterwards. Other threads go on meanwhile, and find
    /// what this call moves. Chunks on explicit huge pages keep their memory. The call enters the
    /// kernel, and is not for a signal handler.
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

/// The result of [`Pool::trim`].
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
    /// Bytes of these chunks that went back to the system.
    pub bytes: usize,
    /// Chunks that stay with their classes: some of their buffers are in use, or were in the hands
    /// of other calls.
    pub pinned: usize,
}

/// Turns a refusal by the system into the public one.
fn of_system(refused: Refused) -> Refusal {
    Refusal::System {
        bytes: refused.bytes,
        code: refused.source.raw_os_error(),
        limit: refused.limit,
    }
}
