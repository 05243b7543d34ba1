//! A child of `depot`: it names the cache lines of a depot.

use contention::names::Names;

impl super::Depot {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        let parts = &*self.0;
        names.add("depot: full", &*parts.full);
        names.add("depot: empty", &*parts.empty);
        names.add("depot: loose", &*parts.loose);
        names.add("depot: fresh", &*parts.fresh);
        names.add("magazines", &*parts.slots);
        parts.magazine_links.name_lines("magazines' links", names);
    }
}
