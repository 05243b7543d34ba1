//! No sequences: there is no [`Area`](crate::sys::Area) on this target, so nothing here is ever called.

use super::Area;
use super::real::Sections;

pub(super) const NONE: u32 = u32::MAX;

/// # Safety
///
/// - None: there are no `Sections`.
pub(super) unsafe fn pop(at: Sections) -> u32 {
    match at.area {}
}

/// # Safety
///
/// - None: there are no `Sections`.
pub(super) unsafe fn push(at: Sections, _id: u32) -> bool {
    match at.area {}
}

/// # Safety
///
/// - None: there are no `Sections`.
pub(super) unsafe fn pop_many(at: Sections, _to: *mut u32, _most: usize) -> usize {
    match at.area {}
}

/// # Safety
///
/// - None: there are no `Sections`.
pub(super) unsafe fn push_many(at: Sections, _from: *const u32, _n: usize) -> bool {
    match at.area {}
}

/// # Safety
///
/// - None: there is no `Area`.
pub(super) unsafe fn wait(area: Area, _words: *mut u32, _turns: u32, _number: &mut u32) -> bool {
    match area {}
}
