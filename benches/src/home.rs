//! The entrants that live in this package and need nothing else: framewell in all its forms, and
//! the system's allocator.

use framewell::Front;

use crate::contestants::{Bursts, Dot11, Framewell, Heap, MALLOC, Ras};
use crate::entrant::{Apart, Both, Entrant, Frames, InBulk, Later, Made, Varying};
use crate::floors;
use crate::numbers::InNumbers;
use crate::rings::{AsPointers, ByNumbers, InBursts, InTable, OneByOne, pool};
use crate::sharing::{Arcs, Clones, Many, Owners};
use crate::work::rings::Rings;
use crate::work::{Kind, sharing};

/// The name of framewell with its defaults.
pub const FRAMEWELL: &str = "framewell";
/// The name of framewell with an owner for each frame where it would hand out numbers.
pub const BURST: &str = "framewell, Burst";
/// The name of framewell on the portable front.
pub const PORTABLE: &str = "framewell, portable";
/// The name of framewell behind the C library's functions.
pub const RAS: &str = "framewell, RAS";
/// The name of framewell's borrowers, with the calls for single frames.
pub const ONE_BY_ONE: &str = "framewell, one by one";
/// The name of framewell without borrowers: the frames that are outside are in a table.
pub const TABLE: &str = "framewell, table";
/// The name of framewell without borrowers: the frames that are outside are bare pointers.
pub const POINTERS: &str = "framewell, pointers";
/// The name of framewell with all references to a frame counted at once.
pub const SHARE_MANY: &str = "framewell, share_many";
/// The name of framewell's own buffers in the standard library's `Arc`.
pub const ARC: &str = "framewell, Arc";
/// The name of framewell's own buffers as owners of `Bytes`.
pub const BYTES_OWNER: &str = "framewell, Bytes";
/// The name of the system's allocator.
pub const SYSTEM: &str = "malloc";

static BY_DEFAULT: Later = Later::new(
    FRAMEWELL,
    Some(Made::by(|| stays(InNumbers::of(Framewell::new())))),
    Some(Made::by(|| stays(Varying(Dot11::new())))),
);
static IN_BURSTS: InBulk = InBulk(Later::new(
    BURST,
    Some(Made::by(|| stays(Frames(Bursts::new())))),
    None,
));
static ON_PORTABLE: Later = Later::new(
    PORTABLE,
    Some(Made::by(|| stays(InNumbers::of(Framewell::portable())))),
    Some(Made::by(|| stays(Varying(Dot11::portable())))),
);
static BEHIND_C: Later = Later::new(RAS, Some(Made::by(|| stays(Frames(Ras::new())))), None);
static WITH_RINGS: [Apart; 6] = [
    Apart::new(
        FRAMEWELL,
        &[
            (Kind::Rings, || {
                Box::new(Rings::new(ByNumbers::new(pool(Front::Auto))))
            }),
            (Kind::Sharing4, || {
                sharing::four(stay(Clones::new(Front::Auto)))
            }),
            (Kind::Sharing4Across, || {
                sharing::four_across(stay(Clones::new(Front::Auto)))
            }),
            (Kind::Sharing44, || {
                sharing::slices(stay(Clones::new(Front::Auto)))
            }),
            (Kind::Sharing44Across, || {
                sharing::slices_across(stay(Clones::new(Front::Auto)))
            }),
        ],
        Some(&BY_DEFAULT),
    ),
    Apart::new(
        BURST,
        &[(Kind::Rings, || {
            Box::new(Rings::new(InBursts::new(pool(Front::Auto))))
        })],
        Some(&IN_BURSTS),
    ),
    Apart::new(
        PORTABLE,
        &[
            (Kind::Rings, || {
                Box::new(Rings::new(ByNumbers::new(pool(Front::Portable))))
            }),
            (Kind::Sharing4, || {
                sharing::four(stay(Clones::new(Front::Portable)))
            }),
            (Kind::Sharing4Across, || {
                sharing::four_across(stay(Clones::new(Front::Portable)))
            }),
            (Kind::Sharing44, || {
                sharing::slices(stay(Clones::new(Front::Portable)))
            }),
            (Kind::Sharing44Across, || {
                sharing::slices_across(stay(Clones::new(Front::Portable)))
            }),
        ],
        Some(&ON_PORTABLE),
    ),
    Apart::new(
        ONE_BY_ONE,
        &[(Kind::Rings, || {
            Box::new(Rings::new(OneByOne::new(pool(Front::Auto))))
        })],
        None,
    ),
    Apart::new(
        TABLE,
        &[(Kind::Rings, || {
            Box::new(Rings::new(InTable::new(pool(Front::Auto))))
        })],
        None,
    ),
    Apart::new(
        POINTERS,
        &[(Kind::Rings, || {
            Box::new(Rings::new(AsPointers::new(pool(Front::Auto))))
        })],
        None,
    ),
];
static SHARED: [Apart; 3] = [
    Apart::new(
        SHARE_MANY,
        &[
            (Kind::Sharing4, || {
                sharing::four(stay(Many::new(Front::Auto)))
            }),
            (Kind::Sharing4Across, || {
                sharing::four_across(stay(Many::new(Front::Auto)))
            }),
        ],
        None,
    ),
    Apart::new(
        ARC,
        &[
            (Kind::Sharing4, || sharing::four(stay(Arcs::new()))),
            (Kind::Sharing4Across, || {
                sharing::four_across(stay(Arcs::new()))
            }),
            (Kind::Sharing44, || sharing::slices(stay(Arcs::new()))),
            (Kind::Sharing44Across, || {
                sharing::slices_across(stay(Arcs::new()))
            }),
        ],
        None,
    ),
    Apart::new(
        BYTES_OWNER,
        &[
            (Kind::Sharing4, || sharing::four(stay(Owners::new()))),
            (Kind::Sharing4Across, || {
                sharing::four_across(stay(Owners::new()))
            }),
            (Kind::Sharing44, || sharing::slices(stay(Owners::new()))),
            (Kind::Sharing44Across, || {
                sharing::slices_across(stay(Owners::new()))
            }),
        ],
        None,
    ),
];
static OF_SYSTEM: Both<Heap<std::alloc::System>> = Both(MALLOC);

/// The entrants of this package, framewell first.
pub static HOME: [&dyn Entrant; 11] = {
    let [numbers, bursts, portable, one_by_one, table, pointers] = &WITH_RINGS;
    let [many, arcs, owners] = &SHARED;
    [
        numbers, bursts, portable, &BEHIND_C, &OF_SYSTEM, one_by_one, table, pointers, many, arcs,
        owners,
    ]
};

/// Returns the entrant or the floor of this name.
#[must_use]
pub fn named(title: &str) -> Option<&'static dyn Entrant> {
    let floors = floors::ALL.iter().map(|floor| floor as &dyn Entrant);
    let mut all = HOME.into_iter().chain(floors);
    all.find(|entrant| entrant.title() == title)
}

fn stay<T>(it: T) -> &'static T {
    Box::leak(Box::new(it))
}

fn stays(entrant: impl Entrant + 'static) -> &'static dyn Entrant {
    stay(entrant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lives_here_is_named_once_and_passes_the_check() {
        for entrant in HOME {
            let found = named(entrant.title()).expect("one of this name");
            assert!(std::ptr::addr_eq(found, entrant), "{}", entrant.title());
            entrant.check();
        }
    }

    #[test]
    fn who_takes_part_has_a_workload_of_its_own_name() {
        for kind in [Kind::Pair, Kind::Bulk32, Kind::Dot11Mix] {
            for entrant in HOME {
                let there = entrant.workload(kind).is_some();
                assert_eq!(there, entrant.takes(kind), "{}", entrant.title());
            }
        }
        let of_frames = HOME.iter().filter(|entrant| !entrant.takes(Kind::Dot11Mix));
        let of_frames: Vec<_> = of_frames.map(|entrant| entrant.title()).collect();
        assert_eq!(
            of_frames,
            [
                BURST,
                RAS,
                ONE_BY_ONE,
                TABLE,
                POINTERS,
                SHARE_MANY,
                ARC,
                BYTES_OWNER
            ]
        );
    }

    #[test]
    fn rings_are_run_by_the_forms_of_framewell_that_own_frames() {
        let there = |entrant: &&'static dyn Entrant| entrant.workload(Kind::Rings).is_some();
        let found = HOME.into_iter().filter(there);
        let found: Vec<_> = found.map(|entrant| entrant.title()).collect();
        assert_eq!(
            found,
            [FRAMEWELL, BURST, PORTABLE, ONE_BY_ONE, TABLE, POINTERS]
        );
    }
}
