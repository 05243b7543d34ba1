//! The handle with which a thread changes a cell.
//!
//! crossbeam-epoch keeps garbage back also when no thread is pinned:
//!
//! - A participant collects the functions that it defers. It hands them in when they are 64, or
//!   when it flushes. What is handed in together is a *bag*.
//! - A bag expires when the epoch has advanced twice after the bag was handed in.
//! - A flush advances the epoch once at most, and only if no thread is pinned in an earlier epoch.
//!   It opens 8 bags at most, the oldest first: it runs what they hold.
//!
//! So a writer pins anew and flushes until nothing is retired:
//!
//! ```text
//!   swap:   pin e · publish · defer
//!   flush:  hand in (e), advance to e+1
//!   repin
//!   flush:  advance to e+2, open the bag: the buffer is back in its pool
//! ```
//!
//! A writer gives up when `IDLE_FLUSHES` flushes in a row have freed no place: a reader, or another
//! writer, is pinned. It also gives up after `MOST` flushes, whatever they do: other writers may
//! retire as fast as this one releases. One of the next calls releases what is left.
//!
//! The queue is short, since no participant leaves the collector (`participants`). It holds a bag
//! for each buffer that may be retired, and the full bags of participants. A full bag holds 64
//! nodes of the queue, from bags that its participant has opened. `IDLE_FLUSHES` has room for some
//! 48 full bags in a row.

use std::fmt;

use crossbeam_epoch::Guard;

use super::slots::Place;
use super::{Buffer, Handle};
use crate::sync::scaled;

/// The flushes in a row that free no place before a writer concludes that somebody is pinned. A
/// writer's own bag needs two.
const IDLE_FLUSHES: u32 = scaled(8, 2);

/// The most flushes of one collection. Each looks at every participant, and runs what was deferred
/// in at most 8 bags.
const MOST: u32 = scaled(32, 4);

/// A handle with which a thread changes a cell, from
/// [`FrameCell::writer`](crate::FrameCell::writer).
///
/// A writer stays on its thread (`!Send`), and must be dropped before the cell. There may be
/// several; none waits for another.
///
/// ```
/// # use framewell::{FrameCell, Pool};
/// # let pool = Pool::builder().frames(8).build()?;
/// let cell = FrameCell::new(4);
/// let writer = cell.writer();
/// for number in 0..100u8 {
///     writer.swap(pool.copy_from(&[number])?).unwrap();
///     assert_eq!(pool.stats().out, 1);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer<'c, B: Buffer> {
    handle: Handle<'c, B>,
}

impl<'c, B: Buffer> Writer<'c, B> {
    pub(super) fn new(handle: Handle<'c, B>) -> Self {
        Self { handle }
    }

    /// Puts a buffer into the cell and retires the one before.
    ///
    /// If no reader has a snapshot, and no other writer is at work, the one before is back in its
    /// pool when this returns. So is every buffer that was retired earlier. With dozens of handles,
    /// or other writers at work, one of the next calls may release it instead.
    ///
    /// The work of a call is bounded. It flushes the collector 64 times at most, and two or three
    /// times if nobody else is at work. A flush looks at the cell's participants, which are as many
    /// as there were handles at one time, and runs at most 512 deferred functions. Handles that
    /// came and went cost nothing more. A buffer that is released may end its pool: see
    /// [`OnMisuse::Call`](crate::OnMisuse::Call).
    ///
    /// The call is lock-free, except for the heap: crossbeam-epoch allocates some 2 KiB in a swap,
    /// and frees them by the next.
    ///
    /// # Errors
    ///
    /// The error is the new buffer itself, if as many buffers are retired as the cell was made for.
    /// A swap in progress on another thread counts as one. The cell is unchanged then.
    ///
    /// ```
    /// # use framewell::{FrameCell, Pool};
    /// # let pool = Pool::builder().frames(8).build()?;
    /// let cell = FrameCell::new(1);
    /// let (reader, writer) = (cell.reader(), cell.writer());
    /// writer.swap(pool.copy_from(b"1")?).unwrap();
    /// let seen = reader.read();
    /// writer.swap(pool.copy_from(b"2")?).unwrap();
    /// assert_eq!(pool.stats().retired, 1);
    ///
    /// let refused = writer.swap(pool.copy_from(b"3")?).unwrap_err();
    /// assert_eq!(refused[..], *b"3");
    ///
    /// drop(seen);
    /// writer.swap(refused).unwrap();
    /// assert_eq!(pool.stats().retired, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn swap(&self, new: B) -> Result<(), B> {
        let slots = &self.handle.cell.slots;
        let mut guard = self.handle.pin();
        let Some(place) = self.claim(&mut guard) else {
            return Err(new);
        };
        // SAFETY: the place was claimed just now. It is empty and this call's (#place-owner).
        unsafe { slots.fill(place, new) };
        // SAFETY: the place was filled.
        let old = unsafe { slots.publish(Some(place)) };
        self.retire(old, &mut guard);
        Ok(())
    }

    /// Empties the cell, retires what it held, and returns whether it did.
    ///
    /// It returns `false`, and leaves the cell unchanged, where [`swap`](Self::swap) would give its
    /// buffer back. All else is as in `swap`.
    ///
    /// ```
    /// # use framewell::{FrameCell, Pool};
    /// # let pool = Pool::builder().frames(8).build()?;
    /// let cell = FrameCell::new(1);
    /// let writer = cell.writer();
    /// writer.swap(pool.copy_from(b"1")?).unwrap();
    /// assert!(writer.clear());
    /// assert!(cell.reader().read().is_none());
    /// assert_eq!(pool.stats().out, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn clear(&self) -> bool {
        let slots = &self.handle.cell.slots;
        let mut guard = self.handle.pin();
        // The place is held while the other one is taken out. So this counts against the bound as a
        // swap does (#retired-bound).
        let Some(place) = self.claim(&mut guard) else {
            return false;
        };
        // SAFETY: no place is published.
        let old = unsafe { slots.publish(None) };
        // SAFETY: the place was claimed just now, and nothing was put into it.
        unsafe { slots.give_back(place) };
        self.retire(old, &mut guard);
        true
    }

    /// Takes a free place. If there is none, it first collects what readers have released
    /// meanwhile.
    fn claim(&self, guard: &mut Guard) -> Option<Place> {
        let slots = &self.handle.cell.slots;
        slots.claim().or_else(|| {
            self.collect(guard, false);
            slots.claim()
        })
    }

    /// Retires a place that was taken out of `current`, and collects.
    fn retire(&self, old: Option<Place>, guard: &mut Guard) {
        let slots = self.handle.cell.slots.0;
        if let Some(place) = old {
            // SAFETY: this call has taken the place out of `current`, and defers its release below.
            unsafe { self.handle.cell.slots.note_retired(place) };
            let release = move || {
                // SAFETY: the slots outlive the deferred functions (#slots-outlive).
                let slots = unsafe { slots.as_ref() };
                // SAFETY: only this call has retired the place, and the grace period is over
                // (#place-retired).
                unsafe { slots.release(place) };
            };
            // SAFETY: the function may run on any thread, since a buffer is Send. It runs before
            // the slots are dropped (#slots-outlive).
            unsafe { guard.defer_unchecked(release) };
        }
        self.collect(guard, old.is_some());
    }

    /// Flushes until nothing is retired, until `IDLE_FLUSHES` flushes in a row free no place, or
    /// `MOST` times.
    ///
    /// It flushes at least once if this call has `deferred` something. No other participant could
    /// release that, and beside another writer the cell may seem free.
    fn collect(&self, guard: &mut Guard, mut deferred: bool) {
        let slots = &self.handle.cell.slots;
        let mut idle = 0;
        for _ in 0..MOST {
            if idle == IDLE_FLUSHES || (!deferred && slots.nothing_retired()) {
                break;
            }
            let before = slots.free();
            guard.repin();
            guard.flush();
            deferred = false;
            idle = if slots.free() == before { idle + 1 } else { 0 };
        }
    }
}

impl<B: Buffer> fmt::Debug for Writer<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
