//! Seeds for the models of `slot`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{LOST, SLOT_PUSH_RELAXED, UNORDERED};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "pushed_in_two_steps",
        model: "slot::push_races_push_and_pop",
        caught_by: "lost or doubled",
        bug: &[Mutation {
            item: "Slot::push",
            from: "self.word
            .compare_exchange(word, new, Ordering::Release, Ordering::Relaxed)
            .is_ok()",
            to: "self.word.store(new, Ordering::Release);
            true",
        }],
    },
    Seed {
        name: "popped_in_two_steps",
        model: "slot::pop_races_pop",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Slot::pop",
            from: "match self
                .word
                .compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return Some(index),
                Err(now) => word = now,
            }",
            to: "word = self.word.swap(new, Ordering::AcqRel);
            return Some(index);",
        }],
    },
    Seed {
        name: "without_release",
        model: "slot::pop_sees_what_the_pusher_wrote",
        caught_by: UNORDERED,
        bug: &[SLOT_PUSH_RELAXED],
    },
    Seed {
        name: "without_acquire",
        model: "slot::pop_sees_what_the_pusher_wrote",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Slot::pop",
            from: "compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)",
            to: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "slot::close_races_push_and_pop",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Slot::close",
            from: "let word = self.word.swap(TAGGED.closed(), Ordering::Acquire);",
            to: "let word = self.word.load(Ordering::Acquire);
            self.word.store(TAGGED.closed(), Ordering::Release);",
        }],
    },
];
