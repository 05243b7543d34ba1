//! The handle of one variable-length buffer.

use std::fmt;
use std::hint;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

use crate::base::id::BufferId;
use crate::base::raw;
use crate::engine::{Claimed, Engine};
use crate::error::{Room, RoomError};
use crate::memory::back::Back;
use crate::varlen::{LargeId, SizeClass};

/// The owner of one buffer of any length, without headroom and tailroom.
///
/// It is for what does not fit into a [`Frame`](crate::Frame): what a tunnel makes of a full frame,
/// packets that were merged on receipt (GRO), frames of 802.11.
///
/// The smallest size class that holds the length serves it, or a larger one if that class can have
/// no buffer, or if its buffers are not aligned as asked. A buffer that is longer than the largest
/// class has a mapping of its own. A `VarBuf` can be sent to another
/// thread and dropped there. It outlives every [`Pool`](crate::Pool) handle. Dropping it frees the
/// buffer. A buffer that is forgotten ([`std::mem::forget`]) is lost to its pool, and keeps the
/// pool's memory mapped.
///
/// The bytes are initialised. Bytes that were never used are zero. The others hold what their last
/// owner left, unless [`PoolBuilder::zero_on_free`](crate::PoolBuilder::zero_on_free) is on. A
/// `VarBuf` is 16 bytes large.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let mut msdu = pool.alloc(2346)?;
/// msdu[0] = 0x88;
/// assert_eq!((msdu.len(), msdu.capacity()), (2346, 2368));
/// std::thread::spawn(move || drop(msdu)).join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct VarBuf {
    /// The address of the [`SizeClass`], or the pointer of a large buffer's [`LargeId`].
    owner: NonNull<()>,
    view: View,
}

/// The number of a buffer in its class and the bytes in use, packed into one word as a frame's are.
///
/// ```text
///   │ id: 32 │ length: 32 │
/// ```
///
/// A large buffer has no id here. Its length lies where its mapping is noted.
#[derive(Clone, Copy)]
struct View(u64);

impl View {
    const LARGE: Self = Self(u32::MAX as u64);

    #[inline(always)]
    fn new(id: BufferId, len: usize) -> Self {
        Self(u64::from(id.0) | (len as u64) << 32)
    }

    #[inline(always)]
    fn id(self) -> BufferId {
        BufferId(self.0 as u32)
    }

    #[inline(always)]
    fn len(self) -> usize {
        (self.0 >> 32) as usize
    }

    #[inline(always)]
    fn is_large(self) -> bool {
        self.0 as u32 == u32::MAX
    }
}

/// The place of a buffer: where it lies, and where it goes when it is freed.
enum Place {
    Class(NonNull<SizeClass>, BufferId),
    Large(LargeId),
}

// SAFETY: a buffer owns its bytes alone (#single-owner), and the pool may be used and freed on any
// thread.
unsafe impl Send for VarBuf {}
// SAFETY: through `&VarBuf` the bytes can only be read.
unsafe impl Sync for VarBuf {}

impl VarBuf {
    /// Makes the handle of a buffer of a size class.
    ///
    /// # Safety
    ///
    /// - The caller owns the id, which is the class's, and gives it to the handle.
    /// - `len` is at most the class's stride.
    #[inline(always)]
    pub(crate) unsafe fn of_class(class: &SizeClass, id: BufferId, len: usize) -> Self {
        debug_assert!(len <= class.place().stride());
        class.carver().loom_write(id);
        // SAFETY: ids are less than the number of ids, which is at most 2^26.
        unsafe { hint::assert_unchecked(id.0 != u32::MAX) };
        Self {
            owner: NonNull::from(class).cast(),
            view: View::new(id, len),
        }
    }

    /// Makes the handle of a large buffer.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer and gives it to the handle.
    pub(crate) unsafe fn large(id: LargeId) -> Self {
        Self {
            owner: id.into_pointer(),
            view: View::LARGE,
        }
    }

    /// Makes the handle of a buffer that has come back.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer and gives it to the handle.
    /// - The length of a buffer of a size class is at most the class's stride.
    pub(crate) unsafe fn of_claimed(claimed: Claimed<'_>) -> Self {
        match claimed {
            // SAFETY: as the function's bullets.
            Claimed::OfClass(class, id, len) => unsafe { Self::of_class(class, id, len) },
            // SAFETY: as the first bullet.
            Claimed::Large(id) => unsafe { Self::large(id) },
        }
    }

    #[inline(always)]
    fn place(&self) -> Place {
        if self.view.is_large() {
            // SAFETY: the pointer is from `large`, which made this view.
            Place::Large(unsafe { LargeId::from_pointer(self.owner) })
        } else {
            Place::Class(self.owner.cast(), self.view.id())
        }
    }

    /// Returns the pool that the buffer is of, as its handle names it.
    pub(crate) fn as_engine(&self) -> NonNull<Engine> {
        match self.place() {
            // SAFETY: as in `start`.
            Place::Class(class, _) => unsafe { class.as_ref() }.pool(),
            // SAFETY: the handle owns the buffer.
            Place::Large(id) => unsafe { id.block() }.pool(),
        }
    }

    /// Returns the pool that the buffer is of.
    pub(crate) fn pool(&self) -> &Engine {
        // SAFETY: the buffer keeps the pool (#ids-keep-pool), and is borrowed.
        unsafe { self.as_engine().as_ref() }
    }

    /// Returns the address of the buffer's first byte.
    #[inline(always)]
    fn start(&self) -> NonNull<u8> {
        match self.place() {
            Place::Class(class, id) => {
                // SAFETY: the buffer keeps the pool, and with it the class (#ids-keep-pool).
                let place = unsafe { class.as_ref() }.place();
                // SAFETY: the id is the class's.
                unsafe { place.start(id) }
            }
            // SAFETY: the handle owns the buffer.
            Place::Large(id) => unsafe { id.block() }.start(),
        }
    }

    /// Returns the number of bytes that were asked for, or that [`resize`](Self::resize) has set
    /// since.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.alloc(24)?.len(), 24);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        match self.place() {
            Place::Class(..) => self.view.len(),
            Place::Large(id) => {
                // SAFETY: the handle owns the buffer.
                let block = unsafe { id.block() };
                // SAFETY: as above.
                unsafe { block.len() }
            }
        }
    }

    /// Returns whether the length is 0.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert!(pool.alloc(0)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the largest length that [`resize`](Self::resize) grants.
    ///
    /// It is the size of the buffer's class, or the bytes of its own mapping.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.alloc(3839)?.capacity(), 3904);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        match self.place() {
            // SAFETY: as in `start`.
            Place::Class(class, _) => unsafe { class.as_ref() }.place().stride(),
            // SAFETY: the handle owns the buffer.
            Place::Large(id) => unsafe { id.block() }.capacity(),
        }
    }

    /// Grows or shrinks the buffer in place, to a length of at most its
    /// [`capacity`](Self::capacity).
    ///
    /// New bytes hold what was last written there.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if the capacity is less than `len`. The buffer is unchanged then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut buffer = pool.alloc(2304)?;
    /// buffer.resize(2346)?;
    /// assert_eq!(buffer.len(), 2346);
    /// assert_eq!(
    ///     buffer.resize(3000).unwrap_err().to_string(),
    ///     "3000 bytes exceed the capacity of 2368 left; allocate a larger buffer, and copy",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn resize(&mut self, len: usize) -> Result<(), RoomError> {
        let left = self.capacity();
        if len > left {
            return Err(RoomError {
                room: Room::Capacity,
                asked: len,
                left,
            });
        }
        match self.place() {
            Place::Class(_, id) => self.view = View::new(id, len),
            Place::Large(id) => {
                // SAFETY: the handle owns the buffer.
                let block = unsafe { id.block() };
                // SAFETY: as above.
                unsafe { block.set_len(len) };
            }
        }
        Ok(())
    }

    /// Turns the buffer into a pointer to its first byte, for C code or a device.
    ///
    /// The buffer counts as in use. [`Pool::buf_from_raw`](crate::Pool::buf_from_raw) turns the
    /// pointer back into a buffer, on any thread, with the length that the buffer has now.
    ///
    /// The call enters the kernel only where it touches a page of the pool's own tables for the
    /// first time.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.alloc(100)?.into_raw().as_ptr();
    /// // SAFETY: the pointer was handed out just now, and is turned back once.
    /// let buffer = unsafe { pool.buf_from_raw(pointer) }?;
    /// assert_eq!(buffer.len(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "the pointer is the only way back to the buffer"]
    pub fn into_raw(self) -> NonNull<u8> {
        let this = ManuallyDrop::new(self);
        let pointer = this.start();
        let (word, view) = match this.place() {
            Place::Class(class, id) => {
                // SAFETY: as in `start`.
                Engine::raw_of_class(unsafe { class.as_ref() }, id, this.len())
            }
            // SAFETY: the handle owns the buffer.
            Place::Large(id) => (unsafe { id.block() }.raw(), 0),
        };
        // This is the last step: whoever waits for the buffer at this address may take it, and end
        // the pool.
        raw::hand_out(word, view);
        pointer
    }

    /// Lends the buffer to a borrower of its pool, and returns the address of its first byte.
    pub(crate) fn lend(self, borrower: u32) -> NonNull<u8> {
        let this = ManuallyDrop::new(self);
        let first = this.start();
        this.loom_access(true);
        let word = match this.place() {
            Place::Class(class, id) => {
                // SAFETY: as in `start`.
                let class = unsafe { class.as_ref() };
                class.carver().chunks().raw().word(id)
            }
            // SAFETY: the handle owns the buffer.
            Place::Large(id) => unsafe { id.block() }.raw(),
        };
        raw::lend(word, borrower);
        first
    }
}

impl Drop for VarBuf {
    #[inline]
    fn drop(&mut self) {
        match self.place() {
            Place::Class(class, id) => {
                // SAFETY: the buffer keeps the pool, and with it the class, until it is given up.
                let class = unsafe { class.as_ref() };
                // SAFETY: the handle owns its id, and is not used again.
                unsafe { class.free(id) };
            }
            // SAFETY: the handle owns the buffer, and is not used again.
            Place::Large(id) => unsafe { Engine::free_large(id) },
        }
    }
}

impl Deref for VarBuf {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.loom_access(false);
        // SAFETY: `len` bytes from `start` lie inside the buffer, are initialised (anonymous memory
        // is zeroed), and belong to this handle alone, which the slice borrows.
        unsafe { slice::from_raw_parts(self.start().as_ptr(), self.len()) }
    }
}

impl DerefMut for VarBuf {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.loom_access(true);
        // SAFETY: as in `deref`. The handle is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.start().as_ptr(), self.len()) }
    }
}

impl VarBuf {
    /// Tells a loom model that the owner reads or writes the bytes.
    #[inline(always)]
    fn loom_access(&self, writes: bool) {
        if cfg!(loom) {
            if let Place::Class(class, id) = self.place() {
                // SAFETY: as in `start`.
                let chunks = unsafe { class.as_ref() }.carver().chunks();
                if writes {
                    chunks.tracks().write(id.0);
                } else {
                    chunks.tracks().read(id.0);
                }
            }
        }
    }
}

impl AsRef<[u8]> for VarBuf {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for VarBuf {
    #[inline]
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl fmt::Debug for VarBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VarBuf")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
