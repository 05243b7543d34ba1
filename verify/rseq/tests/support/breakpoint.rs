//! Sets hardware breakpoints and watchpoints of one thread, which are the debug registers of
//! x86-64.
//!
//! They stop the thread whose registers they are set in, and no other that runs the same code. A
//! stop in a section aborts it, so the thread cannot be stepped through one: each of its
//! instructions is reached at full speed.

use super::tracee::Tracee;

/// What stops the thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// The thread is about to execute the instruction at an address.
    At(u64),
    /// The thread has written to the four bytes at an address.
    Written(u64),
    /// The thread has read from the four bytes at an address or written to them.
    Touched(u64),
}

impl Stop {
    fn address(self) -> u64 {
        match self {
            Self::At(at) | Self::Written(at) | Self::Touched(at) => at,
        }
    }

    /// Returns the bits of DR7 for register 0: length, kind, enabled.
    fn bits(self) -> u64 {
        match self {
            Self::At(_) => 1,
            Self::Written(_) => 0b11 << 18 | 0b01 << 16 | 1,
            Self::Touched(_) => 0b11 << 18 | 0b11 << 16 | 1,
        }
    }
}

impl Tracee {
    /// Stops the thread by these, at most four, and by nothing else.
    pub(crate) fn stop_by(&self, stops: &[Stop]) {
        self.set_debug_register(7, 0);
        let mut control = 0;
        for (number, stop) in stops.iter().enumerate() {
            self.set_debug_register(number, stop.address());
            let bits = stop.bits();
            control |= (bits & 0xf0000) << (4 * number) | (bits & 1) << (2 * number);
        }
        self.set_debug_register(7, control);
    }
}
