//! Chunks that go from class to class, and the cursors that cut them: edges #chunk-handover and
//! #scan-sees-carve.

use std::sync::Arc;

use loom::thread;

use super::fw::memory::back::Back;
use super::fw::base::batch::Batch;
use super::fw::class::{Class, Rejected, ClassSpec, Transfer};
use super::fw::varlen::{Chunks, Carver, chunk_of};
use super::fw::base::id::{ChunkId, ClassId, BufferId};
use super::fw::sync::weakly;
use super::fw::sys::run_on;
use super::fw::sys::HugePages;
use super::fw::base::transit::WaitBudget;
use crate::harness::{explore, within};

/// Two buffers a chunk, and one.
const STRIDES: [u32; 2] = [2048, 4096];

struct World {
    chunks: Arc<Chunks>,
    carver: [Carver; 2],
}

impl World {
    fn new(chunks: u32) -> Arc<Self> {
        let chunks = Arc::new(Chunks::new(chunks, HugePages::Off).unwrap());
        let carver = |class: u8| Carver::new(chunks.clone(), ClassId(class), STRIDES[class as usize]);
        Arc::new(Self {
            carver: [carver(0), carver(1)],
            chunks,
        })
    }

    /// Carves one buffer, if there is one, and uses it.
    fn carve(&self, class: usize) -> Option<BufferId> {
        let mut batch = Batch::new();
        self.carver[class].carve(1, &mut batch).ok()?;
        let id = batch.pop()?;
        self.carver[class].loom_write(id);
        Some(id)
    }

    /// Takes a chunk, if there is one.
    fn take(&self, class: u8) -> Option<ChunkId> {
        let buffers = self.carver[usize::from(class)].per_chunk();
        self.chunks.take(ClassId(class), buffers).ok()
    }

    /// Gives a chunk back that the caller has in hand.
    fn give_back(&self, chunk: ChunkId, ids: &[BufferId]) {
        for id in ids {
            self.carver[0].loom_write(*id);
        }
        self.carver[0].uncarve(ids.len() as u32);
        self.chunks.give_back(chunk);
    }

    /// With what is `held` of class 0, that class can have `all` buffers.
    fn has_all(&self, held: impl IntoIterator<Item = Option<BufferId>>, all: u32) {
        let held = held.into_iter().flatten();
        let more = std::iter::from_fn(|| self.carve(0));
        let mut ids: Vec<u32> = held.chain(more).map(|id| id.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, (0..all).collect::<Vec<_>>(), "lost or doubled");
        assert_eq!(self.carver[0].carved(), all, "lost or doubled");
    }
}

pub fn carve_races_carve() {
    explore(Some(3), || {
        // Both may take a chunk; the one that comes too late gives it back.
        let world = World::new(2);
        let other = world.clone();
        let thread = thread::spawn(move || other.carve(0));
        let mine = world.carve(0);
        assert!(mine.is_some(), "there is a chunk for each");
        let theirs = thread.join().unwrap();
        world.has_all([mine, theirs], 4);
    });
}

pub fn carve_of_the_rest_races_carve() {
    explore(None, || {
        let world = World::new(1);
        let first = world.carve(0);
        let other = world.clone();
        let thread = thread::spawn(move || other.carve(0));
        let mine = world.carve(0);
        let theirs = thread.join().unwrap();
        world.has_all([first, mine, theirs], 2);
    });
}

pub fn rest_is_laid_back_beside_a_carve() {
    explore(None, || {
        let world = World::new(2);
        let first = world.carve(0);
        let other = world.clone();
        let thread = thread::spawn(move || other.carve(0));
        let mut left = Vec::new();
        if let Some(rest) = world.carver[0].take_remainder() {
            if !world.carver[0].restore_remainder(rest) {
                left.extend(world.carver[0].carve_remainder(rest).map(Some));
            }
        }
        left.extend([first, thread.join().unwrap()]);
        world.has_all(left, 4);
    });
}

pub fn chunk_that_came_back_is_carved_by_two() {
    explore(Some(2), || {
        // Of the two that carve, one has taken the chunk and knows who gave it back; the other
        // knows the one.
        comes_back_and_is_carved(|world| world.carve(0).into_iter().collect());
    });
}

pub fn rest_of_a_chunk_that_came_back_is_taken() {
    explore(Some(2), || {
        comes_back_and_is_carved(|world| {
            let Some(rest) = world.carver[0].take_remainder() else {
                return Vec::new();
            };
            let ids: Vec<_> = world.carver[0].carve_remainder(rest).collect();
            ids.iter().for_each(|id| world.carver[0].loom_write(*id));
            ids
        });
    });
}

fn comes_back_and_is_carved(take: fn(&World) -> Vec<BufferId>) {
    // Another chunk is fresh: so who takes this one need not have seen before that it is free.
    let world = World::new(2);
    let used = [world.carve(0).unwrap(), world.carve(0).unwrap()];
    let (giver, taker) = (world.clone(), world.clone());
    let one = thread::spawn(move || giver.give_back(chunk_of(used[0]), &used));
    let two = thread::spawn(move || taker.carve(0));
    let mine = take(&world).into_iter().map(Some);
    one.join().unwrap();
    world.has_all(mine.chain([two.join().unwrap()]), 4);
}

pub fn whole_chunk_goes_to_another_class() {
    explore(Some(2), || {
        let world = World::new(1);
        let used = world.carve(0).unwrap();
        let (class_0, class_1) = (world.clone(), world.clone());
        let one = thread::spawn(move || class_0.carve(0));
        let two = thread::spawn(move || class_1.carve(1));
        // The rest, and what was carved before, are the chunk as a whole.
        let mut kept = Some(used);
        if let Some(rest) = world.carver[0].take_remainder() {
            assert_eq!((rest.chunk, rest.next), (ChunkId(0), 1));
            world.give_back(rest.chunk, &[used]);
            kept = None;
        }
        let (of_0, of_1) = (one.join().unwrap(), two.join().unwrap());
        let owner = world.chunks.owner(ChunkId(0)).class;
        if let Some(id) = of_1 {
            assert_eq!((kept, of_0, id), (None, None, BufferId(0)), "lost or doubled");
            assert_eq!(owner, Some(ClassId(1)));
            assert_eq!(world.carve(0), None, "lost or doubled");
        } else {
            world.has_all([kept, of_0], 2);
        }
    });
}

/// A class that carved all of its only chunk, and pushed its ids to the chunk list.
fn in_chunk_lists() -> Arc<World> {
    let world = World::new(1);
    let ids = [world.carve(0).unwrap(), world.carve(0).unwrap()];
    world.carver[0].push_to_chunks(&ids, |_| ());
    world
}

/// Takes the chunk off class 0 if all of it is in the chunk list, and a buffer off it for class 1.
fn pass_on(world: &World) -> Option<BufferId> {
    if !world.carver[0].take_whole(ChunkId(0), 0) {
        return None;
    }
    let id = world.carver[1].adopt(ChunkId(0)).expect("class 1 has no other");
    world.carver[1].loom_write(id);
    Some(id)
}

pub fn whole_shelf_races_carves() {
    explore(Some(2), || {
        let world = in_chunk_lists();
        let (class_0, class_1) = (world.clone(), world.clone());
        let one = thread::spawn(move || class_0.carve(0));
        let two = thread::spawn(move || pass_on(&class_1));
        let mine = world.carve(0);
        let (of_0, of_1) = (one.join().unwrap(), two.join().unwrap());
        if of_1.is_some() {
            assert_eq!((mine, of_0), (None, None), "lost or doubled");
        }
        match of_1 {
            Some(_) => assert_eq!(world.carve(0), None, "lost or doubled"),
            None => world.has_all([mine, of_0], 2),
        }
    });
}

pub fn shelf_of_another_class_is_left_alone() {
    explore(Some(3), || {
        let world = in_chunk_lists();
        let other = world.clone();
        let thread = thread::spawn(move || other.carve(0));
        let passed_on = pass_on(&world);
        if let Some(id) = passed_on {
            world.carver[1].push_to_chunks(&[id], |_| ());
            assert_eq!(world.carve(1), Some(id), "lost or doubled");
        }
        let theirs = thread.join().unwrap();
        match passed_on {
            Some(_) => assert_eq!(theirs, None, "lost or doubled"),
            None => world.has_all([theirs], 2),
        }
    });
}

/// Looks for a chunk as an allocation of class 1 does; `false` if it may be refused one.
fn find(world: &World) -> bool {
    let transit = world.chunks.transit();
    let mut wait_budget = WaitBudget::default();
    loop {
        let before = transit.peek();
        if world.carve(1).is_some() || pass_on(world).is_some() {
            return true;
        }
        if transit.may_refuse(before, &mut wait_budget) {
            return false;
        }
    }
}

pub fn chunk_in_the_hands_of_another_call_is_not_refused() {
    explore(Some(3), || {
        // It is idle, in those hands, or free.
        let world = in_chunk_lists();
        let other = world.clone();
        let thread = thread::spawn(move || {
            let _in_transit = other.chunks.transit().begin();
            if other.carver[0].take_whole(ChunkId(0), 0) {
                other.chunks.give_back(ChunkId(0));
            }
        });
        assert!(find(&world), "refused what was on its way");
        thread.join().unwrap();
    });
}

pub fn rest_in_the_hands_of_another_call_is_not_refused() {
    explore(Some(3), || {
        // The rest that makes the chunk whole is on the cursor, or in those hands.
        let world = World::new(1);
        let first = world.carve(0).unwrap();
        world.carver[0].push_to_chunks(&[first], |_| ());
        let other = world.clone();
        let thread = thread::spawn(move || {
            let _in_transit = other.chunks.transit().begin();
            let rest = other.carver[0].take_remainder();
            rest.into_iter().for_each(|rest| _ = other.carver[0].restore_remainder(rest));
        });
        let transit = world.chunks.transit();
        let mut wait_budget = WaitBudget::default();
        loop {
            let before = transit.peek();
            if world.carver[0].take_whole_with_remainder().is_some() {
                break;
            }
            let settled = transit.may_refuse(before, &mut wait_budget);
            assert!(!settled, "refused what was on its way");
        }
        thread.join().unwrap();
    });
}

pub fn idle_chunk_and_its_rest_race_carves() {
    explore(Some(3), || {
        // One buffer in the chunk list, the other never carved.
        let world = World::new(2);
        let first = world.carve(0).unwrap();
        world.carver[0].push_to_chunks(&[first], |_| ());
        let reclaimer = world.clone();
        let thread = thread::spawn(move || {
            if let Some(chunk) = reclaimer.carver[0].take_whole_with_remainder() {
                reclaimer.chunks.give_back(chunk);
            }
        });
        let mine = [world.carve(0), world.carve(0)];
        thread.join().unwrap();
        world.has_all(mine, 4);
    });
}

pub fn take_races_takes_and_give_back() {
    explore(Some(3), || {
        let world = World::new(2);
        let both = [0, 1].map(|_| world.take(0).unwrap());
        for chunk in both {
            world.chunks.give_back(chunk);
        }
        let other = world.clone();
        let thread = thread::spawn(move || {
            let first = other.take(1)?;
            let second = other.take(1);
            other.chunks.give_back(first);
            second
        });
        let mine = world.take(0);
        let theirs = thread.join().unwrap();
        let rest = [(); 2].map(|()| world.take(0));
        let mut all: Vec<_> = [mine, theirs].into_iter().chain(rest).flatten().collect();
        all.sort_unstable();
        assert_eq!(all, [ChunkId(0), ChunkId(1)], "lost or doubled");
        for chunk in [mine, rest[0], rest[1]].into_iter().flatten() {
            assert_eq!(world.chunks.owner(chunk).class, Some(ClassId(0)));
        }
    });
}

#[allow(
    clippy::arc_with_non_send_sync,
    reason = "it is the pool that vouches for its classes, and there is none here"
)]
pub fn buffer_that_goes_over_the_cursor_is_always_found() {
    explore(Some(3), || {
        let chunks = Arc::new(Chunks::new(2, HugePages::Off).unwrap());
        let carver = Carver::new(chunks.clone(), ClassId(0), STRIDES[0]);
        let shape = ClassSpec {
            ids: chunks.ids(),
            in_magazines: 4,
            cpus: 1,
            rseq: None,
            colour: 0,
            transfer: Transfer::new(4, 1, 2, true),
        };
        let class = Arc::new(Class::new(carver, &shape).unwrap());
        let held = class.get_slow().unwrap();
        let rest = class.back().take_remainder().unwrap();
        let other = class.clone();
        let thread = thread::spawn(move || {
            // At any moment a chunk can be had, or the rest, or the buffer that was held.
            if !other.back().restore_remainder(rest) {
                return;
            }
            // It may come too late, here and below.
            let _ = chunks.take(ClassId(1), 1);
            assert_eq!(other.push_slow(&[held]), Rejected::NONE);
            let _ = other.back().carve(1, &mut Batch::new());
        });
        run_on(0);
        let got = class.get_slow();
        assert!(got.is_ok(), "a buffer was free all along");
        thread.join().unwrap();
    });
}

#[allow(
    clippy::arc_with_non_send_sync,
    reason = "it is the pool that vouches for its classes, and there is none here"
)]
pub fn buffer_that_goes_over_the_shelf_is_always_found() {
    explore(Some(2), || {
        let chunks = Arc::new(Chunks::new(1, HugePages::Off).unwrap());
        let carver = Carver::new(chunks.clone(), ClassId(0), STRIDES[0]);
        let shape = ClassSpec {
            ids: chunks.ids(),
            in_magazines: 2,
            cpus: 1,
            rseq: None,
            colour: 0,
            transfer: Transfer::new(2, 1, 2, true),
        };
        let class = Arc::new(Class::new(carver, &shape).unwrap());
        let held = class.get_slow().unwrap();
        let other = class.clone();
        let thread = thread::spawn(move || {
            // At any moment the rest is there, or what was held is in the chunk list, or the rest
            // free in a list.
            other.back().push_to_chunks(&[held], |_| ());
            let Some(rest) = other.back().take_remainder() else {
                return;
            };
            let last: Vec<_> = other.back().carve_remainder(rest).collect();
            assert_eq!(other.push_slow(&last), Rejected::NONE);
            // It may come too late.
            let _ = other.back().carve(1, &mut Batch::new());
        });
        run_on(0);
        let got = class.get_slow();
        assert!(got.is_ok(), "a buffer was free all along");
        thread.join().unwrap();
    });
}

pub fn carve_races_carve_that_fails_weakly() {
    weakly(carve_races_carve);
}

pub fn rest_is_laid_back_beside_a_carve_that_fails_weakly() {
    weakly(rest_is_laid_back_beside_a_carve);
}

pub fn take_races_takes_and_give_back_that_fails_weakly() {
    within(2, || weakly(take_races_takes_and_give_back));
}

pub fn whole_chunk_goes_to_another_class_that_fails_weakly() {
    within(2, || weakly(whole_chunk_goes_to_another_class));
}

pub fn buffer_that_goes_over_the_cursor_is_always_found_that_fails_weakly() {
    within(2, || weakly(buffer_that_goes_over_the_cursor_is_always_found));
}
