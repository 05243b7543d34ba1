//! The sequences in a model: one mutex a CPU stands for "one thread runs on this CPU".
//!
//! A section holds the mutex of its CPU from its start to its commit; its loads and stores are atomics of their
//! own, so that whoever writes the cache without a fence is seen half-way. The fence of a CPU locks and unlocks its
//! mutex: sections are wholly before it or wholly after. A section that is aborted gives the mutex back before
//! the commit, with its slots written, and starts over.

use std::cell::Cell;

use loom::sync::Mutex;

use super::{COUNT, HIGH, HIGH_MANY, LOW, SLOT, WORDS};
use crate::batch::Batch;
use crate::id::{CpuId, FrameId};
use crate::sync::{AtomicU32, Ordering, modelled_cpu};
use crate::sys::Area;

/// The modelled CPUs.
pub(crate) struct Cpus {
    running: Vec<Mutex<()>>,
}

loom::thread_local! {
    static ABORT: Cell<bool> = Cell::new(false);
}

/// Has the next section of this thread aborted once, just before its commit.
#[allow(dead_code, reason = "for the models")]
pub(crate) fn abort_next() {
    ABORT.with(|abort| abort.set(true));
}

impl Cpus {
    pub(crate) fn new(_area: Area, count: u32) -> Self {
        Self {
            running: (0..count).map(|_| Mutex::new(())).collect(),
        }
    }

    /// Runs a section, and the commit if it has one: the new count, and the answer.
    fn section<T>(
        &self,
        words: &[AtomicU32],
        section: impl Fn(&[AtomicU32]) -> Option<(u32, T)>,
    ) -> Option<T> {
        let cpu = modelled_cpu() as usize;
        let running = self.running.get(cpu)?;
        let cache = &words[cpu * WORDS..][..WORDS];
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

    pub(crate) fn pop(&self, words: &[AtomicU32]) -> Option<FrameId> {
        self.section(words, |cache| {
            let count = read(cache, COUNT);
            if count <= read(cache, LOW) {
                return None;
            }
            Some((count - 1, FrameId(slot(cache, count - 1))))
        })
    }

    pub(crate) fn push(&self, words: &[AtomicU32], id: FrameId) -> bool {
        let pushed = self.section(words, |cache| {
            let count = read(cache, COUNT);
            if count >= read(cache, HIGH) {
                return None;
            }
            write(cache, count, id);
            Some((count + 1, ()))
        });
        pushed.is_some()
    }

    pub(crate) fn pop_many(&self, words: &[AtomicU32], most: usize, batch: &mut Batch) {
        let most = most.min(batch.room()) as u32;
        let popped = self.section(words, |cache| {
            let count = read(cache, COUNT);
            if count <= read(cache, LOW) || most == 0 {
                return None;
            }
            let left = count - most.min(count);
            let ids: Vec<u32> = (left..count).map(|at| slot(cache, at)).collect();
            Some((left, ids))
        });
        batch.extend(popped.into_iter().flatten().map(FrameId));
    }

    pub(crate) fn push_many(&self, words: &[AtomicU32], ids: &[FrameId]) -> bool {
        let pushed = self.section(words, |cache| {
            let count = read(cache, COUNT);
            let end = count + ids.len() as u32;
            if end > read(cache, HIGH_MANY) {
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

    pub(crate) fn fence(&self, cpu: Option<CpuId>) -> bool {
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

fn write(cache: &[AtomicU32], at: u32, id: FrameId) {
    cache[SLOT + at as usize].store(id.0, Ordering::Relaxed);
}
