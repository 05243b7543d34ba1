//! The record of which buffers were handed out as bare pointers, and under which view.
//!
//! ```text
//!   0          not out as a pointer: free, or a safe owner's
//!   view + 1   out
//!
//!   frame, 32 bits:                    │ length: 16 │ offset: 16 │
//!   buffer of a size class, 64 bits:   │ generation of its chunk: 43 │ length: 20 │
//! ```
//!
//! Each buffer has one word, outside of it, in a table that is committed where it is used. Only two
//! steps change a word. The owner who turns its handle into a pointer writes it. The call that
//! turns the pointer back clears it by a compare-and-swap that compares the whole view, so that of
//! two such calls at the same time one succeeds. The safe path touches no word.
//!
//! Invariant
//!
//! - #view-fits-word: A view plus 1 fits into its word. In a frame's view, offset and length
//!   together are at most 65,535, so not all of its bits are set. The view of a size class's buffer
//!   has 63 bits.

#![forbid(unsafe_code)]

use std::io;

use crate::base::id::BufferId;
use crate::base::limits::MAX_ROOM;
use crate::sync::{AtomicU32, AtomicU64, Ordering, Table, ZeroAtomic};

// #view-fits-word: the largest view of a frame has all its room as length.
const _: () = assert!(MAX_ROOM << 16 < u32::MAX as usize);

/// A word of either width.
pub(crate) trait Word: ZeroAtomic {
    /// The largest number that the word holds.
    const MOST: u64;

    fn read(&self, order: Ordering) -> u64;

    fn write(&self, number: u64, order: Ordering);

    /// Replaces `number` by 0. Returns `false` if the word holds another number.
    fn clear(&self, number: u64, success: Ordering, failure: Ordering) -> bool;
}

impl Word for AtomicU32 {
    const MOST: u64 = u32::MAX as u64;

    fn read(&self, order: Ordering) -> u64 {
        self.load(order).into()
    }

    fn write(&self, number: u64, order: Ordering) {
        self.store(number as u32, order);
    }

    fn clear(&self, number: u64, success: Ordering, failure: Ordering) -> bool {
        self.compare_exchange(number as u32, 0, success, failure)
            .is_ok()
    }
}

impl Word for AtomicU64 {
    const MOST: u64 = u64::MAX;

    fn read(&self, order: Ordering) -> u64 {
        self.load(order)
    }

    fn write(&self, number: u64, order: Ordering) {
        self.store(number, order);
    }

    fn clear(&self, number: u64, success: Ordering, failure: Ordering) -> bool {
        self.compare_exchange(number, 0, success, failure).is_ok()
    }
}

/// The words of all frames.
pub(crate) type FrameStates = RawStates<AtomicU32>;

/// The words of all buffers of the size classes.
pub(crate) type ChunkStates = RawStates<AtomicU64>;

pub(crate) struct RawStates<W> {
    words: Table<W>,
}

impl<W: Word> RawStates<W> {
    pub(crate) fn new(buffers: u32) -> io::Result<Self> {
        Ok(Self {
            words: Table::reserved(buffers as usize)?,
        })
    }

    /// Makes the words of buffers `from` to `to` usable. This comes before the first of these
    /// buffers is anybody's.
    #[inline]
    pub(crate) fn commit(&self, from: u32, to: u32) -> io::Result<()> {
        self.words.commit(from as usize, to as usize)
    }

    /// Returns the bytes that the words of `buffers` buffers reserve.
    pub(crate) fn bytes_for(buffers: u32) -> usize {
        buffers as usize * size_of::<W>()
    }

    /// Returns the word of a buffer, by which its owner hands it out.
    pub(crate) fn word(&self, id: BufferId) -> &W {
        &self.words[id.index()]
    }

    /// Returns the view of a buffer, if it is out as a pointer.
    pub(crate) fn view(&self, id: BufferId) -> Option<u64> {
        view(self.word(id))
    }

    /// Makes the caller the owner of a buffer that is out under this view. Returns `false` if it is
    /// not, or not any more.
    pub(crate) fn take_back(&self, id: BufferId, view: u64) -> bool {
        take_back(self.word(id), view)
    }
}

/// Returns what the word of a buffer holds that is out under this view.
fn out_with<W: Word>(view: u64) -> u64 {
    debug_assert!(view < W::MOST, "a view fits into its word");
    view + 1
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

/// Returns what [`RawStates::view`] does, for a single word.
pub(crate) fn view<W: Word>(word: &W) -> Option<u64> {
    // Relaxed: the compare-and-swap that follows acquires.
    word.read(Ordering::Relaxed).checked_sub(1)
}

/// Does what [`RawStates::take_back`] does, for a single word.
pub(crate) fn take_back<W: Word>(word: &W, view: u64) -> bool {
    // Acquire (#raw-handover): pairs with `hand_out`. Relaxed on failure: nothing is concluded but
    // that the buffer is not out under this view.
    word.clear(out_with::<W>(view), Ordering::Acquire, Ordering::Relaxed)
}

/// Returns where the data of a frame that is out as a pointer begins, by its [`RawStates`] view.
pub(crate) fn offset_of_view(view: u64) -> usize {
    (view & u64::from(u16::MAX)) as usize
}
