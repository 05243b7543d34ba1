//! Loans of references: shared frames that a borrower has, each as often as it is lent.
//!
//! ```text
//!   borrower 3:   │ frame 0: 2 references │ frame 1: 0 │ frame 2: 1 │ …
//! ```
//!
//! One packet may lie in the rings of several borrowers at the same time, and a frame's word can
//! name only one of them. So each borrower has a table of its own, in which it counts the
//! references that it has to each frame. The table is reserved when the first reference is lent to
//! the borrower, and it ends with the borrower's number. The frame's word stays 0 meanwhile.
//!
//! A reference that is lent stays counted in the frame's count (see `base::count`), as any other.
//!
//! Invariants
//!
//! - #lent-are-counted: A table's numbers are references that the frame's count has, and that
//!   nobody holds. Who takes one off the number has that reference.

#![forbid(unsafe_code)]

use std::io;

use super::Engine;
use super::lent::not_lent;
use super::misuse::MisuseKind;
use crate::base::id::BufferId;
use crate::base::lazy::Lazy;
use crate::memory::arena::Arena;
use crate::memory::back::Back;
use crate::sync::{AtomicU32, Ordering, Table};
use crate::sys::Mapping;

/// The references that one borrower has.
pub(crate) struct SharedLoans {
    numbers: Lazy<Numbers>,
}

/// The number of references to each frame.
struct Numbers {
    words: Table<AtomicU32>,
    /// How many of the words may be touched, where they are committed on demand.
    there: AtomicU32,
}

impl Numbers {
    fn new(frames: u32) -> io::Result<Self> {
        Ok(Self {
            words: Table::reserved(frames as usize)?,
            there: AtomicU32::new(0),
        })
    }

    /// Returns the words that may be touched. That of a frame to which a reference was lent is
    /// among them.
    fn words(&self) -> &[AtomicU32] {
        if !Mapping::ON_DEMAND {
            return &self.words;
        }
        // Acquire (#number-committed): pairs with the Release in `commit`.
        &self.words[..self.there.load(Ordering::Acquire) as usize]
    }

    /// Makes the words of all frames usable that were carved.
    #[cold]
    fn commit(&self, arena: &Arena) -> io::Result<()> {
        let carved = arena.carved();
        // Relaxed: what is committed twice does not change.
        let there = self.there.load(Ordering::Relaxed).min(carved);
        self.words.commit(there as usize, carved as usize)?;
        // Release (#number-committed): pairs with the Acquire in `words`, and publishes that the
        // words are committed.
        self.there.fetch_max(carved, Ordering::Release);
        Ok(())
    }
}

impl SharedLoans {
    pub(crate) fn new() -> Self {
        Self {
            numbers: Lazy::new(),
        }
    }

    /// Returns the word of each frame that may have a reference here.
    pub(super) fn words(&self) -> &[AtomicU32] {
        self.numbers.get().map_or(&[], Numbers::words)
    }

    /// Returns the word of a frame, which is there from now on. The caller has a reference.
    fn word_or_make(&self, arena: &Arena, id: BufferId) -> io::Result<&AtomicU32> {
        let numbers = self.numbers.get_or_make(|| Numbers::new(arena.frames()))?;
        if Mapping::ON_DEMAND && id.index() >= numbers.words().len() {
            numbers.commit(arena)?;
        }
        Ok(&numbers.words[id.index()])
    }

    /// Returns the bytes that the table reserves.
    pub(super) fn bytes(&self) -> usize {
        let numbers = self.numbers.get();
        numbers.map_or(0, |numbers| size_of_val(&*numbers.words))
    }
}

/// Takes one reference off a frame's number. Returns `false` if there is none.
///
/// Several calls may bring references to one frame at the same time: each gets one.
fn take_one(word: &AtomicU32) -> bool {
    // Relaxed, here and on failure: nothing is concluded but that there is none.
    let mut lent = word.load(Ordering::Relaxed);
    while lent > 0 {
        // Acquire (#shared-loan): pairs with the Release in `lend_reference`.
        match word.compare_exchange_weak(lent, lent - 1, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => return true,
            Err(now) => lent = now,
        }
    }
    false
}

/// Takes all references off a frame's number, and returns how many.
pub(super) fn take_all(word: &AtomicU32) -> u32 {
    // Relaxed: nothing is concluded but that there is none. The load leaves the pages of a table
    // untouched that no reference was lent in.
    match word.load(Ordering::Relaxed) {
        0 => 0,
        // Acquire (#shared-loan): as in `take_one`.
        _ => word.swap(0, Ordering::Acquire),
    }
}

impl Engine {
    /// Lends a reference to a frame to the borrower that has these loans. The caller has the
    /// reference, and gives it up.
    ///
    /// *Errors*: the system refused the memory of the table. The caller still has the reference.
    #[inline]
    pub(crate) fn lend_reference(&self, loans: &SharedLoans, id: BufferId) -> io::Result<()> {
        let arena = self.arena();
        let word = loans.word_or_make(arena, id)?;
        arena.loom_read(id);
        // Release (#shared-loan): pairs with the Acquire in `take_one` and `take_all`. What was
        // done through the reference comes before what is done through the one that comes back.
        // The word cannot be full: each reference is counted, and there are fewer than 2³¹.
        word.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Counts the references to frames among these loans.
    pub(crate) fn lent_references(&self, loans: &SharedLoans) -> usize {
        // Relaxed: a statistic.
        let number = |word: &AtomicU32| word.load(Ordering::Relaxed) as usize;
        let carved = self.arena().carved() as usize;
        loans.words().iter().take(carved).map(number).sum()
    }

    /// Makes the caller the owner of a reference to a frame that is lent to this borrower, if the
    /// view of `len` bytes from `offset` lies in the frame. Returns why not otherwise.
    #[inline]
    pub(crate) fn return_reference(
        &self,
        borrower: u32,
        loans: &SharedLoans,
        id: BufferId,
        offset: usize,
        len: usize,
    ) -> Result<(), MisuseKind> {
        let arena = self.arena();
        if id.0 >= arena.frames() {
            return Err(MisuseKind::Foreign);
        }
        let not_lent = || not_lent(arena.whereabouts(id), borrower);
        let word = loans.words().get(id.index()).ok_or_else(not_lent)?;
        let room = usize::from(arena.layout().room);
        if offset > room || len > room - offset {
            // Relaxed: it decides on the reason alone.
            return Err(match word.load(Ordering::Relaxed) {
                0 => not_lent(),
                _ => MisuseKind::BeyondRoom {
                    headroom: offset,
                    len,
                    room,
                },
            });
        }
        if !take_one(word) {
            return Err(not_lent());
        }
        // The borrower has read the bytes.
        arena.loom_read(id);
        Ok(())
    }

    /// Drops references to a frame. Returns whether one of them was the last: then the caller owns
    /// the frame.
    pub(super) fn drop_references(&self, id: BufferId, references: u32) -> bool {
        references > 0 && self.arena().count(id).drop_several(references)
    }
}
