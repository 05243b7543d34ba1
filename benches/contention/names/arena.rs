//! A child of `memory::arena`: it names the cache lines of an arena.

use contention::names::Names;

impl super::Arena {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        names.add("carved", &*self.next);
        self.memory.links().name_lines("frames' links", names);
    }
}
