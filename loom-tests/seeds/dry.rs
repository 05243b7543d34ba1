//! Seeds for the models of `dry`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{MISSED, POP_NOT_RELEASED};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "dry_though_refused",
        model: "dry::frame_is_found_beside_a_get_that_is_refused_the_fence",
        caught_by: MISSED,
        bug: &[
            Mutation {
                item: "Caches::sweep",
                from: "let held = self.stop_all()?;",
                to: "let held = self
            .stop_all()
            .inspect_err(|_| self.outside.mode.end_drying(drying))?;",
            },
            Mutation {
                item: "Caches::give_back",
                from: "while !is_done && self.outside.mode.reopen()",
                to: "while !is_done",
            },
        ],
    },
    Seed {
        name: "dry_not_demanded",
        model: "dry::frame_that_moves_to_the_depot_and_back_is_always_found",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Caches::epoch_if_dry",
            from: "epoch.is_dry().then(|| epoch.number())",
            to: "Some(epoch.number())",
        }],
    },
    Seed {
        name: "left_in_shut_caches",
        model: "dry::refusals_race",
        caught_by: "panicked",
        bug: &[
            Mutation {
                item: "Caches::steal",
                from: "let drained = class.drain(sweep.owned());",
                to: "let drained = Rejected::NONE;",
            },
            Mutation {
                item: "Caches::steal",
                from: "if sweep.owned().pop_burst(class.transfer.batch, batch)",
                to: "if batch.len() > 0",
            },
        ],
    },
    Seed {
        name: "left_in_shut_caches",
        model: "dry::frame_at_rest_in_caches_is_always_found",
        caught_by: "panicked",
        bug: &[Mutation {
            item: "Caches::steal",
            from: "let drained = class.drain(sweep.owned());",
            to: "let drained = Rejected::NONE;",
        }],
    },
    Seed {
        name: "one_scan",
        model: "dry::frame_that_moves_to_the_depot_and_back_is_always_found",
        caught_by: MISSED,
        bug: &[
            Mutation {
                item: "Class::exhausted",
                from: "(peek(), peek())",
                to: "(peek(), Some(0_u64))",
            },
            Mutation {
                item: "Class::exhausted",
                from: "if first != second",
                to: "if first.wrapping_sub(first) != second",
            },
        ],
    },
    Seed {
        name: "without_release_on_pop",
        model: "dry::frame_that_leaves_the_depot_is_always_found",
        caught_by: MISSED,
        bug: &[POP_NOT_RELEASED],
    },
];
