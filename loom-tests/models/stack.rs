//! The tagged stack: edge #stack-publish, the tag, and closing.

use std::sync::Arc;

use loom::thread;

use super::fw::base::batch::Batch;
use super::fw::base::id::BufferId;
use super::fw::base::stack::{Links, Stack};
use super::fw::sync::{Tracks, weakly};
use crate::harness::{explore, within};

const NODES: u32 = 3;

struct World {
    stack: Stack,
    links: Links,
    /// What the nodes stand for: written by their owners.
    things: Tracks,
}

impl World {
    /// A stack of the first `n` nodes, node 0 on top.
    fn with(n: u32) -> Arc<Self> {
        let world = Self {
            stack: Stack::new(NODES),
            links: Links::new(NODES).unwrap(),
            things: Tracks::new(NODES as usize),
        };
        let nodes: Vec<BufferId> = (0..n).map(BufferId).collect();
        world.stack.push_bulk(&world.links, &nodes).unwrap();
        Arc::new(world)
    }

    fn push(&self, node: u32) {
        self.things.write(node);
        self.stack.push(&self.links, node, 1, u32::MAX).unwrap();
    }

    fn pop(&self) -> Option<u32> {
        let node = self.stack.pop(&self.links)?;
        self.things.write(node);
        Some(node)
    }

    fn pop_burst(&self, most: usize) -> Vec<u32> {
        let mut batch = Batch::new();
        self.stack.pop_burst(&self.links, most, &mut batch);
        let nodes: Vec<u32> = batch.as_slice().iter().map(|id| id.0).collect();
        for &node in &nodes {
            self.things.write(node);
        }
        nodes
    }

    fn pop_two_and_push_the_first_back(&self) -> Option<u32> {
        let first = self.pop();
        let second = self.pop();
        if let Some(first) = first {
            self.push(first);
        }
        second
    }

    /// Every node of `held` and of the stack is there once.
    fn holds_the_rest_of(&self, mut held: Vec<u32>, all: u32) {
        assert_eq!(
            self.stack.weight(&self.links) as usize + held.len(),
            all as usize,
            "lost or doubled: the weight counts what is there"
        );
        held.extend(self.pop_burst(all as usize + 1));
        held.sort_unstable();
        assert_eq!(held, (0..all).collect::<Vec<u32>>(), "lost or doubled");
    }
}

pub fn pop_races_pop_and_push_back() {
    explore(None, || {
        let world = World::with(3);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.pop_two_and_push_the_first_back());
        let mine = world.pop();
        let others = thread.join().unwrap();
        world.holds_the_rest_of(mine.into_iter().chain(others).collect(), 3);
    });
}

pub fn bulk_pop_races_pop_and_push_back() {
    explore(None, || {
        let world = World::with(3);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.pop_two_and_push_the_first_back());
        let mut held = world.pop_burst(2);
        held.extend(thread.join().unwrap());
        world.holds_the_rest_of(held, 3);
    });
}

pub fn bulk_push_races_bulk_pop() {
    explore(None, || {
        let world = World::with(1);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || {
            other.things.write(1);
            other.things.write(2);
            let two = [BufferId(1), BufferId(2)];
            other.stack.push_bulk(&other.links, &two).unwrap();
        });
        let held = world.pop_burst(2);
        thread.join().unwrap();
        world.holds_the_rest_of(held, 3);
    });
}

pub fn push_races_push() {
    explore(None, || {
        let world = World::with(1);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.push(1));
        world.push(2);
        thread.join().unwrap();
        world.holds_the_rest_of(Vec::new(), 3);
    });
}

pub fn pop_sees_what_the_pusher_wrote() {
    explore(None, || {
        let world = World::with(0);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.push(0));
        let held = world.pop();
        thread.join().unwrap();
        world.holds_the_rest_of(held.into_iter().collect(), 1);
    });
}

pub fn close_races_push_and_pop() {
    explore(None, || {
        let world = World::with(1);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || {
            let popped = u32::from(other.pop().is_some());
            let refused = other.stack.push(&other.links, 1, 1, u32::MAX).is_err();
            popped + u32::from(refused)
        });
        let closed_over = world.stack.close(&world.links);
        assert_eq!(closed_over + thread.join().unwrap(), 2, "lost or doubled");
        assert!(
            world.stack.push_bulk(&world.links, &[BufferId(2)]).is_err(),
            "closed is final"
        );
    });
}

pub fn pop_races_pop_and_push_back_that_fails_weakly() {
    within(2, || weakly(pop_races_pop_and_push_back));
}

pub fn bulk_pop_races_pop_and_push_back_that_fails_weakly() {
    within(2, || weakly(bulk_pop_races_pop_and_push_back));
}

pub fn push_races_push_that_fails_weakly() {
    weakly(push_races_push);
}

pub fn bulk_push_races_bulk_pop_that_fails_weakly() {
    weakly(bulk_push_races_bulk_pop);
}

pub fn close_races_push_and_pop_that_fails_weakly() {
    weakly(close_races_push_and_pop);
}
