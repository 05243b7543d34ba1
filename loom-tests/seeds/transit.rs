//! Seeds for the models of `transit`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{ARRIVALS_IGNORED, ON_ITS_WAY};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "begun_without_fence",
        model: "transit::what_goes_from_place_to_place_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[Mutation {
            item: "Transit::begin",
            from: "fence(Ordering::Release);",
            to: "",
        }],
    },
    Seed {
        name: "settled_without_fence",
        model: "transit::what_goes_from_place_to_place_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[Mutation {
            item: "Transit::may_refuse",
            from: "fence(Ordering::Acquire);",
            to: "",
        }],
    },
    Seed {
        name: "laid_down_relaxed",
        model: "transit::what_goes_from_place_to_place_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[
            Mutation {
                item: "Transit::arrived",
                from: "self.0.fetch_add(ARRIVAL, Ordering::Release);",
                to: "self.0.fetch_add(ARRIVAL, Ordering::Relaxed);",
            },
            Mutation {
                item: "InTransit::drop",
                from: "self.0.0.fetch_sub(CALL, Ordering::Release);",
                to: "self.0.0.fetch_sub(CALL, Ordering::Relaxed);",
            },
        ],
    },
    Seed {
        name: "arrivals_ignored",
        model: "transit::what_goes_from_place_to_place_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[ARRIVALS_IGNORED],
    },
];
