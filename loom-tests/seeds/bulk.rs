//! Seeds for the models of `bulk`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{KEPT_WHAT_IT_GOT, PUSH_BULK_RELAXED, UNORDERED};

const BULK_KEPT_WHAT_IT_GOT: Mutation = Mutation {
    item: "IdBatch::get_bulk",
    from: "Self::free_beyond(&self.pool, &mut self.ids, before);",
    to: "let _ = before;",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_release",
        model: "bulk::bulk_is_dropped_on_another_thread_beside_gets",
        caught_by: UNORDERED,
        bug: &[PUSH_BULK_RELAXED],
    },
    Seed {
        name: "freed_twice",
        model: "bulk::bulk_is_dropped_on_another_thread_beside_gets_by_sections",
        caught_by: "panicked",
        bug: &[Mutation {
            item: "IdBatch::pop",
            from: "let id = self.ids.pop()?;",
            to: "let id = *self.ids().last()?;",
        }],
    },
    Seed {
        name: "kept_what_it_got",
        model: "bulk::bulk_that_falls_short_gives_back",
        caught_by: "it kept some",
        bug: &[BULK_KEPT_WHAT_IT_GOT],
    },
    Seed {
        name: "kept_what_it_got",
        model: "bulk::bulk_that_falls_short_gives_back_to_caches",
        caught_by: "it kept some",
        bug: &[BULK_KEPT_WHAT_IT_GOT],
    },
    Seed {
        name: "kept_what_it_got",
        model: "bulk::get_bulk_that_falls_short_gives_back_to_caches",
        caught_by: "it kept some",
        bug: &[KEPT_WHAT_IT_GOT],
    },
];
