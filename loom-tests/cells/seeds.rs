//! The seeded bugs: each a change of the source that loom has to catch. How to add one is told in
//! `verify/mutations`.

use framewell_mutations::Mutation;

pub(crate) struct Seed {
    pub(crate) name: &'static str,
    /// The model that must fail, `file::function`.
    pub(crate) model: &'static str,
    /// A part of what the failure says.
    pub(crate) caught_by: &'static str,
    pub(crate) bug: &'static [Mutation],
}

const UNORDERED: &str = "Causality violation";

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "released_without_grace",
        model: "cell::swap_races_read",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Writer::retire",
            from: "unsafe { guard.defer_unchecked(release) };",
            to: "release();",
        }],
    },
    Seed {
        name: "looked_up_before_pinning",
        model: "cell::swap_races_read",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Reader::read",
            from: "let guard = self.handle.pin();
            let buffer = self.handle.cell.slots.current()?;",
            to: "let buffer = self.handle.cell.slots.current()?;
            let guard = self.handle.pin();",
        }],
    },
    Seed {
        name: "published_relaxed",
        model: "cell::swap_races_read",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Slots::publish",
            from: "self.current.swap(new, Ordering::AcqRel)",
            to: "self.current.swap(new, Ordering::Acquire)",
        }],
    },
    Seed {
        name: "looked_up_relaxed",
        model: "cell::swap_races_read",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Slots::current",
            from: "self.current.load(Ordering::Acquire)",
            to: "self.current.load(Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "taken_out_relaxed",
        model: "cell::two_writers_swap",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Slots::publish",
            from: "self.current.swap(new, Ordering::AcqRel)",
            to: "self.current.swap(new, Ordering::Release)",
        }],
    },
    Seed {
        name: "published_in_two_steps",
        model: "cell::two_writers_swap",
        caught_by: "panicked",
        bug: &[Mutation {
            item: "Slots::publish",
            from: "let old = self.current.swap(new, Ordering::AcqRel);",
            to: "let old = self.current.load(Ordering::Acquire);
            self.current.store(new, Ordering::Release);",
        }],
    },
    Seed {
        name: "given_back_relaxed",
        model: "cell::two_writers_swap",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Slots::give_back",
            from: "self.free.fetch_or(place.bit(), Ordering::Release)",
            to: "self.free.fetch_or(place.bit(), Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "claimed_relaxed",
        model: "cell::two_writers_swap",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Slots::claim",
            from: "Ordering::Acquire,
            Ordering::Relaxed",
            to: "Ordering::Relaxed,
            Ordering::Relaxed",
        }],
    },
    Seed {
        name: "one_place_too_many",
        model: "cell::swap_at_the_bound_races_read",
        caught_by: "more are retired than may be",
        bug: &[Mutation {
            item: "FrameCell::new",
            from: "Slots::new(retired + 1)",
            to: "Slots::new(retired + 2)",
        }],
    },
    Seed {
        name: "released_uncounted",
        model: "cell::clear_races_read",
        caught_by: "not freed, or not counted",
        bug: &[Mutation {
            item: "Slots::release",
            from: "buffer.no_longer_retired();",
            to: "",
        }],
    },
    Seed {
        name: "place_freed_after_the_drop",
        model: "cell::end_of_a_pool_swaps_and_panics",
        caught_by: "refused below the bound",
        bug: &[
            Mutation {
                item: "Slots::release",
                from: "unsafe { self.give_back(place) };",
                to: "",
            },
            Mutation {
                item: "Slots::release",
                from: "drop(buffer);",
                to: "drop(buffer);
            unsafe { self.give_back(place) };",
            },
        ],
    },
    Seed {
        name: "panic_let_through",
        model: "cell::end_of_a_pool_swaps_and_panics",
        caught_by: "the panic goes no further",
        bug: &[Mutation {
            item: "Hook::drop",
            from: "contain(|| drop(owned));",
            to: "drop(owned);",
        }],
    },
    Seed {
        name: "retired_and_not_handed_in",
        model: "cell::clear_races_swap",
        caught_by: "not freed, or not counted",
        bug: &[Mutation {
            item: "Writer::retire",
            from: "self.collect(guard, old.is_some());",
            to: "self.collect(guard, false);",
        }],
    },
    Seed {
        name: "participant_left_relaxed",
        model: "cell::reader_comes_and_goes_during_a_swap",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Participant::leave",
            from: "self.taken.store(SPARE, Ordering::Release);",
            to: "self.taken.store(SPARE, Ordering::Relaxed);",
        }],
    },
    Seed {
        name: "participant_taken_relaxed",
        model: "cell::reader_comes_and_goes_during_a_swap",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Participants::take",
            from: "TAKEN,
            Ordering::Acquire",
            to: "TAKEN,
            Ordering::Relaxed",
        }],
    },
    Seed {
        name: "participant_of_two_handles",
        model: "cell::reader_comes_and_goes_during_a_swap",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Participants::take",
            from: "SPARE,
            TAKEN",
            to: "TAKEN,
            TAKEN",
        }],
    },
    Seed {
        name: "participant_added_relaxed",
        model: "cell::handles_are_made_at_once",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Participants::add",
            from: "Ordering::AcqRel",
            to: "Ordering::Acquire",
        }],
    },
    Seed {
        name: "participants_looked_at_relaxed",
        model: "cell::handles_are_made_at_once",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Participants::take",
            from: "self.first.load(Ordering::Acquire)",
            to: "self.first.load(Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "node_freed_without_grace",
        model: "registry::lookup_races_removal",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Registry::walk",
            from: "unsafe { guard.defer_destroy(at) };",
            to: "drop(unsafe { at.into_owned() });",
        }],
    },
    Seed {
        name: "removed_without_mark",
        model: "registry::neighbours_are_removed_at_once",
        caught_by: "found when it was removed",
        bug: &[Mutation {
            item: "Registry::remove",
            from: "let before = node.next.fetch_or(MARKED, Ordering::AcqRel, &guard);",
            to: "let before = node.next.fetch_or(MARKED & address, Ordering::AcqRel, &guard);",
        }],
    },
];
