//! A child of `class`: it names the cache lines of a size class.

use contention::names::Names;

use super::super::memory::arena::Arena;
use super::match_front;

impl super::Class<Arena> {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        self.back.name_lines(names);
        self.depot.name_lines(names);
        match_front!(self.front, front => front.name_lines(names));
    }
}
