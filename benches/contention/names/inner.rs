//! A child of `inner`: it names the cache lines of a pool's inner part.

use contention::names::Names;

impl super::Inner {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        names.add("handles", &*self.handles);
        names.add("home", &*self.home);
        self.frames.name_lines(names);
    }
}
