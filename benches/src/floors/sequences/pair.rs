//! The pair workload: pop an id, write one byte of its frame, push the id.

use super::super::area::Area;
use super::caches::{Caches, HEADROOM, STRIDE, first};
use crate::work::{Timed, Workload, time, touch};

/// The sequences, with all that they need in registers.
pub(super) struct Pair(Caches);

/// The sequences, with all that they need in memory.
pub(super) struct Loads(Caches);

impl Pair {
    pub(super) fn new(area: Area) -> Self {
        Self(Caches::new(area))
    }
}

impl Loads {
    pub(super) fn new(area: Area) -> Self {
        Self(Caches::new(area))
    }
}

impl Workload for Pair {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let caches = &self.0;
        let (at, base) = (caches.sections(), caches.base());
        time(steps, 1, || {
            // SAFETY: the caches are borrowed mutably, so this thread alone uses them.
            let id = unsafe { at.pop() }.unwrap_or_else(|| caches.refill_and_pop());
            // SAFETY: the id came out of the caches.
            let first = unsafe { first(base, STRIDE, HEADROOM, id) };
            // SAFETY: this is a byte of a frame, and there are no references to it.
            unsafe { touch::write_at(first, 1) };
            // SAFETY: this thread alone uses the caches, as for `pop`. An id that does not fit (the
            // thread was moved) is lost until the next refill.
            if !unsafe { at.push(id) } {
                lost();
            }
        })
    }
}

impl Workload for Loads {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let caches = &self.0;
        let shared = caches.shared();
        time(steps, 1, || {
            // SAFETY: what the caches share lives as long as they do.
            let at = unsafe { (*shared).sections };
            // SAFETY: the caches are borrowed mutably, so this thread alone uses them.
            let id = unsafe { at.pop() }.unwrap_or_else(|| caches.refill_and_pop());
            // SAFETY: what the caches share lives as long as they do.
            let (base, stride, headroom) = unsafe {
                let shared = &*shared;
                (shared.base, shared.stride, shared.headroom)
            };
            // SAFETY: the id came out of the caches.
            let first = unsafe { first(base, stride, headroom.into(), id) };
            // SAFETY: this is a byte of a frame, and there are no references to it.
            unsafe { touch::write_at(first, 1) };
            // SAFETY: what the caches share lives as long as they do.
            let at = unsafe { (*shared).sections };
            // SAFETY: this thread alone uses the caches, as for `pop`. An id may be lost, as in
            // `Pair`.
            if !unsafe { at.push(id) } {
                lost();
            }
        })
    }
}

/// Does nothing. It keeps the branch that every caller of a push has.
#[cold]
#[inline(never)]
fn lost() {
    std::hint::black_box(());
}
