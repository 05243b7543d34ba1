// The caches of a variant, behind the trait that the harness drives. The victim has an instance of
// each section to itself, in a function of its own.

use std::sync::Arc;

use super::fw::base::batch::Batch;
use super::fw::percpu::{Caches, OwnedCaches, Opened, Sections};
use super::fw::base::id::BufferId;
use super::fw::percpu::Process;
use super::fw::sys::{Area, possible_cpus};
use crate::world::{Ids, Subject};

pub(crate) struct Cached {
    caches: Caches,
    sections: Sections,
}

// SAFETY: the caches may be shared, and the sections name them.
unsafe impl Send for Cached {}
// SAFETY: the reason for Send holds for Sync too.
unsafe impl Sync for Cached {}

pub(crate) fn new(size: u32) -> Option<Box<dyn Subject>> {
    let area = Area::find().ok()?;
    let process = Arc::new(Process::new().ok()?);
    let caches = Caches::new(area, possible_cpus(), 0, size, true, &process).ok()?;
    let sections = caches.sections();
    Some(Box::new(Cached { caches, sections }))
}

/// Calls the section that pops one id, for the victim alone.
///
/// # Safety
///
/// - The section's requirements hold.
#[inline(never)]
unsafe fn victim_pop(sections: Sections) -> Option<BufferId> {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { sections.pop() }
}

/// Calls the section that pushes one id, for the victim alone.
///
/// # Safety
///
/// - The section's requirements hold.
#[inline(never)]
unsafe fn victim_push(sections: Sections, id: BufferId) -> bool {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { sections.push(id) }
}

/// Calls the section that pops a burst of ids, for the victim alone.
///
/// # Safety
///
/// - The section's requirements hold.
#[inline(never)]
unsafe fn victim_pop_burst(sections: Sections, most: usize, batch: &mut Batch) {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { sections.pop_burst(most, batch) }
}

/// Calls the section that pushes ids in bulk, for the victim alone.
///
/// # Safety
///
/// - The section's requirements hold.
#[inline(never)]
unsafe fn victim_push_bulk(sections: Sections, ids: &[BufferId]) -> bool {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { sections.push_bulk(ids) }
}

fn named(ids: &[u32]) -> Batch {
    let mut batch = Batch::new();
    ids.iter().for_each(|id| batch.push(BufferId(*id)));
    batch
}

fn numbers(batch: &Batch, ids: &mut Ids) {
    ids.extend(batch.as_slice().iter().map(|id| id.0));
}

impl Cached {
    fn empty(&self, held: &OwnedCaches<'_>, ids: &mut Vec<u32>) {
        let mut batch = Batch::new();
        while held.pop_burst(64, &mut batch) {
            ids.extend(batch.as_slice().iter().map(|id| id.0));
            batch.truncate(0);
        }
    }
}

impl Subject for Cached {
    fn entries(&self) -> [usize; 4] {
        [
            victim_pop as *const () as usize,
            victim_push as *const () as usize,
            victim_pop_burst as *const () as usize,
            victim_push_bulk as *const () as usize,
        ]
    }

    fn victim_pop(&self) -> Option<u32> {
        // SAFETY: the caches live as long as `self`.
        unsafe { victim_pop(self.sections) }.map(|id| id.0)
    }

    fn victim_push(&self, id: u32) -> bool {
        // SAFETY: the caches live as long as `self`.
        unsafe { victim_push(self.sections, BufferId(id)) }
    }

    fn victim_pop_burst(&self, most: usize, ids: &mut Ids) {
        let mut batch = Batch::new();
        // SAFETY: the caches live as long as `self`.
        unsafe { victim_pop_burst(self.sections, most, &mut batch) };
        numbers(&batch, ids);
    }

    fn victim_push_bulk(&self, ids: &[u32]) -> bool {
        // SAFETY: the caches live as long as `self`.
        unsafe { victim_push_bulk(self.sections, named(ids).as_slice()) }
    }

    fn pop(&self) -> Option<u32> {
        // SAFETY: the caches live as long as `self`.
        unsafe { self.sections.pop() }.map(|id| id.0)
    }

    fn push(&self, id: u32) -> bool {
        // SAFETY: the caches live as long as `self`.
        unsafe { self.sections.push(BufferId(id)) }
    }

    fn pop_burst(&self, most: usize, ids: &mut Ids) {
        let mut batch = Batch::new();
        // SAFETY: the caches live as long as `self`.
        unsafe { self.sections.pop_burst(most, &mut batch) };
        numbers(&batch, ids);
    }

    fn push_bulk(&self, ids: &[u32]) -> bool {
        // SAFETY: the caches live as long as `self`.
        unsafe { self.sections.push_bulk(named(ids).as_slice()) }
    }

    fn open(&self, drained: &mut Vec<u32>) {
        let epoch = self.caches.epoch();
        if epoch.is_dry_or_drying() {
            self.caches.end_dry(epoch);
        }
        if let Opened::Marked(held) = self.caches.open_here() {
            self.empty(&held, drained);
        }
    }

    fn drain(&self, drained: &mut Vec<u32>) {
        if let Ok(Some(sweep)) = self.caches.sweep() {
            self.empty(sweep.owned(), drained);
            sweep.finish();
        }
    }
}
