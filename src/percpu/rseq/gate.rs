//! The words that say who may change a cache from outside, and whether caches may be open at all.
//!
//! ```text
//!   gate, one a CPU:   │ owner: process, ticket │ marked │ phase │      shut ─► owned ─► open
//!                                                                         ▲        │      │
//!                                                                         └────────┴◄─────┘(owned)
//!   mode, one a pool:  │ epoch │ phase │      open ─► drying ─► dry ─► open …     any ─► closed
//! ```
//!
//! - #gate-owns-cache: Apart from sections on its CPU, only a gate's owner changes count, slots and
//!   bounds of a cache. The owner is the call whose compare-and-swap put its token into the gate,
//!   until it takes the token out.
//! - #shut-is-empty: A gate is shut only while its cache is stopped and empty.
//! - #gate-marked: A call that finds a gate owned may mark it. The gate's owner then shuts the
//!   cache instead of opening it.
//! - #mode-before-bounds: A cache is opened in this order: own the gate, move the mode from open to
//!   open (a new epoch), write the bounds. So a call that first moves the mode away from open, and
//!   then looks at a gate, finds it owned or open, or it stays shut until the mode is open again.
//! - #fork-takes-over: A process inherits the gates that its parent's threads owned, but it does
//!   not have those threads. A token names its process, so that the child can take such gates over.
//! - #unfenced-give-back: An owner that has changed the bounds alone may give a gate back open
//!   without a fence. A mark says that another call relies on the gate being shut. So the owner
//!   first takes the mark off, and then moves the mode to open in a new epoch, so that nobody takes
//!   the pool for dry because of the mark. Then it opens the gate, unless that was marked again.
//!   After the mode was closed nothing is given back.
//!
//! Each change of a gate is a compare-and-swap that acquires and releases (#gate-handover): what
//! one owner did, the next sees.

#![forbid(unsafe_code)]

use crate::sync::{AtomicU64, Ordering};

/// A gate's word as it was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen(u64);

/// The owner of a gate: a process, and a number that was drawn within it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token(u64);

const SHUT: u64 = 0;
const OPEN: u64 = 1;
const OWNED: u64 = 2;
const PHASE: u64 = 3;
const MARKED: u64 = 4;

const TICKET_SHIFT: u32 = 3;
const PROCESS_SHIFT: u32 = 40;
const TICKETS: u64 = 1 << (PROCESS_SHIFT - TICKET_SHIFT);

impl Token {
    /// Returns the token of one call. Tickets come round after 2^37 calls that own gates.
    pub(crate) fn new(process: u64, ticket: u64) -> Self {
        let ticket = (ticket % TICKETS) << TICKET_SHIFT;
        Self(Self::of(process) | ticket | OWNED)
    }

    /// Returns the bits that all tokens of a process have in common. No other process has the same
    /// bits, unless 2^24 generations of forks lie between the two: a token has room for so much of
    /// the number.
    fn of(process: u64) -> u64 {
        process << PROCESS_SHIFT
    }

    fn is_of(self, process: u64) -> bool {
        self.0 & Self::of(u64::MAX) == Self::of(process)
    }
}

/// The states of a gate, as a process sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody owns the gate; the cache is stopped and empty.
    Shut,
    /// Nobody owns the gate; sections run.
    Open,
    /// A call of this process owns the gate.
    Owned(Token),
    /// A call of another process owns the gate, which this process has inherited
    /// (#fork-takes-over).
    Abandoned,
}

/// The gate of one cache.
pub(crate) struct Gate<'a>(pub(crate) &'a AtomicU64);

impl Gate<'_> {
    pub(crate) fn peek(&self) -> Seen {
        // Acquire: pairs with #gate-handover; what the last owner did is seen.
        Seen(self.0.load(Ordering::Acquire))
    }

    /// Returns what `seen` says to a process.
    pub(crate) fn phase(seen: Seen, process: u64) -> Phase {
        match seen.0 & PHASE {
            SHUT => Phase::Shut,
            OPEN => Phase::Open,
            _ => {
                let token = Token(seen.0 & !MARKED);
                if token.is_of(process) {
                    Phase::Owned(token)
                } else {
                    Phase::Abandoned
                }
            }
        }
    }

    /// Makes the caller the owner, if the gate still is as it was seen, and returns whether it did.
    pub(crate) fn own(&self, seen: Seen, token: Token) -> bool {
        self.change(seen.0, token.0)
    }

    /// Marks the gate, so that its owner shuts the cache when it is done (#gate-marked). Returns
    /// `false` if the gate has changed.
    pub(crate) fn mark(&self, seen: Seen) -> bool {
        seen.0 & MARKED != 0 || self.change(seen.0, seen.0 | MARKED)
    }

    /// Takes the mark off, if there is one. What the marker relies on is the caller's to undo
    /// (#unfenced-give-back).
    pub(crate) fn unmark(&self, token: Token) {
        // If this fails, it was not marked.
        let _ = self.change(token.0 | MARKED, token.0);
    }

    /// Ends the ownership with the cache open, unless the gate was marked, and returns whether it
    /// did.
    pub(crate) fn open(&self, token: Token) -> bool {
        self.change(token.0, OPEN)
    }

    /// Ends the ownership with the cache shut.
    pub(crate) fn shut(&self, token: Token) {
        // A mark may come in between, but only once.
        let done = self.change(token.0, SHUT) || self.change(token.0 | MARKED, SHUT);
        debug_assert!(
            done,
            "an owned gate changes by its owner and by the mark alone"
        );
    }

    fn change(&self, from: u64, to: u64) -> bool {
        // AcqRel (#gate-handover): publishes what this owner did, acquires what the last one did.
        // Relaxed on failure: nothing is concluded from the word.
        self.0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }
}

/// The word that says whether caches may be open.
pub(crate) struct Mode(AtomicU64);

/// The mode's word as it was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

const DRYING: u64 = 1;
const DRY: u64 = 2;
const CLOSED: u64 = 3;
const ONE_EPOCH: u64 = PHASE + 1;

impl Epoch {
    fn phase(self) -> u64 {
        self.0 & PHASE
    }

    /// Returns whether caches may be opened.
    pub(crate) fn is_open(self) -> bool {
        self.phase() == 0
    }

    /// Returns whether caches are being shut, or all are shut.
    pub(crate) fn is_dry_or_drying(self) -> bool {
        self.phase() == DRYING || self.phase() == DRY
    }

    /// Returns whether all caches are shut, or owned and marked, in which case their owners shut
    /// them. A cache that is just being opened may be used until then. The ids in it count as in
    /// its owner's hands.
    pub(crate) fn is_dry(self) -> bool {
        self.phase() == DRY
    }

    /// Returns a number that no other epoch of the pool has.
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    fn next(self, phase: u64) -> u64 {
        (self.0 & !PHASE).wrapping_add(ONE_EPOCH) | phase
    }
}

impl Mode {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(crate) fn peek(&self) -> Epoch {
        // Acquire: pairs with #mode-change. A call that sees "dry" sees the depot as the sweeper
        // left it. A call that sees a frame that went into an opened cache does not see the "dry"
        // before it.
        Epoch(self.0.load(Ordering::Acquire))
    }

    /// Notes that a cache is being opened. Returns `false` if none may be opened any more.
    pub(crate) fn note_opening(&self) -> bool {
        self.open_from(Epoch::is_open)
    }

    /// Lets caches be opened again, whatever others have noted. Returns `false` if none may be
    /// opened any more.
    pub(crate) fn reopen(&self) -> bool {
        self.open_from(|seen| seen.phase() != CLOSED)
    }

    /// Moves the mode to open in a new epoch, from open too. Returns `false` if `may` does not
    /// allow that for the present epoch.
    fn open_from(&self, may: impl Fn(Epoch) -> bool) -> bool {
        let mut seen = self.peek();
        while may(seen) {
            match self.change(seen, seen.next(0)) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Lets no cache be opened from now on, and returns the epoch of the drying. Returns `None` if
    /// the mode is dry or closed already.
    pub(crate) fn begin_drying(&self) -> Option<Epoch> {
        let mut seen = self.peek();
        loop {
            if seen.phase() == DRYING {
                return Some(seen);
            }
            if !seen.is_open() {
                return None;
            }
            match self.change(seen, seen.next(DRYING)) {
                Ok(now) => return Some(now),
                Err(now) => seen = now,
            }
        }
    }

    /// Notes that all caches are shut, or marked.
    pub(crate) fn end_drying(&self, drying: Epoch) {
        // If this fails, another call was faster, or caches may be opened again.
        let _ = self.change(drying, drying.0 & !PHASE | DRY);
    }

    /// Lets caches be opened again.
    pub(crate) fn end_dry(&self, dry: Epoch) {
        debug_assert!(dry.is_dry_or_drying());
        // If this fails, another call was faster.
        let _ = self.change(dry, dry.next(0));
    }

    /// Lets no cache be opened ever again.
    pub(crate) fn close(&self) {
        // AcqRel (#mode-change): an opening that was noted before is seen, and one that comes later
        // sees this.
        self.0.swap(CLOSED, Ordering::AcqRel);
    }

    fn change(&self, from: Epoch, to: u64) -> Result<Epoch, Epoch> {
        // AcqRel (#mode-change), and Acquire on failure: as in `peek`.
        self.0
            .compare_exchange(from.0, to, Ordering::AcqRel, Ordering::Acquire)
            .map(|_| Epoch(to))
            .map_err(Epoch)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Numbers of processes that fill their bits in a token, and numbers that have more bits than
    /// fit.
    const NUMBERS: [u64; 6] = [1, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, 1 << 40, u64::MAX];

    #[test]
    fn gate_is_owned_in_its_process_and_abandoned_in_the_next_ones_however_many_forks_came_before()
    {
        for process in NUMBERS {
            for ticket in [0, 7, TICKETS - 1, TICKETS, u64::MAX] {
                let word = AtomicU64::new(SHUT);
                let gate = Gate(&word);
                let token = Token::new(process, ticket);
                assert!(gate.own(gate.peek(), token));
                let seen = gate.peek();
                assert!(
                    Gate::phase(seen, process) == Phase::Owned(token),
                    "{process}"
                );
                assert!(gate.mark(seen));
                assert!(
                    Gate::phase(gate.peek(), process) == Phase::Owned(token),
                    "marked"
                );
                for child in [1, 2, (1 << 24) - 1] {
                    let child = process.wrapping_add(child);
                    assert!(
                        Gate::phase(gate.peek(), child) == Phase::Abandoned,
                        "{child}"
                    );
                }
            }
        }
    }
}
