//! Child of `stack`.

use contention::names::Names;

impl super::Links {
    pub(crate) fn name_lines(&self, name: &'static str, names: &mut Names) {
        names.add(name, &**self.words);
    }
}
