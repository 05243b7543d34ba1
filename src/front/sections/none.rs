//! No sequences: there is no [`Area`](crate::sys::Area) on this target, so nothing here is ever called.

use super::real::At;

pub(super) const NONE: u32 = u32::MAX;

/// # Safety
///
/// - None: there is no `At`.
pub(super) unsafe fn pop(at: At) -> u32 {
    match at.area {}
}

/// # Safety
///
/// - None: there is no `At`.
pub(super) unsafe fn push(at: At, _id: u32) -> bool {
    match at.area {}
}

/// # Safety
///
/// - None: there is no `At`.
pub(super) unsafe fn pop_many(at: At, _to: *mut u32, _most: usize) -> usize {
    match at.area {}
}

/// # Safety
///
/// - None: there is no `At`.
pub(super) unsafe fn push_many(at: At, _from: *const u32, _n: usize) -> bool {
    match at.area {}
}
