//! Seeds for the models of `id_batch`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{PUSH_BULK_RELAXED, UNORDERED};

const KEPT_WHAT_IT_GOT: Mutation = Mutation {
    item: "IdBatch::get_bulk",
    from: "Self::free_beyond(&self.pool, &mut self.ids, before);",
    to: "let _ = before;",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_release",
        model: "id_batch::batch_is_dropped_on_another_thread_beside_gets",
        caught_by: UNORDERED,
        bug: &[PUSH_BULK_RELAXED],
    },
    Seed {
        name: "freed_twice",
        model: "id_batch::batch_is_dropped_on_another_thread_beside_gets_by_sections",
        caught_by: "panicked",
        bug: &[Mutation {
            item: "IdBatch::pop",
            from: "let id = self.ids.pop()?;",
            to: "let id = *self.ids().last()?;",
        }],
    },
    Seed {
        name: "kept_what_it_got",
        model: "id_batch::bulk_that_falls_short_gives_back",
        caught_by: "it kept some",
        bug: &[KEPT_WHAT_IT_GOT],
    },
    Seed {
        name: "kept_what_it_got",
        model: "id_batch::bulk_that_falls_short_gives_back_to_caches",
        caught_by: "it kept some",
        bug: &[KEPT_WHAT_IT_GOT],
    },
];
