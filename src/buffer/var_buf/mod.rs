//! The handle of one variable-length buffer.

mod ends;
mod parts;
mod share;
mod view;

use std::fmt;
use std::hint;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::base::id::BufferId;
use crate::base::limits::MAX_FRAMES;
use crate::base::part::Part;
use crate::base::raw;
use crate::engine::{Claimed, Engine};
use crate::memory::back::Back;
use crate::varlen::{LargeId, SizeClass};
use view::View;

/// The owner of one buffer of any length, and of the data in it.
///
/// ```text
///   │◄─ headroom ─►│◄── data: deref, len ──►│◄─ tailroom ─►│
///   │     head     │                        │     tail     │
///                push ◄─┤ ├─► pull   trim ◄─┤ ├─► put
/// ```
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
///
/// // A jumbo packet with room for the headers of a tunnel.
/// let mut packet = pool.alloc_copy_from(64, &[0x45; 9000])?;
/// packet.push(50)?.fill(0);
/// assert_eq!((packet.headroom(), packet.len()), (14, 9050));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct VarBuf {
    /// The address of the [`SizeClass`], or the pointer of a large buffer's [`LargeId`] with
    /// [`LARGE`] added.
    owner: NonNull<()>,
    view: View,
}

/// What is added to the address of a large buffer's owner. All owners have even addresses.
const LARGE: usize = 1;

const _: () = assert!(align_of::<SizeClass>() > LARGE);

#[inline(always)]
fn is_large(owner: NonNull<()>) -> bool {
    owner.addr().get() & LARGE != 0
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
    /// - The part lies in the class's stride.
    #[inline(always)]
    pub(crate) unsafe fn of_class(class: &SizeClass, id: BufferId, part: Part) -> Self {
        debug_assert!(part.end() <= class.place().stride());
        class.carver().loom_write(id);
        // SAFETY: ids are less than the number of ids, which is at most 2^26.
        unsafe { hint::assert_unchecked(id.index() < MAX_FRAMES) };
        let owner = NonNull::from(class).cast();
        // SAFETY: a class is aligned to more than one byte.
        unsafe { hint::assert_unchecked(!is_large(owner)) };
        Self {
            owner,
            view: View::of_class(id, part),
        }
    }

    /// Makes the handle of a large buffer.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer and gives it to the handle.
    /// - The part lies in the buffer.
    pub(crate) unsafe fn large(id: LargeId, part: Part) -> Self {
        let owner = id.into_pointer();
        Self {
            owner: owner.map_addr(|address| address | LARGE),
            view: View::of_large(part),
        }
    }

    /// Makes the handle of a buffer that has come back.
    ///
    /// # Safety
    ///
    /// - The caller owns the buffer and gives it to the handle.
    /// - The part lies in the buffer.
    pub(crate) unsafe fn of_claimed(claimed: Claimed<'_>) -> Self {
        match claimed {
            // SAFETY: as the function's bullets.
            Claimed::OfClass(class, id, part) => unsafe { Self::of_class(class, id, part) },
            // SAFETY: as the function's bullets.
            Claimed::Large(id, part) => unsafe { Self::large(id, part) },
        }
    }

    #[inline(always)]
    fn place(&self) -> Place {
        let id = self.view.id();
        if is_large(self.owner) {
            // SAFETY: `large` has added as much, to the address of an entry.
            let pointer = unsafe { self.owner.byte_sub(LARGE) };
            // SAFETY: the pointer is the one that `large` began with.
            Place::Large(unsafe { LargeId::from_pointer(pointer) })
        } else {
            Place::Class(self.owner.cast(), id)
        }
    }

    /// Returns the part of the buffer that holds data.
    #[inline(always)]
    fn part(&self) -> Part {
        if is_large(self.owner) {
            self.view.part_of_large()
        } else {
            self.view.part_of_class()
        }
    }

    /// Makes another part of the buffer, which must lie in it, the data.
    #[inline(always)]
    pub(crate) fn set_part(&mut self, part: Part) {
        debug_assert!(part.end() <= self.capacity());
        self.view = if is_large(self.owner) {
            View::of_large(part)
        } else {
            View::of_class(self.view.id(), part)
        };
    }

    /// Returns the pool that the buffer is of, as its handle names it.
    pub(crate) fn as_engine(&self) -> NonNull<Engine> {
        match self.place() {
            // SAFETY: as in `first`.
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

    /// Returns the number of bytes of data: what was asked for, until something has changed it.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.alloc(24)?.len(), 24);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.part().len
    }

    /// Returns whether there is no data in the buffer.
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

    /// Returns the number of bytes before the data.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.alloc(60)?.headroom(), 0);
    /// assert_eq!(pool.alloc_with_room(64, 60, 0)?.headroom(), 64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn headroom(&self) -> usize {
        self.part().offset
    }

    /// Returns the number of bytes after the data.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert_eq!(pool.alloc(2346)?.tailroom(), 22);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn tailroom(&self) -> usize {
        self.part().tailroom(self.capacity())
    }

    /// Returns the bytes of headroom, data and tailroom together.
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
            // SAFETY: as in `first`.
            Place::Class(class, _) => unsafe { class.as_ref() }.place().stride(),
            // SAFETY: the handle owns the buffer.
            Place::Large(id) => unsafe { id.block() }.capacity(),
        }
    }

    /// Turns the buffer into a pointer to the first byte of its data, for C code or a device.
    ///
    /// The buffer counts as in use. [`Pool::buf_from_raw`](crate::Pool::buf_from_raw) turns the
    /// pointer back into a buffer, on any thread, with the headroom and the length that the buffer
    /// has now. An exception is an empty buffer whose data lies at the very end of its room: it
    /// moves back by one byte.
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
        let part = this.part().for_pointer(this.capacity());
        // SAFETY: the data lies in the buffer.
        let pointer = unsafe { this.byte(part.offset) };
        let (word, view) = match this.place() {
            Place::Class(class, id) => {
                // SAFETY: as in `first`.
                Engine::raw_of_class(unsafe { class.as_ref() }, id, part)
            }
            Place::Large(id) => {
                // SAFETY: the handle owns the buffer.
                let block = unsafe { id.block() };
                // SAFETY: as above.
                (block.raw(), unsafe { block.note(part) })
            }
        };
        // This is the last step: whoever waits for the buffer at this address may take it, and end
        // the pool.
        raw::hand_out(word, view);
        pointer
    }

    /// Lends the buffer to a borrower of its pool, and returns the address of its first byte.
    pub(crate) fn lend(self, borrower: u32) -> NonNull<u8> {
        let this = ManuallyDrop::new(self);
        let first = this.first();
        this.loom_access(true);
        let word = match this.place() {
            Place::Class(class, id) => {
                // SAFETY: as in `first`.
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
            .field("headroom", &self.headroom())
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
