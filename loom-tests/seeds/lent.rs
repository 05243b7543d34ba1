//! Seeds for the models of `lent`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{LEAKED, LOST, UNORDERED};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "lent_relaxed",
        model: "lent::loan_comes_back_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "raw::lend",
            from: "Ordering::Release",
            to: "Ordering::Relaxed",
        }],
    },
    Seed {
        name: "loan_returned_relaxed",
        model: "lent::loan_comes_back_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "raw::return_loan",
            from: "Ordering::Acquire",
            to: "Ordering::Relaxed",
        }],
    },
    Seed {
        name: "loan_not_cleared",
        model: "lent::loan_goes_round",
        caught_by: LOST,
        bug: &[NOT_CLEARED],
    },
    Seed {
        name: "any_borrower_takes_a_loan",
        model: "lent::reclaim_leaves_what_another_borrower_has",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "raw::return_loan",
            from: "seen != lent_to::<W>(borrower)",
            to: "seen < W::LENT",
        }],
    },
    Seed {
        name: "lent_before_the_last_write",
        model: "lent::loan_comes_back_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::lend_frame",
            from: "arena.loom_write(id);
        raw::lend(arena.raw().word(id), borrower);",
            to: "raw::lend(arena.raw().word(id), borrower);
        arena.loom_write(id);",
        }],
    },
    Seed {
        name: "loan_of_another_class",
        model: "lent::dead_loan_is_refused_beside_a_class_that_takes_the_chunk",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::return_named",
            from: "!named.is_current(size_classes)",
            to: "false",
        }],
    },
    Seed {
        name: "owner_of_a_loan_not_acquired",
        model: "lent::dead_loan_is_refused_beside_a_class_that_takes_the_chunk",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "raw::loan",
            from: "Ordering::Acquire",
            to: "Ordering::Relaxed",
        }],
    },
    Seed {
        name: "reclaimed_frames_stay_out",
        model: "lent::reclaim_races_the_last_handle",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Engine::reclaim",
            from: "if !batch.is_empty()",
            to: "if batch.room() == 0",
        }],
    },
    Seed {
        name: "pointer_lent_relaxed",
        model: "lent::pointer_is_written_and_lent",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "raw::lend_out",
            from: "word.replace(out, lent, Ordering::Release, Ordering::Relaxed)",
            to: "word.replace(out, lent, Ordering::Relaxed, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "pointer_lent_in_two_steps",
        model: "lent::pointer_is_lent_and_brought",
        caught_by: LOST,
        bug: &[LENT_IN_TWO_STEPS],
    },
    Seed {
        name: "pointer_lent_in_two_steps",
        model: "lent::pointer_is_lent_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[LENT_IN_TWO_STEPS],
    },
];

const LENT_IN_TWO_STEPS: Mutation = Mutation {
    item: "raw::lend_out",
    from: "word.replace(out, lent, Ordering::Release, Ordering::Relaxed)",
    to: "let same = word.read(Ordering::Relaxed) == out;
            if same {
                word.write(lent, Ordering::Release);
            }
            same",
};

const NOT_CLEARED: Mutation = Mutation {
    item: "raw::return_loan",
    from: "word.write(0, Ordering::Relaxed);",
    to: "",
};
