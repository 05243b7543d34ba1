//! Ways to own the frames of a socket's rings with a pool of this crate, each in a type.
//!
//! - [`ByNumbers`]: what came back is in an `IdBatch`. The packets' descriptors are passed on.
//! - [`InBursts`]: each packet that is received is a `Frame`, in a `Burst`. Where nobody looks at a
//!   packet, at the fill ring and at the completions, the frames are in an `IdBatch`.
//! - [`OneByOne`]: the calls for single frames.
//! - [`InTable`] and [`AsPointers`]: the ways without borrowers.

mod borrowers;
mod by_hand;

pub(crate) use borrowers::{ByNumbers, InBursts, OneByOne};
pub(crate) use by_hand::{AsPointers, InTable};

use framewell::{Front, Pool};

use crate::contestant::BYTES;

/// Returns a pool as the other workloads have it.
pub(crate) fn pool(front: Front) -> Pool {
    let builder = Pool::builder().frames(16_384).payload(BYTES);
    builder.front(front).build().expect("a pool")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Workload;
    use crate::work::rings::{Rings, check};

    #[test]
    fn bursts_go_through_unchanged_and_come_back() {
        let pool = || pool(Front::Auto);
        check(ByNumbers::new(pool()));
        check(InBursts::new(pool()));
        check(OneByOne::new(pool()));
        check(InTable::new(pool()));
        check(AsPointers::new(pool()));
    }

    #[test]
    fn rings_stay_full() {
        // What is in the rings is counted when the workload is dropped.
        let mut rings = Rings::new(InBursts::new(pool(Front::Auto)));
        assert!(rings.run(10_000).steps >= 10_000);
    }
}
