//! The memory of the 802.11 mix: this program again for each contestant, since a process remembers who was there before.

use std::env;
use std::error::Error;
use std::process::{Command, Stdio};

use serde::Serialize;

use framewell_bench::contestants::{Candidate, VARYING};
use framewell_bench::memory::{Memory, measure};

/// As the workloads are named.
pub(crate) const NAME: &str = "dot11-memory";

/// The option by which the program is started for one contestant.
pub(crate) const OPTION: &str = "memory-of";

/// What a contestant has resident after the mix.
#[derive(Serialize)]
pub(crate) struct Weighed {
    pub(crate) contestant: &'static str,
    /// Of the mix.
    pub(crate) steps: u64,
    #[serde(flatten)]
    pub(crate) memory: Memory,
    /// Resident bytes for each requested one.
    pub(crate) ratio: f64,
}

fn steps(quick: bool) -> u64 {
    if quick { 1_000_000 } else { 10_000_000 }
}

/// Weighs contestants, each in a process of its own.
pub(crate) fn weigh(present: &[&Candidate], quick: bool) -> Result<Vec<Weighed>, Box<dyn Error>> {
    let weigh = |name: &'static str| {
        let child = Command::new(env::current_exe()?)
            .args([format!("--{OPTION}").as_str(), name])
            .args(quick.then_some("--quick"))
            .stderr(Stdio::inherit())
            .output()?;
        if !child.status.success() {
            return Err(format!("the process of {name}: {}", child.status).into());
        }
        let memory: Memory = serde_json::from_slice(&child.stdout)?;
        Ok(Weighed {
            contestant: name,
            steps: steps(quick),
            memory,
            ratio: memory.ratio(),
        })
    };
    present
        .iter()
        .map(|candidate| weigh(candidate.name))
        .collect()
}

/// In the process of one contestant: runs the mix and prints what it found.
pub(crate) fn print_of(name: &str, quick: bool) -> Result<(), Box<dyn Error>> {
    let named = VARYING.iter().find(|candidate| candidate.name == name);
    let candidate = named.ok_or_else(|| format!("no contestant is named {name:?}"))?;
    (candidate.load)()?;
    let memory = measure(candidate, steps(quick))?;
    println!("{}", serde_json::to_string(&memory)?);
    Ok(())
}
