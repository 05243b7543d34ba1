//! A slot for one id in front of a stack. A free and the next get meet here without a link.
//!
//! The slot is a tagged word and keeps the rules of a stack's head (#head-read-modify-write,
//! #pop-counts and #closed-final). Only read-modify-writes change it, each pop adds one to the tag,
//! and closed is final. It has no link, hence no ABA: a call that swaps an index out of the word
//! has it.
//!
//! The tag tells exhaustion that nothing happened between two looks. It has 32 bits. So a call that
//! sleeps between its looks for exactly 2^32 pops (21 s at 200 million a second) could report
//! exhaustion wrongly, and nothing worse.
//!
//! A slot that is closed from the start refuses every push. Then all ids go to the stack behind it.
//!
//! Edges: a push is #stack-publish, a pop #scan-sees-pop, as for a stack.

#![forbid(unsafe_code)]

use crate::base::tagged::Tagged;
use crate::sync::{AtomicU64, Ordering};

const TAGGED: Tagged = Tagged::HALVES;

/// The slot: a tagged word.
pub(crate) struct Slot {
    word: AtomicU64,
}

impl Slot {
    /// Makes an empty slot, or a closed one.
    pub(crate) fn new(open: bool) -> Self {
        Self {
            word: AtomicU64::new(if open {
                TAGGED.empty()
            } else {
                TAGGED.closed()
            }),
        }
    }

    /// Pushes an index if the slot is empty. Returns whether it did.
    #[inline(always)]
    pub(crate) fn push(&self, index: u32) -> bool {
        // Relaxed: nothing is read that the word publishes.
        let word = self.word.load(Ordering::Relaxed);
        if TAGGED.field(word) != TAGGED.empty() {
            return false;
        }
        let new = TAGGED.filled(word, index.into());
        // Release (#stack-publish): pairs with the Acquire in `pop` and `close`. It publishes what
        // the caller wrote to what the index names. Relaxed on failure: the index stays the
        // caller's.
        self.word
            .compare_exchange(word, new, Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    /// Pops the index, if there is one.
    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<u32> {
        // Relaxed: what the index names is used only after the compare-and-swap has acquired it.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let index = self.named(word)?;
            let new = TAGGED.emptied(word);
            // Acquire: pairs with #stack-publish. Release (#scan-sees-pop): as in
            // `Stack::pop_with`.
            match self
                .word
                .compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return Some(index),
                Err(now) => word = now,
            }
        }
    }

    /// Returns the index that is here. The answer is stale as soon as it is read.
    pub(crate) fn peek(&self) -> Option<u32> {
        // Relaxed: the number alone is used.
        self.named(self.word.load(Ordering::Relaxed))
    }

    /// Returns how many indices are here, 0 or 1. The answer is stale as soon as it is read.
    pub(crate) fn weight(&self) -> u32 {
        u32::from(self.peek().is_some())
    }

    /// Returns the number of pops so far if the slot is empty now, else `None`.
    pub(crate) fn pops_if_empty(&self) -> Option<u64> {
        // Acquire: pairs with #scan-sees-pop; see `class::exhaustion`.
        let word = self.word.load(Ordering::Acquire);
        (self.named(word).is_none()).then(|| TAGGED.tag(word))
    }

    /// Closes the slot for good and returns how many indices were in it.
    pub(crate) fn close(&self) -> u32 {
        // Acquire: pairs with #stack-publish, as in `Stack::close`.
        let word = self.word.swap(TAGGED.closed(), Ordering::Acquire);
        u32::from(self.named(word).is_some())
    }

    /// Returns the index that a word names.
    #[inline(always)]
    fn named(&self, word: u64) -> Option<u32> {
        TAGGED.index(TAGGED.field(word))
    }
}
