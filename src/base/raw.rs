//! Which buffers were handed out as bare pointers, and with which view.
//!
//! ```text
//!   0          not out as a pointer: at rest, or a safe owner's
//!   view + 1   out
//!
//!   frame, 32 bits:           │ length: 16 │ offset: 16 │
//!   802.11 buffer, 64 bits:   │ generation of its chunk: 43 │ length: 20 │
//! ```
//!
//! A word a buffer, outside of it, in a table of its own that is committed where it is used. Only two steps touch a word: the owner who turns its
//! handle into a pointer writes it, and who turns the pointer back takes it away by a compare-and-swap that
//! compares the whole view: of two at the same time one succeeds. The safe path touches none.
//!
//! W1. A view plus 1 fits into its word: of a frame, offset and length together are at most 65,535, so not all of
//! its bits are set; that of a buffer has 63 bits.

#![forbid(unsafe_code)]

use std::io;

use crate::base::id::FrameId;
use crate::base::limits::MAX_ROOM;
use crate::sync::{AtomicU32, AtomicU64, Ordering, Table, ZeroAtomic};

// W1: the largest view of a frame has all its room as length.
const _: () = assert!(MAX_ROOM << 16 < u32::MAX as usize);

/// A word of either width.
pub(crate) trait Word: ZeroAtomic {
    /// The largest number that it holds.
    const MOST: u64;

    fn read(&self, order: Ordering) -> u64;

    fn write(&self, number: u64, order: Ordering);

    /// Replaces a number by 0; `false` if it is another.
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

/// The words of all 802.11 buffers.
pub(crate) type Dot11States = RawStates<AtomicU64>;

pub(crate) struct RawStates<W> {
    words: Table<W>,
}

impl<W: Word> RawStates<W> {
    pub(crate) fn new(buffers: u32) -> io::Result<Self> {
        Ok(Self {
            words: Table::reserved(buffers as usize)?,
        })
    }

    /// Makes the words of buffers `from` to `to` usable: before the first is anybody's.
    #[inline]
    pub(crate) fn commit(&self, from: u32, to: u32) -> io::Result<()> {
        self.words.commit(from as usize, to as usize)
    }

    /// The bytes that the words of so many buffers reserve.
    pub(crate) fn bytes_for(buffers: u32) -> usize {
        buffers as usize * size_of::<W>()
    }

    /// The word of a buffer, for its owner to hand it out by.
    pub(crate) fn word(&self, id: FrameId) -> &W {
        &self.words[id.index()]
    }

    /// The view of a buffer that is out as a pointer.
    pub(crate) fn view(&self, id: FrameId) -> Option<u64> {
        view(self.word(id))
    }

    /// Makes the caller the owner of a buffer that is out with this view; `false` if it is not, any more.
    pub(crate) fn take_back(&self, id: FrameId, view: u64) -> bool {
        take_back(self.word(id), view)
    }
}

/// What the word of a buffer holds that is out with this view.
fn out_with<W: Word>(view: u64) -> u64 {
    debug_assert!(view < W::MOST, "W1");
    view + 1
}

/// Notes that a buffer goes out as a pointer. The caller owns it, and touches neither it nor the pool afterwards: who takes the
/// pointer back may have ended both by then, so only the word is passed by reference (see `Unprotected`).
pub(crate) fn hand_out<W: Word>(word: &W, view: u64) {
    // Release (R): publishes all that the owner did with the buffer to who takes it back.
    word.write(out_with::<W>(view), Ordering::Release);
}

/// As [`RawStates::view`], for a word by itself.
pub(crate) fn view<W: Word>(word: &W) -> Option<u64> {
    // Relaxed: the compare-and-swap that follows acquires.
    word.read(Ordering::Relaxed).checked_sub(1)
}

/// As [`RawStates::take_back`], for a word by itself.
pub(crate) fn take_back<W: Word>(word: &W, view: u64) -> bool {
    // Acquire (R): pairs with `hand_out`. Relaxed on failure: nothing is concluded but that it is not so.
    word.clear(out_with::<W>(view), Ordering::Acquire, Ordering::Relaxed)
}

/// Returns where the data of a frame that is out as a pointer begins, by its [`RawStates`] view.
pub(crate) fn offset_of_view(view: u64) -> usize {
    (view & u64::from(u16::MAX)) as usize
}
