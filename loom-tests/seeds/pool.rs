//! Seeds for the models of `pool`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{
    LOST, MISSED, POP_BURST_NOT_RELEASED, POP_NOT_RELEASED, PUSH_BULK_RELAXED, PUSH_RELAXED,
    SLOT_PUSH_RELAXED, UNORDERED,
};

const KEPT_WHAT_IT_GOT: Mutation = Mutation {
    item: "Pool::get_bulk",
    from: "burst.truncate(before);",
    to: "let _ = before;",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_release",
        model: "pool::bulk_free_races_get",
        caught_by: LOST,
        bug: &[PUSH_BULK_RELAXED],
    },
    Seed {
        name: "without_release",
        model: "pool::flush_races_refill",
        caught_by: LOST,
        bug: &[PUSH_RELAXED],
    },
    Seed {
        name: "without_release",
        model: "pool::steal_from_a_slot_races_free",
        caught_by: UNORDERED,
        bug: &[SLOT_PUSH_RELAXED],
    },
    Seed {
        name: "without_release",
        model: "pool::steal_from_a_stack_races_free",
        caught_by: UNORDERED,
        bug: &[PUSH_BULK_RELAXED],
    },
    Seed {
        name: "plain_scan",
        model: "pool::frame_at_rest_in_slots_is_always_found",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Class::exhausted",
            from: "let (Some(first), Some(second)) = (peek(), peek()) else {
                return false;
            };",
            to: "let (first, second) = (0_u64, 0_u64);",
        }],
    },
    Seed {
        name: "one_scan",
        model: "pool::frame_that_moves_on_is_always_found",
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
        model: "pool::frame_at_rest_in_stacks_is_always_found",
        caught_by: MISSED,
        bug: &[POP_NOT_RELEASED],
    },
    Seed {
        name: "without_release_on_pop",
        model: "pool::frame_at_rest_in_slots_is_always_found",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Slot::pop",
            from: "compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)",
            to: "compare_exchange_weak(word, new, Ordering::Acquire, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_release",
        model: "pool::frame_is_found_while_the_last_is_carved",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Arena::carve",
            from: "(next, end, Ordering::Release, Ordering::Relaxed)",
            to: "(next, end, Ordering::Relaxed, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_acquire",
        model: "pool::frame_is_found_while_the_last_is_carved",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Arena::carved",
            from: "self.next.load(Ordering::Acquire)",
            to: "self.next.load(Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_release_on_pop",
        model: "pool::frame_is_found_beside_a_burst_taken",
        caught_by: MISSED,
        bug: &[POP_BURST_NOT_RELEASED],
    },
    Seed {
        name: "depot_not_looked_at",
        model: "pool::frame_in_the_depot_is_found",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Class::pops_if_empty",
            from: "let depot = self.depot.pops_if_empty()?;",
            to: "let depot = 0_u64;",
        }],
    },
    Seed {
        name: "kept_what_it_got",
        model: "pool::bulk_that_falls_short_gives_back",
        caught_by: "panicked",
        bug: &[KEPT_WHAT_IT_GOT],
    },
    Seed {
        name: "kept_what_it_got",
        model: "pool::bulk_that_falls_short_gives_back_to_caches",
        caught_by: "it kept some",
        bug: &[KEPT_WHAT_IT_GOT],
    },
    Seed {
        name: "looked_at_by_a_failed_exchange",
        // The exchange always fails: in loom it reads the newest word, in C++ as a relaxed load.
        model: "pool::frame_at_rest_in_slots_is_always_found_that_fails_weakly",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Slot::pops_if_empty",
            from: "let word = self.word.load(Ordering::Acquire);",
            to: "let (Ok(word) | Err(word)) = self.word.compare_exchange(
                u64::MAX,
                u64::MAX,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );",
        }],
    },
];
