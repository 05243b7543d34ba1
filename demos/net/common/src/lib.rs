//! What the programs over network stacks share: the bytes that they send and verify, their options,
//! their progress, and how they end.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

/// Returns the byte at an offset of the data that are transferred.
///
/// ```
/// # use framewell_net_common::byte;
/// assert_ne!(byte(0), byte(256), "a shift by a power of two is seen");
/// ```
pub fn byte(at: u64) -> u8 {
    (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

/// Writes the data that begin at an offset.
///
/// ```
/// # use framewell_net_common::{fill, wrong};
/// let mut part = [0; 100];
/// fill(4711, &mut part);
/// assert_eq!((wrong(4711, &part), wrong(4711, &part[..50])), (0, 0));
/// ```
pub fn fill(at: u64, to: &mut [u8]) {
    for (to, at) in to.iter_mut().zip(at..) {
        *to = byte(at);
    }
}

/// Returns how many bytes are not those of the data that begin at an offset.
///
/// ```
/// # use framewell_net_common::{byte, wrong};
/// assert_eq!(wrong(7, &[byte(7), byte(8), !byte(9)]), 1);
/// ```
pub fn wrong(at: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .zip(at..)
        .filter(|&(&is, at)| is != byte(at))
        .count() as u64
}

/// Returns the numbers that follow options on the command line, in the order of `known`, which has
/// their names and what they are unless given.
///
/// # Errors
///
/// The error says how the program is used.
///
/// ```
/// # use framewell_net_common::options;
/// let given = ["--bytes", "5000"].map(String::from);
/// let known = [("--bytes", 1_000_000), ("--drop", 0)];
/// assert_eq!(options("smoltcp", known, given), Ok([5000, 0]));
/// assert!(options("smoltcp", known, ["--help".into()]).is_err());
/// ```
pub fn options<const N: usize>(
    program: &str,
    known: [(&str, u64); N],
    given: impl IntoIterator<Item = String>,
) -> Result<[u64; N], String> {
    let usage = || {
        let each = known.map(|(name, unless)| format!(" [{name} NUMBER, {unless} unless given]"));
        format!("usage: {program}{}", each.concat())
    };
    let mut values = known.map(|(_, unless)| unless);
    let mut given = given.into_iter();
    while let Some(name) = given.next() {
        let at = known.iter().position(|(known, _)| *known == name);
        let value = given.next().and_then(|value| value.parse().ok());
        match (at, value) {
            (Some(at), Some(value)) => values[at] = value,
            _ => return Err(usage()),
        }
    }
    Ok(values)
}

/// Says on the standard error how far a long work is, ten times.
///
/// ```
/// # use framewell_net_common::Progress;
/// let mut progress = Progress::new(1000, "bytes");
/// progress.at(500);
/// ```
#[derive(Debug)]
pub struct Progress {
    total: u64,
    next: u64,
    unit: &'static str,
}

impl Progress {
    /// Begins a work of `total` units.
    pub fn new(total: u64, unit: &'static str) -> Self {
        let next = (total / 10).max(1);
        Self { total, next, unit }
    }

    /// Takes note that `done` units of the work are done.
    pub fn at(&mut self, done: u64) {
        if done < self.next {
            return;
        }
        // Nobody has to read it.
        writeln!(std::io::stderr(), "{done} of {} {}", self.total, self.unit).ok();
        let step = (self.total / 10).max(1);
        self.next = (done / step + 1) * step;
    }
}

/// What a program did: a line of figures, and all that is wrong, in words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    /// One line that says what was done, with counts.
    pub summary: String,
    /// What is wrong; nothing if all is right.
    pub faults: Vec<String>,
}

impl Outcome {
    /// Adds a fault if a count is not what it should be.
    ///
    /// ```
    /// # use framewell_net_common::Outcome;
    /// let mut outcome = Outcome::default();
    /// outcome.expect("bytes", 5, 5);
    /// outcome.expect("frames out at the end", 2, 0);
    /// assert_eq!(outcome.faults, ["frames out at the end: 2 instead of 0"]);
    /// ```
    pub fn expect(&mut self, what: &str, is: u64, should: u64) {
        if is != should {
            self.faults
                .push(format!("{what}: {is} instead of {should}"));
        }
    }
}

/// Prints the outcome of a program, and returns its exit status: 0 if all is right, 1 if not, and 2
/// if the program could not run.
pub fn end(outcome: Result<Outcome, String>) -> ExitCode {
    match outcome {
        Ok(outcome) => {
            writeln!(std::io::stdout(), "{}", outcome.summary).ok();
            for fault in &outcome.faults {
                writeln!(std::io::stderr(), "wrong: {fault}").ok();
            }
            if outcome.faults.is_empty() {
                return ExitCode::SUCCESS;
            }
            ExitCode::FAILURE
        }
        Err(reason) => {
            writeln!(std::io::stderr(), "{reason}").ok();
            ExitCode::from(2)
        }
    }
}
