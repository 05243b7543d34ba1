//! A cell: a place for the latest buffer of its kind. A writer swaps a new buffer in. Meanwhile
//! readers look at the old bytes, without a shared count and without waiting. The old buffer goes
//! back to its pool when no reader can look at it any more.
//!
//! ```text
//!   FrameCell { participants ── of a collector of crossbeam-epoch, the cell's own
//!             { slots ─────► free: 0b1010   current: 0   places: │ new │     │ old │     │
//!                                                                 current        retired
//! ```
//!
//! Invariants
//!
//! - #place-owner: A place whose bit is set in `free` is empty and has no owner. Who clears the bit
//!   owns the place. A place that is published as `current` belongs to the cell, and then to who
//!   takes it out of `current` again.
//! - #place-retired: A place that was taken out of `current` is *retired*. Its buffer stays, and
//!   nothing is written there, until all guards are gone that were pinned when it was taken out. A
//!   function that is deferred to the collector waits for that. It moves the buffer out, sets the
//!   bit, and drops the buffer last: the drop may end the buffer's pool, and call back into this
//!   cell.
//! - #retired-bound: There is one place more than buffers may be retired. Who takes a buffer out of
//!   `current` owns another place meanwhile, so the retired buffers are never more than the bound.
//!   A writer that finds no free place is refused.
//! - #slots-outlive: The slots outlive all deferred functions, which point to them. Handles borrow
//!   the cell, also for their own drop. The cell first drops its participants and its collector,
//!   which runs what is still deferred, and then the slots.
//! - #forgotten-snapshot: Who forgets a snapshot leaks the collector, and with it the functions
//!   that are deferred. They never run. The slots drop the buffers that are left in them when the
//!   cell is dropped.
//! - #participant-owner: A participant is used by one handle at a time: who sets its mark has it
//!   until it clears the mark. A participant stays until the cell is dropped.
//! - #drop-does-not-unwind: No drop of a buffer unwinds (`misuse::Hook`). So the other deferred
//!   functions run too, and all places are emptied.
//!
//! A snapshot pins first, and reads `current` after that. A function that is deferred after a place
//! was taken out of `current` waits for every reader that pinned before and can have read the place
//! there: crossbeam-epoch promises that. To a reader, a place that is used again is like an address
//! that an allocator hands out again.
//!
//! Source: K. Fraser, Practical lock-freedom, 2004, section 5.2.3; crossbeam-epoch, module
//! `internal`.

mod buffer;
mod participants;
mod reader;
mod slots;
mod writer;

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

use crossbeam_epoch::Guard;

pub use self::buffer::Buffer;
use self::participants::{Participant, Participants};
pub use self::reader::{Reader, Snapshot};
use self::slots::Slots;
pub use self::writer::Writer;

/// A place for the latest buffer of its kind: the last beacon of a BSSID, or a header template.
///
/// A [`Writer`] swaps a new buffer in. A [`Reader`] takes [`Snapshot`]s, which show the bytes in
/// place. Neither waits for the other, and readers share no count.
///
/// A buffer that was swapped out is *retired*: it goes back to its pool when all snapshots that
/// could show it are gone. Until then it counts as in use;
/// [`Stats::retired`](crate::Stats::retired) says how many buffers do. [`new`](Self::new) sets the
/// most that may be retired. Beyond that number a swap gives the new buffer back. Dropping a cell
/// frees its buffers.
///
/// A cell has its own collector of [crossbeam-epoch](https://docs.rs/crossbeam-epoch), some 3 KiB
/// on the heap. Each handle has a participant of the collector, some 2 KiB. A dropped handle leaves
/// its participant to the next handle. So a cell has as many participants as it had handles at one
/// time, and keeps them until it is dropped. A cell may be a `static` behind a
/// [`LazyLock`](std::sync::LazyLock). Such a cell is never dropped, and its buffers stay in use.
///
/// A signal handler must not use a cell: making and dropping handles, swaps and even reads may
/// allocate or free. It may use a [`Frame`](crate::Frame).
///
/// In a forked child the snapshots of the parent's other threads stay for good. The cell can be
/// read there. It can be swapped until as many buffers are retired as may be.
///
/// ```
/// use framewell::{Frame, FrameCell, Pool};
///
/// let pool = Pool::builder().frames(64).build()?;
/// let beacon: FrameCell<Frame> = FrameCell::new(4);
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         let reader = beacon.reader();
///         if let Some(seen) = reader.read() {
///             assert!(seen.starts_with(b"beacon "));
///         }
///     });
///     let writer = beacon.writer();
///     for text in [b"beacon 1", b"beacon 2"] {
///         writer.swap(pool.copy_from(text).unwrap()).unwrap();
///     }
/// });
/// drop(beacon);
/// assert_eq!(pool.stats().out, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FrameCell<B: Buffer> {
    /// The participants are dropped before the slots (#slots-outlive): fields are dropped in their
    /// order.
    participants: Participants,
    slots: SharedSlots<B>,
}

// SAFETY: the cell owns its buffers, which are Send, and its participants, which crossbeam-epoch
// binds to no thread.
unsafe impl<B: Buffer> Send for FrameCell<B> {}
// SAFETY: readers on several threads share a buffer, which is Sync. Deferred functions drop it on
// any of the threads, and it is Send. Places change hands by #place-owner and #place-retired,
// participants by #participant-owner.
unsafe impl<B: Buffer> Sync for FrameCell<B> {}

impl<B: Buffer> FrameCell<B> {
    /// The most buffers that can be retired.
    const MOST: usize = slots::MOST_PLACES - 1;

    /// Returns an empty cell in which at most `retired` buffers wait for their readers.
    ///
    /// A swap in progress counts as one. A few more than there are readers is enough, if no reader
    /// keeps a snapshot for long. The call allocates.
    ///
    /// # Panics
    ///
    /// `new` panics if `retired` is 0 or above 63.
    ///
    /// ```
    /// use framewell::{Frame, FrameCell};
    ///
    /// let cell: FrameCell<Frame> = FrameCell::new(4);
    /// assert!(cell.reader().read().is_none());
    /// ```
    #[must_use]
    pub fn new(retired: usize) -> Self {
        assert!(
            (1..=Self::MOST).contains(&retired),
            "a cell for {retired} retired buffers is not one for 1 to {}; pass FrameCell::new a number between",
            Self::MOST
        );
        Self {
            participants: Participants::new(),
            slots: SharedSlots::new(Slots::new(retired + 1)),
        }
    }

    /// Returns a handle with which this thread reads the cell.
    ///
    /// The call takes a participant that a dropped handle left, or makes one, which allocates some
    /// 2 KiB. It looks at all participants that are in use: make one handle for each thread, not
    /// one for each read. The call is lock-free.
    ///
    /// ```
    /// # use framewell::{Frame, FrameCell};
    /// let cell: FrameCell<Frame> = FrameCell::new(4);
    /// let reader = cell.reader();
    /// assert!(reader.read().is_none());
    /// ```
    #[must_use]
    pub fn reader(&self) -> Reader<'_, B> {
        Reader::new(self.handle())
    }

    /// Returns a handle with which this thread changes the cell. There may be several.
    ///
    /// The call takes or makes a participant as [`reader`](Self::reader) does.
    ///
    /// ```
    /// # use framewell::{FrameCell, Pool};
    /// # let pool = Pool::builder().frames(8).build()?;
    /// let cell = FrameCell::new(4);
    /// let writer = cell.writer();
    /// assert!(writer.swap(pool.copy_from(b"first")?).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn writer(&self) -> Writer<'_, B> {
        Writer::new(self.handle())
    }

    fn handle(&self) -> Handle<'_, B> {
        Handle {
            participant: self.participants.take(),
            cell: self,
        }
    }
}

impl<B: Buffer> fmt::Debug for FrameCell<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameCell")
            .field("most_retired", &(self.slots.len() - 1))
            .finish_non_exhaustive()
    }
}

/// The owner of the slots, which lie on the heap, where deferred functions point to them.
struct SharedSlots<B: Buffer>(NonNull<Slots<B>>);

impl<B: Buffer> SharedSlots<B> {
    fn new(slots: Slots<B>) -> Self {
        Self(NonNull::from(Box::leak(Box::new(slots))))
    }
}

impl<B: Buffer> Deref for SharedSlots<B> {
    type Target = Slots<B>;

    #[inline]
    fn deref(&self) -> &Slots<B> {
        // SAFETY: they were leaked from a box by `new`, and are freed only by the drop.
        unsafe { self.0.as_ref() }
    }
}

impl<B: Buffer> Drop for SharedSlots<B> {
    fn drop(&mut self) {
        // SAFETY: they were leaked from a box by `new`. The cell is being dropped, so no handle is
        // left. Its collector was dropped before: what was deferred has run (#slots-outlive) or
        // never will (#forgotten-snapshot).
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// The part that readers and writers share: a participant, which is this handle's alone
/// (#participant-owner), and the cell.
struct Handle<'c, B: Buffer> {
    participant: &'c Participant,
    cell: &'c FrameCell<B>,
}

impl<B: Buffer> Handle<'_, B> {
    #[inline]
    fn pin(&self) -> Guard {
        self.participant.pin()
    }
}

/// Because there is a drop, the compiler demands that a handle is dropped before its cell
/// (#slots-outlive).
impl<B: Buffer> Drop for Handle<'_, B> {
    fn drop(&mut self) {
        self.participant.leave();
    }
}
