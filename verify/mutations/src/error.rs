//! Why a mutation cannot be made.

use std::error;
use std::fmt;

/// Why there is no source with these bugs: says which seed does not apply, where, and what is there
/// instead.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    pub(crate) fn new(why: String) -> Self {
        Self(why)
    }

    /// Of a seed that names an item.
    pub(crate) fn of(seed: &str, item: &str, why: impl fmt::Display) -> Self {
        Self(format!("seed {seed}: `{item}`: {why}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Error {}
