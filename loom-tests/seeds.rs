// The seeded bugs: each a change of the source that loom has to catch. Included by build.rs.

struct Seed {
    name: &'static str,
    /// The model that must fail, `area::name`.
    model: &'static str,
    /// A part of what the failure says.
    caught_by: &'static str,
    bug: &'static [Change],
}

const LOST: &str = "lost or doubled";
const UNORDERED: &str = "Causality violation";
const LEAKED: &str = "Allocation leaked";
const MISSED: &str = "a frame was at rest all along";

const POP_WITHOUT_TAG: Change = Change {
    file: "tagged.rs",
    from: "(word & !self.mask).wrapping_add(self.mask + 1) | field",
    to: "word & !self.mask | field",
};

const PUSH_RELAXED: Change = Change {
    file: "stack.rs",
    from: "            // Release (S1): publishes the link word and all that the caller wrote to what the node
            // names. Acquire on failure: pairs with S1, as above.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

const PUSH_ALL_RELAXED: Change = Change {
    file: "stack.rs",
    from: "            // Release (S1) and Acquire: as in `push`.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

const POP_NOT_RELEASED: Change = Change {
    file: "stack.rs",
    from: "            // word is the one that was acquired.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

const POP_MANY_NOT_RELEASED: Change = Change {
    file: "stack.rs",
    from: "            // Release (S2), Acquire: as in `pop_with`.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

const POP_RELAXED: Change = Change {
    file: "stack.rs",
    from:
        "        // Acquire: pairs with S1; the link word and what the node names are read after it.
        let mut word = self.head.load(Ordering::Acquire);",
    to: "        let mut word = self.head.load(Ordering::Relaxed);",
};

const CLOSE_RELAXED: Change = Change {
    file: "stack.rs",
    from: "self.head.swap(self.tagged.closed(), Ordering::Acquire)",
    to: "self.head.swap(self.tagged.closed(), Ordering::Relaxed)",
};

const CLOSE_IN_TWO_STEPS: Change = Change {
    file: "stack.rs",
    from: "let word = self.head.swap(self.tagged.closed(), Ordering::Acquire);",
    to: "let word = self.head.load(Ordering::Acquire);
        self.head.store(self.tagged.closed(), Ordering::Release);",
};

const SLOT_PUSH_RELAXED: Change = Change {
    file: "slot.rs",
    from: ".compare_exchange(word, new, Ordering::Release, Ordering::Relaxed)",
    to: ".compare_exchange(word, new, Ordering::Relaxed, Ordering::Relaxed)",
};

const SEEDS: &[Seed] = &[
    Seed {
        name: "pushed_in_two_steps",
        model: "slot::push_races_push_and_pop",
        caught_by: "lost or doubled",
        bug: &[Change {
            file: "slot.rs",
            from: "        self.word
            .compare_exchange(word, new, Ordering::Release, Ordering::Relaxed)
            .is_ok()",
            to: "        self.word.store(new, Ordering::Release);
        true",
        }],
    },
    Seed {
        name: "popped_in_two_steps",
        model: "slot::pop_races_pop",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "slot.rs",
            from: "            match self
                .word
                .compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return Some(index),
                Err(now) => word = now,
            }",
            to: "            word = self.word.swap(new, Ordering::AcqRel);
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
        bug: &[Change {
            file: "slot.rs",
            from: "compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)",
            to: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "slot::close_races_push_and_pop",
        caught_by: LOST,
        bug: &[Change {
            file: "slot.rs",
            from: "let word = self.word.swap(TAGGED.closed(), Ordering::Acquire);",
            to: "let word = self.word.load(Ordering::Acquire);
        self.word.store(TAGGED.closed(), Ordering::Release);",
        }],
    },
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
        bug: &[PUSH_ALL_RELAXED],
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
            Change {
                file: "stack.rs",
                from: "            links.write(node, link);
            let new = self.tagged.put(word, node.into());",
                to: "            let new = self.tagged.put(word, node.into());",
            },
            Change {
                file: "stack.rs",
                from: "            // Release (S1): publishes the link word and all that the caller wrote to what the node
            // names. Acquire on failure: pairs with S1, as above.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return Ok(()),",
                to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => {
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
        name: "weighed_after_the_pop",
        model: "depot::take_races_take",
        caught_by: "panicked",
        bug: &[Change {
            file: "stack.rs",
            from: "        self.pop_with(links, |link| {
            link.weight
                .wrapping_sub(self.weight_under(links, link.next))
        })",
            to: "        let (top, link) = self.pop_with(links, |link| link)?;
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
            Change {
                file: "depot.rs",
                from: "        self.0.tracks.read(magazine);
        for slot",
                to: "        let answer = self
            .0
            .empty
            .push(&self.0.magazine_links, magazine, 1, u32::MAX);
        self.0.tracks.read(magazine);
        for slot",
            },
            Change {
                file: "depot.rs",
                from: "        // `empty` has no limit and is never closed, so this cannot be refused.
        let answer = self
            .0
            .empty
            .push(&self.0.magazine_links, magazine, 1, u32::MAX);
",
                to: "",
            },
        ],
    },
    Seed {
        name: "fresh_magazine_for_two",
        model: "depot::part_batches_without_a_magazine_rest_loose",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "depot.rs",
            from: "            match self.0.fresh.compare_exchange_weak(
                fresh,
                fresh + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(fresh),
                Err(now) => fresh = now,
            }",
            to: "            self.0.fresh.store(fresh + 1, Ordering::Relaxed);
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
        bug: &[Change {
            file: "depot.rs",
            from: "self.0.full.close(&self.0.magazine_links) + self.0.loose.close(frame_links)",
            to: "{ let _ = frame_links; self.0.full.close(&self.0.magazine_links) }",
        }],
    },
    Seed {
        name: "loose_not_looked_at",
        model: "depot::loose_frame_is_at_rest",
        caught_by: MISSED,
        bug: &[Change {
            file: "depot.rs",
            from: ".wrapping_add(self.0.loose.pops_if_empty()?),",
            to: ".wrapping_add(0),",
        }],
    },
    Seed {
        name: "without_release",
        model: "pool::bulk_free_races_get",
        caught_by: LOST,
        bug: &[PUSH_ALL_RELAXED],
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
        bug: &[PUSH_ALL_RELAXED],
    },
    Seed {
        name: "plain_scan",
        model: "pool::frame_at_rest_in_slots_is_always_found",
        caught_by: MISSED,
        bug: &[Change {
            file: "inner/exhaustion.rs",
            from: "        let (Some(first), Some(second)) = (self.pops_if_empty(), self.pops_if_empty()) else {
            return false;
        };",
            to: "        let (first, second) = (0_u64, 0_u64);",
        }],
    },
    Seed {
        name: "one_scan",
        model: "pool::frame_that_moves_on_is_always_found",
        caught_by: MISSED,
        bug: &[
            Change {
                file: "inner/exhaustion.rs",
                from: "(self.pops_if_empty(), self.pops_if_empty())",
                to: "(self.pops_if_empty(), Some(0_u64))",
            },
            Change {
                file: "inner/exhaustion.rs",
                from: "if first != second {",
                to: "if first.wrapping_sub(first) != second {",
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
        bug: &[Change {
            file: "slot.rs",
            from: "compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)",
            to: "compare_exchange_weak(word, new, Ordering::Acquire, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_release",
        model: "pool::frame_is_found_while_the_last_is_carved",
        caught_by: MISSED,
        bug: &[Change {
            file: "arena/mod.rs",
            from: "(next, end, Ordering::Release, Ordering::Relaxed)",
            to: "(next, end, Ordering::Relaxed, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_acquire",
        model: "pool::frame_is_found_while_the_last_is_carved",
        caught_by: MISSED,
        bug: &[Change {
            file: "arena/mod.rs",
            from: "self.frames - self.next.load(Ordering::Acquire)",
            to: "self.frames - self.next.load(Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_release_on_pop",
        model: "pool::frame_is_found_beside_a_burst_taken",
        caught_by: MISSED,
        bug: &[POP_MANY_NOT_RELEASED],
    },
    Seed {
        name: "depot_not_looked_at",
        model: "pool::frame_in_the_depot_is_found",
        caught_by: MISSED,
        bug: &[Change {
            file: "inner/exhaustion.rs",
            from: "let depot = self.depot.pops_if_empty()?;",
            to: "let depot = 0_u64;",
        }],
    },
    Seed {
        name: "kept_what_it_got",
        model: "pool::bulk_that_falls_short_gives_back",
        caught_by: "panicked",
        bug: &[Change {
            file: "pool/mod.rs",
            from: "        burst.truncate(before);
",
            to: "        let _ = before;
",
        }],
    },
    Seed {
        name: "without_the_closers_share",
        model: "teardown::two_frames_come_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[
            Change {
                file: "inner/teardown.rs",
                from: "resting as usize + 1",
                to: "resting as usize",
            },
            Change {
                file: "inner/teardown.rs",
                from: "u64::from(inner.arena.frames()) + 1",
                to: "u64::from(inner.arena.frames())",
            },
        ],
    },
    Seed {
        name: "counted_relaxed",
        model: "teardown::last_frame_to_a_stack_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/teardown.rs",
            from: "fetch_add(shares as u64, Ordering::AcqRel)",
            to: "fetch_add(shares as u64, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "closed_relaxed",
        model: "teardown::last_frame_to_a_stack_races_last_handle",
        caught_by: LEAKED,
        bug: &[CLOSE_RELAXED],
    },
    Seed {
        name: "closed_relaxed",
        model: "teardown::last_frame_to_a_slot_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "slot.rs",
            from: "swap(TAGGED.closed(), Ordering::Acquire)",
            to: "swap(TAGGED.closed(), Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "read_after_the_count",
        model: "teardown::burst_comes_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/teardown.rs",
            from: "        if before + shares as u64 == all {",
            to: "        if before + shares as u64 == u64::from(inner.arena.frames()) + 1 + 0 * all {",
        }],
    },
    Seed {
        name: "read_after_the_free",
        model: "teardown::burst_comes_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/transfer.rs",
            from: "            unsafe { Self::settle(this, ids) };
",
            to: "            unsafe { Self::settle(this, ids) };
            let _ = inner.transfer.batch;
",
        }],
    },
    Seed {
        name: "touched_after_the_free",
        model: "teardown::flush_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/transfer.rs",
            from: "            unsafe { Self::settle(this, ids) };
",
            to: "            unsafe { Self::settle(this, ids) };
            inner.add_handle();
",
        }],
    },
    Seed {
        name: "dropped_relaxed",
        model: "teardown::two_handles_are_dropped_at_once",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/teardown.rs",
            from: "fetch_sub(1, Ordering::Release)",
            to: "fetch_sub(1, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_the_fence",
        model: "teardown::two_handles_are_dropped_at_once",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/teardown.rs",
            from: "            fence(Ordering::Acquire);
",
            to: "            let _ = fence;
",
        }],
    },
    Seed {
        name: "flushed_ids_uncounted",
        model: "teardown::flush_races_last_handle",
        caught_by: LEAKED,
        bug: &[Change {
            file: "inner/transfer.rs",
            from: "            self.came_home_early(batch.len());
",
            to: "",
        }],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "teardown::burst_comes_home_to_an_orphan",
        caught_by: LEAKED,
        bug: &[CLOSE_IN_TWO_STEPS],
    },
];
