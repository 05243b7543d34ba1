//! Seeds for the models of `chunks`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{
    ARRIVALS_IGNORED, GIVEN_BACK_TOO_EARLY, LOST, MISSED, ON_ITS_WAY, POP_BURST_NOT_RELEASED,
    POP_WITHOUT_TAG, PUSH_RELAXED, TAKEN_WHOLE_IN_TWO_STEPS, UNORDERED,
};

const CURSOR_IN_TWO_STEPS: Mutation = Mutation {
    item: "Carver::advance",
    from: "self.cursor
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()",
    to: "let same = self.cursor.load(Ordering::Acquire) == from;
            if same {
                self.cursor.store(to, Ordering::Release);
            }
            same",
};

const REST_TAKEN_IN_TWO_STEPS: Mutation = Mutation {
    item: "Carver::take_remainder",
    from: "let word = self.cursor.swap(NONE, Ordering::AcqRel);",
    to: "let word = self.cursor.load(Ordering::Acquire);
            self.cursor.store(NONE, Ordering::Release);",
};

const CALLS_IGNORED: Mutation = Mutation {
    item: "Transit::may_refuse",
    from: "(before.calls() == 0 && now.calls() == 0) || wait_budget",
    to: "before.calls() + now.calls() < 9 || wait_budget",
};

const OWNER_WRITTEN_LATE: Mutation = Mutation {
    item: "Chunks::give_back",
    from: "let generation = self.owner(chunk).generation;
            self.own(
                chunk,
                Owner {
                    generation,
                    class: None,
                },
            );
            self.put_free(chunk);",
    to: "let generation = self.owner(chunk).generation;
            self.put_free(chunk);
            self.own(
                chunk,
                Owner {
                    generation,
                    class: None,
                },
            );",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "moved_in_two_steps",
        model: "chunks::carve_races_carve",
        caught_by: LOST,
        bug: &[CURSOR_IN_TWO_STEPS],
    },
    Seed {
        name: "moved_in_two_steps",
        model: "chunks::carve_of_the_rest_races_carve",
        caught_by: UNORDERED,
        bug: &[CURSOR_IN_TWO_STEPS],
    },
    Seed {
        name: "kept_the_chunk_that_came_too_late",
        model: "chunks::carve_races_carve",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Carver::carve",
            from: "self.chunks.give_back_untouched(chunk);",
            to: "",
        }],
    },
    Seed {
        name: "taken_in_two_steps",
        model: "chunks::rest_is_laid_back_beside_a_carve",
        caught_by: LOST,
        bug: &[REST_TAKEN_IN_TWO_STEPS],
    },
    Seed {
        name: "laid_over_another",
        model: "chunks::rest_is_laid_back_beside_a_carve",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Carver::restore_remainder",
            from: "self.advance(NONE, remainder.word())",
            to: "{ self.cursor.store(remainder.word(), Ordering::Release); true }",
        }],
    },
    Seed {
        name: "without_release",
        model: "chunks::chunk_that_came_back_is_carved_by_two",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Carver::advance",
            from: ".compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)",
            to: ".compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_acquire",
        model: "chunks::chunk_that_came_back_is_carved_by_two",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Carver::advance",
            from: ".compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)",
            to: ".compare_exchange(from, to, Ordering::Release, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "given_back_without_release",
        model: "chunks::chunk_that_came_back_is_carved_by_two",
        caught_by: "panicked",
        bug: &[PUSH_RELAXED],
    },
    Seed {
        name: "given_back_without_release",
        model: "chunks::whole_chunk_goes_to_another_class",
        caught_by: "panicked",
        bug: &[PUSH_RELAXED],
    },
    Seed {
        name: "taken_relaxed",
        model: "chunks::rest_of_a_chunk_that_came_back_is_taken",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Carver::take_remainder",
            from: "swap(NONE, Ordering::AcqRel)",
            to: "swap(NONE, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "owner_written_late",
        model: "chunks::whole_chunk_goes_to_another_class",
        caught_by: "panicked",
        bug: &[OWNER_WRITTEN_LATE],
    },
    Seed {
        name: "without_tag",
        model: "chunks::take_races_takes_and_give_back",
        caught_by: "panicked",
        bug: &[POP_WITHOUT_TAG],
    },
    Seed {
        name: "cursor_read_first",
        model: "chunks::buffer_that_goes_over_the_cursor_is_always_found",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Carver::carves_if_exhausted",
            from: "let takings = match refused {
                false => self.chunks.takes_if_exhausted()?,
                true => 0,
            };
            let pops = (self.chunks.chunk_lists()).pops_if_empty(|chunk| self.is_own(chunk))?;
            match self.remainder(self.cursor.load(Ordering::Acquire)) {
                Some(_) => None,
                None => Some(takings.wrapping_add(pops)),
            }",
            to: "match self.remainder(self.cursor.load(Ordering::Acquire)) {
                Some(_) => None,
                None => if refused { Some(0) } else { self.chunks.takes_if_exhausted() },
            }",
        }],
    },
    Seed {
        name: "fresh_without_release",
        model: "chunks::buffer_that_goes_over_the_cursor_is_always_found",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Chunks::take_fresh",
            from: "fresh + 1,
            Ordering::Release",
            to: "fresh + 1,
            Ordering::Relaxed",
        }],
    },
    Seed {
        name: "rest_taken_in_two_steps",
        model: "chunks::idle_chunk_and_its_rest_race_carves",
        caught_by: LOST,
        bug: &[REST_TAKEN_IN_TWO_STEPS],
    },
    Seed {
        name: "arrivals_ignored",
        model: "chunks::chunk_in_the_hands_of_another_call_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[ARRIVALS_IGNORED],
    },
    Seed {
        name: "calls_ignored",
        model: "chunks::chunk_in_the_hands_of_another_call_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[CALLS_IGNORED],
    },
    Seed {
        name: "given_back_unnoted",
        model: "chunks::chunk_in_the_hands_of_another_call_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[Mutation {
            item: "Chunks::give_back",
            from: "self.put_free(chunk);
            self.transit.arrived();",
            to: "self.put_free(chunk);",
        }],
    },
    Seed {
        name: "arrivals_ignored",
        model: "chunks::rest_in_the_hands_of_another_call_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[ARRIVALS_IGNORED, CALLS_IGNORED],
    },
    Seed {
        name: "taken_whole_in_two_steps",
        model: "chunks::whole_shelf_races_carves",
        caught_by: "panicked",
        bug: &[TAKEN_WHOLE_IN_TWO_STEPS],
    },
    Seed {
        name: "given_back_too_early",
        model: "chunks::whole_shelf_races_carves",
        caught_by: "panicked",
        bug: &[GIVEN_BACK_TOO_EARLY],
    },
    Seed {
        name: "owner_not_asked",
        model: "chunks::shelf_of_another_class_is_left_alone",
        caught_by: "panicked",
        bug: &[Mutation {
            item: "Stack::pop_burst_if",
            from: "if batch.len() == start || !holds()",
            to: "if batch.len() == start",
        }],
    },
    Seed {
        name: "whole_without_tag",
        model: "chunks::shelf_of_another_class_is_left_alone",
        caught_by: "panicked",
        bug: &[Mutation {
            item: "Stack::pop_all_if",
            from: "self.tagged.emptied(word)",
            to: "self.tagged.empty()",
        }],
    },
    Seed {
        name: "rest_dropped",
        model: "chunks::idle_chunk_and_its_rest_race_carves",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Carver::take_whole_with_remainder",
            from: "if !self.restore_remainder(remainder)",
            to: "if false",
        }],
    },
    Seed {
        name: "given_back_too_early",
        model: "chunks::idle_chunk_and_its_rest_race_carves",
        caught_by: "panicked",
        bug: &[GIVEN_BACK_TOO_EARLY],
    },
    Seed {
        name: "shelves_not_looked_at",
        model: "chunks::buffer_that_goes_over_the_shelf_is_always_found",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Carver::carves_if_exhausted",
            from: "pops_if_empty(|chunk| self.is_own(chunk))?",
            to: "pops_if_empty(|_| false)?",
        }],
    },
    Seed {
        name: "without_release_on_pop",
        model: "chunks::buffer_that_goes_over_the_shelf_is_always_found",
        caught_by: MISSED,
        bug: &[POP_BURST_NOT_RELEASED],
    },
];
