//! Seeds for the models of `lent_shared`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{LEAKED, LOST, UNORDERED};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "reference_lent_relaxed",
        model: "lent_shared::reference_comes_back_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::lend_reference",
            from: "word.fetch_add(1, Ordering::Release);",
            to: "word.fetch_add(1, Ordering::Relaxed);",
        }],
    },
    Seed {
        name: "reference_lent_before_the_last_read",
        model: "lent_shared::reference_comes_back_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::lend_reference",
            from: "word.fetch_add(1, Ordering::Release);",
            to: "word.fetch_add(1, Ordering::Release);
        arena.loom_read(id);",
        }],
    },
    Seed {
        name: "reference_taken_back_relaxed",
        model: "lent_shared::reference_comes_back_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "shared_loans::take_one",
            from: "lent - 1, Ordering::Acquire, Ordering::Relaxed",
            to: "lent - 1, Ordering::Relaxed, Ordering::Relaxed",
        }],
    },
    Seed {
        name: "reference_taken_back_in_two_steps",
        model: "lent_shared::two_bring_references_to_one_frame",
        caught_by: LOST,
        bug: &[Mutation {
            item: "shared_loans::take_one",
            from: "match word.compare_exchange_weak(lent, lent - 1, Ordering::Acquire, \
                   Ordering::Relaxed)",
            to: "word.store(lent - 1, Ordering::Release);
        match Ok::<u32, u32>(lent)",
        }],
    },
    Seed {
        name: "reference_lent_in_two_steps",
        model: "lent_shared::first_references_are_lent_at_once",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Engine::lend_reference",
            from: "word.fetch_add(1, Ordering::Release);",
            to: "word.store(word.load(Ordering::Relaxed) + 1, Ordering::Release);",
        }],
    },
    Seed {
        name: "references_reclaimed_relaxed",
        model: "lent_shared::reclaim_of_what_was_just_lent",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "shared_loans::take_all",
            from: "word.swap(0, Ordering::Acquire)",
            to: "word.swap(0, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "one_reference_of_several_reclaimed",
        model: "lent_shared::reclaim_leaves_the_references_of_another_borrower",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Engine::drop_references",
            from: "drop_several(references)",
            to: "drop_several(1)",
        }],
    },
    Seed {
        name: "frame_freed_with_a_reference_elsewhere",
        model: "lent_shared::reclaim_leaves_the_references_of_another_borrower",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::drop_references",
            from: "references > 0 && self.arena().count(id).drop_several(references)",
            to: "references > 0 && { self.arena().count(id).drop_several(references); true }",
        }],
    },
    Seed {
        name: "reclaimed_references_stay_out",
        model: "lent_shared::reclaim_of_references_races_the_last_handle",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Engine::reclaim",
            from: "if engine.drop_references(id, references) {
                engine.arena().loom_write(id);
                batch.push(id);
            }",
            to: "engine.drop_references(id, references);",
        }],
    },
    Seed {
        name: "part_dropped_relaxed_beside_a_loan",
        model: "lent_shared::part_is_cut_and_dropped_beside_a_loan",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Count::drop_several",
            from: "fetch_sub(n * ONE, Ordering::AcqRel)",
            to: "fetch_sub(n * ONE, Ordering::Acquire)",
        }],
    },
];
