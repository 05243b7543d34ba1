//! The places of a cell: which of them are free, and which one is current. #place-owner and
//! #place-retired say who may touch a place.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use crossbeam_utils::CachePadded;

use super::Buffer;
use crate::sync::{AtomicU32, AtomicU64, Ordering, Tracks};

/// The most places of a cell: a word has a bit for each.
pub(super) const MOST_PLACES: usize = u64::BITS as usize;

/// The value of `current` in an empty cell.
const NONE: u32 = u32::MAX;

/// The number of a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u32);

/// The places of a cell and their state.
pub(super) struct Slots<B: Buffer> {
    /// The number of the current place. Readers load it, so it has its own cache line.
    current: CachePadded<AtomicU32>,
    /// The free places: a bit for each.
    free: CachePadded<AtomicU64>,
    places: Box<[UnsafeCell<MaybeUninit<B>>]>,
    /// The tracks stand for the places in a model.
    tracks: Tracks,
}

impl<B: Buffer> Slots<B> {
    pub(super) fn new(places: usize) -> Self {
        let empty = || UnsafeCell::new(MaybeUninit::uninit());
        Self {
            current: CachePadded::new(AtomicU32::new(NONE)),
            free: CachePadded::new(AtomicU64::new(u64::MAX >> (MOST_PLACES - places))),
            places: (0..places).map(|_| empty()).collect(),
            tracks: Tracks::new(places),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Takes a free place. It is the caller's (#place-owner).
    pub(super) fn claim(&self) -> Option<Place> {
        // Relaxed: the place is touched only after a successful exchange.
        let mut free = self.free.load(Ordering::Relaxed);
        while free != 0 {
            let place = Place(free.trailing_zeros());
            // Acquire (#place-handover): pairs with `give_back`; the last owner is done with the
            // place. Relaxed on failure: as above.
            match self.free.compare_exchange_weak(
                free,
                free & !place.bit(),
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(place),
                Err(now) => free = now,
            }
        }
        None
    }

    /// Gives a place back.
    ///
    /// # Safety
    ///
    /// - The caller owns the place (#place-owner), and it is empty.
    pub(super) unsafe fn give_back(&self, place: Place) {
        // Release (#place-handover): pairs with `claim`; what the caller did to the place comes
        // before its next owner.
        self.free.fetch_or(place.bit(), Ordering::Release);
    }

    /// Puts a buffer into a place.
    ///
    /// # Safety
    ///
    /// - The caller owns the place (#place-owner), and it is empty.
    pub(super) unsafe fn fill(&self, place: Place, buffer: B) {
        self.tracks.write(place.0);
        // SAFETY: the caller owns the place, so nobody else has a reference into it.
        unsafe { self.at(place).write(buffer) };
    }

    /// Makes a place, or none, the current one. Returns the place that was current before, which is
    /// the caller's to retire (#place-retired).
    ///
    /// # Safety
    ///
    /// - The caller owns the place (#place-owner), has filled it, and gives it up.
    pub(super) unsafe fn publish(&self, place: Option<Place>) -> Option<Place> {
        let new = place.map_or(NONE, |place| place.0);
        // Release (#cell-publish): publishes the place's buffer to `current`. Acquire
        // (#cell-publish): pairs with the Release here; the caller will drop the old buffer.
        let old = self.current.swap(new, Ordering::AcqRel);
        (old != NONE).then_some(Place(old))
    }

    /// Returns the buffer of the current place.
    #[inline]
    pub(super) fn current(&self) -> Option<NonNull<B>> {
        // Acquire (#cell-publish): pairs with `publish`; the buffer is read through what is
        // returned.
        let place = self.current.load(Ordering::Acquire);
        if place == NONE {
            return None;
        }
        self.tracks.read(place);
        Some(self.at(Place(place)))
    }

    #[inline]
    fn at(&self, place: Place) -> NonNull<B> {
        // `MaybeUninit<B>` is laid out as `B`.
        NonNull::from(&self.places[place.0 as usize]).cast()
    }

    /// Counts the buffer as retired in its pool.
    ///
    /// # Safety
    ///
    /// - The caller has taken the place out of `current`, and has deferred nothing yet.
    pub(super) unsafe fn note_retired(&self, place: Place) {
        self.tracks.read(place.0);
        // SAFETY: the place was published full, and only readers share it (#place-retired).
        unsafe { self.at(place).as_ref() }.retired();
    }

    /// Drops the buffer of a retired place.
    ///
    /// # Safety
    ///
    /// - The place is retired, nobody can look at it any more (#place-retired), and only this call
    ///   releases it.
    pub(super) unsafe fn release(&self, place: Place) {
        // SAFETY: by the function's bullet, the place is full and unshared.
        let buffer = unsafe { self.empty(place) };
        // SAFETY: by the function's bullet, and because it is empty now.
        unsafe { self.give_back(place) };
        // The count comes before the drop, which may be the end of the pool (#free-ends-access).
        buffer.no_longer_retired();
        // The drop comes last: what the end of a pool drops may use this cell.
        drop(buffer);
    }

    /// Moves the buffer out of a place.
    ///
    /// # Safety
    ///
    /// - The place is full, and the caller has it to itself.
    unsafe fn empty(&self, place: Place) -> B {
        self.tracks.write(place.0);
        // SAFETY: by the function's bullet. Whoever uses the place next fills it first.
        unsafe { self.at(place).read() }
    }

    /// Returns whether nothing is retired, and no other writer is in the middle of a call.
    pub(super) fn nothing_retired(&self) -> bool {
        // Relaxed, twice: the answer decides only whether to collect once more.
        let in_use = self.len() as u32 - self.free.load(Ordering::Relaxed).count_ones();
        let current = self.current.load(Ordering::Relaxed);
        in_use == u32::from(current != NONE)
    }

    /// Returns the free places, as bits. A writer compares them to see whether a collection has
    /// freed one.
    pub(super) fn free(&self) -> u64 {
        // Relaxed: as in `nothing_retired`.
        self.free.load(Ordering::Relaxed)
    }
}

impl Place {
    fn bit(self) -> u64 {
        1 << self.0
    }
}

impl<B: Buffer> Drop for Slots<B> {
    fn drop(&mut self) {
        // Relaxed, twice: whoever drops the cell comes after all that was done with it.
        let free = self.free.load(Ordering::Relaxed);
        let current = self.current.load(Ordering::Relaxed);
        for place in (0..self.len() as u32).map(Place) {
            if free & place.bit() != 0 {
                continue;
            }
            // SAFETY: the bit is clear, and no call is in progress. So the place is the current one
            // or a retired one, and full.
            let buffer = unsafe { self.empty(place) };
            if place.0 != current {
                buffer.no_longer_retired();
            }
            // The drop does not unwind (#drop-does-not-unwind), so the places behind this one are
            // emptied too.
            drop(buffer);
        }
    }
}
