//! Drains: the caches of other CPUs are stopped, emptied, and opened again or left shut.
//!
//! A drain takes these steps, each for its purpose. The invariants of the gates are in `gate`.
//!
//! ```text
//!   own the gate             one drainer at a time; who finds an owner goes on without this cache
//!   stop: write bounds       sections that start from now on fail
//!   fence (#cpu-fence)       sections that started before are aborted, or have committed: count
//!                            and slots are still
//!   take the ids, count 0    into the hands of the drainer, and from there to the depot
//!   fence again (#cpu-fence) a section may have read the old count, and not yet the bound: it is
//!                            aborted
//!   open: write bounds       … or leave it stopped and shut the gate: who opens it next fences
//!   give the gate up
//! ```
//!
//! Without the second fence that section would find the bound open, and commit on top of ids that
//! were taken. Whoever opens the cache makes the second fence.
//!
//! A suspended drainer blocks nobody. The CPUs of its caches work through the depot meanwhile, and
//! ids that it has not given up count as in the hands of a call in progress. A gate may stay shut.
//! A pool is "dry" when all its gates are shut at once (see `class::rseq`).
//!
//! The kernel may refuse the first fence, to some threads or from some moment on (a seccomp
//! filter), or for want of memory. Nothing was taken then, so the drainer writes the bounds as they
//! were and gives the gates up (#unfenced-give-back). No section can tell: count and slots are what
//! sections made them, and a section that met the stopped bounds took the slow path. A sweep asks
//! before it stops anything, so that a thread that may never fence disturbs nobody. A cache that
//! was drained is opened behind a fence alone, or stays shut.

#![forbid(unsafe_code)]

use std::cell::Cell;

use super::caches::Caches;
use super::gate::{Epoch, Gate, Phase, Seen, Token};
use super::process::Process;
use super::sections::{COUNT, SLOT};
use crate::base::batch::Batch;
use crate::base::id::{BufferId, CpuId};
use crate::percpu::{Event, InFlight};
use crate::sync::Ordering;

impl Caches {
    /// Opens the cache of the running CPU, if it is shut and caches may be open.
    pub(crate) fn open_here(&self) -> Opened<'_> {
        let Some(cpu) = self.here() else {
            self.count(Event::Uncached);
            return Opened::No;
        };
        let gate = self.gate(cpu);
        let seen = gate.peek();
        match Gate::phase(seen, self.outside.process.number()) {
            Phase::Shut if self.outside.mode.peek().is_open() => {}
            Phase::Abandoned => return self.take_over(cpu, seen),
            Phase::Shut | Phase::Owned(_) => return Opened::No,
            Phase::Open => return Opened::Already,
        }
        let _draining = self.draining();
        let token = self.token();
        if !gate.own(seen, token) {
            return Opened::No;
        }
        // The mode comes first (#mode-before-bounds), then the second fence of the last drain, then
        // the bounds.
        if !self.outside.mode.note_opening() || !self.fence(Some(cpu)) {
            gate.shut(token);
            return Opened::No;
        }
        self.set_bounds(cpu, 0, self.outside.high);
        if gate.open(token) {
            return Opened::Yes;
        }
        self.stop(cpu);
        self.owned(token, Some(cpu))
    }

    /// Takes over the cache of a call that a fork has left behind in the parent (#fork-takes-over).
    fn take_over(&self, cpu: CpuId, seen: Seen) -> Opened<'_> {
        let _draining = self.draining();
        let token = self.token();
        if !self.gate(cpu).own(seen, token) {
            return Opened::No;
        }
        self.stop(cpu);
        self.owned(token, Some(cpu))
    }

    /// Fences, and returns what the token owns, stopped and still. If the fence is refused, gives
    /// it back.
    fn owned(&self, token: Token, only: Option<CpuId>) -> Opened<'_> {
        if self.fence(only) {
            Opened::Marked(OwnedCaches::new(self, token))
        } else {
            self.give_back(token);
            Opened::No
        }
    }

    /// Opens the caches again that the token owns, of which nothing was taken
    /// (#unfenced-give-back). Each round after the first means that another call has marked a gate
    /// meanwhile.
    fn give_back(&self, token: Token) {
        let mut is_done = false;
        while !is_done && self.outside.mode.reopen() {
            is_done = true;
            for cpu in self.owned_by(token, 0) {
                self.set_bounds(cpu, 0, self.outside.high);
                if !self.gate(cpu).open(token) {
                    self.stop(cpu);
                    self.gate(cpu).unmark(token);
                    is_done = false;
                }
            }
        }
    }

    /// Stops all caches that nobody in this process owns, and has the owners of the others shut
    /// them. Returns `None` if they are shut already. If the fence is refused, all is as it was
    /// before.
    pub(crate) fn sweep(&self) -> Result<Option<Sweep<'_>>, FenceRefused> {
        if self.is_dry() {
            return Ok(None);
        }
        if !self.may_fence() {
            return Err(FenceRefused);
        }
        let Some(drying) = self.begin_drying() else {
            return Ok(None);
        };
        let held = self.stop_all()?;
        Ok(Some(Sweep { held, drying }))
    }

    /// Returns whether there is nothing to sweep.
    fn is_dry(&self) -> bool {
        self.epoch().is_dry() && !self.has_abandoned()
    }

    /// Begins the drying and returns its epoch, or returns the epoch of a dry time that has to be
    /// gone through again.
    fn begin_drying(&self) -> Option<Epoch> {
        let inherited = || self.has_abandoned().then(|| self.epoch());
        self.outside.mode.begin_drying().or_else(inherited)
    }

    /// Returns whether this process has inherited a gate that is owned in its parent. In a pool
    /// that was dry, what the cache of such a gate holds is still available.
    fn has_abandoned(&self) -> bool {
        let process = self.outside.process.number();
        let is_abandoned = |cpu| Gate::phase(self.gate(cpu).peek(), process) == Phase::Abandoned;
        Process::has_ancestors(process) && self.all().any(is_abandoned)
    }

    /// Stops all caches for good, as [`sweep`](Self::sweep) does. Without the fence nobody can tell
    /// what they hold: they stay stopped, and owned.
    pub(crate) fn close(&self) -> Result<OwnedCaches<'_>, FenceRefused> {
        self.outside.mode.close();
        self.stop_all()
    }

    /// Owns and stops all caches that are open or inherited, marks those that others own, and
    /// fences.
    fn stop_all(&self) -> Result<OwnedCaches<'_>, FenceRefused> {
        let _draining = self.draining();
        let token = self.token();
        let process = self.outside.process.number();
        let mut owned = 0;
        let mut last = None;
        for cpu in self.all() {
            let gate = self.gate(cpu);
            loop {
                let seen = gate.peek();
                match Gate::phase(seen, process) {
                    Phase::Shut => break,
                    Phase::Owned(_) => {
                        if gate.mark(seen) {
                            break;
                        }
                    }
                    Phase::Open | Phase::Abandoned => {
                        if gate.own(seen, token) {
                            self.stop(cpu);
                            owned += 1;
                            last = Some(cpu);
                            break;
                        }
                    }
                }
            }
        }
        let fenced = match owned {
            0 => true,
            1 => self.fence(last),
            _ => self.fence(None),
        };
        if !fenced {
            // No `OwnedCaches` is made, not even to be dropped: that would shut caches with ids in
            // them.
            self.give_back(token);
            return Err(FenceRefused);
        }
        Ok(OwnedCaches::new(self, token))
    }

    fn fence(&self, cpu: Option<CpuId>) -> bool {
        self.note_refusal(self.slab.fence(cpu))
    }

    /// Returns whether the kernel lets this thread fence, at the moment.
    fn may_fence(&self) -> bool {
        self.note_refusal(self.slab.may_fence())
    }

    fn note_refusal(&self, fenced: bool) -> bool {
        if !fenced {
            self.count(Event::FenceRefused);
        }
        fenced
    }

    /// Notes that a call owns gates, or is about to, until the returned guard is dropped.
    fn draining(&self) -> InFlight<'_> {
        InFlight::new(self.outside.process.draining())
    }
}

/// The error of a call that the kernel refuses the fence: the caches of other CPUs are not
/// available, and are as they were.
#[derive(Debug)]
pub(crate) struct FenceRefused;

/// The result of an attempt to open a cache.
pub(crate) enum Opened<'a> {
    /// The cache is open now.
    Yes,
    /// The cache was open already.
    Already,
    /// The cache cannot be opened at the moment.
    No,
    /// The caller has to empty the cache, and to shut it.
    Marked(OwnedCaches<'a>),
}

/// The caches that a call owns: stopped, fenced, and so as still as if nobody used them. The call
/// empties them and drops this value, which shuts them.
pub(crate) struct OwnedCaches<'a> {
    caches: &'a Caches,
    token: Token,
    /// The caches before this one are empty.
    next: Cell<u32>,
    _draining: InFlight<'a>,
}

impl<'a> OwnedCaches<'a> {
    fn new(caches: &'a Caches, token: Token) -> Self {
        Self {
            caches,
            token,
            next: Cell::new(0),
            _draining: caches.draining(),
        }
    }

    fn all(&self) -> impl Iterator<Item = CpuId> {
        self.from(0)
    }

    /// Returns the owned caches from the CPU `first` up.
    fn from(&self, first: u32) -> impl Iterator<Item = CpuId> {
        self.caches.owned_by(self.token, first)
    }

    /// Returns how many ids the caches hold.
    pub(crate) fn free_count(&self) -> u32 {
        self.all().map(|cpu| self.caches.free_count(cpu)).sum()
    }

    /// Takes up to `most` ids out of one cache, into the empty batch. Returns `false` if all caches
    /// are empty.
    pub(crate) fn pop_burst(&self, most: usize, batch: &mut Batch) -> bool {
        let mut caches = self.from(self.next.get());
        let Some(cpu) = caches.find(|cpu| self.caches.free_count(*cpu) > 0) else {
            return false;
        };
        self.next.set(cpu.0);
        let count = self.caches.free_count(cpu);
        let left = count - count.min(most as u32);
        for slot in left..count {
            // Relaxed: the sections that wrote it came before the fence (#cpu-fence).
            let id = self
                .caches
                .word(cpu, SLOT + slot as usize)
                .load(Ordering::Relaxed);
            batch.push(BufferId(id));
        }
        // Relaxed: whoever opens the cache next acquires the gate and fences.
        self.caches.word(cpu, COUNT).store(left, Ordering::Relaxed);
        true
    }
}

impl Drop for OwnedCaches<'_> {
    fn drop(&mut self) {
        for cpu in self.all() {
            self.caches.gate(cpu).shut(self.token);
        }
    }
}

/// All caches, which are stopped to find every free id.
pub(crate) struct Sweep<'a> {
    held: OwnedCaches<'a>,
    drying: Epoch,
}

impl<'a> Sweep<'a> {
    pub(crate) fn owned(&self) -> &OwnedCaches<'a> {
        &self.held
    }

    /// Shuts the caches, which were emptied, and notes that all are shut.
    pub(crate) fn finish(self) {
        let Self { held, drying } = self;
        let caches = held.caches;
        drop(held);
        caches.outside.mode.end_drying(drying);
    }
}
