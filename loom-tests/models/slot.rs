//! The slot: edges #stack-publish and #scan-sees-pop where there is no link, and closing.

use std::sync::Arc;

use loom::thread;

use super::fw::base::slot::Slot;
use super::fw::sync::{Tracks, weakly};
use crate::harness::explore;

struct World {
    slot: Slot,
    /// What the indices stand for: written by their owners.
    things: Tracks,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            slot: Slot::new(true),
            things: Tracks::new(2),
        })
    }

    /// Pushes, and says whether the index is still the caller's.
    fn push(&self, index: u32) -> Option<u32> {
        self.things.write(index);
        if self.slot.push(index) {
            return None;
        }
        self.things.write(index);
        Some(index)
    }

    fn pop(&self) -> Option<u32> {
        let index = self.slot.pop()?;
        self.things.write(index);
        Some(index)
    }

    /// Both indices are there once, in `held` or in the slot.
    fn holds_the_rest_of(&self, held: [Option<u32>; 3]) {
        let mut all: Vec<u32> = held.into_iter().flatten().collect();
        assert_eq!(
            self.slot.weight() as usize + all.len(),
            2,
            "lost or doubled"
        );
        all.extend(self.pop());
        all.sort_unstable();
        assert_eq!(all, [0, 1], "lost or doubled");
    }
}

pub fn push_races_push_and_pop() {
    explore(None, || {
        let world = World::new();
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || (other.push(1), other.pop()));
        let kept = world.push(0);
        let (kept_there, popped) = thread.join().unwrap();
        world.holds_the_rest_of([kept, kept_there, popped]);
    });
}

pub fn pop_races_pop() {
    explore(None, || {
        let world = World::new();
        assert_eq!(world.push(0), None);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || {
            let popped = other.pop();
            (popped, other.push(1))
        });
        let popped = world.pop();
        let (popped_there, kept_there) = thread.join().unwrap();
        world.holds_the_rest_of([popped, popped_there, kept_there]);
    });
}

pub fn pop_sees_what_the_pusher_wrote() {
    explore(None, || {
        let world = World::new();
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.push(0));
        let popped = world.pop();
        assert_eq!(thread.join().unwrap(), None);
        world.holds_the_rest_of([popped, Some(1), None]);
    });
}

pub fn close_races_push_and_pop() {
    explore(None, || {
        let world = World::new();
        assert_eq!(world.push(0), None);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || {
            let popped = u32::from(other.pop().is_some());
            popped + u32::from(other.push(1).is_some())
        });
        let closed_over = world.slot.close();
        assert_eq!(closed_over + thread.join().unwrap(), 2, "lost or doubled");
        assert!(!world.slot.push(0), "closed is final");
    });
}

pub fn push_races_push_and_pop_that_fails_weakly() {
    weakly(push_races_push_and_pop);
}

pub fn pop_races_pop_that_fails_weakly() {
    weakly(pop_races_pop);
}

pub fn close_races_push_and_pop_that_fails_weakly() {
    weakly(close_races_push_and_pop);
}
