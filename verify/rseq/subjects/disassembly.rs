// The sections of a variant, each in a function of its own, and the get and free that a user
// compiles.

use super::fw::base::batch::Batch;
use super::fw::percpu::Sections;
use super::fw::base::id::BufferId;
use super::fw::{Burst, Pool};

/// Calls the section that pops one id.
///
/// # Safety
///
/// - The section's requirements hold.
#[inline(never)]
unsafe fn pop(sections: Sections) -> Option<BufferId> {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { sections.pop() }
}

/// Calls the section that pushes one id.
///
/// # Safety
///
/// - The section's requirements hold.
#[inline(never)]
unsafe fn push(sections: Sections, id: BufferId) -> bool {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { sections.push(id) }
}

/// Calls the section that pops a burst of ids.
///
/// # Safety
///
/// - The section's requirements hold.
#[inline(never)]
unsafe fn pop_burst(sections: Sections, most: usize, batch: &mut Batch) {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { sections.pop_burst(most, batch) }
}

/// Calls the section that pushes ids in bulk.
///
/// # Safety
///
/// - The section's requirements hold.
#[inline(never)]
unsafe fn push_bulk(sections: Sections, ids: &[BufferId]) -> bool {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { sections.push_bulk(ids) }
}

/// Returns where the functions begin, in the order of their names above.
pub(crate) fn entries() -> [usize; 4] {
    [
        pop as *const () as usize,
        push as *const () as usize,
        pop_burst as *const () as usize,
        push_bulk as *const () as usize,
    ]
}

/// Gets a frame and frees it.
#[inline(never)]
pub(crate) fn pair(pool: &Pool) -> usize {
    match pool.get(1500) {
        Ok(frame) => frame.len(),
        Err(_) => 0,
    }
}

/// Gets a burst of frames and frees it.
#[inline(never)]
pub(crate) fn burst(pool: &Pool) -> usize {
    let mut burst: Burst<32> = Burst::new();
    pool.get_burst(&mut burst, 32)
}

/// Makes a pool and uses it once.
pub(crate) fn used() -> usize {
    let pool = Pool::builder().frames(256).build().unwrap();
    pair(&pool) + burst(&pool)
}
