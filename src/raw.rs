//! Which buffers were handed out as bare pointers, and with which view.
//!
//! ```text
//!   │ raw: 1 │ view: 63 │      for a frame: offset and length; for an 802.11 buffer: generation of its chunk, and length
//! ```
//!
//! A word a buffer, outside of it, in a table of its own that is committed where it is used. 0 says that the
//! buffer is not out as a pointer: it is at rest, or has a safe owner. Only two steps touch a word: the owner who turns its
//! handle into a pointer writes it, and who turns the pointer back takes it away by a compare-and-swap that
//! compares the whole view: of two at the same time one succeeds. The safe path touches none.

#![forbid(unsafe_code)]

use std::io;

use crate::id::FrameId;
use crate::stack::Links;
use crate::sync::{AtomicU64, Ordering, Table};

const RAW: u64 = 1 << 63;

pub(crate) struct RawStates {
    words: Table<AtomicU64>,
}

impl RawStates {
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

    pub(crate) fn bytes_for(buffers: u32) -> usize {
        Links::bytes_for(buffers)
    }

    /// The word of a buffer, for its owner to hand it out by.
    pub(crate) fn word(&self, id: FrameId) -> &AtomicU64 {
        &self.words[id.index()]
    }

    /// The view of a buffer that is out as a pointer.
    pub(crate) fn view(&self, id: FrameId) -> Option<u64> {
        view(&self.words[id.index()])
    }

    /// Makes the caller the owner of a buffer that is out with this view; `false` if it is not, any more.
    pub(crate) fn take_back(&self, id: FrameId, view: u64) -> bool {
        take_back(&self.words[id.index()], view)
    }
}

/// Notes that a buffer goes out as a pointer. The caller owns it, and touches neither it nor the pool afterwards: who takes the
/// pointer back may have ended both by then, so only the word is passed by reference (see `Unprotected`).
pub(crate) fn hand_out(word: &AtomicU64, view: u64) {
    debug_assert_eq!(view & RAW, 0);
    // Release (R): publishes all that the owner did with the buffer to who takes it back.
    word.store(RAW | view, Ordering::Release);
}

/// As [`RawStates::view`], for a word by itself.
pub(crate) fn view(word: &AtomicU64) -> Option<u64> {
    // Relaxed: the compare-and-swap that follows acquires.
    let seen = word.load(Ordering::Relaxed);
    (seen & RAW != 0).then_some(seen & !RAW)
}

/// As [`RawStates::take_back`], for a word by itself.
pub(crate) fn take_back(word: &AtomicU64, view: u64) -> bool {
    // Acquire (R): pairs with `hand_out`. Relaxed on failure: nothing is concluded but that it is not so.
    word.compare_exchange(RAW | view, 0, Ordering::Acquire, Ordering::Relaxed)
        .is_ok()
}
