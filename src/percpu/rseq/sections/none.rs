//! The sequences where there are none: this target has no [`Area`](crate::sys::Area), so nothing
//! here is ever called.

use super::Area;
use super::real::Sections;

pub(super) const NONE: u32 = u32::MAX;

/// Stands for `pop` of the other targets.
///
/// # Safety
///
/// - None: there are no `Sections`.
pub(super) unsafe fn pop(at: Sections) -> u32 {
    match at.area {}
}

/// Stands for `push` of the other targets.
///
/// # Safety
///
/// - None: there are no `Sections`.
pub(super) unsafe fn push(at: Sections, _id: u32) -> bool {
    match at.area {}
}

/// Stands for `pop_burst` of the other targets.
///
/// # Safety
///
/// - None: there are no `Sections`.
pub(super) unsafe fn pop_burst(at: Sections, _to: *mut u32, _most: usize) -> usize {
    match at.area {}
}

/// Stands for `push_bulk` of the other targets.
///
/// # Safety
///
/// - None: there are no `Sections`.
pub(super) unsafe fn push_bulk(at: Sections, _from: *const u32, _n: usize) -> bool {
    match at.area {}
}

/// Stands for `wait` of the other targets.
///
/// # Safety
///
/// - None: there is no `Area`.
pub(super) unsafe fn wait(area: Area, _words: *mut u32, _turns: u32, _number: &mut u32) -> bool {
    match area {}
}
