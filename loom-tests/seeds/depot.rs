//! Seeds for the models of `depot`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{CLOSE_IN_TWO_STEPS, LOST, MISSED, PUSH_RELAXED, UNORDERED};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "weighed_after_the_pop",
        model: "depot::take_races_take",
        caught_by: "panicked",
        bug: &[Mutation {
            item: "Stack::pop_with_weight",
            from: "self.pop_with(links, |link| {
                link.weight
                    .wrapping_sub(self.weight_under(links, link.next))
            })",
            to: "let (top, link) = self.pop_with(links, |link| link)?;
            let below = self.weight_under(links, link.next);
            Some((top, link.weight.wrapping_sub(below)))",
        }],
    },
    Seed {
        name: "without_release",
        model: "depot::take_full_races_put_full",
        caught_by: UNORDERED,
        bug: &[PUSH_RELAXED],
    },
    Seed {
        name: "given_back_before_it_is_read",
        model: "depot::emptied_magazine_is_written_again",
        caught_by: UNORDERED,
        bug: &[
            Mutation {
                item: "Depot::pop",
                from: "self.0.tracks.read(magazine);
            for slot",
                to: "let answer = self
                .0
                .empty
                .push(&self.0.magazine_links, magazine, 1, u32::MAX);
            self.0.tracks.read(magazine);
            for slot",
            },
            Mutation {
                item: "Depot::pop",
                from: "let answer = self
            .0
            .empty
            .push(&self.0.magazine_links, magazine, 1, u32::MAX);",
                to: "",
            },
        ],
    },
    Seed {
        name: "fresh_magazine_for_two",
        model: "depot::part_batches_without_a_magazine_rest_loose",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Depot::pop_empty",
            from: "match self.0.fresh.compare_exchange_weak(
                fresh,
                fresh + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(fresh),
                Err(now) => fresh = now,
            }",
            to: "self.0.fresh.store(fresh + 1, Ordering::Relaxed);
            return Some(fresh);",
        }],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "depot::close_races_put",
        caught_by: LOST,
        bug: &[CLOSE_IN_TWO_STEPS],
    },
    Seed {
        name: "loose_left_open",
        model: "depot::close_races_put_without_a_magazine",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Depot::close",
            from: "self.0.full.close(&self.0.magazine_links) + self.0.loose.close(frame_links)",
            to: "{ let _ = frame_links; self.0.full.close(&self.0.magazine_links) }",
        }],
    },
    Seed {
        name: "loose_not_looked_at",
        model: "depot::loose_frame_is_at_rest",
        caught_by: MISSED,
        bug: &[Mutation {
            item: "Depot::pops_if_empty",
            from: ".wrapping_add(self.0.loose.pops_if_empty()?)",
            to: ".wrapping_add(0)",
        }],
    },
];
