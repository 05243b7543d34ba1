//! Seeds for the models of `stack`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{
    CLOSE_IN_TWO_STEPS, LOST, POP_WITHOUT_TAG, PUSH_BULK_RELAXED, PUSH_RELAXED, UNORDERED,
};

const POP_RELAXED: Mutation = Mutation {
    item: "Stack::pop_with",
    from: "let mut word = self.head.load(Ordering::Acquire);",
    to: "let mut word = self.head.load(Ordering::Relaxed);",
};

const PUSH_FAILS_RELAXED: Mutation = Mutation {
    item: "Stack::push",
    from: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Relaxed)",
};

const POP_FAILS_RELAXED: Mutation = Mutation {
    item: "Stack::pop_with",
    from: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Relaxed)",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_tag",
        model: "stack::pop_races_pop_and_push_back",
        caught_by: UNORDERED,
        bug: &[POP_WITHOUT_TAG],
    },
    Seed {
        name: "without_tag",
        model: "stack::bulk_pop_races_pop_and_push_back",
        caught_by: UNORDERED,
        bug: &[POP_WITHOUT_TAG],
    },
    Seed {
        name: "without_release",
        model: "stack::pop_sees_what_the_pusher_wrote",
        caught_by: UNORDERED,
        bug: &[PUSH_RELAXED],
    },
    Seed {
        name: "without_release",
        model: "stack::bulk_push_races_bulk_pop",
        caught_by: UNORDERED,
        bug: &[PUSH_BULK_RELAXED],
    },
    Seed {
        name: "without_acquire",
        model: "stack::pop_sees_what_the_pusher_wrote",
        caught_by: UNORDERED,
        bug: &[POP_RELAXED],
    },
    Seed {
        name: "link_written_late",
        model: "stack::push_races_push",
        caught_by: "lost or doubled",
        bug: &[
            Mutation {
                item: "Stack::push",
                from: "links.write(node, link);
            let new = self.tagged.pushed(word, node.into());",
                to: "let new = self.tagged.pushed(word, node.into());",
            },
            Mutation {
                item: "Stack::push",
                from: "Ok(_) => return Ok(()),",
                to: "Ok(_) => {
                    links.write(node, link);
                    return Ok(());
                }",
            },
        ],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "stack::close_races_push_and_pop",
        caught_by: "closed is final",
        bug: &[CLOSE_IN_TWO_STEPS],
    },
    Seed {
        name: "fails_relaxed",
        model: "stack::push_races_push_that_fails_weakly",
        caught_by: LOST,
        bug: &[PUSH_FAILS_RELAXED],
    },
    Seed {
        name: "fails_relaxed",
        model: "stack::pop_races_pop_and_push_back_that_fails_weakly",
        caught_by: UNORDERED,
        bug: &[POP_FAILS_RELAXED],
    },
];
