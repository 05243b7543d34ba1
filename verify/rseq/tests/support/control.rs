//! What the tracer and the child of the preemption tests tell each other.

#![allow(
    clippy::disallowed_types,
    reason = "the harness watches the crate from outside; it is not modelled"
)]

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};

use crate::support::shared::{Shared, Zeroed};

/// In shared memory.
pub(crate) struct Control {
    /// The sequence that the victim is to repeat.
    pub(crate) sequence: AtomicU32,
    /// Ends the repetition.
    pub(crate) enough: AtomicBool,
    /// Everybody but the victim pauses.
    pub(crate) hold: AtomicBool,
    /// How many pause.
    pub(crate) holding: AtomicU32,
    /// Operations of the others, all together.
    pub(crate) progress: AtomicU64,
    /// Signals handled, and sequences completed by the handler.
    pub(crate) handled: AtomicU64,
    pub(crate) in_handler: AtomicU64,
    /// The CPU that the victim ran on when it came to rest.
    pub(crate) cpu: AtomicI32,
    /// Why the child gave up.
    failure: [AtomicU8; 400],
}

// SAFETY: atomics, for which zero is a value.
unsafe impl Zeroed for Control {}

impl Control {
    /// Why the child gave up.
    pub(crate) fn failure(&self) -> String {
        let bytes = self.failure.iter().map(|b| b.load(Ordering::SeqCst));
        let bytes: Vec<u8> = bytes.take_while(|b| *b != 0).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn fail(&self, why: &str) {
        for (to, from) in self.failure.iter().zip(why.bytes()) {
            to.store(from, Ordering::SeqCst);
        }
    }
}

/// Has a panic in the child told to the tracer, and end the child.
pub(crate) fn report_panics(control: &Arc<Shared<Control>>) {
    let control = Arc::clone(control);
    panic::set_hook(Box::new(move |info| {
        control.fail(&info.to_string());
        // SAFETY: ends the child; nobody unwinds, also not through a signal handler.
        unsafe { libc::_exit(101) };
    }));
}
