//! Seeds for the models of `teardown`.

use framewell_mutations::Mutation;

use super::Seed;
use super::shared::{CLOSE_IN_TWO_STEPS, LEAKED, UNORDERED};

const CLOSE_RELAXED: Mutation = Mutation {
    item: "Stack::close",
    from: "self.head.swap(self.tagged.closed(), Ordering::Acquire)",
    to: "self.head.swap(self.tagged.closed(), Ordering::Relaxed)",
};

const LARGE_FREED_RELAXED: Mutation = Mutation {
    item: "Large::free",
    from: "self.live.fetch_sub(1, Ordering::AcqRel) & CLOSED != 0",
    to: "self.live.fetch_sub(1, Ordering::Relaxed) & CLOSED != 0",
};

const LARGE_CLOSED_IN_TWO_STEPS: Mutation = Mutation {
    item: "Large::close",
    from: "self.live.fetch_or(CLOSED, Ordering::AcqRel) as u32",
    to: "{
                let live = self.live.load(Ordering::Acquire);
                self.live.store(live | CLOSED, Ordering::Release);
                live as u32
            }",
};

const LARGE_UNCOUNTED: Mutation = Mutation {
    item: "Engine::orphan",
    from: "engine.large().map_or(0, Large::close)",
    to: "engine.large().map_or(0, |large| 0 * large.close())",
};

const CLASSES_COUNTED_APART: Mutation = Mutation {
    item: "Engine::orphan",
    from: "let out = u64::from(frames) + u64::from(size_classes) + u64::from(large);",
    to: "unsafe { Self::count_returned(this, u64::from(frames).wrapping_neg()) };
            let out = u64::from(size_classes) + u64::from(large);",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "without_the_closers_share",
        model: "teardown::two_frames_come_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::orphan",
            from: "unsafe { Self::count_returned(this, out.wrapping_neg()) };",
            to: "unsafe { Self::count_returned(this, 0) };
            unsafe { Self::count_returned(this, out.wrapping_neg()) };",
        }],
    },
    Seed {
        name: "counted_relaxed",
        model: "teardown::last_frame_to_a_stack_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::count_returned",
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
        bug: &[Mutation {
            item: "Slot::close",
            from: "swap(TAGGED.closed(), Ordering::Acquire)",
            to: "swap(TAGGED.closed(), Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "read_after_the_count",
        model: "teardown::burst_comes_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::count_returned",
            from: "if before.wrapping_add(ids) == 0",
            to: "if before.wrapping_add(ids) == u64::from(engine.arena().frames() - engine.arena().frames())",
        }],
    },
    Seed {
        name: "read_after_the_free",
        model: "teardown::burst_comes_home_to_an_orphan",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Class::free_bulk_slow",
            from: "rejected += self.push_slow(ids).0;",
            to: "rejected += self.push_slow(ids).0;
            let _ = self.batch();",
        }],
    },
    Seed {
        name: "touched_after_the_free",
        model: "teardown::flush_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::free_slow",
            from: "let rejected = unsafe { class.free_slow(id) };",
            to: "let rejected = unsafe { class.free_slow(id) };
            unsafe { this.as_ref() }.count_retired();",
        }],
    },
    Seed {
        name: "dropped_relaxed",
        model: "teardown::two_handles_are_dropped_at_once",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::drop_handle",
            from: "fetch_sub(1, Ordering::Release)",
            to: "fetch_sub(1, Ordering::Relaxed)",
        }],
    },
    Seed {
        name: "without_the_fence",
        model: "teardown::two_handles_are_dropped_at_once",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::drop_handle",
            from: "fence(Ordering::Acquire);",
            to: "let _ = fence;",
        }],
    },
    Seed {
        name: "flushed_ids_uncounted",
        model: "teardown::flush_races_last_handle",
        caught_by: LEAKED,
        bug: &[Mutation {
            item: "Class::flush_shard",
            from: "shards.count_at(at, Event::Flush);
            self.push_to_depot(batch.as_slice())",
            to: "let _ = self.push_to_depot(batch.as_slice());
            Rejected::NONE",
        }],
    },
    Seed {
        name: "closed_in_two_steps",
        model: "teardown::burst_comes_home_to_an_orphan",
        caught_by: LEAKED,
        bug: &[CLOSE_IN_TWO_STEPS],
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
        bug: &[Mutation {
            item: "SizeClasses::close",
            from: "for class in &self.classes",
            to: "for class in &self.classes[1..]",
        }],
    },
    Seed {
        name: "buffer_uncounted",
        model: "teardown::allocated_buffer_races_last_handle",
        caught_by: UNORDERED,
        bug: &[Mutation {
            item: "Engine::orphan",
            from: "u64::from(frames) + u64::from(size_classes)",
            to: "u64::from(frames) + 0 * u64::from(size_classes)",
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
        bug: &[Mutation {
            item: "Large::close",
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
];
