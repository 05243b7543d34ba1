//! The instruction set of the simulated machine: the sequences as `percpu::rseq::sections`
//! specifies them, in Rust. It is a child of that module.
//!
//! A section runs without a switch to another CPU from its start to its commit, as with the kernel.

use contention::atomics::AtomicU32;
use contention::machine::{self, Section};

use super::real::Sections;
use super::{Area, COUNT, HIGH, HIGH_BULK, LOW, SLOT, WORDS};
use std::sync::atomic::Ordering::Relaxed;

pub(super) const NONE: u32 = u32::MAX;

/// Returns the words of the running CPU's cache; `None` if the CPU has none.
///
/// # Safety
///
/// - `at` names caches that live, one for each of its CPUs.
unsafe fn cache<'a>(at: Sections) -> Option<&'a [AtomicU32]> {
    let cpu = machine::cpu();
    if cpu >= at.cpus {
        return None;
    }
    let first = at.caches.wrapping_add(cpu as usize * WORDS).cast_const();
    // SAFETY: the caches live (the function's bullet). Their words are such atomics (the facade's),
    // and are shared.
    Some(unsafe { std::slice::from_raw_parts(first.cast(), WORDS) })
}

/// # Safety
///
/// - The bullet of [`cache`] holds.
pub(super) unsafe fn pop(at: Sections) -> u32 {
    let _section = Section::start();
    // SAFETY: the caller guarantees it (the function's bullet).
    let Some(cache) = (unsafe { cache(at) }) else {
        return NONE;
    };
    let count = cache[COUNT].load(Relaxed);
    if count <= cache[LOW].load(Relaxed) {
        return NONE;
    }
    let id = cache[SLOT + count as usize - 1].load(Relaxed);
    cache[COUNT].store(count - 1, Relaxed);
    id
}

/// # Safety
///
/// - The bullet of [`cache`] holds.
pub(super) unsafe fn push(at: Sections, id: u32) -> bool {
    let _section = Section::start();
    // SAFETY: the caller guarantees it (the function's bullet).
    let Some(cache) = (unsafe { cache(at) }) else {
        return false;
    };
    let count = cache[COUNT].load(Relaxed);
    if count >= cache[HIGH].load(Relaxed) {
        return false;
    }
    cache[SLOT + count as usize].store(id, Relaxed);
    cache[COUNT].store(count + 1, Relaxed);
    true
}

/// # Safety
///
/// - The bullet of [`cache`] holds, and `to` has room for `most` ids.
pub(super) unsafe fn pop_burst(at: Sections, to: *mut u32, most: usize) -> usize {
    let _section = Section::start();
    // SAFETY: the caller guarantees it (the function's bullet).
    let Some(cache) = (unsafe { cache(at) }) else {
        return 0;
    };
    let count = cache[COUNT].load(Relaxed);
    if count <= cache[LOW].load(Relaxed) {
        return 0;
    }
    let n = most.min(count as usize);
    let left = count as usize - n;
    for i in 0..n {
        let id = cache[SLOT + left + i].load(Relaxed);
        // SAFETY: `to` has room for `most` ids, and `i` is below that.
        unsafe { to.wrapping_add(i).write(id) };
    }
    cache[COUNT].store(left as u32, Relaxed);
    n
}

/// # Safety
///
/// - The bullet of [`cache`] holds, and `from` points to `n` ids.
pub(super) unsafe fn push_bulk(at: Sections, from: *const u32, n: usize) -> bool {
    let _section = Section::start();
    // SAFETY: the caller guarantees it (the function's bullet).
    let Some(cache) = (unsafe { cache(at) }) else {
        return false;
    };
    let count = cache[COUNT].load(Relaxed);
    let end = count as usize + n;
    if end > cache[HIGH_BULK].load(Relaxed) as usize {
        return false;
    }
    for i in 0..n {
        // SAFETY: `from` points to `n` ids, and `i` is below that.
        let id = unsafe { from.wrapping_add(i).read() };
        cache[SLOT + count as usize + i].store(id, Relaxed);
    }
    cache[COUNT].store(end as u32, Relaxed);
    true
}

/// Returns false: there is nothing to try out, since the simulated machine switches between
/// sections alone.
///
/// # Safety
///
/// - There is no condition, for it is not called.
pub(super) unsafe fn wait(_area: Area, _words: *mut u32, _turns: u32, _number: &mut u32) -> bool {
    false
}
