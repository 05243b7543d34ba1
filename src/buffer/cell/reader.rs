//! The handle with which a thread reads a cell, and what it sees.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use crossbeam_epoch::Guard;

use super::{Buffer, Handle};

/// A handle with which a thread reads a cell, from [`FrameCell::reader`](crate::FrameCell::reader).
///
/// A reader must be dropped before the cell. A reader that is forgotten ([`std::mem::forget`])
/// leaves its participant, some 2 KiB, in use until the cell is dropped. A reader stays on its
/// thread:
///
/// ```compile_fail,E0277
/// # let cell: framewell::FrameCell<framewell::Frame> = framewell::FrameCell::new(4);
/// let reader = cell.reader();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(reader));
/// });
/// ```
///
/// ```
/// # use framewell::{FrameCell, Pool};
/// # let pool = Pool::builder().frames(8).build()?;
/// # let cell = FrameCell::new(4);
/// # cell.writer().swap(pool.copy_from(b"beacon")?).unwrap();
/// let reader = cell.reader();
/// for _ in 0..3 {
///     assert_eq!(reader.read().unwrap()[..], *b"beacon");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader<'c, B: Buffer> {
    handle: Handle<'c, B>,
}

impl<'c, B: Buffer> Reader<'c, B> {
    pub(super) fn new(handle: Handle<'c, B>) -> Self {
        Self { handle }
    }

    /// Returns a snapshot of what the cell holds now, or `None` if it is empty.
    ///
    /// The call pins the handle and loads a number; readers share no count. It is lock-free. Every
    /// 128th call collects, and may free buffers and memory. The call enters the kernel only if the
    /// heap does.
    ///
    /// ```
    /// # use framewell::{FrameCell, Pool};
    /// # let pool = Pool::builder().frames(8).build()?;
    /// let cell = FrameCell::new(4);
    /// let (reader, writer) = (cell.reader(), cell.writer());
    /// assert!(reader.read().is_none());
    /// writer.swap(pool.copy_from(b"first")?).unwrap();
    /// let seen = reader.read().unwrap();
    /// writer.swap(pool.copy_from(b"second")?).unwrap();
    /// assert_eq!(seen[..], *b"first");
    /// assert_eq!(reader.read().unwrap()[..], *b"second");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn read(&self) -> Option<Snapshot<'_, B>> {
        let guard = self.handle.pin();
        // This comes after the pinning: what is current from now on is not freed before the guard
        // is gone (#place-retired).
        let buffer = self.handle.cell.slots.current()?;
        Some(Snapshot {
            buffer,
            _guard: guard,
            marker: PhantomData,
        })
    }
}

impl<B: Buffer> fmt::Debug for Reader<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// A snapshot: the buffer that a cell held when [`Reader::read`] was called.
///
/// It dereferences to the buffer, and so to its bytes, which do not change. While it exists, all
/// buffers that are swapped out of the cell stay retired: keep it for a moment only. A snapshot
/// that is forgotten ([`std::mem::forget`]) keeps them until the cell is dropped. A snapshot stays
/// on its thread (`!Send`).
///
/// ```
/// # use framewell::{FrameCell, Pool};
/// # let pool = Pool::builder().frames(8).build()?;
/// # let cell = FrameCell::new(4);
/// # cell.writer().swap(pool.copy_from(b"template")?).unwrap();
/// let reader = cell.reader();
/// let template = reader.read().unwrap();
/// let packet = pool.copy_from(&template)?;
/// assert_eq!((packet.len(), template.id() == packet.id()), (8, false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A cell of [`Shared`](crate::Shared) buffers gives away references that outlive the snapshot and
/// the cell. Until the last of them is dropped, the buffer counts as out.
///
/// ```
/// # use framewell::{FrameCell, Pool, Shared};
/// # let pool = Pool::builder().frames(8).build()?;
/// let cell = FrameCell::new(4);
/// cell.writer().swap(pool.copy_from(b"beacon")?.share()).unwrap();
/// let kept = Shared::clone(&cell.reader().read().unwrap());
/// drop(cell);
/// assert_eq!(*kept, *b"beacon");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Snapshot<'r, B: Buffer> {
    /// The field is not a reference. A reference would promise the compiler, in every function that
    /// a snapshot is passed to, that the buffer stays until the function returns. The guard may be
    /// gone before.
    buffer: NonNull<B>,
    _guard: Guard,
    marker: PhantomData<&'r B>,
}

impl<B: Buffer> Deref for Snapshot<'_, B> {
    type Target = B;

    #[inline]
    fn deref(&self) -> &B {
        // SAFETY: the buffer was current after the guard had been pinned. So it stays in its place,
        // unchanged, while the guard is there (#place-retired).
        unsafe { self.buffer.as_ref() }
    }
}

/// Because there is a drop, the compiler demands that a snapshot is dropped before its reader, and
/// so before the cell (#slots-outlive).
impl<B: Buffer> Drop for Snapshot<'_, B> {
    fn drop(&mut self) {}
}

impl<B: Buffer> AsRef<[u8]> for Snapshot<'_, B> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<B: Buffer> fmt::Debug for Snapshot<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("len", &self.as_ref().len())
            .finish_non_exhaustive()
    }
}
