//! Bugs that models of several areas catch, and what failures say.

use framewell_mutations::Mutation;

pub(crate) const LOST: &str = "lost or doubled";
pub(crate) const UNORDERED: &str = "Causality violation";
pub(crate) const OPENED: &str = "a cache is open that must be shut";
pub(crate) const LEAKED: &str = "Allocation leaked";
pub(crate) const MISSED: &str = "was free all along";
pub(crate) const ON_ITS_WAY: &str = "refused what was on its way";

pub(crate) const POP_WITHOUT_TAG: Mutation = Mutation {
    item: "Tagged::popped",
    from: "(word & !self.mask).wrapping_add(self.mask + 1) | field",
    to: "word & !self.mask | field",
};

pub(crate) const PUSH_RELAXED: Mutation = Mutation {
    item: "Stack::push",
    from: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

pub(crate) const PUSH_BULK_RELAXED: Mutation = Mutation {
    item: "Stack::push_bulk",
    from: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

pub(crate) const POP_NOT_RELEASED: Mutation = Mutation {
    item: "Stack::pop_with",
    from: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

pub(crate) const POP_BURST_NOT_RELEASED: Mutation = Mutation {
    item: "Stack::pop_burst_if",
    from: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

pub(crate) const CLOSE_IN_TWO_STEPS: Mutation = Mutation {
    item: "Stack::close",
    from: "let word = self.head.swap(self.tagged.closed(), Ordering::Acquire);",
    to: "let word = self.head.load(Ordering::Acquire);
            self.head.store(self.tagged.closed(), Ordering::Release);",
};

pub(crate) const SLOT_PUSH_RELAXED: Mutation = Mutation {
    item: "Slot::push",
    from: ".compare_exchange(word, new, Ordering::Release, Ordering::Relaxed)",
    to: ".compare_exchange(word, new, Ordering::Relaxed, Ordering::Relaxed)",
};

pub(crate) const FIRST_FENCE_LEFT_OUT: Mutation = Mutation {
    item: "Caches::stop_all",
    from: "1 => self.fence(last),",
    to: "1 => { let _ = last; true }",
};

pub(crate) const MARK_LEFT_OUT: Mutation = Mutation {
    item: "Gate::mark",
    from: "seen.0 & MARKED != 0 || self.change(seen.0, seen.0 | MARKED)",
    to: "{ let _ = seen; true }",
};

pub(crate) const OPENING_NOT_NOTED: Mutation = Mutation {
    item: "Caches::open_here",
    from: "if !self.outside.mode.note_opening() || !self",
    to: "if !self",
};

pub(crate) const GIVEN_BACK_TOO_EARLY: Mutation = Mutation {
    item: "Stack::pop_all_if",
    from: "if self.weight_under(links, word) != weight || !holds()",
    to: "if self.weight_under(links, word) + 1 < weight || !holds()",
};

pub(crate) const TAKEN_WHOLE_IN_TWO_STEPS: Mutation = Mutation {
    item: "Stack::pop_all_if",
    from: "self.head
            .compare_exchange(
                word,
                self.tagged.emptied(word),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()",
    to: "let same = self.head.load(Ordering::Acquire) == word;
            if same {
                self.head.store(self.tagged.emptied(word), Ordering::Release);
            }
            same",
};

pub(crate) const ARRIVALS_IGNORED: Mutation = Mutation {
    item: "Transit::may_refuse",
    from: "if now.arrivals() != before.arrivals()",
    to: "if now.arrivals() < before.arrivals()",
};
