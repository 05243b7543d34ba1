//! What is on its way between two places: edge #transit-fence.

use std::sync::Arc;

use loom::thread;

use super::fw::sync::{AtomicU32, Ordering};
use super::fw::base::transit::{WaitBudget, Transit};
use crate::harness::explore;

/// Two places, which order nothing themselves: as the counts of caches do.
struct World {
    transit: Transit,
    from: AtomicU32,
    to: AtomicU32,
}

pub fn what_goes_from_place_to_place_is_not_refused() {
    explore(None, || {
        let world = Arc::new(World {
            transit: Transit::new(),
            from: AtomicU32::new(1),
            to: AtomicU32::new(0),
        });
        let other = world.clone();
        let thread = thread::spawn(move || {
            let _in_transit = other.transit.begin();
            other.from.store(0, Ordering::Relaxed);
            other.to.store(1, Ordering::Relaxed);
            other.transit.arrived();
        });
        let mut wait_budget = WaitBudget::default();
        let holds = |place: &AtomicU32| place.load(Ordering::Relaxed) == 1;
        loop {
            let before = world.transit.peek();
            if holds(&world.from) || holds(&world.to) {
                break;
            }
            let settled = world.transit.may_refuse(before, &mut wait_budget);
            assert!(!settled, "refused what was on its way");
        }
        thread.join().unwrap();
    });
}
