//! The number of references to a shared buffer.
//!
//! ```text
//!   │ further references: 31 │ named: 1 │
//! ```
//!
//! Each buffer has one such word, outside of it, beside its raw word. It holds how many references
//! there are *besides* one. So it is 0 for a buffer that is free, for one that has an exclusive
//! owner, and for one that is shared by a single reference. Sharing a buffer stores nothing, and
//! neither a get nor an ordinary free touches the word.
//!
//! The lowest bit says that a pointer was made of some reference. Only such a pointer may come back
//! as a reference.
//!
//! Invariants
//!
//! - #further-references: The word counts the references besides one. A reference is made from
//!   another, which exists meanwhile. So whoever has a reference and reads that there is no further
//!   one has the only one, and nobody else can make another.

#![forbid(unsafe_code)]

use std::process;

use crate::sync::{AtomicU32, Ordering, fence};

/// What one further reference adds to the word.
const ONE: u32 = 2;
/// Says that a pointer was made of a reference.
const NAMED: u32 = 1;

/// The most further references that [`Count::try_add`] allows. The word has room for twice as many,
/// so that threads which pass this limit together abort before it is full.
pub(crate) const MOST: u32 = 1 << 30;

/// The count of one buffer's references.
#[derive(Clone, Copy)]
pub struct Count<'a>(&'a AtomicU32);

impl<'a> Count<'a> {
    #[inline(always)]
    pub(crate) fn new(word: &'a AtomicU32) -> Self {
        Self(word)
    }

    /// Counts `n` further references. The caller has a reference. Ends the process if there are
    /// more than [`MOST`]: a count that wraps would free the buffer under its readers.
    #[inline(always)]
    pub(crate) fn add(self, n: u32) {
        // Relaxed: the new references are made from the caller's; nothing is published.
        let before = self.0.fetch_add(n.saturating_mul(ONE), Ordering::Relaxed);
        if n > MOST || before / ONE > MOST - n {
            process::abort();
        }
    }

    /// Counts one further reference. Returns `false`, and counts nothing, if there are [`MOST`].
    pub(crate) fn try_add(self) -> bool {
        // Relaxed, here and below: as in `add`.
        let mut before = self.0.load(Ordering::Relaxed);
        loop {
            if before / ONE >= MOST {
                return false;
            }
            match self.0.compare_exchange_weak(
                before,
                before + ONE,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => before = now,
            }
        }
    }

    /// Notes that the caller, who has the buffer alone, makes `n` further references.
    #[inline(always)]
    pub(crate) fn set(self, n: u32) {
        // Relaxed: whatever brings the references to others publishes this, too.
        self.0.store(n * ONE, Ordering::Relaxed);
    }

    /// Gives up a reference. Returns `true` if it was the last: then the buffer is the caller's
    /// alone, and the word is 0.
    ///
    /// The subtraction does not look first whether the reference is the only one. The drop of a
    /// single reference would save it by that, and pay a load. But a load waits for the atomic
    /// operation before it, so each of several drops in a row would pay half as much again.
    #[inline(always)]
    pub(crate) fn drop_one(self) -> bool {
        // Release (#last-reference): pairs with the fence below and the load in `is_one`. The
        // read-modify-writes of other calls continue the release sequence.
        let before = self.0.fetch_sub(ONE, Ordering::Release);
        if before >= ONE {
            return false;
        }
        // Acquire (#last-reference): the other references were given up before. What was done
        // through them comes before the buffer's next owner.
        fence(Ordering::Acquire);
        self.clear();
        true
    }

    /// Returns whether the caller's reference is the only one. What was done through others comes
    /// before the caller's next steps then.
    #[inline(always)]
    pub(crate) fn is_one(self) -> bool {
        // Acquire (#last-reference): pairs with the Release in `drop_one`.
        self.0.load(Ordering::Acquire) < ONE
    }

    /// Ends the sharing. The caller has the only reference.
    #[inline(always)]
    pub(crate) fn clear(self) {
        // Relaxed: nobody else has a reference. The next who counts is an owner, and what brings
        // the buffer to it orders the two.
        self.0.store(0, Ordering::Relaxed);
    }

    /// Returns the number of references, as it is now. The caller has one.
    pub(crate) fn references(self) -> usize {
        // Relaxed: a number that is stale as soon as it is read.
        (self.0.load(Ordering::Relaxed) / ONE) as usize + 1
    }

    /// Notes that a pointer is made of the caller's reference.
    pub(crate) fn name(self) {
        // Relaxed: the pointer comes back by the contract of its caller, who orders the two.
        self.0.fetch_or(NAMED, Ordering::Relaxed);
    }

    /// Returns whether a pointer was made of a reference since the buffer was shared.
    pub(crate) fn is_named(self) -> bool {
        // Relaxed: as in `name`.
        self.0.load(Ordering::Relaxed) & NAMED != 0
    }
}
