//! Child of `front::portable`.

use contention::names::Names;

impl super::Portable {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        names.add("shards", &*self.0.shards);
    }
}
