//! The participants of a cell's collector. Each is used by one handle at a time, and stays until
//! the cell is dropped.
//!
//! ```text
//!   first ─► │ taken │ ─► │ spare │ ─► │ taken │
//! ```
//!
//! A handle takes a participant that is spare, or adds one.
//!
//! A participant that leaves the collector becomes garbage of the collector, and so does the bag
//! that it hands in last. They are some 4 KiB, which wait while any thread is pinned. They would
//! wait in one queue with what writers retire, and a writer would have to work through them. So no
//! participant leaves, and handles may come and go while a snapshot is held. A participant's bag
//! holds up to 64 nodes of the queue, of 2 KiB each, until the bag is full.
//!
//! Source: M. Michael, Hazard pointers, IEEE TPDS 2004, section 3.2 (its list of records).

use std::ptr::{self, NonNull};

use crossbeam_epoch::{Collector, Guard, LocalHandle};

use crate::sync::{AtomicPtr, AtomicU32, Ordering, Tracks};

const SPARE: u32 = 0;
const TAKEN: u32 = 1;

/// The list of participants, and the collector that they belong to.
pub(super) struct Participants {
    first: AtomicPtr<Participant>,
    collector: Collector,
}

/// A participant of the collector, and its mark.
///
/// `LocalHandle` is not bound to a thread, but it counts without atomics. So it is for whoever has
/// taken the participant (#participant-owner), and neither this type is `Sync` nor a handle `Send`.
pub(super) struct Participant {
    local: LocalHandle,
    taken: AtomicU32,
    /// The next participant, null at the end. It is written before the participant is added.
    next: *mut Participant,
    /// The tracks stand for `local` and for `next` in a model.
    tracks: Tracks,
}

const LOCAL: u32 = 0;
const NEXT: u32 = 1;

impl Participants {
    pub(super) fn new() -> Self {
        Self {
            first: AtomicPtr::new(ptr::null_mut()),
            collector: Collector::new(),
        }
    }

    /// Takes a spare participant, or adds one. It is the caller's (#participant-owner).
    pub(super) fn take(&self) -> &Participant {
        // Acquire (#participant-handover): pairs with the Release in `add`; the list behind it is
        // walked here.
        let mut at = self.first.load(Ordering::Acquire);
        // SAFETY: the pointer is null or a participant, which stays until the cell is dropped
        // (#participant-owner).
        while let Some(participant) = unsafe { at.as_ref() } {
            // Acquire (#participant-handover): pairs with the Release in `leave`; what the handle
            // before did with the participant comes first. Relaxed on failure: the participant is
            // not touched.
            let taken = participant.taken.compare_exchange(
                SPARE,
                TAKEN,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            if taken.is_ok() {
                return participant;
            }
            participant.tracks.read(NEXT);
            at = participant.next;
        }
        self.add()
    }

    fn add(&self) -> &Participant {
        let mut added = NonNull::from(Box::leak(Box::new(Participant {
            local: self.collector.register(),
            taken: AtomicU32::new(TAKEN),
            next: ptr::null_mut(),
            tracks: Tracks::new(2),
        })));
        // Relaxed: the exchange compares the pointer. Readers follow it only after the exchange has
        // published it.
        let mut first = self.first.load(Ordering::Relaxed);
        loop {
            // SAFETY: it was leaked just now, and nobody else knows it.
            let participant = unsafe { added.as_mut() };
            participant.tracks.write(NEXT);
            participant.next = first;
            // AcqRel (#participant-handover): publishes the participant, and hands on the Release
            // of the thread that added the next one. Relaxed on failure: as above.
            match self.first.compare_exchange(
                first,
                added.as_ptr(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                // SAFETY: it is added, and stays until the cell is dropped (#participant-owner).
                Ok(_) => return unsafe { added.as_ref() },
                Err(now) => first = now,
            }
        }
    }
}

impl Participant {
    /// Pins: what is retired from now on is not released while the guard is there. The caller has
    /// taken the participant.
    #[inline]
    pub(super) fn pin(&self) -> Guard {
        self.tracks.write(LOCAL);
        self.local.pin()
    }

    /// Gives up the participant, which was the caller's. It leaves nothing of a cell in its bag:
    /// writers hand in what they defer.
    pub(super) fn leave(&self) {
        self.tracks.write(LOCAL);
        // A participant that a forgotten snapshot has pinned stays pinned, so no handle may take
        // it.
        if !self.local.is_pinned() {
            // Release (#participant-handover): pairs with the Acquire in `take`; what this handle
            // did with the participant comes before what the next one does.
            self.taken.store(SPARE, Ordering::Release);
        }
    }
}

impl Drop for Participants {
    fn drop(&mut self) {
        // Relaxed: whoever drops the cell comes after all that was done with it.
        let mut at = self.first.load(Ordering::Relaxed);
        while !at.is_null() {
            // SAFETY: it was leaked from a box by `add`, and is this call's alone: handles borrow
            // the cell, which is being dropped.
            let participant = unsafe { Box::from_raw(at) };
            at = participant.next;
        }
    }
}
