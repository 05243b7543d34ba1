//! A child of `pool`: it names the cache lines of a pool.

use contention::names::Names;

impl super::Pool {
    /// Names the words of the pool.
    pub(crate) fn name_lines(&self, names: &mut Names) {
        // SAFETY: the handle keeps the pool.
        unsafe { self.engine.as_ref() }.name_lines(names);
    }
}
