//! Seeds for the models of `sharing`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{LEAKED, LOST, UNORDERED};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "given_up_relaxed",
        model: "sharing::two_drop_at_once",
        caught_by: UNORDERED,
        bug: &[GIVEN_UP_RELAXED],
    },
    Seed {
        name: "given_up_relaxed",
        model: "sharing::drop_races_try_into_owned",
        caught_by: UNORDERED,
        bug: &[GIVEN_UP_RELAXED],
    },
    Seed {
        name: "given_up_relaxed",
        model: "sharing::last_handle_races_last_references",
        caught_by: UNORDERED,
        bug: &[GIVEN_UP_RELAXED],
    },
    Seed {
        name: "given_up_in_two_steps",
        model: "sharing::two_drop_a_large_buffer",
        caught_by: LOST,
        bug: &[GIVEN_UP_IN_TWO_STEPS],
    },
    Seed {
        name: "given_up_relaxed",
        model: "sharing::two_drop_a_buffer_of_a_class",
        caught_by: UNORDERED,
        bug: &[GIVEN_UP_RELAXED],
    },
    Seed {
        name: "last_not_acquired",
        model: "sharing::two_drop_at_once",
        caught_by: UNORDERED,
        bug: &[LAST_NOT_ACQUIRED],
    },
    Seed {
        name: "last_not_acquired",
        model: "sharing::next_owner_writes_beside_two_drops",
        caught_by: UNORDERED,
        bug: &[LAST_NOT_ACQUIRED],
    },
    Seed {
        name: "only_one_seen_relaxed",
        model: "sharing::drop_races_try_into_owned",
        caught_by: UNORDERED,
        bug: &[ONLY_ONE_RELAXED],
    },
    Seed {
        name: "only_one_seen_relaxed",
        model: "sharing::drop_races_get_mut",
        caught_by: UNORDERED,
        bug: &[ONLY_ONE_RELAXED],
    },
    Seed {
        name: "second_counts_as_only_one",
        model: "sharing::two_want_to_own",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Count::is_one",
            from: "< ONE",
            to: "<= ONE",
        }],
    },
    Seed {
        name: "one_too_early",
        model: "sharing::two_drop_at_once",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Count::drop_several",
            from: "before >= n * ONE",
            to: "before > n * ONE",
        }],
    },
    Seed {
        name: "name_counts_as_a_reference",
        model: "sharing::two_drop_at_once_after_a_pointer_came_back",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Count::drop_several",
            from: "before >= n * ONE",
            to: "before >= n",
        }],
    },
    Seed {
        name: "given_up_in_two_steps",
        model: "sharing::two_drop_at_once",
        caught_by: LOST,
        bug: &[GIVEN_UP_IN_TWO_STEPS],
    },
    Seed {
        name: "last_looks_twice",
        model: "sharing::two_drop_at_once",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Count::drop_several",
            from: "before >= n * ONE",
            to: "{ let _ = before; self.0.load(Ordering::Relaxed) >> 31 == 0 }",
        }],
    },
    Seed {
        name: "count_stays_below_zero",
        model: "sharing::two_drop_at_once",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Count::drop_several",
            from: "self.clear();",
            to: "",
        }],
    },
    Seed {
        name: "one_of_many_given_up",
        model: "sharing::rest_of_many_is_dropped_beside_one",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Drop for Counted::drop",
            from: "drop_several(self.left as u32)",
            to: "drop_one()",
        }],
    },
    Seed {
        name: "name_stays",
        model: "sharing::owner_of_a_named_frame_is_an_ordinary_one",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Shared::try_into_owned",
            from: "B::count(&self.handle).clear();",
            to: "",
        }],
    },
    Seed {
        name: "named_in_two_steps",
        model: "sharing::pointer_comes_back_beside_a_split",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Count::name",
            from: "self.0.fetch_or(NAMED, Ordering::Relaxed);",
            to: "let before = self.0.load(Ordering::Relaxed);
        self.0.store(before | NAMED, Ordering::Relaxed);",
        }],
    },
    Seed {
        name: "clone_not_counted",
        model: "sharing::clone_beside_a_drop_in_an_orphan",
        caught_by: UNORDERED,
        bug: &[NOT_COUNTED],
    },
    Seed {
        name: "clone_not_counted",
        model: "sharing::clones_through_a_borrow_race_a_drop",
        caught_by: UNORDERED,
        bug: &[NOT_COUNTED],
    },
    Seed {
        name: "counted_in_two_steps",
        model: "sharing::clones_through_a_borrow_race_a_drop",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Count::add",
            from: "self.0.fetch_add(ONE, Ordering::Relaxed)",
            to: "({
                let before = self.0.load(Ordering::Relaxed);
                self.0.store(before + ONE, Ordering::Relaxed);
                before
            })",
        }],
    },
    Seed {
        name: "tried_in_two_steps",
        model: "sharing::two_try_to_clone_at_once",
        caught_by: LOST,
        bug: &[TRIED_IN_TWO_STEPS],
    },
    Seed {
        name: "tried_in_two_steps",
        model: "sharing::pieces_are_counted_beside_a_drop",
        caught_by: LOST,
        bug: &[TRIED_IN_TWO_STEPS],
    },
    Seed {
        name: "first_of_many_counted_too",
        model: "sharing::many_references_go_to_threads",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Shared::share_many",
            from: "set(left as u32 - 1)",
            to: "set(left as u32)",
        }],
    },
    Seed {
        name: "one_of_many_not_counted",
        model: "sharing::many_references_go_to_threads",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Shared::share_many",
            from: "set(left as u32 - 1)",
            to: "set(left as u32 - 2)",
        }],
    },
    Seed {
        name: "pointer_gives_its_reference_up",
        model: "sharing::pointer_comes_back_beside_a_split",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Shared::into_raw",
            from: "let _ = self.into_handle();",
            to: "drop(self);",
        }],
    },
    Seed {
        name: "last_frees_nothing",
        model: "sharing::last_handle_races_last_references",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Drop for Shared::drop",
            from: "unsafe { ManuallyDrop::drop(&mut self.handle) };",
            to: "",
        }],
    },
];

const GIVEN_UP_RELAXED: Mutation = Mutation {
    item: "Count::drop_several",
    from: "Ordering::AcqRel",
    to: "Ordering::Acquire",
};

const GIVEN_UP_IN_TWO_STEPS: Mutation = Mutation {
    item: "Count::drop_several",
    from: "let before = self.0.fetch_sub(n * ONE, Ordering::AcqRel);",
    to: "let before = self.0.load(Ordering::Relaxed);
        self.0.store(before.wrapping_sub(n * ONE), Ordering::Release);",
};

const LAST_NOT_ACQUIRED: Mutation = Mutation {
    item: "Count::drop_several",
    from: "Ordering::AcqRel",
    to: "Ordering::Release",
};

const ONLY_ONE_RELAXED: Mutation = Mutation {
    item: "Count::is_one",
    from: "Ordering::Acquire",
    to: "Ordering::Relaxed",
};

const NOT_COUNTED: Mutation = Mutation {
    item: "Clone for Shared::clone",
    from: "B::count(&self.handle).add(1);",
    to: "",
};

const TRIED_IN_TWO_STEPS: Mutation = Mutation {
    item: "Count::try_add",
    from: "self.0.compare_exchange_weak(
                before,
                before + n * ONE,
                Ordering::Relaxed,
                Ordering::Relaxed,
            )",
    to: "{
                self.0.store(before + n * ONE, Ordering::Relaxed);
                Ok::<u32, u32>(before)
            }",
};
