//! The participants of a cell's collector: each is one handle's at a time, and stays until the cell
//! goes.
//!
//! ```text
//!   first ─► │ taken │ ─► │ spare │ ─► │ taken │      a handle takes one that is spare, or adds one
//! ```
//!
//! A participant that leaves the collector becomes garbage of it, and so does the bag that it hands
//! in last. Those are some 4 KiB, which wait while anybody is pinned, in one queue with what
//! writers retire: a writer would have to work through them. So none leaves, and handles may come
//! and go while a snapshot is held. A participant's bag holds up to 64 nodes of the queue, 2 KiB
//! each, until it is full.
//!
//! Source: M. Michael, Hazard pointers, IEEE TPDS 2004, section 3.2 (its list of records).

use std::ptr::{self, NonNull};

use crossbeam_epoch::{Collector, Guard, LocalHandle};

use crate::sync::{AtomicPtr, AtomicU32, Ordering, Tracks};

const SPARE: u32 = 0;
const TAKEN: u32 = 1;

pub(super) struct Participants {
    first: AtomicPtr<Participant>,
    collector: Collector,
}

/// A participant of the collector. `LocalHandle` is not bound to a thread, but counts without
/// atomics: it is for whoever has taken the participant (E6), so this is not `Sync`, nor a handle
/// `Send`.
pub(super) struct Participant {
    local: LocalHandle,
    taken: AtomicU32,
    /// Null at the end. Written before the participant is added.
    next: *mut Participant,
    /// Stand for `local` and for `next` in a model.
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

    /// Takes a spare participant, or adds one; it is the caller's (E6).
    pub(super) fn take(&self) -> &Participant {
        // Acquire (W): pairs with the Release in `add`; the participants behind it are looked at.
        let mut at = self.first.load(Ordering::Acquire);
        // SAFETY: null, or a participant, which stays until the cell goes (E6).
        while let Some(participant) = unsafe { at.as_ref() } {
            // Acquire (W): pairs with the Release in `leave`; what the handle before did with it
            // comes first. Relaxed on failure: it is not touched.
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
        // Relaxed: the exchange compares it. It is followed once the exchange has published it.
        let mut first = self.first.load(Ordering::Relaxed);
        loop {
            // SAFETY: leaked just now, and nobody else knows it.
            let participant = unsafe { added.as_mut() };
            participant.tracks.write(NEXT);
            participant.next = first;
            // AcqRel (W): publishes the participant, and hands on the Release of who added the one
            // behind it. Relaxed on failure: as above.
            match self.first.compare_exchange(
                first,
                added.as_ptr(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                // SAFETY: added, and it stays until the cell goes (E6).
                Ok(_) => return unsafe { added.as_ref() },
                Err(now) => first = now,
            }
        }
    }
}

impl Participant {
    /// Keeps what is retired from now on from being released. The caller has taken the participant.
    #[inline]
    pub(super) fn pin(&self) -> Guard {
        self.tracks.write(LOCAL);
        self.local.pin()
    }

    /// Gives the participant up; it was the caller's. Nothing of a cell's is left in its bag:
    /// writers hand in what they defer.
    pub(super) fn leave(&self) {
        self.tracks.write(LOCAL);
        // Pinned by a snapshot that was forgotten, and for good, it is nobody's any more.
        if !self.local.is_pinned() {
            // Release (W): what this handle did with it comes before what the next one does.
            self.taken.store(SPARE, Ordering::Release);
        }
    }
}

impl Drop for Participants {
    fn drop(&mut self) {
        // Relaxed: whoever drops the cell comes after all that was done with it.
        let mut at = self.first.load(Ordering::Relaxed);
        while !at.is_null() {
            // SAFETY: leaked from a box by `add`, and this call's alone: handles borrow the cell,
            // which goes.
            let participant = unsafe { Box::from_raw(at) };
            at = participant.next;
        }
    }
}
