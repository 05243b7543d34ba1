//! Seeds for the models of `lazy`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{LEAKED, ON_ITS_WAY, UNORDERED};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_release",
        model: "lazy::two_come_first",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Lazy::publish",
            from: "ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Acquire",
            to: "ptr::null_mut(),
            offered,
            Ordering::Acquire,
            Ordering::Acquire",
        }],
    },
    Seed {
        name: "without_acquire_on_failure",
        model: "lazy::two_come_first",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Lazy::publish",
            from: "ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Acquire",
            to: "ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Relaxed",
        }],
    },
    Seed {
        name: "offer_forgotten",
        model: "lazy::two_come_first",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Lazy::publish",
            from: "drop(unsafe { Box::from_raw(offered) });
            first",
            to: "first",
        }],
    },
    Seed {
        name: "swapped_in",
        model: "lazy::two_come_first",
        caught_by: "one was kept",
        bug: &[Mutation {
            item: "Lazy::publish",
            from: "let kept = match self.made.compare_exchange(
                ptr::null_mut(),
                offered,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => offered,
                Err(first) => {
                    drop(unsafe { Box::from_raw(offered) });
                    first
                }
            };",
            to: "self.made.store(offered, Ordering::Release);
            let kept = offered;",
        }],
    },
    Seed {
        name: "without_acquire",
        model: "lazy::one_looks_while_it_is_made",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Lazy::get",
            from: "let made = self.made.load(Ordering::Acquire);",
            to: "let made = self.made.load(Ordering::Relaxed);",
        }],
    },
    Seed {
        name: "makers_ignored",
        model: "lazy::maker_that_is_refused_finds_what_another_makes",
        caught_by: ON_ITS_WAY,
        bug: &[Mutation {
            item: "Lazy::get_or_make",
            from: "if self.makers.may_refuse(before, &mut wait_budget)",
            to: "if self.get().is_none() || self.makers.may_refuse(before, &mut wait_budget)",
        }],
    },
    Seed {
        name: "made_unnoted",
        model: "lazy::maker_that_is_refused_finds_what_another_makes",
        caught_by: ON_ITS_WAY,
        bug: &[Mutation {
            item: "Lazy::publish",
            from: "self.makers.arrived();",
            to: "",
        }],
    },
];
