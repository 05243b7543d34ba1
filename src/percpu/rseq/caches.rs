//! The rseq front: a cache of ids for each CPU. Restartable sequences use the caches, and drains
//! empty them from outside (`drain`).
//!
//! ```text
//!   CPU 0 ─ pop, push (sections) ─► cache 0 │ count, bounds, slots      gate 0 │ counters
//!   CPU 1 ─ pop, push (sections) ─► cache 1 │ …                         gate 1 │ …
//!     …                                ▲ a page each, touched when its CPU first uses it
//!                                      └── drain: a call of any CPU, as the gate's owner
//! ```

#![forbid(unsafe_code)]

use std::io;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::gate::{Epoch, Gate, Mode, Phase, Token};
use super::process::Process;
use super::sections::{COUNT, HIGH, HIGH_BULK, LOW, SLOT, Sections, Slab, WORDS};
use crate::base::batch::Batch;
use crate::base::id::{BufferId, CpuId};
use crate::percpu::{Event, InFlight};
use crate::sync::{AtomicU32, AtomicU64, Ordering, Table, Unprotected};
use crate::sys::Area;

/// The number of words from one gate to the next: a cache line. Behind a gate lie its CPU's counts
/// of events.
const GATE: usize = 8;
const _: () = assert!(Event::ALL < GATE);

/// The caches of all CPUs.
pub(crate) struct Caches {
    pub(super) slab: Slab,
    pub(super) outside: Unprotected<Outside>,
}

/// The part that the slow paths need.
pub(super) struct Outside {
    pub(super) count: u32,
    /// The bounds `high` and `high_bulk` of an open cache.
    pub(super) high: [u32; 2],
    pub(super) gates: Table<AtomicU64>,
    pub(super) mode: CachePadded<Mode>,
    pub(super) tickets: AtomicU64,
    pub(super) process: Arc<Process>,
}

impl Caches {
    /// Makes stopped, empty caches for `cpus` CPUs, which hold `size` ids when they are opened.
    /// Unless `singles` is set, they refuse every single push. `colour` is the number of cache
    /// lines by which their memory is shifted.
    pub(crate) fn new(
        area: Area,
        cpus: u32,
        colour: u32,
        size: u32,
        singles: bool,
        process: &Arc<Process>,
    ) -> io::Result<Self> {
        let count = cpus as usize;
        Ok(Self {
            slab: Slab::new(area, cpus, colour)?,
            outside: Unprotected::new(Outside {
                count: cpus,
                high: [if singles { size } else { 0 }, size],
                gates: Table::zeroed(count * GATE)?,
                mode: CachePadded::new(Mode::new()),
                tickets: AtomicU64::new(0),
                process: process.clone(),
            }),
        })
    }

    /// Returns how many bytes the caches of `cpus` CPUs reserve.
    pub(crate) fn bytes_for(cpus: u32) -> usize {
        cpus as usize * (WORDS * size_of::<u32>() + GATE * size_of::<u64>())
    }

    /// Returns the sequences, for the hot path.
    pub(crate) fn sections(&self) -> Sections {
        self.slab.sections()
    }

    /// Pops up to `most` ids of this CPU's cache at once, and appends them to the batch.
    pub(crate) fn pop_burst(&self, most: usize, batch: &mut Batch) {
        self.slab.pop_burst(most, batch);
    }

    /// Pushes ids to this CPU's cache at once, all or none, and returns whether it did.
    pub(crate) fn push_bulk(&self, ids: &[BufferId]) -> bool {
        self.slab.push_bulk(ids)
    }

    /// Returns the CPU that the caller most likely runs on, if that has a cache.
    pub(super) fn here(&self) -> Option<CpuId> {
        Some(self.slab.here()).filter(|cpu| cpu.0 < self.outside.count)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = CpuId> {
        (0..self.outside.count).map(CpuId)
    }

    pub(super) fn word(&self, cpu: CpuId, word: usize) -> &AtomicU32 {
        &self.slab.words()[cpu.index() * WORDS + word]
    }

    pub(super) fn gate(&self, cpu: CpuId) -> Gate<'_> {
        Gate(&self.outside.gates[cpu.index() * GATE])
    }

    /// Returns the caches, from the CPU `first` up, whose gates a token owns.
    pub(super) fn owned_by(&self, token: Token, first: u32) -> impl Iterator<Item = CpuId> {
        let process = self.outside.process.number();
        self.all().skip(first as usize).filter(move |cpu| {
            let seen = self.gate(*cpu).peek();
            Gate::phase(seen, process) == Phase::Owned(token)
        })
    }

    pub(super) fn token(&self) -> Token {
        // Relaxed: a number; it publishes nothing.
        let ticket = self.outside.tickets.fetch_add(1, Ordering::Relaxed);
        Token::new(self.outside.process.number(), ticket)
    }

    /// Stops a cache. The caller owns its gate, and fences afterwards.
    pub(super) fn stop(&self, cpu: CpuId) {
        self.set_bounds(cpu, u32::MAX, [0, 0]);
    }

    pub(super) fn set_bounds(&self, cpu: CpuId, low: u32, high: [u32; 2]) {
        // Relaxed: the fence (#cpu-fence) that the caller makes before or after orders them for the
        // sections. Where it makes none (#unfenced-give-back), either bound is right for the count.
        self.word(cpu, LOW).store(low, Ordering::Relaxed);
        self.word(cpu, HIGH).store(high[0], Ordering::Relaxed);
        self.word(cpu, HIGH_BULK).store(high[1], Ordering::Relaxed);
    }

    /// Returns how many ids are in a cache. The number is stale as soon as it is read, unless the
    /// caller owns the gate.
    pub(crate) fn free_count(&self, cpu: CpuId) -> u32 {
        // Relaxed: a number alone; its owner has fenced (#cpu-fence).
        self.word(cpu, COUNT).load(Ordering::Relaxed)
    }

    /// Returns how many ids are in each cache.
    pub(crate) fn free_counts(&self) -> impl Iterator<Item = usize> {
        self.all().map(|cpu| self.free_count(cpu) as usize)
    }

    /// Shows the ids that seem to be in the caches. The answer is stale, and while sections run
    /// some ids may be missed, and others shown instead.
    pub(crate) fn peek(&self, mut see: impl FnMut(BufferId)) {
        for cpu in self.all() {
            for slot in 0..self.free_count(cpu) as usize {
                // Relaxed: a number alone, as a hint.
                see(BufferId(
                    self.word(cpu, SLOT + slot).load(Ordering::Relaxed),
                ));
            }
        }
    }

    /// Returns the epoch, which says whether caches may be open.
    pub(crate) fn epoch(&self) -> Epoch {
        self.outside.mode.peek()
    }

    /// Lets caches be opened again.
    pub(crate) fn end_dry(&self, dry: Epoch) {
        self.outside.mode.end_dry(dry);
    }

    /// Returns the number of the epoch if all caches are shut, else `None`. See
    /// `class::exhaustion`.
    pub(crate) fn epoch_if_dry(&self) -> Option<u64> {
        let epoch = self.epoch();
        epoch.is_dry().then(|| epoch.number())
    }

    /// Notes that ids are in flight, until the returned guard is dropped.
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        InFlight::new(self.outside.process.in_flight())
    }

    /// Returns how many calls have ids in flight.
    pub(crate) fn in_flight_count(&self) -> u64 {
        // Relaxed: a hint.
        self.outside.process.in_flight().load(Ordering::Relaxed)
    }

    /// Returns whether a call owns gates.
    pub(crate) fn is_draining(&self) -> bool {
        // Relaxed: a hint.
        self.outside.process.draining().load(Ordering::Relaxed) > 0
    }

    fn counter(&self, cpu: CpuId, event: Event) -> &AtomicU64 {
        &self.outside.gates[cpu.index() * GATE + 1 + event as usize]
    }

    pub(crate) fn count(&self, event: Event) {
        let cpu = self.here().unwrap_or(CpuId(0));
        // Relaxed: a statistic; it publishes nothing.
        self.counter(cpu, event).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counted(&self, event: Event) -> u64 {
        // Relaxed: a statistic.
        let of = |cpu| self.counter(cpu, event).load(Ordering::Relaxed);
        self.all().map(of).sum()
    }
}
