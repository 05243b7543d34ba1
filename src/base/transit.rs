//! Whether a call may be refused what another has in hand: chunks that go from class to class,
//! memory of which something is being made.
//!
//! ```text
//!   │ arrivals: 44 │ calls that may have something in hand: 20 │
//!
//!   refuser                              other
//!   look: arrivals a                     + 1 call, fence (N)
//!   all places: nothing                  takes ids ── lays them on shelves ─► + 1 arrival
//!   fence (N), look again                takes a chunk ── gives it back ────► + 1 arrival, − 1 call
//! ```
//!
//! A refuser that has found nothing looks again if something has arrived since it began: what it
//! did not find may be there. That is lock-free: only what is taken from somewhere arrives, and for
//! it to be taken again and again, other calls have to be completed in between.
//!
//! Where nothing has arrived, but a call is or was under way, it waits a while and looks again
//! ([`Patience`]), and then is refused: a call that is stopped with something in hand blocks nobody
//! for ever. The while begins anew with each arrival.
//!
//! Edges: N. Who finds a place empty that another call has emptied sees that call in the word, or
//! what came of it: the fences pair, whatever the order of the loads and stores between them.

#![forbid(unsafe_code)]

#[cfg(not(loom))]
use std::time::Instant;

#[cfg(not(loom))]
use crate::base::limits::{MAX_WAIT, MIN_YIELDS};
use crate::sync::{AtomicU64, Ordering, fence, yield_now};

const CALL: u64 = 1;
const ARRIVAL: u64 = 1 << 20;

pub(crate) struct Transit(AtomicU64);

/// A call that may have something in hand; until it is dropped.
pub(crate) struct UnderWay<'a>(&'a Transit);

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
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        // Relaxed: the fence orders it.
        self.0.fetch_add(CALL, Ordering::Relaxed);
        // Release (N): pairs with the Acquire fence in `is_settled`.
        fence(Ordering::Release);
        UnderWay(self)
    }

    /// Notes that something was laid down where others find it.
    pub(crate) fn arrived(&self) {
        // Release (N): pairs with the Acquire in `look`: who sees the arrival finds what has
        // arrived.
        self.0.fetch_add(ARRIVAL, Ordering::Release);
    }

    /// The word as it is: by a read-modify-write, so that nothing older is seen.
    pub(crate) fn look(&self) -> Seen {
        // Acquire (N): pairs with the Release in `arrived`, and in the drop of `UnderWay`.
        Seen(self.0.fetch_add(0, Ordering::Acquire))
    }

    /// Whether a call may be refused that has found nothing since it has seen `before`; `false` if
    /// it has to look again.
    pub(crate) fn is_settled(&self, before: Seen, patience: &mut Patience) -> bool {
        // Acquire (N): pairs with the Release fence in `begin`.
        fence(Ordering::Acquire);
        // Acquire (N): as in `look`.
        let now = Seen(self.0.load(Ordering::Acquire));
        if now.arrivals() != before.arrivals() {
            *patience = Patience::default();
            return false;
        }
        // What a call had in hand that has gone since, it may have left as it was.
        (before.calls() == 0 && now.calls() == 0) || patience.is_spent()
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        // Release (N): as in `arrived`: who sees no call any more finds what this one has laid
        // down.
        self.0.0.fetch_sub(CALL, Ordering::Release);
    }
}

/// How long a refuser waits for calls under way: so many turns of other threads, and so long.
#[derive(Default)]
pub(crate) struct Patience {
    #[cfg(not(loom))]
    yields: u32,
    #[cfg(not(loom))]
    since: Option<Instant>,
}

impl Patience {
    /// Lets others run, or says that it was enough.
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

    /// In a model a call that is stopped goes on at last. So nothing may be refused there but what
    /// is in use.
    #[cfg(loom)]
    fn is_spent(&mut self) -> bool {
        yield_now();
        false
    }
}
