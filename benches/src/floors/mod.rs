//! What nothing that gets and frees can be faster than: the steps that cannot be left out, and nothing else.
//!
//! | floor | workloads | of what |
//! |---|---|---|
//! | `two bare CAS` | pair | a front without restartable sequences |
//! | `sequences` | pair, bulk | the crate's own sequences, with all that they need in registers |
//! | `sequences + loads` | pair | any API with a handle: what they need is loaded from memory at each get and free |
//! | `sequences + handles` | bulk | any API that hands out owners: handles are built and taken apart again |
//! | `plain lists` | dot11-mix | any allocator with lists by size: stacks of numbers, by one thread, without sequences |
//! | `plain array` | dot11 | any allocator: the same writes, to buffers that are always there |
//!
//! One byte of each frame is written, as in the workloads (M4).

mod area;
mod array;
mod cas;
mod lists;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64"
))]
mod sequences;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64"
)))]
#[path = "no_sequences.rs"]
mod sequences;

use crate::entrant::Entrant;
use crate::work::{Kind, Workload};

pub use area::NoArea;

use area::Area;
use cas::CasPair;

/// Two bare compare-and-swaps.
pub const CAS: &str = "two bare CAS";
/// The sequences in a tight loop.
pub const SEQUENCES: &str = "sequences";
/// The same, with what they need in memory.
pub const LOADS: &str = "sequences + loads";
/// The same, with a handle for each frame.
pub const HANDLES: &str = "sequences + handles";

/// Buffers out of a list for each size.
pub const LISTS: &str = "plain lists";
/// Buffers that are always there.
pub const ARRAY: &str = "plain array";

/// A workload of a floor, with the floor's name.
pub type Entry = (&'static str, Box<dyn Workload>);

/// A floor as one who takes part.
pub struct Floor {
    name: &'static str,
    kinds: &'static [Kind],
}

/// All floors, those that need sequences last.
pub static ALL: [Floor; 6] = [
    Floor::new(CAS, &[Kind::Pair]),
    Floor::new(LISTS, &[Kind::Dot11Mix]),
    Floor::new(ARRAY, &[Kind::Dot11Mix, Kind::Dot11HandOff]),
    Floor::new(SEQUENCES, &[Kind::Pair, Kind::Bulk32, Kind::Bulk256]),
    Floor::new(LOADS, &[Kind::Pair]),
    Floor::new(HANDLES, &[Kind::Bulk32, Kind::Bulk256]),
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
        let of_sequences = [SEQUENCES, LOADS, HANDLES].contains(&self.name);
        self.kinds.contains(&kind) && !(of_sequences && without_sequences().is_some())
    }

    /// A floor has no buffers of its own.
    fn check(&self) {}

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        let mut floors = of(kind).into_iter();
        floors
            .find(|floor| floor.0 == self.name)
            .map(|floor| floor.1)
    }
}

/// Returns the reason why there are no floors of sequences here, if there are none.
#[must_use]
pub fn without_sequences() -> Option<NoArea> {
    Area::find().err()
}

/// Returns the floors of a workload.
#[must_use]
pub fn of(kind: Kind) -> Vec<Entry> {
    let mut floors: Vec<Entry> = Vec::new();
    if kind == Kind::Pair {
        floors.push((CAS, Box::new(CasPair::new())));
    }
    if kind == Kind::Dot11Mix {
        floors.push((LISTS, lists::mix()));
        floors.push((ARRAY, array::mix()));
    }
    if kind == Kind::Dot11HandOff {
        let of_array = kind.with_varying(array::in_turn());
        floors.extend(of_array.map(|workload| (ARRAY, workload)));
    }
    if let Ok(area) = Area::find() {
        floors.extend(sequences::floors(area, kind));
    }
    floors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_runs_the_steps_it_is_asked_for() {
        let all = [
            (Kind::Pair, 1, 2),
            (Kind::Bulk32, 0, 2),
            (Kind::Bulk256, 0, 2),
            (Kind::Dot11Mix, 2, 0),
            (Kind::Dot11HandOff, 1, 0),
        ];
        for (kind, of_none, of_sequences) in all {
            let mut floors = of(kind);
            let expected = if without_sequences().is_some() {
                0
            } else {
                of_sequences
            };
            assert_eq!(floors.len(), of_none + expected);
            for (name, floor) in &mut floors {
                assert!(floor.run(10_000).steps >= 10_000, "{name}");
            }
        }
        assert!(of(Kind::Window).is_empty());
    }

    #[test]
    fn a_floor_takes_part_where_there_is_one() {
        for kind in Kind::ALL {
            let mut there: Vec<_> = of(kind).iter().map(|floor| floor.0).collect();
            let taking = ALL.iter().filter(|floor| floor.takes(kind));
            let mut taking: Vec<_> = taking.map(Entrant::title).collect();
            there.sort_unstable();
            taking.sort_unstable();
            assert_eq!(taking, there, "{}", kind.name());
        }
    }
}
