//! Seeds for the models of `raw`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{LOST, UNORDERED};

const TAKEN_BACK_IN_TWO_STEPS: Mutation = Mutation {
    item: "raw::take_back",
    from: "word.replace(out_with::<W>(view), 0, Ordering::Acquire, Ordering::Relaxed)",
    to: "let same = word.read(Ordering::Acquire) == out_with::<W>(view);
            if same {
                word.write(0, Ordering::Relaxed);
            }
            same",
};

const HANDED_OUT_RELAXED: Mutation = Mutation {
    item: "hand_out",
    from: "word.write(out_with::<W>(view), Ordering::Release);",
    to: "word.write(out_with::<W>(view), Ordering::Relaxed);",
};

const TAKEN_BACK_RELAXED: Mutation = Mutation {
    item: "raw::take_back",
    from: "word.replace(out_with::<W>(view), 0, Ordering::Acquire, Ordering::Relaxed)",
    to: "word.replace(out_with::<W>(view), 0, Ordering::Relaxed, Ordering::Relaxed)",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "taken_back_in_two_steps",
        model: "raw::two_bring_a_frame_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[TAKEN_BACK_IN_TWO_STEPS],
    },
    Seed {
        name: "handed_out_relaxed",
        model: "raw::two_bring_a_frame_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[HANDED_OUT_RELAXED],
    },
    Seed {
        name: "taken_back_relaxed",
        model: "raw::two_bring_a_frame_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[TAKEN_BACK_RELAXED],
    },
    Seed {
        name: "taken_back_in_two_steps",
        model: "raw::two_bring_a_buffer_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[TAKEN_BACK_IN_TWO_STEPS],
    },
    Seed {
        name: "handed_out_relaxed",
        model: "raw::two_bring_a_buffer_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[HANDED_OUT_RELAXED],
    },
    Seed {
        name: "taken_back_relaxed",
        model: "raw::two_bring_a_buffer_while_it_goes_out",
        caught_by: UNORDERED,
        bug: &[TAKEN_BACK_RELAXED],
    },
    Seed {
        name: "taken_back_in_two_steps",
        model: "raw::two_bring_a_large_buffer",
        caught_by: LOST,
        bug: &[TAKEN_BACK_IN_TWO_STEPS],
    },
    Seed {
        name: "without_generation",
        model: "raw::dead_pointer_is_refused_beside_a_class_that_takes_the_chunk",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Named::whereabouts",
            from: "view != view_of(self.owner.generation, part_of(view))",
            to: "false",
        }],
    },
    Seed {
        name: "generation_stays",
        model: "raw::dead_pointer_is_refused_beside_a_class_that_takes_the_chunk",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Chunks::own_anew",
            from: "let generation = self.owner(chunk).generation + 1;",
            to: "let generation = self.owner(chunk).generation;",
        }],
    },
];
