//! A child of `percpu::rseq::caches`: it names the cache lines of the caches.

use contention::names::Names;

impl super::Caches {
    pub(crate) fn name_lines(&self, names: &mut Names) {
        let outside = &*self.outside;
        names.add("caches", self.slab.words());
        names.add("gates and counters", &*outside.gates);
        names.add("mode", &*outside.mode);
        names.add("tickets", &outside.tickets);
        names.add("ids on the move", outside.process.in_flight());
        names.add("drains", outside.process.draining());
    }
}
