//! Floors made of the crate's own restartable sequences, on caches of their own.
//!
//! The floors of [`pair`] and [`bulk`] are for one thread. Their slow paths change a cache without
//! a fence, which is safe because nothing else runs. The floors of [`singles`], [`owners`] and
//! [`shared`] are for any number of threads: no slow path of theirs touches a cache ([`stock`]).

mod bulk;
mod caches;
mod owners;
mod pair;
mod sections;
mod shared;
mod singles;
mod stock;

use super::area::Area;
use super::{COUNTS, COUNTS_AT_ONCE, HANDLES, LOADS, SEQUENCES};
use crate::work::{Kind, Workload};

/// Returns the floor of this name for a workload, if the workload has it.
pub(super) fn floor(area: Area, name: &str, kind: Kind) -> Option<Box<dyn Workload>> {
    match (name, kind) {
        (SEQUENCES, Kind::Pair) => Some(Box::new(pair::Pair::new(area))),
        (LOADS, Kind::Pair) => Some(Box::new(pair::Loads::new(area))),
        (SEQUENCES, Kind::Bulk32) => Some(Box::new(bulk::Bulk::<32>::new(area))),
        (SEQUENCES, Kind::Bulk256) => Some(Box::new(bulk::Bulk::<256>::new(area))),
        (HANDLES, Kind::Bulk32) => Some(Box::new(bulk::Handles::<32>::new(area))),
        (HANDLES, Kind::Bulk256) => Some(Box::new(bulk::Handles::<256>::new(area))),
        (SEQUENCES, _) => singles::floor(area, kind),
        (LOADS, _) => owners::loads(area, kind),
        (HANDLES, _) => owners::handles(area, kind),
        (COUNTS | COUNTS_AT_ONCE, _) => shared::floor(area, name, kind),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check;

    #[test]
    fn owners_are_frames_apart_from_one_another() {
        let Ok(area) = Area::find() else { return };
        check(owners::Owners::new(area));
    }
}
