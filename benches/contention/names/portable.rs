//! A child of `percpu::portable`: it names the cache lines of the portable front.

use contention::names::Names;

impl super::Portable {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        names.add("shards", &*self.0.shards);
    }
}
