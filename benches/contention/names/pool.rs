//! Child of `pool`.

use contention::names::Names;

impl super::Pool {
    /// Says which words are which.
    pub(crate) fn name_lines(&self, names: &mut Names) {
        // SAFETY: the handle keeps the pool.
        unsafe { self.inner.as_ref() }.name_lines(names);
    }
}
