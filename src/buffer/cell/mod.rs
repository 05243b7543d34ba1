//! A place for the latest buffer of its kind: one thread swaps a new one in, others look at the old bytes meanwhile, without a count and
//! without waiting. The old buffer goes back to its pool when nobody can look at it any more.
//!
//! ```text
//!   FrameCell { participants ── of a collector of crossbeam-epoch, the cell's own
//!             { slots ─────► free: 0b1010   current: 0   places: │ new │     │ old │     │
//!                                                                 current        retired
//! ```
//!
//! Invariants
//!
//! - E1. A place whose bit is set in `free` is empty and nobody's. Who clears the bit owns the place; one that is published
//!   as `current` belongs to the cell, and to who takes it out of `current` again.
//! - E2. A place that was taken out of `current` is *retired*: its buffer stays, and nothing is written there, until all
//!   guards that were pinned when it was taken out are gone. That is what a function that is
//!   deferred to the collector waits for; it moves the buffer out, sets the bit, and drops the
//!   buffer last: that may end the buffer's pool, and call back into this cell.
//! - E3. There is one place more than buffers may be retired. Who takes a buffer out of `current` owns another place meanwhile, so the retired ones are
//!   never more than the bound: who finds no place free is refused.
//! - E4. The slots outlive all deferred functions, which point to them. Handles borrow the cell, also for their own drop; the cell
//!   drops its participants and its collector, which runs what is deferred still, and then the
//!   slots.
//! - E5. Who has forgotten a snapshot has leaked the collector, and with it what is deferred: it
//!   never runs, and the slots drop what is left in them when the cell goes.
//! - E6. A participant is used by one handle at a time: who sets its mark has it until it clears
//!   it. It stays until the cell goes.
//! - E7. No drop of a buffer unwinds (`misuse::Hook`): what is deferred beside it runs, and all
//!   places are emptied.
//!
//! A snapshot pins first and reads `current` then. crossbeam-epoch promises that what is deferred after a place was taken out of `current` waits for whoever
//! pinned before and can have read it there; a place that is used again is to a reader what an address is that an allocator hands out again.
//!
//! Source: K. Fraser, Practical lock-freedom, 2004, section 5.2.3; crossbeam-epoch, `src/internal.rs`.

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

/// A slot for the latest buffer of its kind: the last beacon of a BSSID, a neighbour's header template.
///
/// A [`Writer`] swaps a new buffer in; a [`Reader`] takes [`Snapshot`]s, through which the bytes are seen in place. Neither waits for the
/// other, and readers share no count. A buffer that was swapped out is *retired*: it goes back to its pool when the
/// snapshots are gone that could show it, and until then counts as out ([`Stats::retired`](crate::Stats::retired) says how many do). At
/// most as many are retired as the cell was made for: beyond that a swap gives the new buffer back.
///
/// A cell has a collector of [crossbeam-epoch](https://docs.rs/crossbeam-epoch) to itself, some 3
/// KiB on the heap. Each handle has a participant of it, some 2 KiB, which a dropped handle leaves
/// to the next one: so there are as many as there were handles at one time, until the cell is
/// dropped. It may be a `static` behind a [`LazyLock`](std::sync::LazyLock); such a cell is never
/// dropped, and its buffers stay out. Dropping a cell frees its buffers.
///
/// Not for signal handlers: making and dropping handles, swaps and even reads may allocate or free. A [`Frame`](crate::Frame) may be used there.
///
/// In a forked child the snapshots that other threads of the parent had stay for good: the cell can be read there, and swapped until as
/// many buffers are retired as may be.
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
    /// Dropped before the slots (E4): fields are in their order.
    participants: Participants,
    slots: Home<B>,
}

// SAFETY: the cell owns its buffers, which are Send, and its participants, which crossbeam-epoch
// binds to no thread.
unsafe impl<B: Buffer> Send for FrameCell<B> {}
// SAFETY: readers on several threads share a buffer, which is Sync; deferred functions drop it on any of them, and it is
// Send. Places change hands by E1 and E2, participants by E6.
unsafe impl<B: Buffer> Sync for FrameCell<B> {}

impl<B: Buffer> FrameCell<B> {
    /// The most buffers that can be retired.
    const MOST: usize = slots::MOST_PLACES - 1;

    /// Returns an empty cell in which at most `retired` buffers wait for their readers.
    ///
    /// A swap in progress counts as one. A few more than there are readers is plenty, if those keep no snapshot for long. Allocates.
    ///
    /// # Panics
    ///
    /// If `retired` is 0 or above 63.
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
            slots: Home::new(Slots::new(retired + 1)),
        }
    }

    /// Returns a handle to read the cell with, for this thread.
    ///
    /// Takes a participant that a dropped handle left, or makes one, which allocates some 2 KiB. It
    /// looks at all that are in use: make one handle a thread, not one a read. Lock-free.
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

    /// Returns a handle to change the cell with, for this thread; there may be several.
    ///
    /// Takes or makes a participant as [`reader`](Self::reader) does.
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

/// The slots, where deferred functions find them.
struct Home<B: Buffer>(NonNull<Slots<B>>);

impl<B: Buffer> Home<B> {
    fn new(slots: Slots<B>) -> Self {
        Self(NonNull::from(Box::leak(Box::new(slots))))
    }
}

impl<B: Buffer> Deref for Home<B> {
    type Target = Slots<B>;

    #[inline]
    fn deref(&self) -> &Slots<B> {
        // SAFETY: leaked from a box by `new`, and freed by the drop alone.
        unsafe { self.0.as_ref() }
    }
}

impl<B: Buffer> Drop for Home<B> {
    fn drop(&mut self) {
        // SAFETY: leaked from a box by `new`. The cell goes, so no handle is left, and its collector went before: what was deferred has
        // run (E4) or never will (E5).
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// A handle's participant, which is the handle's alone (E6), and its cell.
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

/// That there is such a function makes the compiler demand that a handle is dropped before its cell (E4).
impl<B: Buffer> Drop for Handle<'_, B> {
    fn drop(&mut self) {
        self.participant.leave();
    }
}
