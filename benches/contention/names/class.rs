//! A child of `class`: it names the cache lines of a size class.

use contention::names::Names;

use super::super::memory::arena::Arena;
use super::Which;

impl super::Class<Arena> {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        self.back.name_lines(names);
        self.depot.name_lines(names);
        match self.front.which() {
            Which::Rseq(caches) => caches.name_lines(names),
            Which::Portable(shards) => shards.name_lines(names),
        }
    }
}
