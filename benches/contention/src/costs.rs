//! What an access costs on the simulated machine, and who is near whom.
//!
//! The times are half the round trips of a cache line that were probed on virtual CPUs of one machine (a round trip is
//! two transfers): 50 to 90 ns within a core complex, 360 to 530 ns between two.

use serde::Serialize;

/// Nanoseconds from a core to another of its complex.
pub const NEAR: f64 = 35.0;
/// Nanoseconds from a core to one of another complex.
pub const FAR: f64 = 222.0;

/// The machine.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Costs {
    /// An access to a line that the core has.
    pub hit: f64,
    /// A transfer within a complex.
    pub near: f64,
    /// A transfer between complexes.
    pub far: f64,
    /// The cores of a complex.
    pub complex: u32,
    /// A fence of the running CPU by the kernel.
    pub fence_one: f64,
    /// A fence of all CPUs.
    pub fence_all: f64,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            hit: 0.3,
            near: NEAR,
            far: FAR,
            complex: 8,
            fence_one: 300.0,
            fence_all: 12_000.0,
        }
    }
}

impl Costs {
    /// Whether two cores share a complex.
    pub(crate) fn is_near(&self, a: u32, b: u32) -> bool {
        a / self.complex == b / self.complex
    }
}
