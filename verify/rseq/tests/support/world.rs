//! Runs in the child: a victim that repeats one section, others that pop, push and drain on every
//! CPU, and a table of who has which id.
//!
//! Every id is in one place. It is with a thread (the table names it), or free, in a cache or in
//! the stash (the table says so). The table is kept at every pop and push. Between two cases
//! everybody holds still, and the victim drains all caches and compares.

#![allow(
    clippy::disallowed_types,
    reason = "the harness watches the crate from outside; it is not modelled"
)]

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::control::{Control, report_panics};
use crate::support::linux::{cpus, pin};
use crate::support::shared::Shared;
use crate::support::tracee::rest;

/// The number of ids.
const IDS: u32 = 400;

/// The size of each CPU's cache.
pub(crate) const CACHE: u32 = 128;

/// The most ids of a transfer.
pub(crate) const BATCH: usize = 64;

/// The sizes of the victim's transfers. They take all ways through the copying code, and many
/// rounds.
const SIZES: [usize; 12] = [1, 2, 3, 4, 5, 8, 9, 13, 21, 40, 57, 64];

/// The number of operations after which a point counts as out of reach.
const PATIENCE: u32 = 2_000_000;

const AT_REST: u8 = 0;
const VICTIM: u8 = 1;
const HANDLER: u8 = 2;
const OTHERS: u8 = 3;

/// Up to a batch of ids, without allocation.
pub(crate) type Ids = arrayvec::ArrayVec<u32, BATCH>;

/// The four sections, in the order of [`Subject::entries`].
pub(crate) const SECTIONS: [&str; 4] = ["pop", "push", "pop_burst", "push_bulk"];

/// The caches of a variant of the crate.
pub(crate) trait Subject: Send + Sync {
    /// Returns the victim's functions, one for each section.
    fn entries(&self) -> [usize; 4];
    fn victim_pop(&self) -> Option<u32>;
    fn victim_push(&self, id: u32) -> bool;
    fn victim_pop_burst(&self, most: usize, ids: &mut Ids);
    fn victim_push_bulk(&self, ids: &[u32]) -> bool;
    fn pop(&self) -> Option<u32>;
    fn push(&self, id: u32) -> bool;
    fn pop_burst(&self, most: usize, ids: &mut Ids);
    fn push_bulk(&self, ids: &[u32]) -> bool;
    /// Opens the cache of this CPU if that is possible. It hands out what it finds in a cache that
    /// must be shut.
    fn open(&self, drained: &mut Vec<u32>);
    /// Empties all caches and leaves them shut.
    fn drain(&self, drained: &mut Vec<u32>);
}

struct World {
    subject: Box<dyn Subject>,
    control: Arc<Shared<Control>>,
    owners: Vec<AtomicU8>,
    stash: Mutex<Vec<u32>>,
    /// The ids that the handler could not push, for the next time. Only the victim's thread uses
    /// it.
    spare: Mutex<Ids>,
    others: u32,
}

/// The world, for the signal handler.
static mut WORLD: Option<&'static World> = None;

/// Runs the child. The victim is its first thread, which rests whenever a case is over.
pub(crate) fn run(subject: Box<dyn Subject>, control: Arc<Shared<Control>>) {
    report_panics(&control);
    let cpus = cpus();
    let others = cpus.len() as u32 + 1;
    let world: &'static World = Box::leak(Box::new(World {
        subject,
        control,
        owners: (0..IDS).map(|_| AtomicU8::new(AT_REST)).collect(),
        stash: Mutex::new((0..IDS).collect()),
        spare: Mutex::new(Ids::new()),
        others,
    }));
    for number in 0..others {
        let cpu = cpus.get(number as usize).copied();
        thread::spawn(move || world.other(number, cpu));
    }
    // SAFETY: no handler runs yet, and nothing else uses it.
    unsafe { WORLD = Some(world) };
    let handler: extern "C" fn(libc::c_int) = handle;
    // SAFETY: the handler is async-signal-safe. It uses sections, atomics, and a lock that only it
    // takes while a section runs.
    unsafe { libc::signal(libc::SIGUSR1, handler as *const () as libc::sighandler_t) };
    loop {
        rest();
        world.case();
    }
}

extern "C" fn handle(_: libc::c_int) {
    // SAFETY: the value was set before the handler, and never changes afterwards.
    if let Some(world) = unsafe { WORLD } {
        world.handle();
    }
}

impl World {
    fn stash(&self) -> MutexGuard<'_, Vec<u32>> {
        self.stash.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, id: u32, from: u8, to: u8) {
        let owner = self.owners.get(id as usize);
        let was = owner.map(|owner| owner.swap(to, Ordering::SeqCst));
        assert_eq!(
            was,
            Some(from),
            "lost or doubled: frame {id} on its way to owner {to}"
        );
    }

    fn got(&self, ids: &[u32], me: u8) {
        ids.iter().for_each(|id| self.change(*id, AT_REST, me));
    }

    fn freeing(&self, ids: &[u32], me: u8) {
        ids.iter().for_each(|id| self.change(*id, me, AT_REST));
    }

    /// Opens this CPU's cache and gives it ids out of the stash.
    fn refill(&self) {
        let mut drained = Vec::new();
        self.subject.open(&mut drained);
        let mut stash = self.stash();
        stash.extend(drained);
        let left = stash.len() - stash.len().min(48);
        let ids: Ids = stash.drain(left..).collect();
        drop(stash);
        if !ids.is_empty() && !self.subject.push_bulk(&ids) {
            self.stash().extend(ids);
        }
    }

    /// Puts ids that the table has free into the cache, or else into the stash.
    fn push(&self, ids: &[u32]) {
        if !ids.is_empty() && !self.subject.push_bulk(ids) {
            self.stash().extend(ids);
        }
    }

    fn case(&self) {
        let section = self.control.section.load(Ordering::SeqCst);
        for round in 0..PATIENCE {
            if self.control.enough.load(Ordering::SeqCst) {
                break;
            }
            let size = SIZES[round as usize % SIZES.len()];
            match section {
                0 => self.victim_pop(),
                1 => self.victim_push(),
                2 => self.victim_pop_burst(size),
                _ => self.victim_push_bulk(size),
            }
        }
        // SAFETY: the call has no preconditions.
        let cpu = unsafe { libc::sched_getcpu() };
        self.control.cpu.store(cpu, Ordering::SeqCst);
        self.compare();
    }

    fn victim_pop(&self) {
        match self.subject.victim_pop() {
            Some(id) => {
                self.got(&[id], VICTIM);
                self.freeing(&[id], VICTIM);
                self.push(&[id]);
            }
            None => self.refill(),
        }
    }

    fn victim_push(&self) {
        let Some(id) = self.subject.pop().or_else(|| self.stash().pop()) else {
            return;
        };
        self.got(&[id], VICTIM);
        self.freeing(&[id], VICTIM);
        if !self.subject.victim_push(id) {
            self.stash().push(id);
            self.refill();
        }
    }

    fn victim_pop_burst(&self, size: usize) {
        let mut ids = Ids::new();
        self.subject.victim_pop_burst(size, &mut ids);
        self.got(&ids, VICTIM);
        self.freeing(&ids, VICTIM);
        if ids.len() < size {
            self.refill();
        }
        self.push(&ids);
    }

    fn victim_push_bulk(&self, size: usize) {
        let mut ids = Ids::new();
        self.subject.pop_burst(size, &mut ids);
        {
            let mut stash = self.stash();
            let left = stash.len() - stash.len().min(size - ids.len());
            ids.extend(stash.drain(left..));
        }
        self.got(&ids, VICTIM);
        self.freeing(&ids, VICTIM);
        if !ids.is_empty() && !self.subject.victim_push_bulk(&ids) {
            self.stash().extend(ids);
            self.refill();
        }
    }

    /// Gets and frees, single and in bulk, in a signal handler of the victim's thread.
    fn handle(&self) {
        let mut spare = self.spare.try_lock().expect("handlers do not nest");
        let count = &self.control.in_handler;
        if let Some(id) = self.subject.pop() {
            self.got(&[id], HANDLER);
            spare.push(id);
            count.fetch_add(1, Ordering::SeqCst);
        }
        if spare.len() < 32 {
            let mut ids = Ids::new();
            self.subject.pop_burst(7, &mut ids);
            self.got(&ids, HANDLER);
            spare.extend(ids.iter().copied());
            count.fetch_add(1, Ordering::SeqCst);
        }
        while spare.len() > 2 {
            let at = spare.len() - spare.len().min(5);
            self.freeing(&spare[at..], HANDLER);
            if !self.subject.push_bulk(&spare[at..]) {
                self.got(&spare[at..], HANDLER);
                break;
            }
            spare.truncate(at);
            count.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(id) = spare.pop() {
            self.freeing(&[id], HANDLER);
            if !self.subject.push(id) {
                self.got(&[id], HANDLER);
                spare.push(id);
            }
        }
        self.control.handled.fetch_add(1, Ordering::SeqCst);
    }

    /// Holds everybody still, and finds every id in one place.
    fn compare(&self) {
        self.control.hold.store(true, Ordering::SeqCst);
        while self.control.holding.load(Ordering::SeqCst) < self.others {
            thread::yield_now();
        }
        let mut at_rest = Vec::new();
        self.subject.drain(&mut at_rest);
        let mut stash = self.stash();
        stash.append(&mut at_rest);
        let mut places = vec![0; IDS as usize];
        for id in stash.iter() {
            *places
                .get_mut(*id as usize)
                .expect("lost or doubled: no such frame") += 1;
        }
        for (id, (places, owner)) in places.iter().zip(&self.owners).enumerate() {
            let owner = owner.load(Ordering::SeqCst);
            let expected = u32::from(owner == AT_REST);
            assert_eq!(
                *places, expected,
                "lost or doubled: frame {id}, of owner {owner}, is free {places} times"
            );
        }
        drop(stash);
        self.control.hold.store(false, Ordering::SeqCst);
    }

    /// Runs one of the others: on a CPU of its own, or on any CPU and draining.
    fn other(&self, number: u32, cpu: Option<usize>) {
        if let Some(cpu) = cpu {
            pin(cpu);
        }
        let me = OTHERS + number as u8;
        let mut mine = Ids::new();
        for round in 0_usize.. {
            if self.control.hold.load(Ordering::SeqCst) {
                self.pause();
            }
            self.step(round, me, &mut mine);
            if cpu.is_none() {
                if round % 64 == 0 {
                    let mut drained = Vec::new();
                    self.subject.drain(&mut drained);
                    self.stash().extend(drained);
                }
                thread::yield_now();
            }
            self.control.progress.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn pause(&self) {
        self.control.holding.fetch_add(1, Ordering::SeqCst);
        while self.control.hold.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        self.control.holding.fetch_sub(1, Ordering::SeqCst);
    }

    /// Makes one operation: a get, or a free of the own ids in changing order.
    fn step(&self, round: usize, me: u8, mine: &mut Ids) {
        let size = SIZES[round % SIZES.len()].min(24);
        let mut ids = Ids::new();
        if mine.len() < 24 && round % 3 != 0 {
            if round % 2 == 0 {
                ids.extend(self.subject.pop());
            } else {
                self.subject.pop_burst(size, &mut ids);
            }
            self.got(&ids, me);
            mine.extend(ids.iter().copied());
            if ids.is_empty() {
                self.refill();
            }
            return;
        }
        let left = mine.len() - mine.len().min(if round % 2 == 0 { 1 } else { size });
        let first = round % (left + 1);
        ids.extend(mine.drain(first..first + mine.len() - left));
        self.freeing(&ids, me);
        match ids.as_slice() {
            [] => {}
            [id] if self.subject.push(*id) => {}
            ids if self.subject.push_bulk(ids) => {}
            ids => {
                self.stash().extend(ids);
                self.refill();
            }
        }
    }
}
