//! The floor of any cache of pointers that each thread has for itself: a stack of pointers in an
//! array of the thread's own. It has nothing else that an allocator has (size classes, refills,
//! other threads' frees).
//!
//! ```text
//!   thread pointer ──► │ count │ pointer 0 │ pointer 1 │ …
//! ```
//!
//! Invariant: the count of each stack is at most `SLOTS`, and the pointers below the count are to
//! frames that nobody else has.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::STACK;
use super::frames::{Frames, HEADROOM, STRIDE};
use crate::contestant::{Buffer, Contestant};
use crate::work::{Kind, Workload, oversubscribed, window};

/// The number of slots: more than any workload has live on one thread.
const SLOTS: usize = window::LIVE + 256;

struct Local {
    count: Cell<usize>,
    slots: [Cell<*mut u8>; SLOTS],
}

thread_local! {
    /// The thread's stack. Nothing is made at first use and nothing is dropped, so it is as near as
    /// a thread's own words are.
    static LOCAL: Local = const {
        Local {
            count: Cell::new(0),
            slots: [const { Cell::new(null_mut()) }; SLOTS],
        }
    };
}

/// The contestant, with a stack for each thread that enters.
pub(super) struct Stack {
    frames: Frames,
    each: usize,
    /// The number of frames that some thread has got.
    given: AtomicUsize,
    all: usize,
}

/// A pointer from the stack of the thread that got it. It goes to the stack of the thread that
/// drops it.
pub(super) struct Pointer(*mut u8);

impl Stack {
    /// Makes frames for this many threads, so many for each. They stay mapped, because threads keep
    /// them.
    fn new(threads: usize, each: usize) -> &'static Self {
        assert!(each <= SLOTS);
        Box::leak(Box::new(Self {
            frames: Frames::new(threads * each),
            each,
            given: AtomicUsize::new(0),
            all: threads * each,
        }))
    }
}

/// Returns the floor of a workload, if it has one.
pub(super) fn floor(kind: Kind) -> Option<Box<dyn Workload>> {
    let (threads, each) = match kind {
        Kind::Pair | Kind::Burst32 => (1, 64),
        Kind::Burst256 => (1, 512),
        Kind::Window => (1, window::LIVE + 1),
        Kind::PairTwo => (2, 64),
        Kind::Oversubscribed => (1 + oversubscribed::THREADS, 2 * oversubscribed::BURST),
        _ => return None,
    };
    let stack = Stack::new(threads, each);
    stack.enter();
    kind.with(stack)
}

// SAFETY: a frame belongs to one thread at a time.
unsafe impl Send for Pointer {}

// SAFETY: the payload of a frame holds BYTES, nobody else has it (the module's invariant), and it
// stays mapped.
unsafe impl Buffer for Pointer {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0
    }
}

impl Drop for Pointer {
    #[inline(always)]
    fn drop(&mut self) {
        push(self.0);
    }
}

#[inline(always)]
fn push(pointer: *mut u8) {
    LOCAL.with(|local| {
        let count = local.count.get();
        assert!(count < SLOTS, "a thread's stack has room");
        local.slots[count].set(pointer);
        local.count.set(count + 1);
    });
}

impl Contestant for Stack {
    type Buffer = Pointer;

    fn name(&self) -> &'static str {
        STACK
    }

    /// Gives the calling thread's stack as many frames as it should have.
    fn enter(&self) {
        while LOCAL.with(|local| local.count.get()) < self.each {
            // Relaxed: nobody else gets this number, and nothing is published.
            let place = self.given.fetch_add(1, Ordering::Relaxed);
            assert!(place < self.all, "as many threads as were foreseen");
            push(self.frames.base().wrapping_add(place * STRIDE + HEADROOM));
        }
    }

    #[inline(always)]
    fn get(&self) -> Pointer {
        LOCAL.with(|local| {
            let count = local.count.get();
            assert!(count > 0, "a thread's stack has pointers left");
            // SAFETY: the count is at most `SLOTS` (the module's invariant).
            let slot = unsafe { local.slots.get_unchecked(count - 1) };
            local.count.set(count - 1);
            Pointer(slot.get())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check;

    #[test]
    fn pointers_are_to_frames_apart_from_one_another() {
        check(Stack::new(1, 512));
    }
}
