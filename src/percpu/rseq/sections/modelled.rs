//! The sequences in a model: a mutex for each CPU stands for "one thread runs on this CPU".
//!
//! A section holds the mutex of its CPU from its start to its commit. Its loads and stores are
//! atomics of their own, so that a thread that writes the cache without a fence is seen half-way.
//! The fence of a CPU locks and unlocks its mutex: sections are wholly before it or wholly after. A
//! section that is aborted gives the mutex back before the commit, with its slots written, and
//! starts over. A thread may be refused its fences from some moment on.

use std::cell::Cell;
use std::io;
use std::ops::Deref;

use loom::sync::Mutex;

use super::{COUNT, HIGH, HIGH_BULK, LOW, SLOT, WORDS};
use crate::base::batch::Batch;
use crate::base::id::{BufferId, CpuId};
use crate::sync::{AtomicU32, Ordering, Table};
use crate::sys::{Area, NoRseq, modelled_cpu};

/// The memory of the caches, and the modelled CPUs.
pub(crate) struct Slab(Box<Modelled>);

pub(crate) struct Modelled {
    running: Vec<Mutex<()>>,
    words: Table<AtomicU32>,
}

/// The part that the sequences need, by value.
#[derive(Clone, Copy)]
pub(crate) struct Sections(*const Modelled);

loom::thread_local! {
    static ABORT: Cell<bool> = Cell::new(false);
    /// How many fences are still granted; `None` if all are.
    static GRANTED: Cell<Option<u32>> = Cell::new(None);
}

/// Lets the next section of this thread be aborted once, just before its commit.
#[allow(dead_code, reason = "for the models")]
pub(crate) fn abort_next() {
    ABORT.with(|abort| abort.set(true));
}

/// Returns the verdict of a model: it aborts sections.
pub(crate) fn try_out(_area: Area) -> Result<(), NoRseq> {
    Ok(())
}

/// Lets the kernel refuse this thread its fences, after it has granted `granted`. A question
/// whether the thread may fence counts as one.
#[allow(dead_code, reason = "for the models")]
pub(crate) fn refuse_fences_after(granted: u32) {
    GRANTED.with(|left| left.set(Some(granted)));
}

/// Returns whether the next fence is granted, and counts it.
fn is_granted() -> bool {
    GRANTED.with(|left| match left.get() {
        None => true,
        Some(0) => false,
        Some(more) => {
            left.set(Some(more - 1));
            true
        }
    })
}

impl Deref for Slab {
    type Target = Modelled;

    fn deref(&self) -> &Modelled {
        &self.0
    }
}

impl Slab {
    pub(crate) fn new(_area: Area, cpus: u32, _colour: u32) -> io::Result<Self> {
        Ok(Self(Box::new(Modelled {
            running: (0..cpus).map(|_| Mutex::new(())).collect(),
            words: Table::zeroed(cpus as usize * WORDS)?,
        })))
    }

    pub(crate) fn sections(&self) -> Sections {
        Sections(&raw const *self.0)
    }
}

impl Sections {
    /// Returns what the sequences work on.
    ///
    /// # Safety
    ///
    /// - The slab lives.
    unsafe fn modelled<'a>(self) -> &'a Modelled {
        // SAFETY: the function's bullet.
        unsafe { &*self.0 }
    }

    /// Pops the id that was pushed last on the running CPU.
    ///
    /// # Safety
    ///
    /// - The slab lives until the function returns; for a push, until it has committed.
    pub(crate) unsafe fn pop(self) -> Option<BufferId> {
        // SAFETY: the function's bullet.
        unsafe { self.modelled() }.pop()
    }

    /// Pushes an id, unless the cache is full or stopped, and returns whether it did.
    ///
    /// # Safety
    ///
    /// - As for [`pop`](Self::pop).
    pub(crate) unsafe fn push(self, id: BufferId) -> bool {
        // SAFETY: the function's bullet.
        unsafe { self.modelled() }.push(id)
    }

    /// Pops up to `most` ids at once, and appends them to the batch.
    ///
    /// # Safety
    ///
    /// - As for [`pop`](Self::pop).
    pub(crate) unsafe fn pop_burst<const N: usize>(self, most: usize, batch: &mut Batch<N>) {
        // SAFETY: the function's bullet.
        unsafe { self.modelled() }.pop_burst(most, batch);
    }

    /// Pushes ids at once, all or none, and returns whether it did.
    ///
    /// # Safety
    ///
    /// - As for [`pop`](Self::pop).
    pub(crate) unsafe fn push_bulk(self, ids: &[BufferId]) -> bool {
        // SAFETY: the function's bullet.
        unsafe { self.modelled() }.push_bulk(ids)
    }
}

impl Modelled {
    pub(crate) fn words(&self) -> &[AtomicU32] {
        &self.words
    }

    /// Runs a section. If it has a commit, stores its count and returns its answer.
    fn section<T>(&self, section: impl Fn(&[AtomicU32]) -> Option<(u32, T)>) -> Option<T> {
        let cpu = modelled_cpu() as usize;
        let running = self.running.get(cpu)?;
        let cache = &self.words[cpu * WORDS..][..WORDS];
        if ABORT.with(|abort| abort.replace(false)) {
            let _until_aborted = running.lock().unwrap();
            let _ = section(cache);
        }
        let _until_committed = running.lock().unwrap();
        let (count, answer) = section(cache)?;
        // Relaxed: as plain as the instruction that it stands for.
        cache[COUNT].store(count, Ordering::Relaxed);
        Some(answer)
    }

    fn pop(&self) -> Option<BufferId> {
        self.section(|cache| {
            let count = read(cache, COUNT);
            if count <= read(cache, LOW) {
                return None;
            }
            Some((count - 1, BufferId(slot(cache, count - 1))))
        })
    }

    fn push(&self, id: BufferId) -> bool {
        let pushed = self.section(|cache| {
            let count = read(cache, COUNT);
            if count >= read(cache, HIGH) {
                return None;
            }
            write(cache, count, id);
            Some((count + 1, ()))
        });
        pushed.is_some()
    }

    pub(crate) fn pop_burst<const N: usize>(&self, most: usize, batch: &mut Batch<N>) {
        let most = most.min(batch.room()) as u32;
        let popped = self.section(|cache| {
            let count = read(cache, COUNT);
            if count <= read(cache, LOW) || most == 0 {
                return None;
            }
            let left = count - most.min(count);
            let ids: Vec<u32> = (left..count).map(|at| slot(cache, at)).collect();
            Some((left, ids))
        });
        for id in popped.into_iter().flatten() {
            batch.push(BufferId(id));
        }
    }

    pub(crate) fn push_bulk(&self, ids: &[BufferId]) -> bool {
        let pushed = self.section(|cache| {
            let count = read(cache, COUNT);
            let end = count + ids.len() as u32;
            if end > read(cache, HIGH_BULK) {
                return None;
            }
            for (at, id) in (count..end).zip(ids) {
                write(cache, at, *id);
            }
            Some((end, ()))
        });
        ids.is_empty() || pushed.is_some()
    }

    pub(crate) fn here(&self) -> CpuId {
        CpuId(modelled_cpu())
    }

    /// Returns whether the thread may fence. This aborts nothing, since no caller relies on that.
    pub(crate) fn may_fence(&self) -> bool {
        is_granted()
    }

    pub(crate) fn fence(&self, cpu: Option<CpuId>) -> bool {
        if !is_granted() {
            return false;
        }
        let cpus = match cpu {
            Some(cpu) => cpu.0 as usize..cpu.0 as usize + 1,
            None => 0..self.running.len(),
        };
        for running in &self.running[cpus] {
            drop(running.lock().unwrap());
        }
        true
    }
}

fn read(cache: &[AtomicU32], word: usize) -> u32 {
    // Relaxed, here and below: as plain as the instructions that they stand for.
    cache[word].load(Ordering::Relaxed)
}

fn slot(cache: &[AtomicU32], at: u32) -> u32 {
    read(cache, SLOT + at as usize)
}

fn write(cache: &[AtomicU32], at: u32, id: BufferId) {
    cache[SLOT + at as usize].store(id.0, Ordering::Relaxed);
}
