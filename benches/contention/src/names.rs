//! The names of a pool's words, by ranges of addresses.

use std::ops::Range;

use crate::machine::LINE_SHIFT;

/// The ranges of addresses that have a name.
#[derive(Default)]
pub(crate) struct Names(Vec<(Range<usize>, &'static str)>);

/// The name of all that was given none.
const OTHER: &str = "other";

impl Names {
    /// Names the bytes of a value.
    pub(crate) fn add<T: ?Sized>(&mut self, name: &'static str, value: &T) {
        let first = std::ptr::from_ref(value).addr();
        self.0.push((first..first + size_of_val(value), name));
    }

    /// Returns the name of what lies in a cache line: the first that was given.
    pub(crate) fn of_line(&self, number: usize) -> &'static str {
        let line = number << LINE_SHIFT..(number + 1) << LINE_SHIFT;
        let shares = |range: &Range<usize>| range.start < line.end && line.start < range.end;
        let found = self.0.iter().find(|(range, _)| shares(range));
        found.map_or(OTHER, |(_, name)| name)
    }
}
