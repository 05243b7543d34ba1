// Runs the caches alone, under threads, drainers and signals at once. This is a module beside a
// variant of the crate.
//
// Beside the caches there is a reserve, as the depot is in the pool, and a table of who has which
// id. Every step of an id is noted in the table by a swap, which finds an id that two have at once.

use std::cell::Cell;
use std::ptr;
use std::sync::{Arc, Mutex};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::fw::base::batch::Batch;
use super::fw::percpu::{Caches, OwnedCaches, Opened};
use super::fw::base::id::BufferId;
use super::fw::percpu::Process;
use super::fw::sys::{Area, possible_cpus};
use crate::Run;
use crate::common::Random;
use crate::harness::cpus::{flip, thread_id};
use crate::harness::not_run;
use crate::harness::seccomp::{Which, Whom, refuse_fences};
use crate::harness::ticks::Ticks;

const IDS: u32 = 900;
const CACHE: u32 = 200;

/// The entry of the table for an id that is in a cache. The other numbers are threads.
const AT_REST: u32 = 0;
/// The entry of the table for an id that lies in the reserve.
const RESERVE: u32 = 1;

/// The most ids that the handlers of a thread keep while their pushes are refused.
const STASH: usize = 8;

struct Stress {
    caches: Caches,
    owners: Vec<AtomicU32>,
    reserve: Mutex<Vec<BufferId>>,
    over: AtomicBool,
    pops: AtomicU64,
    drains: AtomicU64,
    refusals: AtomicU64,
}

// SAFETY: a pool shares its caches between threads, and the rest is Sync.
unsafe impl Sync for Stress {}

static STRESS: AtomicPtr<Stress> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    static ME: Cell<u32> = const { Cell::new(0) };
    static STASHED: Cell<usize> = const { Cell::new(0) };
    static KEPT: [Cell<u32>; STASH] = const { [const { Cell::new(0) }; STASH] };
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Runs the stress until the run is over. Aborts the process as soon as an id is lost or doubled.
pub(crate) fn run(run: Run) {
    let area = Area::find().expect("the caller has asked for it");
    let cpus = possible_cpus();
    let process = Arc::new(Process::new().unwrap());
    let stress = Stress {
        caches: Caches::new(area, cpus, 0, CACHE, true, &process).unwrap(),
        owners: (0..IDS).map(|_| AtomicU32::new(RESERVE)).collect(),
        reserve: Mutex::new((0..IDS).map(BufferId).collect()),
        over: AtomicBool::new(false),
        pops: AtomicU64::new(0),
        drains: AtomicU64::new(0),
        refusals: AtomicU64::new(0),
    };
    STRESS.store(ptr::from_ref(&stress).cast_mut(), Ordering::Release);
    let started = Instant::now();
    let operations = AtomicU64::new(0);
    let signals = AtomicU64::new(0);
    let ids = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let all = run.threads + 2 + run.refused;
        for number in 0..all {
            let (stress, ids, operations, signals) = (&stress, &ids, &operations, &signals);
            scope.spawn(move || {
                ids.lock().unwrap().push(thread_id());
                ME.set(2 * number + 2);
                let ticks = Ticks::start(interrupt);
                if number < run.threads {
                    stress.use_caches(number);
                } else if number < run.threads + 2
                    || refuse_fences(Whom::Caller, Which::OfAllCpus)
                {
                    stress.drain_caches(number);
                }
                signals.fetch_add(Ticks::count(), Ordering::Relaxed);
                drop(ticks);
                stress.empty_stash();
                operations.fetch_add(OPERATIONS.get(), Ordering::Relaxed);
            });
        }
        while ids.lock().unwrap().len() < all as usize {
            thread::yield_now();
        }
        let threads = ids.lock().unwrap().clone();
        let until = Instant::now() + run.time;
        flip(&threads, 3, until);
        while stress.pops.load(Ordering::Relaxed) < run.least_operations {
            flip(&threads, 3, Instant::now() + run.time / 10);
        }
        // On a busy machine a refusal can take longer. Where there is no filter it never comes.
        let latest = Instant::now() + 20 * run.time;
        while run.refused > 0
            && stress.refusals.load(Ordering::Relaxed) == 0
            && Instant::now() < latest
        {
            flip(&threads, 3, Instant::now() + run.time / 10);
        }
        stress.over.store(true, Ordering::Relaxed);
    });
    stress.count_all();
    if run.refused > 0 && stress.refusals.load(Ordering::Relaxed) == 0 {
        not_run("drains that are refused the fence: there is one CPU, or no filter to be had");
    }
    eprintln!(
        "  {} operations, {} drains of all caches, {} refused, {} signals, {:.1?}",
        operations.into_inner(),
        stress.drains.into_inner(),
        stress.refusals.into_inner(),
        signals.into_inner(),
        started.elapsed(),
    );
}

/// Ends the process at once. A handler may call it.
fn lost_or_doubled() -> ! {
    crate::give_up("an id is lost or doubled\n")
}

/// Does what a signal does: it takes an id, and puts one back.
fn interrupt() {
    let stress = STRESS.load(Ordering::Acquire);
    // SAFETY: handlers run between the start and the end of the stress's threads, and it lives that
    // long.
    let stress = unsafe { &*stress };
    let me = ME.get() + 1;
    let stashed = STASHED.get();
    if stashed < STASH {
        if let Some(id) = stress.pop() {
            stress.note(id, AT_REST, me);
            KEPT.with(|kept| kept[stashed].set(id.0));
            STASHED.set(stashed + 1);
        }
    }
    stress.lay_stashed(me);
}

impl Stress {
    fn pop(&self) -> Option<BufferId> {
        // SAFETY: `self` lives until this returns, and so do the caches.
        unsafe { self.caches.sections().pop() }
    }

    fn push_one(&self, id: BufferId) -> bool {
        // SAFETY: `self` lives until this returns, and so do the caches.
        unsafe { self.caches.sections().push(id) }
    }

    fn note(&self, id: BufferId, from: u32, to: u32) {
        let owner = self.owners.get(id.index());
        // Relaxed is enough: a swap always meets the latest entry, and nothing is published.
        if owner.is_none_or(|owner| owner.swap(to, Ordering::Relaxed) != from) {
            lost_or_doubled();
        }
    }

    /// Puts back one id that handlers of this thread keep.
    fn lay_stashed(&self, me: u32) -> bool {
        let Some(last) = STASHED.get().checked_sub(1) else {
            return false;
        };
        let id = BufferId(KEPT.with(|kept| kept[last].get()));
        self.note(id, me, AT_REST);
        let pushed = self.push_one(id);
        if pushed {
            STASHED.set(last);
        } else {
            self.note(id, AT_REST, me);
        }
        pushed
    }

    fn empty_stash(&self) {
        let me = ME.get() + 1;
        while let Some(last) = STASHED.get().checked_sub(1) {
            let id = BufferId(KEPT.with(|kept| kept[last].get()));
            STASHED.set(last);
            self.to_reserve(me, &[id]);
        }
    }

    fn to_reserve(&self, me: u32, ids: &[BufferId]) {
        for id in ids {
            self.note(*id, me, RESERVE);
        }
        self.reserve.lock().unwrap().extend_from_slice(ids);
    }

    fn use_caches(&self, seed: u32) {
        let me = ME.get();
        let mut random = Random::new(seed.into());
        let mut held = Vec::with_capacity(IDS as usize);
        let mut operations = 0;
        while !self.over.load(Ordering::Relaxed) {
            for _ in 0..64 {
                self.step(me, &mut random, &mut held);
            }
            operations += 64;
            self.pops.fetch_add(64, Ordering::Relaxed);
        }
        self.to_reserve(me, &held);
        OPERATIONS.set(operations);
    }

    fn step(&self, me: u32, random: &mut Random, held: &mut Vec<BufferId>) {
        match random.below(8) {
            0..3 => {
                if let Some(id) = self.pop() {
                    self.note(id, AT_REST, me);
                    held.push(id);
                } else {
                    self.fetch_error(me, random, held);
                }
            }
            3..6 => self.push(me, held),
            6 => {
                let mut batch = Batch::new();
                self.caches.pop_burst(1 + random.below(64), &mut batch);
                for id in batch.as_slice() {
                    self.note(*id, AT_REST, me);
                }
                held.extend_from_slice(batch.as_slice());
            }
            _ => {
                let left = held.len() - held.len().min(1 + random.below(CACHE as usize));
                self.push_bulk(me, held, left);
            }
        }
    }

    fn push(&self, me: u32, held: &mut Vec<BufferId>) {
        let Some(id) = held.pop() else {
            return;
        };
        self.note(id, me, AT_REST);
        if !self.push_one(id) {
            self.note(id, AT_REST, me);
            held.push(id);
            self.open(me);
        }
    }

    fn push_bulk(&self, me: u32, held: &mut Vec<BufferId>, left: usize) {
        let ids = &held[left..];
        for id in ids {
            self.note(*id, me, AT_REST);
        }
        if self.caches.push_bulk(ids) {
            held.truncate(left);
            return;
        }
        for id in ids {
            self.note(*id, AT_REST, me);
        }
        self.open(me);
        if held.len() > IDS as usize / 8 {
            self.to_reserve(me, &held.split_off(held.len() / 2));
        }
    }

    /// Takes ids from the reserve.
    fn fetch_error(&self, me: u32, random: &mut Random, held: &mut Vec<BufferId>) {
        self.open(me);
        let mut reserve = self.reserve.lock().unwrap();
        let left = reserve.len() - reserve.len().min(random.below(40));
        for id in reserve.drain(left..) {
            self.note(id, RESERVE, me);
            held.push(id);
        }
    }

    /// Opens this CPU's cache if it is shut.
    fn open(&self, me: u32) {
        let epoch = self.caches.epoch();
        if epoch.is_dry_or_drying() {
            self.caches.end_dry(epoch);
        }
        if let Opened::Marked(held) = self.caches.open_here() {
            self.empty(me, &held, 64);
        }
    }

    fn empty(&self, me: u32, held: &OwnedCaches<'_>, most: usize) {
        let mut batch = Batch::new();
        while held.pop_burst(most, &mut batch) {
            for id in batch.as_slice() {
                self.note(*id, AT_REST, me);
            }
            self.to_reserve(me, batch.as_slice());
            batch.truncate(0);
        }
    }

    fn drain_caches(&self, seed: u32) {
        let me = ME.get();
        let mut random = Random::new(seed.into());
        while !self.over.load(Ordering::Relaxed) {
            match self.caches.sweep() {
                Ok(Some(sweep)) => {
                    self.empty(me, sweep.owned(), 1 + random.below(64));
                    sweep.finish();
                    self.drains.fetch_add(1, Ordering::Relaxed);
                }
                Ok(None) => {}
                Err(_) => {
                    self.refusals.fetch_add(1, Ordering::Relaxed);
                }
            }
            self.open(me);
            if random.below(4) == 0 {
                thread::yield_now();
            }
        }
    }

    /// Checks that every id is in one place, once.
    fn count_all(&self) {
        ME.set(u32::MAX - 1);
        for _ in 0..2 {
            let epoch = self.caches.epoch();
            if epoch.is_dry_or_drying() {
                self.caches.end_dry(epoch);
            }
            if let Ok(Some(sweep)) = self.caches.sweep() {
                self.empty(ME.get(), sweep.owned(), 64);
                sweep.finish();
            }
        }
        let mut seen = vec![0; IDS as usize];
        for id in &*self.reserve.lock().unwrap() {
            seen[id.index()] += 1;
        }
        if seen.iter().any(|times| *times != 1) {
            lost_or_doubled();
        }
    }
}
