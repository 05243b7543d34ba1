//! The depot: edges #magazine-filled and #magazine-emptied, magazines running out, and closing.

use std::sync::Arc;

use loom::thread;

use super::fw::base::batch::Batch;
use super::fw::depot::Depot;
use super::fw::base::id::BufferId;
use super::fw::base::stack::Links;
use super::fw::sync::weakly;
use crate::harness::{explore, within};

struct World {
    depot: Depot,
    links: Links,
}

impl World {
    fn new(frames: u32, size: u32) -> Arc<Self> {
        Arc::new(Self {
            depot: Depot::new(frames, frames, size).unwrap(),
            links: Links::new(frames).unwrap(),
        })
    }

    fn push(&self, ids: &[u32]) -> bool {
        let ids: Vec<BufferId> = ids.iter().copied().map(BufferId).collect();
        self.depot.push(&self.links, &ids).is_ok()
    }

    fn pop(&self) -> Vec<u32> {
        let mut batch = Batch::new();
        self.depot.pop(&self.links, &mut batch);
        batch.as_slice().iter().map(|id| id.0).collect()
    }

    /// Every id of `held` and of the depot is there once.
    fn holds_the_rest_of(&self, mut held: Vec<u32>, all: u32) {
        let free_count = self.depot.free_count(&self.links) as usize;
        assert_eq!(
            free_count + held.len(),
            all as usize,
            "lost or doubled: the weight counts what is there"
        );
        loop {
            let more = self.pop();
            if more.is_empty() {
                break;
            }
            held.extend(more);
        }
        held.sort_unstable();
        assert_eq!(held, (0..all).collect::<Vec<u32>>(), "lost or doubled");
    }
}

pub fn take_full_races_put_full() {
    explore(None, || {
        let world = World::new(4, 2);
        assert!(world.push(&[0, 1]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || assert!(other.push(&[2, 3])));
        let held = world.pop();
        assert_eq!(held.len(), 2, "a magazine was there all along");
        thread.join().unwrap();
        world.holds_the_rest_of(held, 4);
    });
}

pub fn take_races_take() {
    explore(None, || {
        let world = World::new(4, 2);
        assert!(world.push(&[0, 1]));
        assert!(world.push(&[2, 3]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.pop());
        let mut held = world.pop();
        held.extend(thread.join().unwrap());
        world.holds_the_rest_of(held, 4);
    });
}

pub fn emptied_magazine_is_written_again() {
    explore(None, || {
        // One magazine for both threads: what one empties the other fills.
        let world = World::new(2, 2);
        assert!(world.push(&[0]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.pop());
        assert!(world.push(&[1]));
        let held = thread.join().unwrap();
        world.holds_the_rest_of(held, 2);
    });
}

pub fn part_batches_without_a_magazine_rest_loose() {
    explore(None, || {
        let world = World::new(2, 2);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || assert!(other.push(&[0])));
        assert!(world.push(&[1]));
        thread.join().unwrap();
        world.holds_the_rest_of(Vec::new(), 2);
    });
}

pub fn close_races_put() {
    explore(None, || {
        let world = World::new(4, 2);
        assert!(world.push(&[0, 1]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || if other.push(&[2, 3]) { 0 } else { 2 });
        let closed_over = world.depot.close(&world.links);
        assert_eq!(closed_over + thread.join().unwrap(), 4, "lost or doubled");
    });
}

pub fn close_races_put_without_a_magazine() {
    explore(None, || {
        // One magazine for two part batches: one of them is loose.
        let world = World::new(2, 2);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || u32::from(!other.push(&[0])));
        let refused = u32::from(!world.push(&[1]));
        let closed_over = world.depot.close(&world.links);
        let refused_there = thread.join().unwrap();
        assert_eq!(closed_over + refused + refused_there, 2, "lost or doubled");
    });
}

pub fn loose_frame_is_at_rest() {
    explore(None, || {
        let world = World::new(2, 2);
        assert!(world.push(&[0]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || {
            assert!(other.push(&[1]));
            other.pop()
        });
        assert!(
            world.depot.pops_if_empty().is_none(),
            "a frame was free all along"
        );
        world.holds_the_rest_of(thread.join().unwrap(), 2);
    });
}

pub fn take_full_races_put_full_that_fails_weakly() {
    within(2, || weakly(take_full_races_put_full));
}

pub fn take_races_take_that_fails_weakly() {
    within(2, || weakly(take_races_take));
}

pub fn part_batches_without_a_magazine_rest_loose_that_fails_weakly() {
    within(2, || weakly(part_batches_without_a_magazine_rest_loose));
}

pub fn close_races_put_without_a_magazine_that_fails_weakly() {
    within(2, || weakly(close_races_put_without_a_magazine));
}
