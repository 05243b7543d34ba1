//! Ways to share the buffers of this crate's pools, each in a type.
//!
//! - [`Clones`] and [`Many`]: references of this crate, cloned one by one or counted at once.
//! - [`Arcs`]: a buffer in the standard library's `Arc`, and for a slice the range beside it.
//! - [`Owners`]: a buffer as the owner of `Bytes`.

mod arcs;
mod owners;
mod shared;

pub(crate) use arcs::Arcs;
pub(crate) use owners::Owners;
pub(crate) use shared::{Clones, Many};

use framewell::{Front, Pool};

use crate::rings;

/// Returns a pool of frames as the other workloads have it. Its buffers of any length are there as
/// well.
fn pool() -> Pool {
    rings::pool(Front::Auto)
}

/// Returns how many buffers are not free.
fn out(pool: &Pool) -> usize {
    let stats = pool.stats();
    stats.out + stats.alloc.map_or(0, |alloc| alloc.out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::sharing::{Sharing, Slicing, four, four_across, slices, slices_across};

    fn shares(sharer: impl Sharing + Slicing) {
        let sharer = &*Box::leak(Box::new(sharer));
        for make in [four, four_across, slices, slices_across] {
            assert!(make(sharer).run(10_000).steps >= 10_000);
        }
    }

    #[test]
    fn references_read_what_was_written_and_buffers_come_home() {
        shares(Clones::new(Front::Auto));
        shares(Clones::new(Front::Portable));
        shares(Arcs::new());
        shares(Owners::new());
        let many = &*Box::leak(Box::new(Many::new(Front::Auto)));
        for make in [four, four_across] {
            assert!(make(many).run(10_000).steps >= 10_000);
        }
    }
}
