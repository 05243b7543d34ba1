//! Floors made of the crate's own restartable sequences, on caches of their own.
//!
//! All are for one thread: what the slow paths do to a cache is safe without a fence because nothing else runs.

mod bulk;
mod caches;
mod pair;
mod sections;

use super::area::Area;
use super::{Entry, HANDLES, LOADS, SEQUENCES};
use crate::work::Kind;

pub(super) fn floors(area: Area, kind: Kind) -> Vec<Entry> {
    match kind {
        Kind::Pair => vec![
            (SEQUENCES, Box::new(pair::Pair::new(area))),
            (LOADS, Box::new(pair::Loads::new(area))),
        ],
        Kind::Bulk32 => both::<32>(area),
        Kind::Bulk256 => both::<256>(area),
        _ => Vec::new(),
    }
}

fn both<const N: usize>(area: Area) -> Vec<Entry> {
    vec![
        (SEQUENCES, Box::new(bulk::Bulk::<N>::new(area))),
        (HANDLES, Box::new(bulk::Handles::<N>::new(area))),
    ]
}
