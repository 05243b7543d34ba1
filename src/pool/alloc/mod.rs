//! The variable-length buffers of a pool.

mod burst;
mod room;

use super::Pool;
use crate::base::limits::{CHUNK, MAX_LARGE};
use crate::base::part::Part;
use crate::buffer::var_buf::VarBuf;
use crate::engine::Engine;
use crate::error::{OutOfMemory, Refusal};
use crate::memory::back::CarveError;
use crate::sys::{Mapping, Refused};
use crate::varlen::{LINE, STEP, SizeClasses};

impl Pool {
    /// Returns a buffer of `len` bytes, aligned to 16 bytes.
    ///
    /// It serves what does not fit into a frame: what a tunnel makes of a full frame, packets that
    /// were merged on receipt (GRO), 802.11 frames and A-MSDUs, megabytes. `alloc(0)` returns an
    /// empty buffer. The bytes are initialised. Bytes that were never used are zero. The others
    /// hold what their last owner left, unless
    /// [`PoolBuilder::zero_on_free`](crate::PoolBuilder::zero_on_free) is on.
    ///
    /// A buffer of up to the largest size class comes from the class's list for this CPU, as a
    /// frame does. That class has 65,856 bytes, unless
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
    /// the limit, where it is known. A buffer of 4 GiB or more is refused as [`Refusal::TooLong`].
    ///
    /// It is returned also if all of this was so at some moment of the call:
    ///
    /// - no buffer of the class or of a larger one was free,
    /// - all chunks of the budget ([`PoolBuilder::alloc_bytes`](crate::PoolBuilder::alloc_bytes))
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
    /// let beacon = pool.alloc(310)?;
    /// let amsdu = pool.alloc(11_454)?;
    /// let offload = pool.alloc(4 << 20)?;
    /// assert_eq!((beacon.len(), amsdu.len(), offload.len()), (310, 11_454, 4 << 20));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn alloc(&self, len: usize) -> Result<VarBuf, OutOfMemory> {
        let class = self.engine().class_for(len);
        let taken = class.and_then(|class| Some((class, class.get_from_cache()?)));
        if let Some((class, id)) = taken {
            // SAFETY: the id came out of the class, which holds `len`, and is in this call's hands
            // alone.
            return Ok(unsafe { VarBuf::of_class(class, id, Part::first(len)) });
        }
        self.alloc_slow(len)
    }

    /// Takes a buffer from this CPU's shard, on the portable front, else from anywhere. It is not
    /// inlined, so that each call in a user's code holds only one front's instructions, and few
    /// besides.
    #[inline(never)]
    fn alloc_slow(&self, len: usize) -> Result<VarBuf, OutOfMemory> {
        let class = self.engine().class_for(len);
        let taken = class.and_then(|class| Some((class, class.lists().get_from_shard()?)));
        if let Some((class, id)) = taken {
            // SAFETY: as in `alloc`.
            return Ok(unsafe { VarBuf::of_class(class, id, Part::first(len)) });
        }
        self.alloc_from_any(len, STEP)
    }

    /// Returns a buffer as [`alloc`](Self::alloc) does, aligned to 64 bytes.
    ///
    /// It shares no cache line with another buffer.
    ///
    /// # Errors
    ///
    /// The errors are those of [`alloc`](Self::alloc).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.alloc_aligned(100)?.as_ptr().addr() % 64, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn alloc_aligned(&self, len: usize) -> Result<VarBuf, OutOfMemory> {
        self.alloc_from_any(len, LINE)
    }

    /// Takes a buffer from anywhere: of the class that serves the length, or of a larger class.
    /// Maps one if the length is above the largest class.
    #[cold]
    #[inline(never)]
    fn alloc_from_any(&self, len: usize, align: usize) -> Result<VarBuf, OutOfMemory> {
        let made = match self.engine().sizes().class_aligned(len.max(1), align) {
            Some(class) => self.alloc_from_class(class, len, align),
            None => self.large(len),
        };
        made.map_err(|refusal| OutOfMemory {
            requested: len,
            refusal,
        })
    }

    /// Maps a large buffer. The mapping comes first, so that a refusal needs nothing of the heap,
    /// which may have nothing left either.
    fn large(&self, len: usize) -> Result<VarBuf, Refusal> {
        if len > MAX_LARGE {
            return Err(Refusal::TooLong { most: MAX_LARGE });
        }
        let mapping = Mapping::large(len);
        let mapping = mapping.map_err(|source| of_system(Refused::of(len)(source)))?;
        let id = self.engine().large_or_make().add(self.engine, mapping);
        // SAFETY: the buffer was mapped for this call, with `len` bytes at least.
        Ok(unsafe { VarBuf::large(id, Part::first(len)) })
    }

    /// Takes a buffer of at least `len` bytes from anywhere. It is of the class with this number,
    /// one of the pool's sizes, or of a larger class with the same alignment.
    fn alloc_from_class(&self, class: usize, len: usize, align: usize) -> Result<VarBuf, Refusal> {
        // SAFETY: this handle keeps the pool.
        let size_classes =
            unsafe { Engine::size_classes_or_make(self.engine) }.map_err(of_system)?;
        // SAFETY: the number is from the pool's sizes.
        let class = unsafe { size_classes.numbered(class) };
        let taken = match class.get() {
            Some(id) => Ok((class, id)),
            None => size_classes.get_slow(class, align),
        };
        let (class, id) = taken.map_err(|carve_error| match carve_error {
            CarveError::Exhausted => Refusal::Budget {
                limit: size_classes.chunks().bytes(),
            },
            CarveError::Memory { bytes, code } => Refusal::System {
                bytes,
                code,
                limit: None,
            },
        })?;
        // SAFETY: the id came out of the class, which holds `len`, and is in this call's hands
        // alone.
        Ok(unsafe { VarBuf::of_class(class, id, Part::first(len)) })
    }

    /// Takes back the chunks that hold no buffer in use, and returns their memory to the system.
    ///
    /// Any size class can take such a chunk afterwards. Other threads go on meanwhile, and find
    /// what this call moves. Chunks on explicit huge pages keep their memory. The call enters the
    /// kernel, and is not for a signal handler.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let peak: Vec<_> = (0..2000).map(|_| pool.alloc(2346)).collect::<Result<_, _>>()?;
    /// drop(peak);
    /// let trimmed = pool.trim();
    /// assert_eq!((trimmed.chunks, trimmed.pinned), (5, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trim(&self) -> Trimmed {
        let trim = self
            .engine()
            .size_classes()
            .map(SizeClasses::trim)
            .unwrap_or_default();
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
/// let buffer = pool.alloc(100)?;
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
