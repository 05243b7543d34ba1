//! Seeds for the models of `alloc`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{GIVEN_BACK_TOO_EARLY, LOST, TAKEN_WHOLE_IN_TWO_STEPS};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "given_back_too_early",
        model: "alloc::trim_races_free_and_allocation",
        caught_by: "panicked",
        bug: &[GIVEN_BACK_TOO_EARLY],
    },
    Seed {
        name: "given_back_too_early",
        model: "alloc::trim_races_free_and_another_class",
        caught_by: "panicked",
        bug: &[GIVEN_BACK_TOO_EARLY],
    },
    Seed {
        name: "kept_ids_dropped",
        model: "alloc::trim_races_free_and_allocation",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Carver::push_to_chunks",
            from: "self.push_to_chunk(chunk, ids);
            then(chunk);",
            to: "then(chunk);",
        }],
    },
    Seed {
        name: "taken_whole_in_two_steps",
        model: "alloc::two_classes_want_an_idle_chunk",
        caught_by: "panicked",
        bug: &[TAKEN_WHOLE_IN_TWO_STEPS],
    },
];
