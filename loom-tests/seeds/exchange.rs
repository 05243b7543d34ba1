//! Seeds for the models of `exchange`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::UNORDERED;

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "reads_the_newest",
        model: "exchange::failed_exchange_reads_older_values",
        caught_by: "older values, too",
        bug: &[Mutation {
            item: "explored!",
            from: "WEAKLY.get()",
            to: "false",
        }],
    },
    Seed {
        name: "acquires_nothing",
        model: "exchange::failed_exchange_acquires",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "explored!",
            from: "self.load(failure)",
            to: "self.load(Ordering::Relaxed)",
        }],
    },
];
