//! The workloads of singles, with all that the sequences need in registers. An id is what is owned.

use super::super::area::Area;
use super::stock::{Registers, Stock};
use crate::work::oversubscribed::{BURST, Oversubscribed, THREADS};
use crate::work::pair_two::PairTwo;
use crate::work::window::{LIVE, Random};
use crate::work::{Kind, Timed, Workload, time, touch};

/// Returns the floor of a workload, if it has one.
pub(super) fn floor(area: Area, kind: Kind) -> Option<Box<dyn Workload>> {
    let all = || Stock::new(area).in_registers();
    Some(match kind {
        Kind::Burst32 => Box::new(Singles::<32>(all())),
        Kind::Burst256 => Box::new(Singles::<256>(all())),
        Kind::Window => Box::new(Window::new(all())),
        Kind::PairTwo => {
            let all = all();
            Box::new(PairTwo::new(|| (), move |steps| pairs(all, steps)))
        }
        Kind::Oversubscribed => {
            let all = all();
            let bursts = move |count| bursts(all, count);
            Box::new(Oversubscribed::new(THREADS, || (), bursts))
        }
        _ => return None,
    })
}

/// The burst workload: it gets `N` ids one by one, writes one byte of each frame, and frees the ids
/// in order.
struct Singles<const N: usize>(Registers);

impl<const N: usize> Workload for Singles<N> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let (all, mut ids) = (self.0, [0; N]);
        time(steps, N as u64, || turn(all, &mut ids))
    }
}

#[inline(always)]
fn turn<const N: usize>(all: Registers, ids: &mut [u32; N]) {
    for id in &mut *ids {
        *id = written(all);
    }
    for id in ids {
        all.free(*id);
    }
}

/// Gets an id and writes one byte of its frame.
#[inline(always)]
fn written(all: Registers) -> u32 {
    let id = all.get();
    // SAFETY: the id was just got.
    let first = unsafe { all.first(id) };
    // SAFETY: this is a byte of a frame, and there are no references to it.
    unsafe { touch::write_at(first, 1) };
    id
}

#[inline(never)]
fn pairs(all: Registers, steps: u64) {
    for _ in 0..steps {
        let id = written(all);
        all.free(id);
    }
}

#[inline(never)]
fn bursts(all: Registers, count: u64) {
    let mut ids = [0; BURST];
    for _ in 0..count {
        turn(all, &mut ids);
    }
}

/// The window workload: it replaces a random one of the live ids, and writes 64 bytes.
struct Window {
    all: Registers,
    /// Each id with the tag that its frame was written with.
    live: Vec<(u32, u64)>,
    random: Random,
}

impl Window {
    fn new(all: Registers) -> Self {
        Self {
            all,
            live: (0..LIVE as u64).map(|tag| tagged(all, tag)).collect(),
            random: Random::new(),
        }
    }
}

#[inline(always)]
fn tagged(all: Registers, tag: u64) -> (u32, u64) {
    let id = all.get();
    // SAFETY: the id was just got.
    let first = unsafe { all.first(id) };
    // SAFETY: the frame's payload, to which there are no references, is longer than 64 bytes.
    unsafe { touch::write_head_at(first, tag) };
    (id, tag)
}

impl Workload for Window {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let all = self.all;
        time(steps, 1, || {
            let (place, tag) = self.random.next();
            let (old, _) = std::mem::replace(&mut self.live[place], tagged(all, tag));
            all.free(old);
        })
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        for &(id, tag) in &self.live {
            // SAFETY: a live id was got, and is freed below.
            let first = unsafe { self.all.first(id) };
            // SAFETY: `tagged` wrote it.
            let found = unsafe { touch::read_tag_at(first) };
            assert_eq!(found, tag, "a live frame lost what was written to it");
            self.all.free(id);
        }
    }
}
