//! The depot: edges D1 and D2, magazines running out, and closing.

use std::sync::Arc;

use loom::thread;

use super::fw::base::batch::Batch;
use super::fw::depot::Depot;
use super::fw::base::id::FrameId;
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

    fn put(&self, ids: &[u32]) -> bool {
        let ids: Vec<FrameId> = ids.iter().copied().map(FrameId).collect();
        self.depot.put(&self.links, &ids).is_ok()
    }

    fn take(&self) -> Vec<u32> {
        let mut batch = Batch::new();
        self.depot.take(&self.links, &mut batch);
        batch.as_slice().iter().map(|id| id.0).collect()
    }

    /// Every id of `held` and of the depot is there once.
    fn holds_the_rest_of(&self, mut held: Vec<u32>, all: u32) {
        let resting = self.depot.resting(&self.links) as usize;
        assert_eq!(
            resting + held.len(),
            all as usize,
            "lost or doubled: the weight counts what rests"
        );
        loop {
            let more = self.take();
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
        assert!(world.put(&[0, 1]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || assert!(other.put(&[2, 3])));
        let held = world.take();
        assert_eq!(held.len(), 2, "a magazine was there all along");
        thread.join().unwrap();
        world.holds_the_rest_of(held, 4);
    });
}

pub fn take_races_take() {
    explore(None, || {
        let world = World::new(4, 2);
        assert!(world.put(&[0, 1]));
        assert!(world.put(&[2, 3]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.take());
        let mut held = world.take();
        held.extend(thread.join().unwrap());
        world.holds_the_rest_of(held, 4);
    });
}

pub fn emptied_magazine_is_written_again() {
    explore(None, || {
        // One magazine for both threads: what one empties the other fills.
        let world = World::new(2, 2);
        assert!(world.put(&[0]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.take());
        assert!(world.put(&[1]));
        let held = thread.join().unwrap();
        world.holds_the_rest_of(held, 2);
    });
}

pub fn part_batches_without_a_magazine_rest_loose() {
    explore(None, || {
        let world = World::new(2, 2);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || assert!(other.put(&[0])));
        assert!(world.put(&[1]));
        thread.join().unwrap();
        world.holds_the_rest_of(Vec::new(), 2);
    });
}

pub fn close_races_put() {
    explore(None, || {
        let world = World::new(4, 2);
        assert!(world.put(&[0, 1]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || if other.put(&[2, 3]) { 0 } else { 2 });
        let closed_over = world.depot.close(&world.links);
        assert_eq!(closed_over + thread.join().unwrap(), 4, "lost or doubled");
    });
}

pub fn close_races_put_without_a_magazine() {
    explore(None, || {
        // One magazine for two part batches: one of them rests loose.
        let world = World::new(2, 2);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || u32::from(!other.put(&[0])));
        let refused = u32::from(!world.put(&[1]));
        let closed_over = world.depot.close(&world.links);
        let refused_there = thread.join().unwrap();
        assert_eq!(closed_over + refused + refused_there, 2, "lost or doubled");
    });
}

pub fn loose_frame_is_at_rest() {
    explore(None, || {
        let world = World::new(2, 2);
        assert!(world.put(&[0]));
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || {
            assert!(other.put(&[1]));
            other.take()
        });
        assert!(
            world.depot.pops_if_empty().is_none(),
            "a frame was at rest all along"
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
