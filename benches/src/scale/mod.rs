//! The growth of cost: curves over the number of frames, live frames and threads, and the memory
//! behind them.
//!
//! All pools are this crate's. The pools of one curve take turns slice by slice, as contestants do,
//! and each point's ratio to the first is taken within a round. Frames are reserved without being
//! committed; only the working set is touched.

mod growth;
mod metadata;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use growth::{Growth, Over, Point};
pub use metadata::{Metadata, Payload};

/// The amount of work that a measurement does.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The rounds of each curve.
    pub rounds: u32,
    /// The most frames of a pool, at most 2²⁴.
    pub frames: usize,
    /// The most threads, at most 1,024.
    pub threads: usize,
}

impl Effort {
    /// The effort whose spreads tell a difference of a tenth.
    pub const FULL: Self = Self {
        rounds: 200,
        frames: 1 << 24,
        threads: 1024,
    };
    /// The effort for a look, which takes half a minute.
    pub const QUICK: Self = Self {
        rounds: 30,
        frames: 1 << 24,
        threads: 256,
    };
}

/// The results of a measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Scaled {
    /// The curves that were measured.
    pub growth: Vec<Growth>,
    /// The tables about frames.
    pub metadata: Vec<Metadata>,
    /// The resident memory; `None` where the system does not report it.
    pub payload: Option<Payload>,
}

/// Measures everything. `progress` is told what comes next.
#[must_use]
pub fn measure(effort: Effort, mut progress: impl FnMut(&str)) -> Scaled {
    crate::cpus::settle();
    progress("memory");
    // This comes first: nothing was freed yet that the system could have kept.
    let payload = Payload::weigh();
    let metadata = metadata::of_sizes(effort.frames);
    let growth = Over::ALL.into_iter().map(|over| {
        progress(over.name());
        growth::measure(over, effort)
    });
    Scaled {
        growth: growth.collect(),
        metadata,
        payload,
    }
}

impl Scaled {
    /// Returns all results as tables.
    #[must_use]
    pub fn tables(&self) -> String {
        let mut text = String::new();
        for growth in &self.growth {
            text += &format!("{}\n\n", growth.table());
        }
        text += &metadata::table(&self.metadata);
        if let Some(payload) = self.payload {
            text += &format!("\n\n{payload}");
        }
        text
    }
}
