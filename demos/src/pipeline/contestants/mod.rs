//! The three buffer sources that run against each other.

mod heap;
mod pool;
mod system;
mod zeroed;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub use heap::{HeapBatch, HeapBuffer, Memory};
pub use pool::{FrameBatch, FramePool};
pub use system::{Malloced, SystemPool};
pub use zeroed::{VecPool, Zeroed};

/// A buffer source, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contestant {
    /// A `framewell::Pool`.
    Framewell,
    /// `malloc` and `free` of the C library, nothing zeroed.
    System,
    /// A zeroed `Vec<u8>` for each packet.
    Vec,
}

impl Contestant {
    /// All of them, in the order in which they run and are shown.
    pub const ALL: [Self; 3] = [Self::Framewell, Self::System, Self::Vec];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Framewell => "framewell",
            Self::System => "system allocator",
            Self::Vec => "Vec<u8>, zeroed",
        }
    }

    /// The name on the command line.
    pub fn key(self) -> &'static str {
        match self {
            Self::Framewell => "framewell",
            Self::System => "system",
            Self::Vec => "vec",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_the_command_line_takes() {
        for contestant in Contestant::ALL {
            let parsed = Contestant::from_str(contestant.key(), false);
            assert_eq!(parsed, Ok(contestant));
        }
    }
}
