//! The errors of a capture file.

use std::fmt;

use super::LONGEST_FILE;

/// The first place at which a file makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The byte at which the broken record begins.
    pub at: usize,
    /// A description of what is wrong there.
    pub what: String,
    /// The number of packets that were read before it, including those left out.
    pub packets_before: u64,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "damaged at byte {}: {}; {} packets were read before it",
            self.at, self.what, self.packets_before
        )
    }
}

/// The reason why a file gave no packet at all.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file could not be read.
    Io(std::io::Error),
    /// The file is longer than [`LONGEST_FILE`].
    TooLong(u64),
    /// The file begins like neither pcap nor pcapng.
    NotACapture(String),
    /// The file has no packet that could be used. The remarks say what there is instead.
    Nothing(Vec<String>),
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::TooLong(len) => write!(
                f,
                "{len} bytes exceed the largest capture of {LONGEST_FILE}; cut it with editcap -c"
            ),
            Self::NotACapture(why) => write!(
                f,
                "{why}; give a pcap or pcapng file, as tcpdump -w writes it"
            ),
            Self::Nothing(instead) if instead.is_empty() => {
                write!(f, "holds no packet; record at least one")
            }
            Self::Nothing(instead) => {
                write!(f, "holds no packet to work on: {}", instead.join("; "))
            }
        }
    }
}

impl std::error::Error for CaptureError {}
