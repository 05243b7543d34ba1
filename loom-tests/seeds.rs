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
const OPENED: &str = "a cache is open that must be shut";
const LEAKED: &str = "Allocation leaked";
const MISSED: &str = "was at rest all along";
const ON_ITS_WAY: &str = "refused what was on its way";

const POP_WITHOUT_TAG: Change = Change {
    file: "base/tagged.rs",
    from: "(word & !self.mask).wrapping_add(self.mask + 1) | field",
    to: "word & !self.mask | field",
};

const PUSH_RELAXED: Change = Change {
    file: "base/stack.rs",
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
    file: "base/stack.rs",
    from: "            // Release (S1) and Acquire: as in `push`.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

const POP_NOT_RELEASED: Change = Change {
    file: "base/stack.rs",
    from: "            // word is the one that was acquired.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

const POP_MANY_NOT_RELEASED: Change = Change {
    file: "base/stack.rs",
    from: "            // Release (S2), Acquire: as in `pop_with`.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Acquire)",
};

const POP_RELAXED: Change = Change {
    file: "base/stack.rs",
    from:
        "        // Acquire: pairs with S1; the link word and what the node names are read after it.
        let mut word = self.head.load(Ordering::Acquire);",
    to: "        let mut word = self.head.load(Ordering::Relaxed);",
};

const CLOSE_RELAXED: Change = Change {
    file: "base/stack.rs",
    from: "self.head.swap(self.tagged.closed(), Ordering::Acquire)",
    to: "self.head.swap(self.tagged.closed(), Ordering::Relaxed)",
};

const CLOSE_IN_TWO_STEPS: Change = Change {
    file: "base/stack.rs",
    from: "let word = self.head.swap(self.tagged.closed(), Ordering::Acquire);",
    to: "let word = self.head.load(Ordering::Acquire);
        self.head.store(self.tagged.closed(), Ordering::Release);",
};

const SLOT_PUSH_RELAXED: Change = Change {
    file: "base/slot.rs",
    from: ".compare_exchange(word, new, Ordering::Release, Ordering::Relaxed)",
    to: ".compare_exchange(word, new, Ordering::Relaxed, Ordering::Relaxed)",
};

const PUSH_FAILS_RELAXED: Change = Change {
    file: "base/stack.rs",
    from: "            // names. Acquire on failure: pairs with S1, as above.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Relaxed)",
};

const POP_FAILS_RELAXED: Change = Change {
    file: "base/stack.rs",
    from: "            // word is the one that was acquired.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)",
    to: "            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Relaxed)",
};

const KEPT_WHAT_IT_GOT: Change = Change {
    file: "pool/mod.rs",
    from: "        burst.truncate(before);
",
    to: "        let _ = before;
",
};

const BULK_KEPT_WHAT_IT_GOT: Change = Change {
    file: "buffer/bulk.rs",
    from: "        self.truncate(before);
",
    to: "        let _ = before;
",
};

const FIRST_FENCE_LEFT_OUT: Change = Change {
    file: "percpu/rseq/caches.rs",
    from: "            1 => self.fence(last),",
    to: "            1 => { let _ = last; true }",
};

const SECOND_FENCE_LEFT_OUT: Change = Change {
    file: "percpu/rseq/caches.rs",
    from: "!self.outside.mode.note_opening() || !self.fence(Some(cpu))",
    to: "!self.outside.mode.note_opening()",
};

const NOT_STOPPED: Change = Change {
    file: "percpu/rseq/caches.rs",
    from: "                            self.stop(cpu);
                            owned += 1;",
    to: "                            owned += 1;",
};

const GATE_RELAXED: Change = Change {
    file: "percpu/rseq/gate.rs",
    from: ".compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)",
    to: ".compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)",
};

const MODE_RELAXED: Change = Change {
    file: "percpu/rseq/gate.rs",
    from: ".compare_exchange(from.0, to, Ordering::AcqRel, Ordering::Acquire)",
    to: ".compare_exchange(from.0, to, Ordering::Relaxed, Ordering::Relaxed)",
};

const MARK_LEFT_OUT: Change = Change {
    file: "percpu/rseq/gate.rs",
    from: "seen.0 & MARKED != 0 || self.change(seen.0, seen.0 | MARKED)",
    to: "{ let _ = seen; true }",
};

const OPENING_NOT_NOTED: Change = Change {
    file: "percpu/rseq/caches.rs",
    from: "if !self.outside.mode.note_opening() || !self",
    to: "if !self",
};

const CURSOR_IN_TWO_STEPS: Change = Change {
    file: "memory/cuts/mod.rs",
    from: "        self.cursor
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()",
    to: "        let same = self.cursor.load(Ordering::Acquire) == from;
        if same {
            self.cursor.store(to, Ordering::Release);
        }
        same",
};

const REST_TAKEN_IN_TWO_STEPS: Change = Change {
    file: "memory/cuts/mod.rs",
    from: "let word = self.cursor.swap(NONE, Ordering::AcqRel);",
    to: "let word = self.cursor.load(Ordering::Acquire);
        self.cursor.store(NONE, Ordering::Release);",
};

const GIVEN_BACK_TOO_EARLY: Change = Change {
    file: "base/stack.rs",
    from: "if self.weight_under(links, word) != weight || !holds() {",
    to: "if self.weight_under(links, word) + 1 < weight || !holds() {",
};

const TAKEN_WHOLE_IN_TWO_STEPS: Change = Change {
    file: "base/stack.rs",
    from: "        // Release (S2): as in `pop_with`. Relaxed on failure: nothing is concluded.
        self.head
            .compare_exchange(
                word,
                self.tagged.emptied(word),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()",
    to: "        let same = self.head.load(Ordering::Acquire) == word;
        if same {
            self.head.store(self.tagged.emptied(word), Ordering::Release);
        }
        same",
};

const ARRIVALS_IGNORED: Change = Change {
    file: "base/transit.rs",
    from: "if now.arrivals() != before.arrivals() {",
    to: "if now.arrivals() < before.arrivals() {",
};

const CALLS_IGNORED: Change = Change {
    file: "base/transit.rs",
    from: "(before.calls() == 0 && now.calls() == 0) || patience",
    to: "before.calls() + now.calls() < 9 || patience",
};

const OWNER_WRITTEN_LATE: Change = Change {
    file: "memory/chunks.rs",
    from: "        let generation = self.owner(chunk).generation;
        self.own(
            chunk,
            Owner {
                generation,
                class: None,
            },
        );
        self.put_free(chunk);
",
    to: "        let generation = self.owner(chunk).generation;
        self.put_free(chunk);
        self.own(
            chunk,
            Owner {
                generation,
                class: None,
            },
        );
",
};

const TAKEN_BACK_IN_TWO_STEPS: Change = Change {
    file: "base/raw.rs",
    from: "    word.clear(out_with::<W>(view), Ordering::Acquire, Ordering::Relaxed)",
    to: "    let same = word.read(Ordering::Acquire) == out_with::<W>(view);
    if same {
        word.write(0, Ordering::Relaxed);
    }
    same",
};

const HANDED_OUT_RELAXED: Change = Change {
    file: "base/raw.rs",
    from: "word.write(out_with::<W>(view), Ordering::Release);",
    to: "word.write(out_with::<W>(view), Ordering::Relaxed);",
};

const TAKEN_BACK_RELAXED: Change = Change {
    file: "base/raw.rs",
    from: "word.clear(out_with::<W>(view), Ordering::Acquire, Ordering::Relaxed)",
    to: "word.clear(out_with::<W>(view), Ordering::Relaxed, Ordering::Relaxed)",
};

const LARGE_FREED_RELAXED: Change = Change {
    file: "dot11/large.rs",
    from: "self.live.fetch_sub(1, Ordering::AcqRel) & CLOSED != 0",
    to: "self.live.fetch_sub(1, Ordering::Relaxed) & CLOSED != 0",
};

const LARGE_CLOSED_IN_TWO_STEPS: Change = Change {
    file: "dot11/large.rs",
    from: "self.live.fetch_or(CLOSED, Ordering::AcqRel) as u32",
    to: "{
            let live = self.live.load(Ordering::Acquire);
            self.live.store(live | CLOSED, Ordering::Release);
            live as u32
        }",
};

const LARGE_UNCOUNTED: Change = Change {
    file: "inner/teardown.rs",
    from: "inner.large().map_or(0, Large::close)",
    to: "inner.large().map_or(0, |large| 0 * large.close())",
};

const CLASSES_COUNTED_APART: Change = Change {
    file: "inner/teardown.rs",
    from: "        let out = u64::from(frames) + u64::from(dot11) + u64::from(large);
",
    to: "        unsafe { Self::came_home(this, u64::from(frames).wrapping_neg()) };
        let out = u64::from(dot11) + u64::from(large);
",
};

const SEEDS: &[Seed] = &[
    Seed {
        name: "pushed_in_two_steps",
        model: "slot::push_races_push_and_pop",
        caught_by: "lost or doubled",
        bug: &[Change {
            file: "base/slot.rs",
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
            file: "base/slot.rs",
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
            file: "base/slot.rs",
            from: "compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)",
            to: "compare_exchange_weak(word, new, Ordering::Release, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "slot::close_races_push_and_pop",
        caught_by: LOST,
        bug: &[Change {
            file: "base/slot.rs",
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
                file: "base/stack.rs",
                from: "            links.write(node, link);
            let new = self.tagged.put(word, node.into());",
                to: "            let new = self.tagged.put(word, node.into());",
            },
            Change {
                file: "base/stack.rs",
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
            file: "base/stack.rs",
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
            file: "class/exhaustion.rs",
            from: "        let (Some(first), Some(second)) = (look(), look()) else {
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
                file: "class/exhaustion.rs",
                from: "(look(), look())",
                to: "(look(), Some(0_u64))",
            },
            Change {
                file: "class/exhaustion.rs",
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
            file: "base/slot.rs",
            from: "compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed)",
            to: "compare_exchange_weak(word, new, Ordering::Acquire, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_release",
        model: "pool::frame_is_found_while_the_last_is_carved",
        caught_by: MISSED,
        bug: &[Change {
            file: "memory/arena/mod.rs",
            from: "(next, end, Ordering::Release, Ordering::Relaxed)",
            to: "(next, end, Ordering::Relaxed, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_acquire",
        model: "pool::frame_is_found_while_the_last_is_carved",
        caught_by: MISSED,
        bug: &[Change {
            file: "memory/arena/mod.rs",
            from: "self.next.load(Ordering::Acquire)",
            to: "self.next.load(Ordering::Relaxed)",
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
            file: "class/exhaustion.rs",
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
        name: "without_the_closers_share",
        model: "teardown::two_frames_come_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[
            Change {
                file: "inner/teardown.rs",
                from: "unsafe { Self::came_home(this, out.wrapping_neg()) };",
                to: "unsafe { Self::came_home(this, 0) };
        unsafe { Self::came_home(this, out.wrapping_neg()) };",
            },
        ],
    },
    Seed {
        name: "counted_relaxed",
        model: "teardown::last_frame_to_a_stack_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/teardown.rs",
            from: "fetch_add(ids, Ordering::AcqRel)",
            to: "fetch_add(ids, Ordering::Relaxed)",
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
            file: "base/slot.rs",
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
            from: "        if before.wrapping_add(ids) == 0 {",
            to: "        if before.wrapping_add(ids) == u64::from(inner.arena().frames() - inner.arena().frames()) {",
        }],
    },
    Seed {
        name: "read_after_the_free",
        model: "teardown::burst_comes_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/mod.rs",
            from: "            let Homeless(ids) = class.settle(ids);
",
            to: "            let Homeless(ids) = class.settle(ids);
            let _ = class.batch();
",
        }],
    },
    Seed {
        name: "touched_after_the_free",
        model: "teardown::flush_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/mod.rs",
            from: "            let Homeless(ids) = class.settle(ids);
",
            to: "            let Homeless(ids) = class.settle(ids);
            unsafe { this.as_ref() }.add_handle();
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
            file: "class/transfer.rs",
            from: "        shards.count(at, Event::Flush);
        self.put(batch.as_slice())",
            to: "        let _ = self.put(batch.as_slice());
        Homeless::NONE",
        }],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "teardown::burst_comes_home_to_an_orphan",
        caught_by: LEAKED,
        bug: &[CLOSE_IN_TWO_STEPS],
    },
    Seed {
        name: "without_the_first_fence",
        model: "caches::drain_races_push",
        caught_by: LOST,
        bug: &[
            FIRST_FENCE_LEFT_OUT,
        ],
    },
    Seed {
        name: "without_the_first_fence",
        model: "caches::drain_races_pop_that_is_aborted",
        caught_by: UNORDERED,
        bug: &[
            FIRST_FENCE_LEFT_OUT,
        ],
    },
    Seed {
        name: "not_stopped",
        model: "caches::drain_races_push_many",
        caught_by: OPENED,
        bug: &[
            NOT_STOPPED,
        ],
    },
    Seed {
        name: "fenced_before_it_is_stopped",
        model: "caches::drain_races_pop_many",
        caught_by: UNORDERED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "                            self.stop(cpu);
                            owned += 1;",
                to: "                            self.fence(Some(cpu));
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
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "self.caches.word(cpu, COUNT).store(left, Ordering::Relaxed);",
                to: "let _ = left;",
            },
        ],
    },
    Seed {
        name: "without_the_second_fence",
        model: "caches::drain_and_opening_race_push",
        caught_by: LOST,
        bug: &[
            SECOND_FENCE_LEFT_OUT,
        ],
    },
    Seed {
        name: "without_the_second_fence",
        model: "caches::drain_and_opening_race_pop",
        caught_by: UNORDERED,
        bug: &[
            SECOND_FENCE_LEFT_OUT,
        ],
    },
    Seed {
        name: "without_the_second_fence",
        model: "caches::drain_and_opening_race_push_many",
        caught_by: LOST,
        bug: &[
            SECOND_FENCE_LEFT_OUT,
        ],
    },
    Seed {
        name: "gate_relaxed",
        model: "caches::drain_races_the_end_of_drying",
        caught_by: LOST,
        bug: &[
            GATE_RELAXED,
        ],
    },
    Seed {
        name: "two_owners",
        model: "caches::drain_races_drain",
        caught_by: UNORDERED,
        bug: &[
            Change {
                file: "percpu/rseq/gate.rs",
                from: "        self.change(seen.0, token.0)",
                to: "        self.0.store(token.0, Ordering::Release);
        seen.0 == seen.0",
            },
        ],
    },
    Seed {
        name: "one_token_for_all",
        model: "caches::drain_races_drain",
        caught_by: "panicked",
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "self.outside.tickets.fetch_add(1, Ordering::Relaxed);",
                to: "self.outside.tickets.fetch_add(0, Ordering::Relaxed);",
            },
        ],
    },
    Seed {
        name: "bounds_opened_by_a_former_owner",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "        self.set_bounds(cpu, 0, self.outside.high);
        if gate.open(token) {
            return Opened::Yes;",
                to: "        if gate.open(token) {
            self.set_bounds(cpu, 0, self.outside.high);
            return Opened::Yes;",
            },
        ],
    },
    Seed {
        name: "mark_left_out",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[
            MARK_LEFT_OUT,
        ],
    },
    Seed {
        name: "mark_ignored",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[
            Change {
                file: "percpu/rseq/gate.rs",
                from: "self.change(token.0, OPEN)",
                to: "self.change(token.0, OPEN) || self.change(token.0 | MARKED, OPEN)",
            },
        ],
    },
    Seed {
        name: "marked_once",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "                        if gate.mark(seen) {
                            break;
                        }",
                to: "                        gate.mark(seen);
                        break;",
            },
        ],
    },
    Seed {
        name: "marked_cache_not_stopped",
        model: "caches::drain_races_opening_and_push",
        caught_by: OPENED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "            return Opened::Yes;
        }
        self.stop(cpu);",
                to: "            return Opened::Yes;
        }",
            },
        ],
    },
    Seed {
        name: "opening_not_noted",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[
            OPENING_NOT_NOTED,
        ],
    },
    Seed {
        name: "opening_noted_by_a_look",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "!self.outside.mode.note_opening() ||",
                to: "!self.outside.mode.look().is_open() ||",
            },
        ],
    },
    Seed {
        name: "drying_after_the_pass",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "        let Some(drying) = self.begin_drying() else {
            return Ok(None);
        };
        let held = self.stop_all()?;",
                to: "        let held = self.stop_all()?;
        let Some(drying) = self.begin_drying() else {
            return Ok(None);
        };",
            },
        ],
    },
    Seed {
        name: "mode_relaxed",
        model: "caches::drain_races_opening",
        caught_by: OPENED,
        bug: &[
            MODE_RELAXED,
        ],
    },
    Seed {
        name: "without_epochs",
        model: "caches::drain_races_the_end_of_drying",
        caught_by: OPENED,
        bug: &[
            Change {
                file: "percpu/rseq/gate.rs",
                from: "(self.0 & !PHASE).wrapping_add(ONE_EPOCH) | phase",
                to: "(self.0 & !PHASE).wrapping_add(0 * ONE_EPOCH) | phase",
            },
        ],
    },
    Seed {
        name: "without_the_fence",
        model: "caches::close_races_push",
        caught_by: LOST,
        bug: &[
            FIRST_FENCE_LEFT_OUT,
        ],
    },
    Seed {
        name: "closed_after_the_pass",
        model: "caches::close_races_opening",
        caught_by: LOST,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "        self.outside.mode.close();
        self.stop_all()",
                to: "        let held = self.stop_all();
        self.outside.mode.close();
        held",
            },
        ],
    },
    Seed {
        name: "closed_relaxed",
        model: "caches::close_races_opening",
        caught_by: LOST,
        bug: &[
            Change {
                file: "percpu/rseq/gate.rs",
                from: "self.0.swap(CLOSED, Ordering::AcqRel)",
                to: "self.0.swap(CLOSED, Ordering::Relaxed)",
            },
        ],
    },
    Seed {
        name: "opening_not_noted",
        model: "caches::close_races_opening",
        caught_by: LOST,
        bug: &[
            OPENING_NOT_NOTED,
        ],
    },
    Seed {
        name: "mark_left_out",
        model: "caches::close_races_opening_and_push",
        caught_by: OPENED,
        bug: &[
            MARK_LEFT_OUT,
        ],
    },
    Seed {
        name: "not_given_back",
        model: "caches::refused_drain_races_pop",
        caught_by: LOST,
        bug: &[Change {
            file: "percpu/rseq/caches.rs",
            from: "        let mut is_done = false;",
            to: "        let mut is_done = true;",
        }],
    },
    Seed {
        name: "given_back_shut",
        model: "caches::refused_drain_races_pop",
        caught_by: LOST,
        bug: &[Change {
            file: "percpu/rseq/caches.rs",
            from: "                if !self.gate(cpu).open(token) {",
            to: "                self.stop(cpu);
                self.gate(cpu).shut(token);
                if false {",
        }],
    },
    Seed {
        name: "mark_taken_off_without_an_epoch",
        model: "caches::refused_drain_races_drain",
        caught_by: OPENED,
        bug: &[Change {
            file: "percpu/rseq/caches.rs",
            from: "                if !self.gate(cpu).open(token) {",
            to: "                self.gate(cpu).unmark(token);
                if !self.gate(cpu).open(token) {",
        }],
    },
    Seed {
        name: "bounds_given_back_by_a_former_owner",
        model: "caches::refused_drain_races_drain",
        caught_by: OPENED,
        bug: &[Change {
            file: "percpu/rseq/caches.rs",
            from: "                self.set_bounds(cpu, 0, self.outside.high);
                if !self.gate(cpu).open(token) {",
            to: "                if self.gate(cpu).open(token) {
                    self.set_bounds(cpu, 0, self.outside.high);
                } else {",
        }],
    },
    Seed {
        name: "reopened_by_a_look",
        model: "caches::refused_drain_races_two_drains",
        caught_by: OPENED,
        bug: &[Change {
            file: "percpu/rseq/gate.rs",
            from: "self.open_from(|seen| seen.phase() != CLOSED)",
            to: "self.look().is_open() || self.open_from(|seen| seen.phase() != CLOSED)",
        }],
    },
    Seed {
        name: "left_owned_by_an_opener",
        model: "caches::drain_races_opening_that_is_refused",
        caught_by: LOST,
        bug: &[Change {
            file: "percpu/rseq/caches.rs",
            from: "            self.give_back(token);
            Opened::No",
            to: "            Opened::No",
        }],
    },
    Seed {
        name: "given_back_after_the_end",
        model: "caches::close_races_opening_that_is_refused",
        caught_by: OPENED,
        bug: &[Change {
            file: "percpu/rseq/gate.rs",
            from: "self.open_from(|seen| seen.phase() != CLOSED)",
            to: "self.open_from(|_| true)",
        }],
    },
    Seed {
        name: "dry_though_refused",
        model: "dry::frame_is_found_beside_a_get_that_is_refused_the_fence",
        caught_by: MISSED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "let held = self.stop_all()?;",
                to: "let held = self
            .stop_all()
            .inspect_err(|_| self.outside.mode.end_drying(drying))?;",
            },
            Change {
                file: "percpu/rseq/caches.rs",
                from: "while !is_done && self.outside.mode.reopen() {",
                to: "while !is_done {",
            },
        ],
    },
    Seed {
        name: "stopped_unasked",
        model: "caches::drain_that_may_not_fence_stops_nobody",
        caught_by: "the cache is stopped in vain",
        bug: &[Change {
            file: "percpu/rseq/caches.rs",
            from: "if !self.may_fence() {",
            to: "if false {",
        }],
    },
    Seed {
        name: "dry_not_demanded",
        model: "dry::frame_that_moves_to_the_depot_and_back_is_always_found",
        caught_by: MISSED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "epoch.is_dry().then(|| epoch.number())",
                to: "Some(epoch.number())",
            },
        ],
    },
    Seed {
        name: "left_in_shut_caches",
        model: "dry::refusals_race",
        caught_by: "panicked",
        bug: &[
            Change {
                file: "class/drain.rs",
                from: "let drained = self.drain(sweep.held());",
                to: "let drained = Homeless::NONE;",
            },
            Change {
                file: "class/drain.rs",
                from: "if sweep.held().take(self.transfer.batch, batch) {",
                to: "if batch.len() > 0 {",
            },
        ],
    },
    Seed {
        name: "left_in_shut_caches",
        model: "dry::frame_at_rest_in_caches_is_always_found",
        caught_by: "panicked",
        bug: &[
            Change {
                file: "class/drain.rs",
                from: "let drained = self.drain(sweep.held());",
                to: "let drained = Homeless::NONE;",
            },
        ],
    },
    Seed {
        name: "one_scan",
        model: "dry::frame_that_moves_to_the_depot_and_back_is_always_found",
        caught_by: MISSED,
        bug: &[
            Change {
                file: "class/exhaustion.rs",
                from: "(look(), look())",
                to: "(look(), Some(0_u64))",
            },
            Change {
                file: "class/exhaustion.rs",
                from: "if first != second {",
                to: "if first.wrapping_sub(first) != second {",
            },
        ],
    },
    Seed {
        name: "without_release_on_pop",
        model: "dry::frame_that_leaves_the_depot_is_always_found",
        caught_by: MISSED,
        bug: &[
            POP_NOT_RELEASED,
        ],
    },
    Seed {
        name: "without_the_fence",
        model: "orphan::last_handle_races_free_by_section",
        caught_by: LEAKED,
        bug: &[
            FIRST_FENCE_LEFT_OUT,
        ],
    },
    Seed {
        name: "closed_after_the_pass",
        model: "orphan::last_handle_races_free_that_opens",
        caught_by: LEAKED,
        bug: &[
            Change {
                file: "percpu/rseq/caches.rs",
                from: "        self.outside.mode.close();
        self.stop_all()",
                to: "        let held = self.stop_all();
        self.outside.mode.close();
        held",
            },
        ],
    },
    Seed {
        name: "opening_not_noted",
        model: "orphan::last_handle_races_free_that_opens",
        caught_by: LEAKED,
        bug: &[
            OPENING_NOT_NOTED,
        ],
    },
    Seed {
        name: "mark_left_out",
        model: "orphan::last_handle_races_free_that_opens",
        caught_by: LEAKED,
        bug: &[
            MARK_LEFT_OUT,
        ],
    },
    Seed {
        name: "found_in_a_marked_cache_uncounted",
        model: "orphan::free_to_a_cache_that_is_opened_comes_before_the_last_handle",
        caught_by: LEAKED,
        bug: &[
            Change {
                file: "class/drain.rs",
                from: "homeless += self.put(batch.as_slice()).0;",
                to: "let _ = self.put(batch.as_slice());",
            },
        ],
    },
    Seed {
        name: "marked_cache_left_as_it_is",
        model: "orphan::free_to_a_cache_that_is_opened_comes_before_the_last_handle",
        caught_by: LEAKED,
        bug: &[
            Change {
                file: "class/drain.rs",
                from: "(false, self.drain(&held))",
                to: "(false, Homeless(0 * usize::from(drop(held) == ())))",
            },
        ],
    },
    Seed {
        name: "flushed_ids_uncounted",
        model: "orphan::last_handle_races_free_that_flushes",
        caught_by: LEAKED,
        bug: &[
            Change {
                file: "class/drain.rs",
                from: "        caches.count(Event::Flush);
        self.put(batch.as_slice())",
                to: "        let _ = self.put(batch.as_slice());
        Homeless::NONE",
            },
        ],
    },
    Seed {
        name: "resting_uncounted",
        model: "orphan::last_handle_races_free_by_section",
        caught_by: LEAKED,
        bug: &[
            Change {
                file: "class/mod.rs",
                from: "caches.close().map(|held| held.resting())",
                to: "caches.close().map(|held| held.resting().min(1))",
            },
        ],
    },
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
        bug: &[Change {
            file: "memory/cuts/mod.rs",
            from: "            self.chunks.give_back_untouched(chunk);
        }",
            to: "        }",
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
        bug: &[Change {
            file: "memory/cuts/mod.rs",
            from: "self.advance(NONE, rest.word())",
            to: "{ self.cursor.store(rest.word(), Ordering::Release); true }",
        }],
    },
    Seed {
        name: "without_release",
        model: "chunks::chunk_that_came_back_is_carved_by_two",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "memory/cuts/mod.rs",
            from: ".compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)",
            to: ".compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_acquire",
        model: "chunks::chunk_that_came_back_is_carved_by_two",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "memory/cuts/mod.rs",
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
        bug: &[Change {
            file: "memory/cuts/mod.rs",
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
        bug: &[Change {
            file: "memory/cuts/mod.rs",
            from: "        let takings = match refused {
            false => self.chunks.takings_if_used_up()?,
            // For a call that was refused a chunk's memory there is no chunk, whoever takes one meanwhile.
            true => 0,
        };
        let pops = (self.chunks.shelves()).pops_if_empty(|chunk| self.is_own(chunk))?;
        // Acquire: pairs with A in `advance`.
        match self.rest(self.cursor.load(Ordering::Acquire)) {
            Some(_) => None,
            None => Some(takings.wrapping_add(pops)),
        }",
            to: "        match self.rest(self.cursor.load(Ordering::Acquire)) {
            Some(_) => None,
            None => if refused { Some(0) } else { self.chunks.takings_if_used_up() },
        }",
        }],
    },
    Seed {
        name: "fresh_without_release",
        model: "chunks::buffer_that_goes_over_the_cursor_is_always_found",
        caught_by: MISSED,
        bug: &[Change {
            file: "memory/chunks.rs",
            from: "                fresh + 1,
                Ordering::Release,",
            to: "                fresh + 1,
                Ordering::Relaxed,",
        }],
    },
    Seed {
        name: "given_back_too_early",
        model: "dot11::trim_races_free_and_allocation",
        caught_by: "panicked",
        bug: &[GIVEN_BACK_TOO_EARLY],
    },
    Seed {
        name: "given_back_too_early",
        model: "dot11::trim_races_free_and_another_class",
        caught_by: "panicked",
        bug: &[GIVEN_BACK_TOO_EARLY],
    },
    Seed {
        name: "rest_taken_in_two_steps",
        model: "chunks::idle_chunk_and_its_rest_race_carves",
        caught_by: LOST,
        bug: &[REST_TAKEN_IN_TWO_STEPS],
    },
    Seed {
        name: "kept_ids_dropped",
        model: "dot11::trim_races_free_and_allocation",
        caught_by: LOST,
        bug: &[Change {
            file: "memory/cuts/shelved.rs",
            from: "            self.shelve(chunk, ids);
            then(chunk);",
            to: "            then(chunk);",
        }],
    },
    Seed {
        name: "taken_whole_in_two_steps",
        model: "dot11::two_classes_want_an_idle_chunk",
        caught_by: "panicked",
        bug: &[TAKEN_WHOLE_IN_TWO_STEPS],
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
        bug: &[Change {
            file: "memory/chunks.rs",
            from: "        self.put_free(chunk);
        self.transit.arrived();",
            to: "        self.put_free(chunk);",
        }],
    },
    Seed {
        name: "begun_without_fence",
        model: "transit::what_goes_from_place_to_place_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[Change {
            file: "base/transit.rs",
            from: "        fence(Ordering::Release);",
            to: "",
        }],
    },
    Seed {
        name: "settled_without_fence",
        model: "transit::what_goes_from_place_to_place_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[Change {
            file: "base/transit.rs",
            from: "        fence(Ordering::Acquire);",
            to: "",
        }],
    },
    Seed {
        name: "laid_down_relaxed",
        model: "transit::what_goes_from_place_to_place_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[
            Change {
                file: "base/transit.rs",
                from: "self.0.fetch_add(ARRIVAL, Ordering::Release);",
                to: "self.0.fetch_add(ARRIVAL, Ordering::Relaxed);",
            },
            Change {
                file: "base/transit.rs",
                from: "self.0.0.fetch_sub(CALL, Ordering::Release);",
                to: "self.0.0.fetch_sub(CALL, Ordering::Relaxed);",
            },
        ],
    },
    Seed {
        name: "arrivals_ignored",
        model: "transit::what_goes_from_place_to_place_is_not_refused",
        caught_by: ON_ITS_WAY,
        bug: &[ARRIVALS_IGNORED],
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
        bug: &[Change {
            file: "base/stack.rs",
            from: "if batch.len() == start || !holds() {",
            to: "if batch.len() == start {",
        }],
    },
    Seed {
        name: "whole_without_tag",
        model: "chunks::shelf_of_another_class_is_left_alone",
        caught_by: "panicked",
        bug: &[Change {
            file: "base/stack.rs",
            from: "                self.tagged.emptied(word),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()",
            to: "                self.tagged.empty(),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()",
        }],
    },
    Seed {
        name: "rest_dropped",
        model: "chunks::idle_chunk_and_its_rest_race_carves",
        caught_by: LOST,
        bug: &[Change {
            file: "memory/cuts/shelved.rs",
            from: "if !self.leave_rest(rest) {",
            to: "if false {",
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
        bug: &[Change {
            file: "memory/cuts/mod.rs",
            from: "pops_if_empty(|chunk| self.is_own(chunk))?",
            to: "pops_if_empty(|_| false)?",
        }],
    },
    Seed {
        name: "without_release_on_pop",
        model: "chunks::buffer_that_goes_over_the_shelf_is_always_found",
        caught_by: MISSED,
        bug: &[POP_MANY_NOT_RELEASED],
    },
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
        bug: &[Change {
            file: "inner/raw.rs",
            from: "        (view == view_of(self.owner.generation, len_of(view))).then_some(view)",
            to: "        Some(view)",
        }],
    },
    Seed {
        name: "generation_stays",
        model: "raw::dead_pointer_is_refused_beside_a_class_that_takes_the_chunk",
        caught_by: LOST,
        bug: &[Change {
            file: "memory/chunks.rs",
            from: "let generation = self.owner(chunk).generation + 1;",
            to: "let generation = self.owner(chunk).generation;",
        }],
    },
    Seed {
        name: "without_release",
        model: "lazy::two_come_first",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "base/lazy.rs",
            from: "            ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Acquire,",
            to: "            ptr::null_mut(),
            offered,
            Ordering::Acquire,
            Ordering::Acquire,",
        }],
    },
    Seed {
        name: "without_acquire_on_failure",
        model: "lazy::two_come_first",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "base/lazy.rs",
            from: "            ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Acquire,",
            to: "            ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Relaxed,",
        }],
    },
    Seed {
        name: "offer_forgotten",
        model: "lazy::two_come_first",
        caught_by: LEAKED,
        bug: &[Change {
            file: "base/lazy.rs",
            from: "                drop(unsafe { Box::from_raw(offered) });
                first",
            to: "                first",
        }],
    },
    Seed {
        name: "swapped_in",
        model: "lazy::two_come_first",
        caught_by: "one was kept",
        bug: &[Change {
            file: "base/lazy.rs",
            from: "        let kept = match self.made.compare_exchange(
            ptr::null_mut(),
            offered,
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            Ok(_) => offered,
            Err(first) => {
                // SAFETY: the offer was refused: it is this call's alone.
                drop(unsafe { Box::from_raw(offered) });
                first
            }
        };",
            to: "        self.made.store(offered, Ordering::Release);
        let kept = offered;",
        }],
    },
    Seed {
        name: "without_acquire",
        model: "lazy::one_looks_while_it_is_made",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "base/lazy.rs",
            from: "let made = self.made.load(Ordering::Acquire);",
            to: "let made = self.made.load(Ordering::Relaxed);",
        }],
    },
    Seed {
        name: "makers_ignored",
        model: "lazy::maker_that_is_refused_finds_what_another_makes",
        caught_by: ON_ITS_WAY,
        bug: &[Change {
            file: "base/lazy.rs",
            from: "if self.makers.is_settled(before, &mut patience) {",
            to: "if self.get().is_none() || self.makers.is_settled(before, &mut patience) {",
        }],
    },
    Seed {
        name: "made_unnoted",
        model: "lazy::maker_that_is_refused_finds_what_another_makes",
        caught_by: ON_ITS_WAY,
        bug: &[Change {
            file: "base/lazy.rs",
            from: "        self.makers.arrived();
",
            to: "",
        }],
    },
    Seed {
        name: "counted_apart",
        model: "teardown::buffers_of_two_classes_and_a_frame_come_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[CLASSES_COUNTED_APART],
    },
    Seed {
        name: "one_class_left_open",
        model: "teardown::buffers_of_two_classes_and_a_frame_come_home_to_an_orphan",
        caught_by: "panicked",
        bug: &[Change {
            file: "dot11/mod.rs",
            from: "for class in &self.classes {",
            to: "for class in &self.classes[1..] {",
        }],
    },
    Seed {
        name: "dot11_uncounted",
        model: "teardown::dot11_buffer_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "inner/teardown.rs",
            from: "u64::from(frames) + u64::from(dot11)",
            to: "u64::from(frames) + 0 * u64::from(dot11)",
        }],
    },
    Seed {
        name: "large_uncounted",
        model: "teardown::large_buffer_races_last_handle",
        caught_by: UNORDERED,
        bug: &[LARGE_UNCOUNTED],
    },
    Seed {
        name: "freed_relaxed",
        model: "teardown::large_buffer_races_last_handle",
        caught_by: UNORDERED,
        bug: &[LARGE_FREED_RELAXED],
    },
    Seed {
        name: "closed_relaxed",
        model: "teardown::large_buffer_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "dot11/large.rs",
            from: "self.live.fetch_or(CLOSED, Ordering::AcqRel)",
            to: "self.live.fetch_or(CLOSED, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "teardown::large_buffer_races_last_handle",
        caught_by: LEAKED,
        bug: &[LARGE_CLOSED_IN_TWO_STEPS],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "teardown::large_buffers_and_one_of_a_class_come_home_to_an_orphan",
        caught_by: LEAKED,
        bug: &[LARGE_CLOSED_IN_TWO_STEPS],
    },
    Seed {
        name: "reads_the_newest",
        model: "exchange::failed_exchange_reads_older_values",
        caught_by: "older values, too",
        bug: &[Change {
            file: "sync/loom.rs",
            from: "if WEAKLY.get() {",
            to: "if false {",
        }],
    },
    Seed {
        name: "acquires_nothing",
        model: "exchange::failed_exchange_acquires",
        caught_by: UNORDERED,
        bug: &[Change {
            file: "sync/loom.rs",
            from: "seen = self.load(failure);",
            to: "seen = self.load(Ordering::Relaxed);",
        }],
    },
    Seed {
        name: "looked_at_by_a_failed_exchange",
        // The exchange always fails: in loom it reads the newest word, in C++ as a relaxed load.
        model: "pool::frame_at_rest_in_slots_is_always_found_that_fails_weakly",
        caught_by: MISSED,
        bug: &[Change {
            file: "base/slot.rs",
            from: "        let word = self.word.load(Ordering::Acquire);",
            to: "        let (Ok(word) | Err(word)) = self.word.compare_exchange(
            u64::MAX,
            u64::MAX,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );",
        }],
    },
    Seed {
        name: "without_release",
        model: "bulk::bulk_is_dropped_on_another_thread_beside_gets",
        caught_by: UNORDERED,
        bug: &[PUSH_ALL_RELAXED],
    },
    Seed {
        name: "freed_twice",
        model: "bulk::bulk_is_dropped_on_another_thread_beside_gets_by_sections",
        caught_by: "panicked",
        bug: &[Change {
            file: "buffer/bulk.rs",
            from: "let id = self.ids.pop()?;",
            to: "let id = *self.ids().last()?;",
        }],
    },
    Seed {
        name: "kept_what_it_got",
        model: "bulk::bulk_that_falls_short_gives_back",
        caught_by: "it kept some",
        bug: &[BULK_KEPT_WHAT_IT_GOT],
    },
    Seed {
        name: "kept_what_it_got",
        model: "bulk::bulk_that_falls_short_gives_back_to_caches",
        caught_by: "it kept some",
        bug: &[BULK_KEPT_WHAT_IT_GOT],
    },
    Seed {
        name: "kept_what_it_got",
        model: "bulk::get_bulk_that_falls_short_gives_back_to_caches",
        caught_by: "it kept some",
        bug: &[KEPT_WHAT_IT_GOT],
    },
    Seed {
        name: "without_the_fence",
        model: "trim::trim_races_free_by_section",
        caught_by: LOST,
        bug: &[FIRST_FENCE_LEFT_OUT],
    },
    Seed {
        name: "without_the_fence",
        model: "trim::trim_races_allocation_by_section",
        caught_by: "panicked",
        bug: &[FIRST_FENCE_LEFT_OUT],
    },
    Seed {
        name: "left_in_shut_caches",
        model: "trim::trim_races_trim_of_caches",
        caught_by: LOST,
        bug: &[Change {
            file: "class/gather.rs",
            from: "        while sweep.held().take(self.transfer.batch, &mut batch) {",
            to: "        while false && sweep.held().take(self.transfer.batch, &mut batch) {",
        }],
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
