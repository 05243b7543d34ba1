//! The floors: nothing that gets and frees can be faster than they are. Each does the steps that
//! cannot be left out, and nothing else.
//!
//! - `two bare CAS` (pair) bounds a front without restartable sequences.
//! - `plain array` (burst, window, hand-off, dot11, rings, sharing) bounds any allocator. It does
//!   the same writes, to buffers that are always there.
//! - `free list` (rings) is what a driver writes by hand: a `Vec<u64>` of the offsets of free
//!   frames. `free list, in bulk` is the same with calls for many. `free list + words` (rings)
//!   bounds what knows of each frame who has it: a word is compared and stored at each step.
//! - `plain lists` (dot11-mix) bounds any allocator with lists by size. It has stacks of numbers,
//!   one thread, and no sequences.
//! - `linked lists` (dot11-mix) bounds any allocator whose free buffers hold the links. It is like
//!   `plain lists`, with a head for each size, and the links in the buffers.
//! - `plain stack` (pair, burst, window, pair-2t, oversub-64) bounds any cache of pointers for each
//!   thread. It has a stack of them, in the thread's own words.
//! - `sequences` (pair, burst, bulk, window, pair-2t, oversub-64) runs the crate's own sequences,
//!   with all that they need in registers. Ids are owned.
//! - `sequences + loads` (pair, pair-2t) bounds any API with a handle. What the sequences need is
//!   loaded from memory at each get and free.
//! - `sequences + handles` (burst, bulk, window, oversub-64) bounds any API that hands out owners.
//!   Handles are stored and taken apart again, with the loads.
//! - `plain array + counts` (sharing) bounds what counts references: the same atomics, for buffers
//!   that are always there. `free list + counts` (sharing-4) has a list for one thread beside them.
//! - `sequences + counts` (sharing-4) bounds any API that counts references to frames in a table:
//!   the sequences, with handles and counts. `at once` (sharing-4, sharing-44) has one store or
//!   addition for all references.
//!
//! The floors write the same bytes as the workloads (M4), and frames of 1500 bytes lie as a pool's
//! do. No floor can take a frame from another CPU, refuse a double free, or tell how many frames
//! are out.
//!
//! [`bounds`] says which floors bound framewell with its defaults, and [`bounds_all`] which ones
//! bound its peers too.

mod area;
mod array;
mod cas;
mod frames;
mod linked;
mod lists;
mod places;
mod rings;
#[cfg(rseq)]
mod sequences;
#[cfg(not(rseq))]
#[path = "no_sequences.rs"]
mod sequences;
mod shared;
mod sizes;
mod stack;

use crate::entrant::Entrant;
use crate::work::{Kind, Workload};

pub use area::NoArea;

use area::Area;
use cas::CasPair;

/// The name of the floor with two bare compare-and-swaps.
pub const CAS: &str = "two bare CAS";
/// The name of the floor with the sequences in a tight loop.
pub const SEQUENCES: &str = "sequences";
/// The name of the floor with the sequences, and what they need in memory.
pub const LOADS: &str = "sequences + loads";
/// The name of the floor with the sequences, and a handle for each frame.
pub const HANDLES: &str = "sequences + handles";

/// The name of the floor with buffers out of a list for each size.
pub const LISTS: &str = "plain lists";
/// The name of the floor with buffers linked to a list for each size.
pub const LINKED: &str = "linked lists";
/// The name of the floor with buffers that are always there.
pub const ARRAY: &str = "plain array";
/// The name of the floor with pointers out of a thread's own stack.
pub const STACK: &str = "plain stack";
/// The name of the floor with a list of free offsets, kept by hand.
pub const LIST: &str = "free list";
/// The name of the floor with the same list, and calls for many.
pub const LIST_BULK: &str = "free list, in bulk";
/// The name of the floor with such a list, and a word for each frame that says who has it.
pub const WORDS: &str = "free list + words";
/// The name of the floor with such a list for one thread, and a count for each buffer.
pub const LIST_COUNTS: &str = "free list + counts";
/// The name of the floor with buffers that are always there, and a count for each.
pub const ARRAY_COUNTS: &str = "plain array + counts";
/// The name of the floor with the sequences, handles, and a count for each frame.
pub const COUNTS: &str = "sequences + counts";
/// The name of the floor with the same, and one store for all references of a frame.
pub const COUNTS_AT_ONCE: &str = "sequences + counts, at once";

/// A floor as an entrant.
pub struct Floor {
    name: &'static str,
    kinds: &'static [Kind],
}

/// All floors, those that need sequences last.
pub static ALL: [Floor; 15] = [
    Floor::new(CAS, &[Kind::Pair]),
    Floor::new(
        ARRAY,
        &[
            Kind::Burst32,
            Kind::Burst256,
            Kind::Window,
            Kind::HandOff,
            Kind::HandOffBulk,
            Kind::Dot11Mix,
            Kind::Dot11HandOff,
            Kind::Rings,
            Kind::Sharing4,
            Kind::Sharing4Across,
            Kind::Sharing44,
            Kind::Sharing44Across,
        ],
    ),
    Floor::new(
        ARRAY_COUNTS,
        &[
            Kind::Sharing4,
            Kind::Sharing4Across,
            Kind::Sharing44,
            Kind::Sharing44Across,
        ],
    ),
    Floor::new(LIST, &[Kind::Rings]),
    Floor::new(LIST_BULK, &[Kind::Rings]),
    Floor::new(WORDS, &[Kind::Rings]),
    Floor::new(LIST_COUNTS, &[Kind::Sharing4]),
    Floor::new(LISTS, &[Kind::Dot11Mix]),
    Floor::new(LINKED, &[Kind::Dot11Mix]),
    Floor::new(
        STACK,
        &[
            Kind::Pair,
            Kind::Burst32,
            Kind::Burst256,
            Kind::Window,
            Kind::PairTwo,
            Kind::Oversubscribed,
        ],
    ),
    Floor::new(
        SEQUENCES,
        &[
            Kind::Pair,
            Kind::Burst32,
            Kind::Burst256,
            Kind::Bulk32,
            Kind::Bulk256,
            Kind::Window,
            Kind::PairTwo,
            Kind::Oversubscribed,
        ],
    ),
    Floor::new(LOADS, &[Kind::Pair, Kind::PairTwo]),
    Floor::new(
        HANDLES,
        &[
            Kind::Burst32,
            Kind::Burst256,
            Kind::Bulk32,
            Kind::Bulk256,
            Kind::Window,
            Kind::Oversubscribed,
        ],
    ),
    Floor::new(COUNTS, &[Kind::Sharing4]),
    Floor::new(COUNTS_AT_ONCE, &[Kind::Sharing4, Kind::Sharing44]),
];

impl Floor {
    const fn new(name: &'static str, kinds: &'static [Kind]) -> Self {
        Self { name, kinds }
    }
}

impl Entrant for Floor {
    fn title(&self) -> &'static str {
        self.name
    }

    fn takes(&self, kind: Kind) -> bool {
        let of_sequences = [SEQUENCES, LOADS, HANDLES, COUNTS, COUNTS_AT_ONCE].contains(&self.name);
        self.kinds.contains(&kind) && !(of_sequences && without_sequences().is_some())
    }

    /// Checks nothing, since a floor has no buffers of its own.
    fn check(&self) {}

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        match (self.name, kind) {
            (name, Kind::Rings) => rings::floor(name),
            (ARRAY, _) if kind.shares() => shared::floor(ARRAY, kind),
            (ARRAY_COUNTS | LIST_COUNTS, _) => shared::floor(self.name, kind),
            (CAS, Kind::Pair) => Some(Box::new(CasPair::new())),
            (LISTS, Kind::Dot11Mix) => Some(lists::mix()),
            (LINKED, Kind::Dot11Mix) => Some(linked::mix()),
            (ARRAY, Kind::Dot11Mix) => Some(array::mix()),
            (ARRAY, Kind::Dot11HandOff) => kind.with_varying(array::in_turn()),
            (ARRAY, _) => places::floor(kind),
            (STACK, _) => stack::floor(kind),
            _ => sequences::floor(Area::find().ok()?, self.name, kind),
        }
    }
}

/// Returns the reason why there are no floors of sequences here; `None` if there are.
#[must_use]
pub fn without_sequences() -> Option<NoArea> {
    Area::find().err()
}

/// Returns whether framewell with its defaults cannot be faster than the floor of this name.
///
/// A floor without sequences does not bound a front that has them.
#[must_use]
pub fn bounds(name: &str) -> bool {
    name != CAS || without_sequences().is_some()
}

/// Returns whether nobody at all can be faster than the floor of this name.
#[must_use]
pub fn bounds_all(name: &str) -> bool {
    name == ARRAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_runs_the_steps_it_is_asked_for_where_it_takes_part() {
        for floor in &ALL {
            for kind in Kind::every() {
                let workload = floor.workload(kind);
                let of = format!("{} on {}", floor.name, kind.name());
                assert_eq!(workload.is_some(), floor.takes(kind), "{of}");
                if let Some(mut workload) = workload {
                    assert!(workload.run(10_000).steps >= 10_000, "{of}");
                }
            }
        }
    }

    #[test]
    fn a_workload_has_the_floors_that_bound_it() {
        let of = |kind| -> Vec<_> {
            let floors = ALL.iter().filter(|floor| floor.takes(kind));
            floors.map(Entrant::title).collect()
        };
        let mut of_window = vec![ARRAY, STACK];
        let mut of_bulk = Vec::new();
        if without_sequences().is_none() {
            of_window.extend([SEQUENCES, HANDLES]);
            of_bulk.extend([SEQUENCES, HANDLES]);
        }
        assert_eq!(of(Kind::Window), of_window);
        assert_eq!(of(Kind::Bulk32), of_bulk);
        assert_eq!(of(Kind::HandOffBulk), [ARRAY]);
        assert_eq!(of(Kind::Sharing4Across), [ARRAY, ARRAY_COUNTS]);
        assert_eq!(of(Kind::Dot11Mix), [ARRAY, LISTS, LINKED]);
        assert_eq!(of(Kind::Set64), [""; 0]);
    }

    #[test]
    fn a_front_with_sequences_is_not_bounded_by_one_without() {
        assert_eq!(bounds(CAS), without_sequences().is_some());
        assert!([SEQUENCES, ARRAY].into_iter().all(bounds));
    }
}
