//! Seeds for the models of `caches`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{
    FIRST_FENCE_LEFT_OUT, LOST, MARK_LEFT_OUT, OPENED, OPENING_NOT_NOTED, UNORDERED,
};

const SECOND_FENCE_LEFT_OUT: Mutation = Mutation {
    item: "Caches::open_here",
    from: "!self.outside.mode.note_opening() || !self.fence(Some(cpu))",
    to: "!self.outside.mode.note_opening()",
};

const NOT_STOPPED: Mutation = Mutation {
    item: "Caches::stop_all",
    from: "self.stop(cpu);
            owned += 1;",
    to: "owned += 1;",
};

const GATE_RELAXED: Mutation = Mutation {
    item: "Gate::change",
    from: ".compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)",
    to: ".compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)",
};

const MODE_RELAXED: Mutation = Mutation {
    item: "Mode::change",
    from: ".compare_exchange(from.0, to, Ordering::AcqRel, Ordering::Acquire)",
    to: ".compare_exchange(from.0, to, Ordering::Relaxed, Ordering::Relaxed)",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_the_first_fence",
        model: "caches::drain_races_push",
        caught_by: LOST,
        bug: &[FIRST_FENCE_LEFT_OUT],
    },
    Seed {
        name: "without_the_first_fence",
        model: "caches::drain_races_pop_that_is_aborted",
        caught_by: UNORDERED,
        bug: &[FIRST_FENCE_LEFT_OUT],
    },
    Seed {
        name: "not_stopped",
        model: "caches::drain_races_push_bulk",
        caught_by: OPENED,
        bug: &[NOT_STOPPED],
    },
    Seed {
        name: "fenced_before_it_is_stopped",
        model: "caches::drain_races_pop_burst",
        caught_by: UNORDERED,
        bug: &[
            Mutation {
                item: "Caches::stop_all",
                from: "self.stop(cpu);
            owned += 1;",
                to: "self.fence(Some(cpu));
            self.stop(cpu);
            owned += 1;",
            },
            FIRST_FENCE_LEFT_OUT,
        ],
    },
    Seed {
        name: "count_not_reset",
        model: "caches::drain_races_push",
        caught_by: "exceeded maximum number of branches",
        bug: &[Mutation {
            item: "OwnedCaches::pop_burst",
            from: "self.caches.word(cpu, COUNT).store(left, Ordering::Relaxed);",
            to: "let _ = left;",
        }],
    },
    Seed {
        name: "without_the_second_fence",
        model: "caches::drain_and_opening_race_push",
        caught_by: LOST,
        bug: &[SECOND_FENCE_LEFT_OUT],
    },
    Seed {
        name: "without_the_second_fence",
        model: "caches::drain_and_opening_race_pop",
        caught_by: UNORDERED,
        bug: &[SECOND_FENCE_LEFT_OUT],
    },
    Seed {
        name: "without_the_second_fence",
        model: "caches::drain_and_opening_race_push_bulk",
        caught_by: LOST,
        bug: &[SECOND_FENCE_LEFT_OUT],
    },
    Seed {
        name: "gate_relaxed",
        model: "caches::drain_races_the_end_of_drying",
        caught_by: LOST,
        bug: &[GATE_RELAXED],
    },
    Seed {
        name: "two_owners",
        model: "caches::drain_races_drain",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Gate::own",
            from: "self.change(seen.0, token.0)",
            to: "self.0.store(token.0, Ordering::Release);
            seen.0 == seen.0",
        }],
    },
    Seed {
        name: "one_token_for_all",
        model: "caches::drain_races_drain",
        caught_by: "panicked",
        bug: &[Mutation {
            item: "Caches::token",
            from: "self.outside.tickets.fetch_add(1, Ordering::Relaxed);",
            to: "self.outside.tickets.fetch_add(0, Ordering::Relaxed);",
        }],
    },
    Seed {
        name: "bounds_opened_by_a_former_owner",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Caches::open_here",
            from: "self.set_bounds(cpu, 0, self.outside.high);
            if gate.open(token) { return Opened::Yes; }",
            to: "if gate.open(token) {
                self.set_bounds(cpu, 0, self.outside.high);
                return Opened::Yes;
            }",
        }],
    },
    Seed {
        name: "mark_left_out",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[MARK_LEFT_OUT],
    },
    Seed {
        name: "mark_ignored",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Gate::open",
            from: "self.change(token.0, OPEN)",
            to: "self.change(token.0, OPEN) || self.change(token.0 | MARKED, OPEN)",
        }],
    },
    Seed {
        name: "marked_once",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Caches::stop_all",
            from: "if gate.mark(seen) {
                break;
            }",
            to: "gate.mark(seen);
            break;",
        }],
    },
    Seed {
        name: "marked_cache_not_stopped",
        model: "caches::drain_races_opening_and_push",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Caches::open_here",
            from: "self.stop(cpu);",
            to: "",
        }],
    },
    Seed {
        name: "opening_not_noted",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[OPENING_NOT_NOTED],
    },
    Seed {
        name: "opening_noted_by_a_look",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Caches::open_here",
            from: "!self.outside.mode.note_opening() ||",
            to: "!self.outside.mode.peek().is_open() ||",
        }],
    },
    Seed {
        name: "drying_after_the_pass",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Caches::sweep",
            from: "let Some(drying) = self.begin_drying() else {
                return Ok(None);
            };
            let held = self.stop_all()?;",
            to: "let held = self.stop_all()?;
            let Some(drying) = self.begin_drying() else {
                return Ok(None);
            };",
        }],
    },
    Seed {
        name: "mode_relaxed",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[MODE_RELAXED],
    },
    Seed {
        name: "without_epochs",
        model: "caches::drain_races_the_end_of_drying",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Epoch::next",
            from: "(self.0 & !PHASE).wrapping_add(ONE_EPOCH) | phase",
            to: "(self.0 & !PHASE).wrapping_add(0 * ONE_EPOCH) | phase",
        }],
    },
    Seed {
        name: "without_the_fence",
        model: "caches::close_races_push",
        caught_by: LOST,
        bug: &[FIRST_FENCE_LEFT_OUT],
    },
    Seed {
        name: "closed_after_the_pass",
        model: "caches::close_races_opening",
        caught_by: LOST,
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
        name: "closed_relaxed",
        model: "caches::close_races_opening",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Mode::close",
            from: "self.0.swap(CLOSED, Ordering::AcqRel)",
            to: "self.0.swap(CLOSED, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "opening_not_noted",
        model: "caches::close_races_opening",
        caught_by: LOST,
        bug: &[OPENING_NOT_NOTED],
    },
    Seed {
        name: "mark_left_out",
        model: "caches::close_races_opening_and_push",
        caught_by: OPENED,
        bug: &[MARK_LEFT_OUT],
    },
    Seed {
        name: "not_given_back",
        model: "caches::refused_drain_races_pop",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Caches::give_back",
            from: "let mut is_done = false;",
            to: "let mut is_done = true;",
        }],
    },
    Seed {
        name: "given_back_shut",
        model: "caches::refused_drain_races_pop",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Caches::give_back",
            from: "if !self.gate(cpu).open(token)",
            to: "self.stop(cpu);
            self.gate(cpu).shut(token);
            if false",
        }],
    },
    Seed {
        name: "mark_taken_off_without_an_epoch",
        model: "caches::refused_drain_races_drain",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Caches::give_back",
            from: "if !self.gate(cpu).open(token)",
            to: "self.gate(cpu).unmark(token);
            if !self.gate(cpu).open(token)",
        }],
    },
    Seed {
        name: "bounds_given_back_by_a_former_owner",
        model: "caches::refused_drain_races_drain",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Caches::give_back",
            from: "self.set_bounds(cpu, 0, self.outside.high);
            if !self.gate(cpu).open(token)",
            to: "if self.gate(cpu).open(token) {
                self.set_bounds(cpu, 0, self.outside.high);
            } else",
        }],
    },
    Seed {
        name: "reopened_by_a_look",
        model: "caches::refused_drain_races_two_drains",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Mode::reopen",
            from: "self.open_from(|seen| seen.phase() != CLOSED)",
            to: "self.peek().is_open() || self.open_from(|seen| seen.phase() != CLOSED)",
        }],
    },
    Seed {
        name: "left_owned_by_an_opener",
        model: "caches::drain_races_opening_that_is_refused",
        caught_by: LOST,
        bug: &[Mutation {
            item: "Caches::owned",
            from: "self.give_back(token);
            Opened::No",
            to: "Opened::No",
        }],
    },
    Seed {
        name: "given_back_after_the_end",
        model: "caches::close_races_opening_that_is_refused",
        caught_by: OPENED,
        bug: &[Mutation {
            item: "Mode::reopen",
            from: "self.open_from(|seen| seen.phase() != CLOSED)",
            to: "self.open_from(|_| true)",
        }],
    },
    Seed {
        name: "stopped_unasked",
        model: "caches::drain_that_may_not_fence_stops_nobody",
        caught_by: "the cache is stopped in vain",
        bug: &[Mutation {
            item: "Caches::sweep",
            from: "if !self.may_fence()",
            to: "if false",
        }],
    },
];
