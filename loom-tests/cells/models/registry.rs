//! The registry of large buffers, with the real crossbeam-epoch: edges
//! #registry-link and #grace-period.
//!
//! An entry has a cell that a lookup reads and its end writes: who looks at an entry that is gone,
//! or whose going nothing orders after the look, is reported.

use loom::sync::Arc;
use loom::thread;

use super::fw::varlen::{Entry, Registry};
use super::fw::sync::{AtomicU32, Ordering, Tracks};
use crate::harness::explore;

/// Three addresses of one bucket.
const A: usize = 0x1000;
const B: usize = 0x3000;
const C: usize = 0x5000;

struct Tracked {
    alive: Tracks,
    ended: Arc<AtomicU32>,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.alive.write(0);
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// An entry, which its owner may take to another thread.
struct Owned(Entry<Tracked>);

// SAFETY: what it names may be used and freed on any thread.
unsafe impl Send for Owned {}

impl Owned {
    fn remove(self, world: &World) {
        // SAFETY: the entry is the caller's, and of this world, the only one of its model.
        unsafe { world.registry.remove(self.0) };
    }
}

struct World {
    registry: Registry<Tracked>,
    ended: Arc<AtomicU32>,
}

impl World {
    fn new() -> Self {
        Self {
            registry: Registry::new(),
            ended: Arc::new(AtomicU32::new(0)),
        }
    }

    fn insert(&self, address: usize) -> Owned {
        let entry = Tracked {
            alive: Tracks::new(1),
            ended: self.ended.clone(),
        };
        Owned(self.registry.insert(address, entry))
    }

    fn has(&self, address: usize) -> bool {
        let peek = |_, entry: &Tracked| entry.alive.read(0);
        self.registry.at(address, peek).is_some()
    }

    /// Of so many entries each has ended once.
    fn ends(self, entries: u32) {
        let ended = self.ended.clone();
        drop(self);
        assert_eq!(ended.load(Ordering::Relaxed), entries, "not freed, or twice");
    }
}

/// Runs two pieces of work beside each other, and then looks at what is left.
fn beside(
    world: World,
    entries: u32,
    first: impl FnOnce(&World) + Send + 'static,
    second: impl FnOnce(&World),
    left: fn(&World),
) {
    let world = std::sync::Arc::new(world);
    let other = world.clone();
    let thread = thread::spawn(move || first(&other));
    second(&world);
    thread.join().unwrap();
    left(&world);
    if let Ok(world) = std::sync::Arc::try_unwrap(world) {
        world.ends(entries);
    }
}

pub fn lookup_races_removal() {
    explore(Some(2), || {
        let world = World::new();
        let a = world.insert(A);
        let peek = |world: &World| {
            world.has(A);
        };
        beside(world, 1, peek, move |world| a.remove(world), |world| {
            assert!(!world.has(A), "found when it was removed");
        });
    });
}

pub fn neighbours_are_removed_at_once() {
    explore(Some(2), || {
        let world = World::new();
        let (a, b) = (world.insert(A), world.insert(B));
        let first = move |world: &World| a.remove(world);
        beside(world, 2, first, move |world| b.remove(world), |world| {
            assert!(!world.has(A) && !world.has(B), "found when it was removed");
        });
    });
}

pub fn insertion_races_removal() {
    explore(Some(2), || {
        let world = World::new();
        let a = world.insert(A);
        let insert = |world: &World| {
            world.insert(C);
        };
        beside(world, 2, insert, move |world| a.remove(world), |world| {
            assert!(world.has(C), "lost");
            assert!(!world.has(A), "found when it was removed");
        });
    });
}
