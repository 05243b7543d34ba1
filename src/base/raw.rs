//! The record of which buffers went out of the pool's exclusive owners: as bare pointers, or to
//! borrowers; and beside it the counts of those that are shared (see `base::count`).
//!
//! ```text
//!   0                    neither: the buffer is free, or a safe owner's
//!   view + 1             out as a pointer, under this view
//!   LENT + a number      lent to the borrower with this number
//!
//!   frame, 32 bits:             │ length: 16 │ offset: 16 │                      LENT: ffff 0002
//!   buffer of a class, 64 bits: │ generation of its chunk: 25 │ offset: 19 │ length: 19 │
//!   large buffer, 64 bits:      │ offset: 32 │                                  LENT: 2^63 + 1
//! ```
//!
//! Each buffer has one word, outside of it, in a table that is committed where it is used. The safe
//! path touches no word. An owner who turns its handle into a pointer, or lends the buffer, writes
//! the word. The call that brings the buffer back clears it:
//!
//! - A pointer comes back, or is lent, by a compare-and-swap that compares the whole view. So of
//!   two such calls at the same time one succeeds.
//! - A loan comes back by a load, a compare and a store. Two calls that bring the same loan at the
//!   same time break the contract of the unsafe call that they make.
//!
//! Invariants
//!
//! - #view-fits-word: A view plus 1 fits into its word, below `LENT`. In a frame's view, offset and
//!   length together are at most 65,535, so the largest has all its room as length. The view of a
//!   size class's buffer has 63 bits, and that of a large buffer fewer.
//! - #lent-is-no-view: `LENT` plus a borrower's number is no view plus 1. So each way back refuses
//!   what went out the other way.

#![forbid(unsafe_code)]

use std::io;

use crate::base::count::Count;
use crate::base::id::BufferId;
use crate::base::limits::{MAX_BORROWERS, MAX_ROOM};
use crate::sync::{AtomicU32, AtomicU64, Ordering, Table, ZeroAtomic};

// #view-fits-word, #lent-is-no-view: the largest view of a frame has all its room as length, and
// that of another buffer has 63 bits.
const _: () = assert!(((MAX_ROOM as u64) << 16) + 1 < AtomicU32::LENT);
const _: () = assert!(AtomicU32::LENT + (MAX_BORROWERS as u64) <= AtomicU32::MOST);
const _: () = assert!((1 << 63) < AtomicU64::LENT);

/// A word of either width.
pub(crate) trait Word: ZeroAtomic {
    /// The largest number that the word holds.
    const MOST: u64;

    /// The first of the numbers that name borrowers.
    const LENT: u64;

    fn read(&self, order: Ordering) -> u64;

    fn write(&self, number: u64, order: Ordering);

    /// Replaces `number` by `by`. Returns `false` if the word holds another number.
    fn replace(&self, number: u64, by: u64, success: Ordering, failure: Ordering) -> bool;
}

impl Word for AtomicU32 {
    const MOST: u64 = u32::MAX as u64;
    const LENT: u64 = 0xffff_0002;

    #[inline(always)]
    fn read(&self, order: Ordering) -> u64 {
        self.load(order).into()
    }

    #[inline(always)]
    fn write(&self, number: u64, order: Ordering) {
        self.store(number as u32, order);
    }

    #[inline(always)]
    fn replace(&self, number: u64, by: u64, success: Ordering, failure: Ordering) -> bool {
        self.compare_exchange(number as u32, by as u32, success, failure)
            .is_ok()
    }
}

impl Word for AtomicU64 {
    const MOST: u64 = u64::MAX;
    const LENT: u64 = (1 << 63) + 1;

    #[inline(always)]
    fn read(&self, order: Ordering) -> u64 {
        self.load(order)
    }

    #[inline(always)]
    fn write(&self, number: u64, order: Ordering) {
        self.store(number, order);
    }

    #[inline(always)]
    fn replace(&self, number: u64, by: u64, success: Ordering, failure: Ordering) -> bool {
        self.compare_exchange(number, by, success, failure).is_ok()
    }
}

/// The words of all frames.
pub(crate) type FrameStates = RawStates<AtomicU32>;

/// The words of all buffers of the size classes.
pub(crate) type ChunkStates = RawStates<AtomicU64>;

pub(crate) struct RawStates<W> {
    words: Table<W>,
    counts: Table<AtomicU32>,
}

impl<W: Word> RawStates<W> {
    pub(crate) fn new(buffers: u32) -> io::Result<Self> {
        Ok(Self {
            words: Table::reserved(buffers as usize)?,
            counts: Table::reserved(buffers as usize)?,
        })
    }

    /// Makes the words of buffers `from` to `to` usable. This comes before the first of these
    /// buffers is anybody's.
    #[inline]
    pub(crate) fn commit(&self, from: u32, to: u32) -> io::Result<()> {
        let (from, to) = (from as usize, to as usize);
        self.words.commit(from, to)?;
        self.counts.commit(from, to)
    }

    /// Returns the bytes that the words of `buffers` buffers reserve, with those of the counts.
    pub(crate) fn bytes_for(buffers: u32) -> usize {
        buffers as usize * (size_of::<W>() + size_of::<AtomicU32>())
    }

    /// Returns the word of a buffer, by which its owner hands it out.
    pub(crate) fn word(&self, id: BufferId) -> &W {
        &self.words[id.index()]
    }

    /// Returns the count of a buffer's references. The caller has one.
    #[inline(always)]
    pub(crate) fn count(&self, id: BufferId) -> Count<'_> {
        Count::new(&self.counts[id.index()])
    }

    /// Returns the words of the first `buffers` buffers.
    #[inline(always)]
    pub(crate) fn first(&self, buffers: u32) -> &[W] {
        &self.words[..buffers as usize]
    }

    /// Returns where a buffer is.
    pub(crate) fn whereabouts(&self, id: BufferId) -> Whereabouts {
        whereabouts(self.word(id))
    }

    /// Makes the caller the owner of a buffer that is out under this view. Returns `false` if it is
    /// not, or not any more.
    pub(crate) fn take_back(&self, id: BufferId, view: u64) -> bool {
        take_back(self.word(id), view)
    }

    /// Lends a buffer that is out under this view to a borrower. Returns `false` if it is not, or
    /// not any more.
    pub(crate) fn lend_out(&self, id: BufferId, view: u64, borrower: u32) -> bool {
        lend_out(self.word(id), view, borrower)
    }
}

/// Where a buffer is, by its word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whereabouts {
    /// The buffer is free, or a safe owner's.
    InPool,
    /// The buffer is out as a pointer, under this view.
    Raw(u64),
    /// The buffer is lent to the borrower with this number.
    Lent(u32),
}

impl Whereabouts {
    fn from_word<W: Word>(word: u64) -> Self {
        let borrower = word.wrapping_sub(W::LENT);
        if borrower < MAX_BORROWERS as u64 {
            return Self::Lent(borrower as u32);
        }
        word.checked_sub(1).map_or(Self::InPool, Self::Raw)
    }

    /// Returns the view, if the buffer is out as a pointer.
    pub(crate) fn raw_view(self) -> Option<u64> {
        match self {
            Self::Raw(view) => Some(view),
            Self::InPool | Self::Lent(_) => None,
        }
    }
}

/// Returns what the word of a buffer holds that is out under this view.
fn out_with<W: Word>(view: u64) -> u64 {
    debug_assert!(view < W::LENT - 1, "a view fits into its word");
    view + 1
}

/// Returns what the word of a buffer holds that is lent to this borrower.
#[inline(always)]
fn lent_to<W: Word>(borrower: u32) -> u64 {
    debug_assert!((borrower as usize) < MAX_BORROWERS);
    W::LENT + u64::from(borrower)
}

/// Notes that a buffer goes out as a pointer.
///
/// The caller owns the buffer, and touches neither it nor the pool afterwards. A thread that takes
/// the pointer back may have ended both by then, so only the word is passed by reference (see
/// `Unprotected`).
pub(crate) fn hand_out<W: Word>(word: &W, view: u64) {
    // Release (#raw-handover): pairs with the Acquire in `take_back`. It publishes all that the
    // owner did with the buffer to the call that takes it back.
    word.write(out_with::<W>(view), Ordering::Release);
}

/// Returns where the buffer is that a word belongs to.
pub(crate) fn whereabouts<W: Word>(word: &W) -> Whereabouts {
    // Relaxed: whoever brings the buffer back acquires by a step of its own.
    Whereabouts::from_word::<W>(word.read(Ordering::Relaxed))
}

/// Does what [`RawStates::take_back`] does, for a single word.
pub(crate) fn take_back<W: Word>(word: &W, view: u64) -> bool {
    // Acquire (#raw-handover): pairs with `hand_out`. Relaxed on failure: nothing is concluded but
    // that the buffer is not out under this view.
    word.replace(out_with::<W>(view), 0, Ordering::Acquire, Ordering::Relaxed)
}

/// Returns where the data of a frame that is out as a pointer begins, by its [`RawStates`] view.
pub(crate) fn offset_of_view(view: u64) -> usize {
    (view & u64::from(u16::MAX)) as usize
}

/// Notes that a buffer is lent to a borrower.
///
/// The caller owns the buffer, and touches it no more.
#[inline(always)]
pub(crate) fn lend<W: Word>(word: &W, borrower: u32) {
    // Release (#lend-handover): pairs with the Acquire in `return_loan`. It publishes all that the
    // owner did with the buffer to the call that takes it back.
    word.write(lent_to::<W>(borrower), Ordering::Release);
}

/// Lends a buffer that is out as a pointer under this view to a borrower. Returns `false` if it is
/// not, or not any more.
///
/// Nobody owns the buffer in between: it goes from the pointer to the borrower in one step.
pub(crate) fn lend_out<W: Word>(word: &W, view: u64, borrower: u32) -> bool {
    let (out, lent) = (out_with::<W>(view), lent_to::<W>(borrower));
    // Release (#lend-handover): pairs with the Acquire in `return_loan`. It publishes what this
    // thread did with the buffer through the pointer. What `hand_out` has published goes along,
    // because a compare-and-swap continues the release sequence. Relaxed on failure: nothing is
    // concluded but that the buffer is not out under this view.
    word.replace(out, lent, Ordering::Release, Ordering::Relaxed)
}

/// Returns where a buffer is. If it is lent, what its owner saw and did before comes before the
/// caller's next steps.
pub(crate) fn loan<W: Word>(word: &W) -> Whereabouts {
    // Acquire (#lend-handover): pairs with `lend`.
    Whereabouts::from_word::<W>(word.read(Ordering::Acquire))
}

/// Makes the caller the owner of a buffer that is lent to this borrower.
///
/// Returns where the buffer is instead if it is not lent to this borrower. No other call brings the
/// buffer back from this borrower at the same time.
#[inline(always)]
pub(crate) fn return_loan<W: Word>(word: &W, borrower: u32) -> Result<(), Whereabouts> {
    // Acquire (#lend-handover): pairs with `lend` and `lend_out`.
    let seen = word.read(Ordering::Acquire);
    if seen != lent_to::<W>(borrower) {
        return Err(Whereabouts::from_word::<W>(seen));
    }
    // Relaxed: nothing is published. The next who writes the word is an owner of the buffer, and
    // the lists that bring the buffer to it order the two.
    word.write(0, Ordering::Relaxed);
    Ok(())
}
