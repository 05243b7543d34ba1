//! A child of `base::stack`: it names the cache lines of a stack's links.

use contention::names::Names;

impl super::Links {
    pub(crate) fn name_lines(&self, name: &'static str, names: &mut Names) {
        names.add(name, &**self.words);
    }
}
