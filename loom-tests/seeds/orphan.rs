//! Seeds for the models of `orphan`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{FIRST_FENCE_LEFT_OUT, LEAKED, MARK_LEFT_OUT, OPENING_NOT_NOTED};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_the_fence",
        model: "orphan::last_handle_races_free_by_section",
        caught_by: LEAKED,
        bug: &[FIRST_FENCE_LEFT_OUT],
    },
    Seed {
        name: "closed_after_the_pass",
        model: "orphan::last_handle_races_free_that_opens",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Caches::close",
            from: "self.outside.mode.close();
            self.stop_all()",
            to: "let held = self.stop_all();
            self.outside.mode.close();
            held",
        }],
    },
    Seed {
        name: "opening_not_noted",
        model: "orphan::last_handle_races_free_that_opens",
        caught_by: LEAKED,
        bug: &[OPENING_NOT_NOTED],
    },
    Seed {
        name: "mark_left_out",
        model: "orphan::last_handle_races_free_that_opens",
        caught_by: LEAKED,
        bug: &[MARK_LEFT_OUT],
    },
    Seed {
        name: "found_in_a_marked_cache_uncounted",
        model: "orphan::free_to_a_cache_that_is_opened_comes_before_the_last_handle",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Class::drain",
            from: "rejected += self.push_to_depot(batch.as_slice()).0;",
            to: "let _ = self.push_to_depot(batch.as_slice());",
        }],
    },
    Seed {
        name: "marked_cache_left_as_it_is",
        model: "orphan::free_to_a_cache_that_is_opened_comes_before_the_last_handle",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Class::make_room",
            from: "(false, self.drain(&held))",
            to: "(false, Rejected(0 * usize::from(drop(held) == ())))",
        }],
    },
    Seed {
        name: "flushed_ids_uncounted",
        model: "orphan::last_handle_races_free_that_flushes",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Class::flush_cache",
            from: "caches.count(Event::Flush);
            self.push_to_depot(batch.as_slice())",
            to: "let _ = self.push_to_depot(batch.as_slice());
            Rejected::NONE",
        }],
    },
    Seed {
        name: "resting_uncounted",
        model: "orphan::last_handle_races_free_by_section",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Caches::close_lists",
            from: "self.close().map(|held| held.free_count())",
            to: "self.close().map(|held| held.free_count().min(1))",
        }],
    },
];
