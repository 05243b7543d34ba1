//! The statistics of a pool: what its parts count, read together.

#![forbid(unsafe_code)]

use super::Engine;
use super::borrowers::{Borrowers, Known};
use super::lent::Loans;
use crate::base::raw::FrameStates;
use crate::base::stack::Links;
use crate::depot::Depot;
use crate::memory::back::Back;
use crate::percpu::Event;
use crate::stats::{AllocStats, BorrowerStats, Stats};
use crate::sync::Ordering;
use crate::varlen::{Large, SizeClasses};

impl Engine {
    /// Returns what is lent to each of the borrowers.
    fn borrower_stats(&self, known: Vec<Known>) -> Vec<BorrowerStats> {
        let Some(last) = known.last() else {
            return Vec::new();
        };
        let loans = self.all_loans(last.id.index() + 1);
        let stats = known.into_iter().map(|borrower| {
            let Loans { frames, bufs } = loans[borrower.id.index()];
            BorrowerStats {
                id: borrower.id,
                name: borrower.name,
                dropped: borrower.dropped,
                frames,
                bufs,
                references: self.lent_references(&borrower.shared),
            }
        });
        stats.collect()
    }

    /// Returns the statistics of the size classes, of the large buffers, or of both; `None` if the
    /// pool has neither.
    fn alloc_stats(&self) -> Option<AllocStats> {
        let (large, large_bytes) = self.large().map(Large::live).unwrap_or_default();
        let classes = self.size_classes().map(SizeClasses::stats);
        if classes.is_none() && self.large().is_none() {
            return None;
        }
        Some(AllocStats {
            large,
            large_bytes,
            ..classes.unwrap_or_default()
        })
    }

    pub(crate) fn stats(&self) -> Stats {
        let class = &self.frames;
        let per_cpu = class.free_per_cpu();
        let depot = class.free_in_depot();
        let frames = self.arena().frames();
        let uncarved = (frames - self.arena().carved()) as usize;
        let capacity = frames as usize;
        // Between two reads a frame may move and be seen in both places.
        let free = (per_cpu.iter().sum::<usize>() + depot + uncarved).min(capacity);
        let caches = class.front_bytes();
        let borrowers = self.borrowers().map(Borrowers::known).unwrap_or_default();
        let references: usize = borrowers.iter().map(|known| known.shared.bytes()).sum();
        let batch = class.batch();
        let of_all = |event| {
            let of_size_classes = self
                .size_classes()
                .map_or(0, |size_classes| size_classes.counted(event));
            class.counted(event) + of_size_classes
        };
        Stats {
            capacity,
            free,
            out: capacity - free,
            // Relaxed: a statistic.
            retired: self.retired.load(Ordering::Relaxed) as usize,
            per_cpu,
            depot,
            uncarved,
            batch,
            cache: class.cache(),
            refills: class.counted(Event::Refill),
            flushes: class.counted(Event::Flush),
            steals: class.counted(Event::Steal),
            refusals: class.counted(Event::Refusal),
            pages: self.arena().pages(),
            front: class.front_kind(),
            no_rseq: *self.no_rseq,
            fences_refused: of_all(Event::FenceRefused),
            uncached: of_all(Event::Uncached),
            metadata: caches
                + Links::bytes_for(frames)
                + FrameStates::bytes_for(frames)
                + references
                + Depot::bytes_for(Depot::in_magazines(frames, batch as u32), batch as u32),
            alloc: self.alloc_stats(),
            // Relaxed: a statistic.
            misuses: self.misuses.load(Ordering::Relaxed),
            borrowers: self.borrower_stats(borrowers),
        }
    }
}
