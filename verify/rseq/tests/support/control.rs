//! What the tracer and the child of the preemption tests tell each other.

#![allow(
    clippy::disallowed_types,
    reason = "the harness watches the crate from outside; it is not modelled"
)]

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};

use crate::support::shared::{Shared, Zeroed};

/// The values that the two share, in shared memory.
pub(crate) struct Control {
    /// The section that the victim is to repeat.
    pub(crate) section: AtomicU32,
    /// Whether the repetition ends.
    pub(crate) enough: AtomicBool,
    /// Whether all threads except the victim pause.
    pub(crate) hold: AtomicBool,
    /// The number of threads that pause.
    pub(crate) holding: AtomicU32,
    /// The number of operations of the others, all together.
    pub(crate) progress: AtomicU64,
    /// The number of signals that were handled, and of sections that the handler completed.
    pub(crate) handled: AtomicU64,
    pub(crate) in_handler: AtomicU64,
    /// The CPU that the victim ran on when it came to rest.
    pub(crate) cpu: AtomicI32,
    /// The reason why the child gave up.
    failure: [AtomicU8; 400],
}

// SAFETY: all fields are atomics, for which zero is a value.
unsafe impl Zeroed for Control {}

impl Control {
    /// Returns why the child gave up.
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

/// Makes a panic in the child tell the tracer, and end the child.
pub(crate) fn report_panics(control: &Arc<Shared<Control>>) {
    let control = Arc::clone(control);
    panic::set_hook(Box::new(move |info| {
        control.fail(&info.to_string());
        // SAFETY: the call ends the child. Nobody unwinds, also not through a signal handler.
        unsafe { libc::_exit(101) };
    }));
}
