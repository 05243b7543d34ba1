//! The floors of sequences on a target that has no sequences: there are none.

use super::area::Area;
use crate::work::{Kind, Workload};

pub(super) fn floor(area: Area, _name: &str, _kind: Kind) -> Option<Box<dyn Workload>> {
    match area {}
}
