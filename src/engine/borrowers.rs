//! The list of a pool's borrowers: their numbers and names.
//!
//! ```text
//!   made ──► open ── dropped, nothing lent ──────────────► unused ──► open, next generation
//!              └──── dropped with loans ──► left ── reclaim ──┘
//! ```
//!
//! A buffer's word names a borrower by its number alone. So a number is used again only when no
//! buffer is lent under it. The list has a lock, which no path of a buffer takes.
//!
//! A borrower's table of references is the number's: the handle shares it, and it is dropped when
//! nothing is lent under the number any more.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::SharedLoans;
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
    /// The references that are lent under the number; `None` while it is unused.
    shared: Option<Arc<SharedLoans>>,
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
    pub(crate) shared: Arc<SharedLoans>,
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

    /// Adds a borrower, whose handle exists from now on, and returns its table of references too.
    pub(crate) fn open(
        &self,
        name: &str,
    ) -> Result<(BorrowerId, Arc<SharedLoans>), TooManyBorrowers> {
        let name = Box::from(name);
        let shared = Arc::new(SharedLoans::new());
        let mut entries = self.entries();
        if let Some(number) = entries
            .iter()
            .position(|entry| entry.state == State::Unused)
        {
            let entry = &mut entries[number];
            entry.generation = entry.generation.wrapping_add(1);
            entry.name = name;
            entry.state = State::Open;
            entry.shared = Some(Arc::clone(&shared));
            let id = BorrowerId::new(number as u32, entry.generation);
            return Ok((id, shared));
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
            shared: Some(Arc::clone(&shared)),
        });
        Ok((BorrowerId::new(number as u32, 0), shared))
    }

    /// Notes that a borrower's handle is dropped. `lent` says whether buffers are still lent to it.
    pub(crate) fn close(&self, borrower: BorrowerId, lent: bool) {
        match lent {
            true => self.entries()[borrower.index()].state = State::Left,
            false => self.end(borrower),
        }
    }

    /// Notes that the buffers of a borrower, whose handle is dropped, are about to be reclaimed.
    /// Returns its table of references.
    pub(crate) fn begin_reclaim(
        &self,
        borrower: BorrowerId,
    ) -> Result<Arc<SharedLoans>, ReclaimError> {
        let mut entries = self.entries();
        let entry = entries.get_mut(borrower.index());
        let entry = entry.filter(|entry| entry.generation == borrower.generation());
        match entry {
            Some(entry) if entry.state == State::Left => {
                entry.state = State::Reclaimed;
                entry.shared.clone().ok_or(ReclaimError::Unknown)
            }
            Some(entry) if entry.state != State::Unused => Err(ReclaimError::InUse),
            _ => Err(ReclaimError::Unknown),
        }
    }

    /// Notes that nothing is lent to a borrower any more.
    pub(crate) fn end(&self, borrower: BorrowerId) {
        // The table is unmapped after the lock is given back.
        let _shared = {
            let entry = &mut self.entries()[borrower.index()];
            entry.state = State::Unused;
            entry.shared.take()
        };
    }

    /// Returns the borrowers whose handles exist, or to which buffers are lent.
    pub(crate) fn known(&self) -> Vec<Known> {
        let entries = self.entries();
        let known = entries.iter().enumerate().filter_map(|(number, entry)| {
            Some(Known {
                id: BorrowerId::new(number as u32, entry.generation),
                name: entry.name.as_ref().into(),
                dropped: entry.state != State::Open,
                shared: entry.shared.clone()?,
            })
        });
        known.collect()
    }

    /// Returns the name of a borrower whose handle exists.
    pub(crate) fn name(&self, borrower: BorrowerId) -> String {
        self.entries()[borrower.index()].name.as_ref().into()
    }
}
