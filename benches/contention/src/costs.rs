//! The costs of an access on the simulated machine, and which cores are near each other.
//!
//! The times are half the round trips of a cache line, since a round trip is two transfers. The
//! round trips were probed on virtual CPUs of one machine: 50 to 90 ns within a core complex, 360
//! to 530 ns between two.

use serde::Serialize;

/// The nanoseconds from a core to another of its complex.
pub const NEAR: f64 = 35.0;
/// The nanoseconds from a core to one of another complex.
pub const FAR: f64 = 222.0;

/// The costs of a machine, in nanoseconds, and the size of its complexes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Costs {
    /// The cost of an access to a line that the core has.
    pub hit: f64,
    /// The cost of a transfer within a complex.
    pub near: f64,
    /// The cost of a transfer between complexes.
    pub far: f64,
    /// The number of cores of a complex.
    pub complex: u32,
    /// The cost of a fence of the running CPU by the kernel.
    pub fence_one: f64,
    /// The cost of a fence of all CPUs by the kernel.
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
    /// Returns whether two cores share a complex.
    pub(crate) fn is_near(&self, a: u32, b: u32) -> bool {
        a / self.complex == b / self.complex
    }
}
