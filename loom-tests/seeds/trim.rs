//! Seeds for the models of `trim`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{FIRST_FENCE_LEFT_OUT, LOST};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_the_fence",
        model: "trim::trim_races_free_by_section",
        caught_by: LOST,
        bug: &[FIRST_FENCE_LEFT_OUT],
    },
    Seed {
        name: "without_the_fence",
        model: "trim::trim_races_allocation_by_section",
        caught_by: "panicked",
        bug: &[FIRST_FENCE_LEFT_OUT],
    },
    Seed {
        name: "left_in_shut_caches",
        model: "trim::trim_races_trim_of_caches",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Caches::empty",
            from: "while sweep.owned().pop_burst(class.transfer.batch, &mut batch)",
            to: "while false && sweep.owned().pop_burst(class.transfer.batch, &mut batch)",
        }],
    },
];
