//! No sequences on this target.

use super::area::Area;
use crate::work::{Kind, Workload};

pub(super) fn floor(area: Area, _name: &str, _kind: Kind) -> Option<Box<dyn Workload>> {
    match area {}
}
