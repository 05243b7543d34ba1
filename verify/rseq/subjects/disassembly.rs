// The sequences of a variant, each in a function of its own, and what a user compiles: a get and a free.

use super::fw::base::batch::Batch;
use super::fw::percpu::Sections;
use super::fw::base::id::FrameId;
use super::fw::{Burst, Pool};

/// # Safety
///
/// - As for the sequence.
#[inline(never)]
unsafe fn pop(sections: Sections) -> Option<FrameId> {
    // SAFETY: the function's bullet.
    unsafe { sections.pop() }
}

/// # Safety
///
/// - As for the sequence.
#[inline(never)]
unsafe fn push(sections: Sections, id: FrameId) -> bool {
    // SAFETY: the function's bullet.
    unsafe { sections.push(id) }
}

/// # Safety
///
/// - As for the sequence.
#[inline(never)]
unsafe fn pop_many(sections: Sections, most: usize, batch: &mut Batch) {
    // SAFETY: the function's bullet.
    unsafe { sections.pop_many(most, batch) }
}

/// # Safety
///
/// - As for the sequence.
#[inline(never)]
unsafe fn push_many(sections: Sections, ids: &[FrameId]) -> bool {
    // SAFETY: the function's bullet.
    unsafe { sections.push_many(ids) }
}

/// Where the functions begin, in the order of their names above.
pub(crate) fn entries() -> [usize; 4] {
    [
        pop as *const () as usize,
        push as *const () as usize,
        pop_many as *const () as usize,
        push_many as *const () as usize,
    ]
}

/// A get and a free.
#[inline(never)]
pub(crate) fn pair(pool: &Pool) -> usize {
    match pool.get(1500) {
        Ok(frame) => frame.len(),
        Err(_) => 0,
    }
}

/// Transfers of many.
#[inline(never)]
pub(crate) fn burst(pool: &Pool) -> usize {
    let mut burst: Burst<32> = Burst::new();
    pool.get_burst(&mut burst, 32)
}

/// A pool, used once.
pub(crate) fn used() -> usize {
    let pool = Pool::builder().frames(256).build().unwrap();
    pair(&pool) + burst(&pool)
}
