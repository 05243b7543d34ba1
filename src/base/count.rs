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

use crate::sync::{AtomicU32, Ordering};

/// What one further reference adds to the word.
const ONE: u32 = 2;
/// Says that a pointer was made of a reference.
const NAMED: u32 = 1;

/// The most references that a buffer can have. The word has room for twice as many, so that threads
/// which pass this limit together abort before it is full.
pub(crate) const MOST: u32 = 1 << 30;

/// The count of one buffer's references.
#[derive(Clone, Copy)]
pub struct Count<'a>(&'a AtomicU32);

impl<'a> Count<'a> {
    #[inline(always)]
    pub(crate) fn new(word: &'a AtomicU32) -> Self {
        Self(word)
    }

    /// Counts `n` further references. The caller has a reference. Ends the process if there would
    /// be more than [`MOST`]: a count that wraps would free the buffer under its readers.
    #[inline(always)]
    pub(crate) fn add(self, n: u32) {
        let allowed = match n {
            // Relaxed: the new reference is made from the caller's; nothing is published.
            1 => self.0.fetch_add(ONE, Ordering::Relaxed) / ONE < MOST - 1,
            // Many at once could wrap the word, and another thread could see that.
            _ => self.try_add(n),
        };
        if !allowed {
            process::abort();
        }
    }

    /// Counts `n` further references. Returns `false`, and counts nothing, if there would be more
    /// than [`MOST`].
    pub(crate) fn try_add(self, n: u32) -> bool {
        // Relaxed, here and below: as in `add`.
        let mut before = self.0.load(Ordering::Relaxed);
        loop {
            let left = (MOST - 1).saturating_sub(before / ONE);
            if n > left {
                return false;
            }
            match self.0.compare_exchange_weak(
                before,
                before + n * ONE,
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
        self.drop_several(1)
    }

    /// Gives up `n` references, which the caller has. The answer is that of
    /// [`drop_one`](Self::drop_one).
    #[inline(always)]
    pub(crate) fn drop_several(self, n: u32) -> bool {
        // Release (#last-reference): pairs with the load in `is_one`, and with the Acquire here of
        // the call that gives up the last. What was done through the other references comes before
        // the buffer's next owner. The read-modify-writes of other calls continue the release
        // sequence. It is no fence after the last one, because ThreadSanitizer sees no fences.
        let before = self.0.fetch_sub(n * ONE, Ordering::AcqRel);
        if before >= n * ONE {
            return false;
        }
        self.clear();
        true
    }

    /// Returns whether the caller's reference is the only one. What was done through others comes
    /// before the caller's next steps then.
    #[inline(always)]
    pub(crate) fn is_one(self) -> bool {
        // Acquire (#last-reference): pairs with the Release in `drop_several`.
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Runs something on a word, and returns what the word is afterwards.
    fn word(before: u32, run: impl FnOnce(Count<'_>)) -> u32 {
        let word = AtomicU32::new(before);
        run(Count::new(&word));
        word.load(Ordering::Relaxed)
    }

    /// A word, what runs on it, and the word that is left.
    type Case = (u32, fn(Count<'_>), u32);

    fn assert_runs(cases: &[Case]) {
        for (case, (before, run, after)) in cases.iter().enumerate() {
            assert_eq!(word(*before, run), *after, "case {case}");
        }
    }

    /// The word of a buffer that has as many references as it can have.
    const FULL: u32 = (MOST - 1) * ONE;

    #[test]
    fn count_goes_up_to_the_limit_and_no_further() {
        assert_runs(&[
            (0, |count| count.add(1), ONE),
            (NAMED, |count| count.add(3), NAMED + 3 * ONE),
            (FULL - ONE, |count| count.add(1), FULL),
            (FULL - 5 * ONE, |count| count.add(5), FULL),
            (NAMED, |count| count.add(MOST - 1), NAMED + FULL),
            (FULL - ONE, |count| assert!(count.try_add(1)), FULL),
            (FULL, |count| assert!(!count.try_add(1)), FULL),
            (FULL - ONE, |count| assert!(!count.try_add(2)), FULL - ONE),
            (
                NAMED + FULL,
                |count| assert!(!count.try_add(1)),
                NAMED + FULL,
            ),
            (0, |count| assert!(!count.try_add(MOST)), 0),
            (0, |count| assert!(!count.try_add(u32::MAX)), 0),
            // Another thread has passed the limit, and is about to end the process.
            (FULL + ONE, |count| assert!(!count.try_add(1)), FULL + ONE),
            (
                u32::MAX,
                |count| assert!(!count.try_add(u32::MAX)),
                u32::MAX,
            ),
        ]);
        assert_eq!(
            word(FULL, |count| assert_eq!(count.references(), MOST as usize)),
            FULL
        );
    }

    #[test]
    fn last_is_known_whether_or_not_a_pointer_was_made() {
        assert_runs(&[
            (0, |count| assert!(count.drop_one()), 0),
            (NAMED, |count| assert!(count.drop_one()), 0),
            (ONE, |count| assert!(!count.drop_one()), 0),
            (ONE + NAMED, |count| assert!(!count.drop_one()), NAMED),
            (FULL, |count| assert!(!count.drop_one()), FULL - ONE),
            (FULL, |count| assert!(count.drop_several(MOST)), 0),
            (FULL + NAMED, |count| assert!(count.drop_several(MOST)), 0),
            (FULL, |count| assert!(!count.drop_several(MOST - 1)), 0),
            (2 * ONE, |count| assert!(count.drop_several(3)), 0),
            (3 * ONE, |count| assert!(!count.drop_several(3)), 0),
            (0, |count| assert!(count.is_one()), 0),
            (NAMED, |count| assert!(count.is_one()), NAMED),
            (ONE, |count| assert!(!count.is_one()), ONE),
        ]);
    }

    #[test]
    fn pointers_are_noted_beside_the_count() {
        assert_runs(&[
            (4 * ONE, |count| count.name(), NAMED + 4 * ONE),
            (NAMED + 4 * ONE, |count| count.name(), NAMED + 4 * ONE),
            (
                NAMED + 4 * ONE,
                |count| assert!(count.is_named()),
                NAMED + 4 * ONE,
            ),
            (4 * ONE, |count| assert!(!count.is_named()), 4 * ONE),
            (NAMED, |count| count.clear(), 0),
            (0, |count| count.set(MOST - 1), FULL),
        ]);
    }
}
