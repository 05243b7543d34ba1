//! The account of what calls have in hand and others may miss: chunks that go from class to class,
//! or memory of which something is being made. It decides whether a call may report that nothing is
//! left.
//!
//! ```text
//!   │ arrivals: 44 │ calls that may have something in hand: 20 │
//!
//!   refuser                             other call
//!   look: arrivals a                    + 1 call, fence (#transit-fence)
//!   all places: nothing                 takes ids ── puts them in chunk lists ──► + 1 arrival
//!   fence (#transit-fence), look again  takes a chunk ── gives it back ──► + 1 arrival, − 1 call
//! ```
//!
//! A refuser is a call that found nothing and is about to report that. If something has arrived
//! since it began, it looks again, because what it did not find may be there. That is lock-free:
//! only what was taken from somewhere arrives, and for it to be taken again and again, other calls
//! have to complete in between.
//!
//! If nothing has arrived, but another call is or was under way, the refuser waits a while
//! ([`WaitBudget`]) and looks again. Then it is refused, so a call that is stopped with something
//! in hand blocks nobody for ever. The while begins anew with each arrival.
//!
//! By #transit-fence, a call that finds a place empty which another call has emptied sees that
//! other call in the word, or what came of it. The fences pair, whatever the order of the loads and
//! stores between them.

#![forbid(unsafe_code)]

#[cfg(not(loom))]
use std::time::Instant;

#[cfg(not(loom))]
use crate::base::limits::{MAX_WAIT, MIN_YIELDS};
use crate::sync::{AtomicU64, Ordering, fence, yield_now};

const CALL: u64 = 1;
const ARRIVAL: u64 = 1 << 20;

pub(crate) struct Transit(AtomicU64);

/// A mark for a call that may have something in hand. The mark ends when it is dropped.
pub(crate) struct InTransit<'a>(&'a Transit);

/// The word as it was read.
#[derive(Clone, Copy)]
pub(crate) struct Seen(u64);

impl Seen {
    fn arrivals(self) -> u64 {
        self.0 / ARRIVAL
    }

    fn calls(self) -> u64 {
        self.0 % ARRIVAL
    }
}

impl Transit {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Notes that the caller is about to have something in hand.
    pub(crate) fn begin(&self) -> InTransit<'_> {
        // Relaxed: the fence orders it.
        self.0.fetch_add(CALL, Ordering::Relaxed);
        // Release (#transit-fence): pairs with the Acquire fence in `may_refuse`.
        fence(Ordering::Release);
        InTransit(self)
    }

    /// Notes that the caller has put something where others find it.
    pub(crate) fn arrived(&self) {
        // Release (#transit-fence): pairs with the Acquire in `peek`. A call that sees the arrival
        // finds what has arrived.
        self.0.fetch_add(ARRIVAL, Ordering::Release);
    }

    /// Returns the word as it is. It reads by a read-modify-write, so that it sees nothing older.
    pub(crate) fn peek(&self) -> Seen {
        // Acquire (#transit-fence): pairs with the Release in `arrived`, and in the drop of
        // `InTransit`.
        Seen(self.0.fetch_add(0, Ordering::Acquire))
    }

    /// Returns whether a call may be refused that has found nothing since it saw `before`. If the
    /// answer is `false`, it has to look again.
    pub(crate) fn may_refuse(&self, before: Seen, wait_budget: &mut WaitBudget) -> bool {
        // Acquire (#transit-fence): pairs with the Release fence in `begin`.
        fence(Ordering::Acquire);
        // Acquire (#transit-fence): as in `peek`.
        let now = Seen(self.0.load(Ordering::Acquire));
        if now.arrivals() != before.arrivals() {
            *wait_budget = WaitBudget::default();
            return false;
        }
        // A call that has gone since may have left what it had in hand as it was.
        (before.calls() == 0 && now.calls() == 0) || wait_budget.is_spent()
    }
}

impl Drop for InTransit<'_> {
    fn drop(&mut self) {
        // Release (#transit-fence): as in `arrived`. A call that sees this one no more finds what
        // it has put down.
        self.0.0.fetch_sub(CALL, Ordering::Release);
    }
}

/// How long a refuser waits for calls under way: at least a number of turns of other threads, and
/// at least a time.
#[derive(Default)]
pub(crate) struct WaitBudget {
    #[cfg(not(loom))]
    yields: u32,
    #[cfg(not(loom))]
    since: Option<Instant>,
}

impl WaitBudget {
    /// Lets other threads run, or returns `true` if the wait was long enough.
    #[cfg(not(loom))]
    fn is_spent(&mut self) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        if self.yields >= MIN_YIELDS && since.elapsed() >= MAX_WAIT {
            return true;
        }
        self.yields = self.yields.saturating_add(1);
        yield_now();
        false
    }

    /// Lets other threads run. A call that is stopped in a model goes on at last, so nothing may be
    /// refused there but what is in use.
    #[cfg(loom)]
    fn is_spent(&mut self) -> bool {
        yield_now();
        false
    }
}
