//! The caches of the rseq front: sections against drains, openings and closing; edges
//! #cpu-fence, #gate-handover and #mode-change.
//!
//! Every id has a cell that is written by whoever has it in hand: two owners of one, or an owner
//! that does not come after the last, is reported by loom. There is one CPU with a cache, 0; a
//! drainer runs on another.

use std::sync::Arc;

use loom::thread::{self, JoinHandle};

use super::fw::base::batch::Batch;
use super::fw::base::id::BufferId;
use super::fw::percpu::Process;
use super::fw::percpu::{Caches, Opened, OwnedCaches, abort_next, refuse_fences_after};
use super::fw::sync::Tracks;
use super::fw::sys::Area;
use super::fw::sys::run_on;
use crate::harness::explore;

/// The CPU with a cache, and one without.
const HERE: u32 = 0;
const ELSEWHERE: u32 = 1;

struct World {
    caches: Caches,
    owned: Tracks,
}

impl World {
    /// Ids 0 to `free_count` are free in the cache, which is open; without any it is shut.
    fn new(free_count: u32) -> Arc<Self> {
        Self::of_cpus(1, free_count)
    }

    fn of_cpus(cpus: u32, free_count: u32) -> Arc<Self> {
        let process = Arc::new(Process::new().unwrap());
        let world = Arc::new(Self {
            caches: Caches::new(Area::find().unwrap(), cpus, 0, 4, true, &process).unwrap(),
            owned: Tracks::new(8),
        });
        run_on(HERE);
        if free_count > 0 {
            assert!(matches!(world.caches.open_here(), Opened::Yes));
        }
        assert_eq!(world.free((0..free_count).collect()), []);
        run_on(ELSEWHERE);
        world
    }

    fn pop(&self) -> Option<BufferId> {
        // SAFETY: the caches are borrowed, and with them their slab.
        unsafe { self.caches.sections().pop() }
    }

    fn push(&self, id: BufferId) -> bool {
        // SAFETY: as in `pop`.
        unsafe { self.caches.sections().push(id) }
    }

    /// Frees ids one by one and returns those that are refused.
    fn free(&self, mut ids: Vec<u32>) -> Vec<u32> {
        ids.retain(|id| {
            self.owned.write(*id);
            !self.push(BufferId(*id))
        });
        ids
    }

    /// Frees ids at once and returns those that are refused.
    fn free_bulk_to_cache(&self, ids: Vec<u32>) -> Vec<u32> {
        ids.iter().for_each(|id| self.owned.write(*id));
        let frames: Vec<BufferId> = ids.iter().copied().map(BufferId).collect();
        if self.caches.push_bulk(&frames) {
            Vec::new()
        } else {
            ids
        }
    }

    /// Adds an id to those in hand, if there is one.
    fn pick(&self, mut ids: Vec<u32>) -> Vec<u32> {
        if let Some(id) = self.pop() {
            self.owned.write(id.0);
            ids.push(id.0);
        }
        ids
    }

    fn pick_burst(&self, mut ids: Vec<u32>) -> Vec<u32> {
        let mut batch = Batch::new();
        self.caches.pop_burst(2, &mut batch);
        ids.extend(self.in_hand(&batch));
        ids
    }

    fn in_hand(&self, batch: &Batch) -> Vec<u32> {
        let own = |id: &BufferId| {
            self.owned.write(id.0);
            id.0
        };
        batch.as_slice().iter().map(own).collect()
    }

    fn empty(&self, held: &OwnedCaches<'_>) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut batch = Batch::new();
        while held.pop_burst(2, &mut batch) {
            ids.extend(self.in_hand(&batch));
            batch.truncate(0);
        }
        ids
    }

    /// Drains all caches, unless they are shut, or the fence is refused.
    fn sweep(&self) -> Vec<u32> {
        let Ok(Some(sweep)) = self.caches.sweep() else {
            return Vec::new();
        };
        let ids = self.empty(sweep.owned());
        sweep.finish();
        ids
    }

    /// Opens the cache of this CPU, or empties it if it must not be opened.
    fn open(&self) -> Vec<u32> {
        match self.caches.open_here() {
            Opened::Marked(held) => self.empty(&held),
            _ => Vec::new(),
        }
    }

    /// Opens the cache of this CPU, and frees an id.
    fn open_and_push(&self, id: u32) -> Vec<u32> {
        let mut held = self.open();
        held.extend(self.free(vec![id]));
        held
    }

    /// Every id is there once: in hand, or in an open cache.
    fn holds_the_rest_of(&self, mut held: Vec<u32>, all: u32) {
        self.is_stopped_unless_open();
        let free_count: usize = self.caches.free_counts().sum();
        assert_eq!(free_count + held.len(), all as usize, "lost or doubled");
        held.extend(self.sweep());
        held.sort_unstable();
        assert_eq!(held, (0..all).collect::<Vec<u32>>(), "lost or doubled");
    }

    /// A pool whose caches may not be open has none that takes ids.
    fn is_stopped_unless_open(&self) {
        if self.caches.epoch().is_open() {
            return;
        }
        run_on(HERE);
        let stopped = self.pop().is_none() && !self.push(BufferId(7));
        assert!(stopped, "a cache is open that must be shut");
    }
}

/// What a section does with the ids in hand, and which are in hand afterwards.
type Section = fn(&World, Vec<u32>) -> Vec<u32>;

/// A thread that returns the ids in its hands.
type Holder = JoinHandle<Vec<u32>>;

/// Starts a thread on the CPU of the cache.
fn start_here(world: &Arc<World>, run: impl FnOnce(&World) -> Vec<u32> + Send + 'static) -> Holder {
    let world = Arc::clone(world);
    thread::spawn(move || {
        run_on(HERE);
        run(&world)
    })
}

/// Starts a section with ids in hand. Before its commit it may be aborted once.
fn start_section(world: &Arc<World>, section: Section, ids: Vec<u32>, aborted: bool) -> Holder {
    start_here(world, move |world| {
        if aborted {
            abort_next();
        }
        section(world, ids)
    })
}

/// Starts an opening of the cache, which may be refused: the opener may not drain the cache if he
/// finds it marked.
fn start_opening(world: &Arc<World>, refused: bool) -> Holder {
    start_here(world, move |world| {
        if refused {
            refuse_fences_after(OPENED);
        }
        world.open()
    })
}

/// Starts an opening, by a thread that then frees an id.
fn start_opening_and_push(world: &Arc<World>, id: u32) -> Holder {
    start_here(world, move |world| world.open_and_push(id))
}

/// Starts a drain that is refused its fence, once it has stopped the caches.
fn start_refused_drain(world: &Arc<World>) -> Holder {
    let world = Arc::clone(world);
    thread::spawn(move || {
        refuse_fences_after(STOPPED);
        world.sweep()
    })
}

/// Has a thread's drain refused the fence when it has stopped the caches: what it asks before is
/// granted.
const STOPPED: u32 = 1;

/// Has an opening granted its fence, and the next refused: that of an opener who finds its gate
/// marked.
const OPENED: u32 = 1;

/// Ids 0 and 1 are free in the cache that is drained, 2 and 3 are in the hands of a thread on its
/// CPU.
fn drain_races(section: Section, aborted: bool) {
    explore(None, move || {
        let world = World::new(2);
        let section = start_section(&world, section, vec![2, 3], aborted);
        let mut held = world.sweep();
        held.extend(section.join().unwrap());
        world.holds_the_rest_of(held, 4);
    });
}

pub fn drain_races_push() {
    drain_races(World::free, false);
}

pub fn drain_races_pop() {
    drain_races(World::pick, false);
}

pub fn drain_races_push_bulk() {
    drain_races(World::free_bulk_to_cache, false);
}

pub fn drain_races_pop_burst() {
    drain_races(World::pick_burst, false);
}

pub fn drain_races_push_that_is_aborted() {
    drain_races(World::free, true);
}

pub fn drain_races_pop_that_is_aborted() {
    drain_races(World::pick, true);
}

pub fn drain_races_push_bulk_that_is_aborted() {
    drain_races(World::free_bulk_to_cache, true);
}

pub fn drain_races_pop_burst_that_is_aborted() {
    drain_races(World::pick_burst, true);
}

/// The cache is drained, opened again, and filled by the drainer, while a section runs on its CPU.
fn drain_and_opening_race(section: Section, aborted: bool) {
    explore(None, move || {
        let world = World::new(2);
        let section = start_section(&world, section, vec![2], aborted);
        let held = world.sweep();
        world.caches.end_dry(world.caches.epoch());
        run_on(HERE);
        assert!(matches!(world.caches.open_here(), Opened::Yes));
        let mut held = world.free(held);
        held.extend(section.join().unwrap());
        world.holds_the_rest_of(held, 3);
    });
}

pub fn drain_and_opening_race_push() {
    drain_and_opening_race(World::free, false);
}

pub fn drain_and_opening_race_pop() {
    drain_and_opening_race(World::pick, false);
}

pub fn drain_and_opening_race_push_bulk() {
    drain_and_opening_race(World::free_bulk_to_cache, true);
}

pub fn drain_and_opening_race_pop_burst() {
    drain_and_opening_race(World::pick_burst, true);
}

pub fn drain_races_drain() {
    explore(Some(2), || {
        let world = World::of_cpus(2, 2);
        run_on(ELSEWHERE);
        assert!(matches!(world.caches.open_here(), Opened::Yes));
        assert_eq!(world.free(vec![2]), []);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || other.sweep());
        let mut held = world.sweep();
        held.extend(thread.join().unwrap());
        world.holds_the_rest_of(held, 3);
    });
}

pub fn two_drains_race_push() {
    explore(Some(2), || {
        let world = World::new(2);
        let other = Arc::clone(&world);
        let drain = thread::spawn(move || other.sweep());
        let section = start_section(&world, World::free, vec![2], false);
        let mut held = world.sweep();
        held.extend(drain.join().unwrap());
        held.extend(section.join().unwrap());
        world.holds_the_rest_of(held, 3);
    });
}

/// A drain is refused its fence while a section runs on the CPU of the cache.
fn refused_drain_races(section: Section) {
    explore(None, move || {
        let world = World::new(1);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || {
            refuse_fences_after(STOPPED);
            assert!(other.caches.sweep().is_err());
        });
        run_on(HERE);
        let held = section(&world, vec![1, 2]);
        thread.join().unwrap();
        let is_open = world.caches.epoch().is_open() && world.free(vec![3]).is_empty();
        assert!(is_open, "lost or doubled: the cache is out of use");
        world.holds_the_rest_of(held, 4);
    });
}

pub fn refused_drain_races_push() {
    refused_drain_races(World::free);
}

pub fn refused_drain_races_pop() {
    refused_drain_races(World::pick);
}

pub fn refused_drain_races_push_bulk() {
    refused_drain_races(World::free_bulk_to_cache);
}

pub fn refused_drain_races_pop_burst() {
    refused_drain_races(World::pick_burst);
}

pub fn drain_that_may_not_fence_stops_nobody() {
    explore(None, || {
        let world = World::new(1);
        let other = Arc::clone(&world);
        let thread = thread::spawn(move || {
            refuse_fences_after(0);
            assert!(other.caches.sweep().is_err());
            // What is free where it runs is its to have.
            run_on(HERE);
            other.pick(vec![])
        });
        run_on(HERE);
        let refused = world.free(vec![1]);
        assert_eq!(refused, [], "the cache is stopped in vain");
        let held = thread.join().unwrap();
        assert_eq!(held.len(), 1, "the cache is stopped in vain");
        world.holds_the_rest_of(held, 2);
    });
}

pub fn refused_drain_races_drain() {
    explore(Some(3), || {
        let world = World::new(2);
        let refused = start_refused_drain(&world);
        let mut held = world.sweep();
        held.extend(refused.join().unwrap());
        world.holds_the_rest_of(held, 2);
    });
}

pub fn refused_drains_race() {
    explore(Some(2), || {
        let world = World::new(1);
        let (one, two) = (start_refused_drain(&world), start_refused_drain(&world));
        let mut held = one.join().unwrap();
        held.extend(two.join().unwrap());
        world.holds_the_rest_of(held, 1);
    });
}

pub fn refused_drain_races_drain_and_push() {
    explore(Some(2), || {
        let world = World::new(1);
        let refused = start_refused_drain(&world);
        let section = start_section(&world, World::free, vec![1], false);
        let mut held = world.sweep();
        held.extend(refused.join().unwrap());
        held.extend(section.join().unwrap());
        world.holds_the_rest_of(held, 2);
    });
}

pub fn refused_drain_races_two_drains() {
    explore(Some(2), || {
        // The second drain begins when the refused one has undone what the first relied on.
        let world = World::new(1);
        let refused = start_refused_drain(&world);
        let mut held = world.sweep();
        held.extend(world.sweep());
        held.extend(refused.join().unwrap());
        world.holds_the_rest_of(held, 1);
    });
}

pub fn drain_races_opening_that_is_refused() {
    // The opening is granted; that the opener drains the cache, which he finds marked, is not.
    drain_races_opening_beside_push(true);
}

pub fn drain_races_opening_and_push() {
    drain_races_opening_beside_push(false);
}

fn drain_races_opening_beside_push(refused: bool) {
    explore(Some(3), move || {
        let world = World::new(0);
        let opening = start_opening(&world, refused);
        let section = start_section(&world, World::free, vec![0], false);
        let mut held = world.sweep();
        held.extend(opening.join().unwrap());
        held.extend(section.join().unwrap());
        world.holds_the_rest_of(held, 1);
    });
}

pub fn drain_races_opening() {
    explore(Some(4), || {
        let world = World::new(0);
        let opening = start_opening_and_push(&world, 0);
        let mut held = world.sweep();
        held.extend(opening.join().unwrap());
        world.holds_the_rest_of(held, 1);
    });
}

pub fn opening_races_opening() {
    explore(Some(4), || {
        let world = World::new(0);
        let opening = start_opening_and_push(&world, 0);
        run_on(HERE);
        let mut held = world.open_and_push(1);
        held.extend(opening.join().unwrap());
        world.holds_the_rest_of(held, 2);
    });
}

pub fn drain_races_the_end_of_drying() {
    explore(Some(3), || {
        // The other thread ends the drying, opens the cache and drains it: whether it is dry then
        // is for the second drain to say, not for the first.
        let world = World::new(1);
        let thread = start_here(&world, |other| {
            let epoch = other.caches.epoch();
            if !epoch.is_dry_or_drying() {
                return vec![1];
            }
            other.caches.end_dry(epoch);
            let mut held = other.open_and_push(1);
            run_on(ELSEWHERE);
            held.extend(other.sweep());
            held
        });
        let ids = world.sweep();
        run_on(HERE);
        let before = world.caches.epoch_if_dry();
        let mut held = world.free(ids.clone());
        let dry = before.is_some() && before == world.caches.epoch_if_dry();
        assert!(held == ids || !dry, "a cache is open that must be shut");
        held.extend(thread.join().unwrap());
        world.holds_the_rest_of(held, 2);
    });
}

pub fn drain_races_opening_that_fails_weakly() {
    crate::harness::within(2, || super::fw::sync::weakly(drain_races_opening));
}

pub fn drain_races_the_end_of_drying_that_fails_weakly() {
    crate::harness::within(1, || super::fw::sync::weakly(drain_races_the_end_of_drying));
}

pub fn opening_races_opening_that_fails_weakly() {
    crate::harness::within(2, || super::fw::sync::weakly(opening_races_opening));
}

pub fn close_races_push() {
    close_races(World::free);
}

pub fn close_races_pop() {
    close_races(World::pick);
}

fn close_races(section: Section) {
    explore(None, move || {
        let world = World::new(2);
        let section = start_section(&world, section, vec![2], false);
        let free_count = world.caches.close().unwrap().free_count() as usize;
        let held = section.join().unwrap();
        assert_eq!(free_count + held.len(), 3, "lost or doubled");
        world.is_stopped_unless_open();
        world.is_stopped_unless_open();
    });
}

pub fn close_races_opening() {
    explore(None, || {
        let world = World::new(0);
        let opening = start_opening_and_push(&world, 0);
        let free_count = world.caches.close().unwrap().free_count() as usize;
        let held = opening.join().unwrap();
        assert_eq!(free_count + held.len(), 1, "lost or doubled");
        world.is_stopped_unless_open();
    });
}

pub fn close_races_opening_that_fails_weakly() {
    crate::harness::within(2, || super::fw::sync::weakly(close_races_opening));
}

pub fn close_races_opening_and_push() {
    explore(Some(3), || {
        let world = World::new(0);
        let opening = start_opening(&world, false);
        let section = start_section(&world, World::free, vec![0], false);
        let free_count = world.caches.close().unwrap().free_count() as usize;
        let opened = opening.join().unwrap();
        let refused = section.join().unwrap();
        assert_eq!(
            free_count + opened.len() + refused.len(),
            1,
            "lost or doubled"
        );
        world.is_stopped_unless_open();
    });
}

pub fn close_races_opening_that_is_refused() {
    explore(Some(3), || {
        // What was pushed to a cache that is open for a moment stays there, and the pool with it.
        let world = World::new(0);
        let opening = start_opening(&world, true);
        let section = start_section(&world, World::free, vec![0], false);
        let free_count = world.caches.close().unwrap().free_count() as usize;
        let opened = opening.join().unwrap();
        let refused = section.join().unwrap();
        let left = world.caches.free_counts().sum::<usize>() - free_count;
        let all = free_count + opened.len() + refused.len() + left;
        assert_eq!(all, 1, "lost or doubled");
        assert!(
            !world.caches.epoch().is_open(),
            "a cache is open that must be shut"
        );
        world.is_stopped_unless_open();
    });
}

pub fn refused_close_races_push() {
    explore(None, || {
        let world = World::new(1);
        let section = start_section(&world, World::free, vec![1], false);
        refuse_fences_after(0);
        assert!(world.caches.close().is_err());
        let held = section.join().unwrap();
        let free_count: usize = world.caches.free_counts().sum();
        assert_eq!(free_count + held.len(), 2, "lost or doubled");
        world.is_stopped_unless_open();
    });
}
