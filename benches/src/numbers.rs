//! framewell as an entrant that hands off numbers.
//!
//! It is like any contestant, except that a burst that is handed off in bulk goes through the ring
//! as one `IdBatch` of 32 numbers, where the others send 32 pointers.

use std::time::Duration;

use framewell::{IdBatch, Pool};
use rtrb::chunks::WriteChunkUninit;

use crate::contestants::Framewell;
use crate::entrant::{Entrant, Frames};
use crate::latency::{Disturbance, Latency};
use crate::work::goods::{BURST, Goods};
use crate::work::hand_off::HandOff;
use crate::work::{Kind, Workload, touch};

/// A pool of this crate that hands off its bursts as numbers.
pub(crate) struct InNumbers(Frames<Framewell>);

impl InNumbers {
    pub(crate) fn of(pool: Framewell) -> Self {
        Self(Frames(pool))
    }
}

impl Entrant for InNumbers {
    fn title(&self) -> &'static str {
        self.0.title()
    }

    fn takes(&self, kind: Kind) -> bool {
        self.0.takes(kind)
    }

    fn check(&self) {
        self.0.check();
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        match kind {
            Kind::HandOffBulk => Some(Box::new(HandOff::new(Numbers(self.0.0.pool())))),
            _ => self.0.workload(kind),
        }
    }

    fn latency(&'static self, disturbance: Disturbance, time: Duration) -> Option<Latency> {
        self.0.latency(disturbance, time)
    }
}

/// The goods of the hand-off: bursts of frames as numbers.
struct Numbers(&'static Pool);

impl Goods for Numbers {
    type Item = IdBatch<'static, BURST>;

    const ITEMS: usize = 1;

    fn enter(&self) {}

    #[inline(always)]
    fn load(&self, burst: u64, room: WriteChunkUninit<'_, Self::Item>) {
        let mut batch = IdBatch::new(self.0);
        batch.get_bulk(BURST).expect("a batch");
        for bytes in batch.iter_mut() {
            // SAFETY: the payload has BYTES, and these are its first 64.
            unsafe { touch::write_head_at(bytes.as_mut_ptr(), burst) };
        }
        room.fill_from_iter([batch]);
    }

    #[inline(always)]
    fn unload(&self, burst: impl Iterator<Item = Self::Item>) -> u64 {
        let mut sum = 0_u64;
        for batch in burst {
            for bytes in batch.iter() {
                // SAFETY: `load` wrote them, before the frame went into the ring.
                sum = sum.wrapping_add(unsafe { touch::read_tag_at(bytes.as_ptr()) });
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_handed_off_as_numbers_are_freed_there() {
        let entrant: &'static InNumbers = Box::leak(Box::new(InNumbers::of(Framewell::new())));
        let mut workload = entrant.workload(Kind::HandOffBulk).expect("a hand-off");
        assert!(workload.run(10_000).steps >= 10_000);
        let stats = entrant.0.0.stats();
        assert_eq!((stats.out, stats.free), (0, stats.capacity));
    }
}
