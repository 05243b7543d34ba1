//! A child of `engine`: it names the cache lines of what a pool's handles and buffers share.

use contention::names::Names;

impl super::Engine {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        names.add("handles", &*self.handles);
        names.add("home", &*self.returned);
        self.frames.name_lines(names);
    }
}
