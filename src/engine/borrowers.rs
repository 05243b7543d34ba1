//! The list of a pool's borrowers: their numbers and names.
//!
//! ```text
//!   made ──► open ── dropped, nothing lent ──────────────► unused ──► open, next generation
//!              └──── dropped with loans ──► left ── reclaim ──┘
//! ```
//!
//! A buffer's word names a borrower by its number alone. So a number is used again only when no
//! buffer is lent under it. The list has a lock, which no path of a buffer takes.

#![forbid(unsafe_code)]

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::id::BorrowerId;
use crate::base::limits::MAX_BORROWERS;
use crate::error::{ReclaimError, TooManyBorrowers};

pub(crate) struct Borrowers {
    /// The borrowers, by their numbers.
    entries: Mutex<Vec<Entry>>,
}

struct Entry {
    generation: u32,
    name: Box<str>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A handle exists.
    Open,
    /// The handle was dropped while buffers were lent.
    Left,
    /// A call reclaims what the dropped handle has left.
    Reclaimed,
    /// Nothing is lent, and there is no handle.
    Unused,
}

/// What the list knows of a borrower.
pub(crate) struct Known {
    pub(crate) id: BorrowerId,
    pub(crate) name: String,
    pub(crate) dropped: bool,
}

impl Borrowers {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::new(Vec::new()),
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        // No call panics while it holds the lock, except where the heap is at its end. The list is
        // whole then, too.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a borrower, whose handle exists from now on.
    pub(crate) fn open(&self, name: &str) -> Result<BorrowerId, TooManyBorrowers> {
        let name = Box::from(name);
        let mut entries = self.entries();
        if let Some(number) = entries
            .iter()
            .position(|entry| entry.state == State::Unused)
        {
            let entry = &mut entries[number];
            entry.generation = entry.generation.wrapping_add(1);
            entry.name = name;
            entry.state = State::Open;
            return Ok(BorrowerId::new(number as u32, entry.generation));
        }
        let number = entries.len();
        if number == MAX_BORROWERS {
            let left = entries.iter().filter(|entry| entry.state == State::Left);
            return Err(TooManyBorrowers {
                dropped: left.count(),
            });
        }
        entries.push(Entry {
            generation: 0,
            name,
            state: State::Open,
        });
        Ok(BorrowerId::new(number as u32, 0))
    }

    /// Notes that a borrower's handle is dropped. `lent` says whether buffers are still lent to it.
    pub(crate) fn close(&self, borrower: BorrowerId, lent: bool) {
        self.set(borrower, if lent { State::Left } else { State::Unused });
    }

    /// Notes that the buffers of a borrower, whose handle is dropped, are about to be reclaimed.
    pub(crate) fn begin_reclaim(&self, borrower: BorrowerId) -> Result<(), ReclaimError> {
        let mut entries = self.entries();
        let entry = entries.get_mut(borrower.index());
        let entry = entry.filter(|entry| entry.generation == borrower.generation());
        match entry {
            Some(entry) if entry.state == State::Left => {
                entry.state = State::Reclaimed;
                Ok(())
            }
            Some(entry) if entry.state != State::Unused => Err(ReclaimError::InUse),
            _ => Err(ReclaimError::Unknown),
        }
    }

    /// Notes that nothing is lent to a borrower any more.
    pub(crate) fn end_reclaim(&self, borrower: BorrowerId) {
        self.set(borrower, State::Unused);
    }

    fn set(&self, borrower: BorrowerId, state: State) {
        self.entries()[borrower.index()].state = state;
    }

    /// Returns the borrowers whose handles exist, or to which buffers are lent.
    pub(crate) fn known(&self) -> Vec<Known> {
        let entries = self.entries();
        let known = entries.iter().enumerate();
        let known = known.filter(|(_, entry)| entry.state != State::Unused);
        known
            .map(|(number, entry)| Known {
                id: BorrowerId::new(number as u32, entry.generation),
                name: entry.name.as_ref().into(),
                dropped: entry.state != State::Open,
            })
            .collect()
    }

    /// Returns the name of a borrower whose handle exists.
    pub(crate) fn name(&self, borrower: BorrowerId) -> String {
        self.entries()[borrower.index()].name.as_ref().into()
    }
}
