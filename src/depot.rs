//! The depot: free ids that belong to no CPU, in magazines of up to 64.
//!
//! ```text
//!   full  ─► magazine ─► magazine …      slots: 64 ids a magazine, in four cache lines
//!   empty ─► magazine ─► …               fresh: magazines never used so far, from a number up
//!   loose ─► id ─► id …                  ids that found no magazine, by the per-id links
//! ```
//!
//! A magazine is in `full`, in `empty`, fresh, or in the hands of one call. A call that takes an
//! empty magazine has the ids for it in hand, and a call that takes a full one gives it back before
//! it lets go of the ids. So if there are magazines for all ids, there is always one for a whole
//! batch. There may be fewer (`Depot::in_magazines`), part batches can use them up, and the system
//! can refuse a fresh one's memory (Windows). Then ids go to `loose`, which has a link for each. So
//! `push` never fails while the depot is open, and never uses the heap.
//!
//! `push` prefers a magazine, and `pop` a full one. So loose ids stay where they are while
//! magazines come and go, and are taken last.
//!
//! Edges: #stack-publish of `full` publishes a magazine's slots to the call that takes it
//! (#magazine-filled). #stack-publish of `empty` gives the slots to the next writer
//! (#magazine-emptied). Closing: `full` and `loose` refuse from then on; `empty` is not closed.
//!
//! Tags: there are at most 2^20 magazines of 64, which leaves 43 bits of tag. There is one
//! operation for up to 64 ids. At 60 million operations a second on one line a tag comes round
//! after 40 hours. A magazine is as large as a batch, which is half of a cache. With caches of one
//! id a magazine holds one id: 2^26 magazines leave 37 bits, which come round after 38 minutes. So
//! do the tags of `loose`, over 2^26 ids.
//!
//! Source: J. Bonwick, J. Adams, Magazines and Vmem, USENIX ATC 2001, §3 (the depot layer).

#![forbid(unsafe_code)]

use std::io;

use crossbeam_utils::CachePadded;

use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::base::stack::{Closed, Links, Stack};
use crate::sync::{AtomicU32, Ordering, Table, Tracks, Unprotected};

/// The magazines, full and empty, and the loose ids.
pub(crate) struct Depot(Unprotected<Parts>);

struct Parts {
    full: CachePadded<Stack>,
    empty: CachePadded<Stack>,
    loose: CachePadded<Stack>,
    /// The magazines from this number up were never used.
    fresh: CachePadded<AtomicU32>,
    magazines: u32,
    /// The number of ids for which a magazine has slots.
    size: usize,
    slots: Table<AtomicU32>,
    magazine_links: Links,
    /// In a model, each track stands for the slots of one magazine.
    tracks: Tracks,
}

impl Depot {
    /// Returns for how many of `ids` ids there should be magazines of `size`, if magazines and
    /// their links together are to take 4 bytes an id. A link is as large as two slots, so there
    /// are fewer magazines by two in `size`: a thirty-second of 64. With small magazines that would
    /// be many, and then the answer is all ids.
    pub(crate) fn in_magazines(ids: u32, size: u32) -> u32 {
        const SMALL: u32 = 32;
        let all = ids.div_ceil(size);
        if size < SMALL {
            ids
        } else {
            (all - 2 * all / size) * size
        }
    }

    /// Makes an empty depot for ids below `ids`, with magazines of `size` for `most` of them.
    pub(crate) fn new(ids: u32, most: u32, size: u32) -> io::Result<Self> {
        let magazines = most.div_ceil(size);
        Ok(Self(Unprotected::new(Parts {
            full: CachePadded::new(Stack::new(magazines)),
            empty: CachePadded::new(Stack::new(magazines)),
            loose: CachePadded::new(Stack::new(ids)),
            fresh: CachePadded::new(AtomicU32::new(0)),
            magazines,
            size: size as usize,
            slots: Table::reserved(magazines as usize * size as usize)?,
            magazine_links: Links::new(magazines)?,
            tracks: Tracks::new(magazines as usize),
        })))
    }

    /// Pushes up to a magazine's size of ids. Its last step makes them available: nothing of the
    /// depot is touched after it.
    pub(crate) fn push(&self, frame_links: &Links, ids: &[BufferId]) -> Result<(), Closed> {
        debug_assert!(ids.len() <= self.0.size, "a batch fits into a magazine");
        let Some(magazine) = self.pop_empty() else {
            return self.0.loose.push_bulk(frame_links, ids);
        };
        self.0.tracks.write(magazine);
        for (slot, id) in self.slots_of(magazine).iter().zip(ids) {
            // Relaxed: the magazine is this call's alone (#magazine-emptied); the push publishes
            // the slot (#magazine-filled).
            slot.store(id.0, Ordering::Relaxed);
        }
        let weight = ids.len() as u32;
        self.0
            .full
            .push(&self.0.magazine_links, magazine, weight, u32::MAX)
            .map_err(|_| Closed)
    }

    /// Pops a magazine of ids, or as many loose ids. Leaves the batch empty if there are none.
    pub(crate) fn pop(&self, frame_links: &Links, batch: &mut Batch) {
        batch.truncate(0);
        let Some((magazine, weight)) = self.0.full.pop_with_weight(&self.0.magazine_links) else {
            return self.0.loose.pop_burst(frame_links, self.0.size, batch);
        };
        self.0.tracks.read(magazine);
        for slot in &self.slots_of(magazine)[..weight as usize] {
            // Relaxed: #magazine-filled has published the slot, and the pop acquired it.
            batch.push(BufferId(slot.load(Ordering::Relaxed)));
        }
        // `empty` has no limit and is never closed, so this cannot be refused.
        let answer = self
            .0
            .empty
            .push(&self.0.magazine_links, magazine, 1, u32::MAX);
        debug_assert_eq!(answer, Ok(()));
    }

    fn pop_empty(&self) -> Option<u32> {
        if let Some(magazine) = self.0.empty.pop(&self.0.magazine_links) {
            return Some(magazine);
        }
        // Relaxed, here and below: the counter alone decides whose a fresh magazine is. Nobody has
        // written its slots yet.
        let mut fresh = self.0.fresh.load(Ordering::Relaxed);
        while fresh < self.0.magazines {
            // The memory is committed before the magazine is this call's. Without it the ids find
            // no magazine, as when all are used up.
            self.commit(fresh).ok()?;
            match self.0.fresh.compare_exchange_weak(
                fresh,
                fresh + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(fresh),
                Err(now) => fresh = now,
            }
        }
        None
    }

    /// Commits the memory of a magazine and of its link.
    #[inline]
    fn commit(&self, magazine: u32) -> io::Result<()> {
        let start = magazine as usize * self.0.size;
        self.0.slots.commit(start, start + self.0.size)?;
        self.0.magazine_links.commit(magazine, magazine + 1)
    }

    fn slots_of(&self, magazine: u32) -> &[AtomicU32] {
        let start = magazine as usize * self.0.size;
        &self.0.slots[start..start + self.0.size]
    }

    /// Returns how many ids are in the depot.
    pub(crate) fn free_count(&self, frame_links: &Links) -> u32 {
        self.0.full.weight(&self.0.magazine_links) + self.0.loose.weight(frame_links)
    }

    /// Shows the ids that seem to be in the depot. The answer is a hint, as that of
    /// [`Stack::peek`].
    pub(crate) fn peek(&self, frame_links: &Links, mut see: impl FnMut(BufferId)) {
        let full = &self.0.full;
        full.peek(&self.0.magazine_links, |magazine, weight| {
            let slots = self.slots_of(magazine).iter().take(weight as usize);
            // Relaxed: a hint. Whoever has taken the magazine meanwhile may write other ids.
            slots.for_each(|slot| see(BufferId(slot.load(Ordering::Relaxed))));
        });
        self.0.loose.peek(frame_links, |id, _| see(BufferId(id)));
    }

    /// Returns the number of pops so far if no id is in the depot, else `None`. See
    /// `class::exhaustion`.
    pub(crate) fn pops_if_empty(&self) -> Option<u64> {
        Some(
            self.0
                .full
                .pops_if_empty()?
                .wrapping_add(self.0.loose.pops_if_empty()?),
        )
    }

    /// Closes the depot and returns how many ids were in it.
    pub(crate) fn close(&self, frame_links: &Links) -> u32 {
        self.0.full.close(&self.0.magazine_links) + self.0.loose.close(frame_links)
    }

    /// Returns how many bytes the magazines for `most` ids reserve.
    pub(crate) fn bytes_for(most: u32, size: u32) -> usize {
        let magazines = most.div_ceil(size);
        magazines as usize * size as usize * size_of::<u32>() + Links::bytes_for(magazines)
    }
}
