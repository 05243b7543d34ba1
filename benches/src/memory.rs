//! The memory behind the buffers of the 802.11 mix: what a process has resident beyond what it had
//! before.
//!
//! A contestant has a process of its own, in which nothing but the mix runs. Every page of a buffer
//! is written, as by a program that fills its buffers. What the harness itself allocates for the
//! mix is subtracted. What a library takes when it is loaded does not count; what a pool takes when
//! it is built for the mix does ([`Later`](crate::entrant::Later)).

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use crate::varying::VaryingContestant;
use crate::work::dot11_mix::Mix;
use crate::work::touch;

/// The memory that the mix held at its end.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// The sum of the lengths of the live buffers.
    pub requested: usize,
    /// The resident bytes of the process beyond what it had before.
    pub resident: usize,
}

impl Memory {
    /// Returns the resident bytes per requested byte.
    #[must_use]
    pub fn ratio(self) -> f64 {
        self.resident as f64 / self.requested as f64
    }
}

/// The number of steps at a time: their script is small beside the buffers.
const STRETCH: u64 = 512;

/// Runs the mix for at least `steps` steps in this process, which should have run nothing else.
pub(crate) fn of_mix<C: VaryingContestant>(
    contestant: &'static C,
    steps: u64,
    before: usize,
) -> io::Result<Memory> {
    contestant.enter();
    let mut mix = Mix::new(|_, length| {
        let mut buffer = contestant.get(length);
        touch::write_pages(&mut buffer);
        buffer
    });
    let mut done = 0;
    while done < steps {
        done += mix.run_after(0, STRETCH.min(steps - done)).steps;
    }
    Ok(Memory {
        requested: mix.requested(),
        resident: resident()?.saturating_sub(before + mix.own_bytes()),
    })
}

/// Returns the bytes that the process has resident and that no file backs, huge pages included.
///
/// # Errors
///
/// If the system does not report it.
pub fn resident() -> io::Result<usize> {
    const COUNTED: [&str; 4] = [
        "Anonymous:",
        "Pss_Shmem:",
        "Shared_Hugetlb:",
        "Private_Hugetlb:",
    ];
    let told = fs::read_to_string("/proc/self/smaps_rollup")?;
    let lines = told.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|name| COUNTED.contains(name))?;
        words.next()?.parse::<usize>().ok()
    });
    Ok(lines.sum::<usize>() * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn touched_memory_is_resident() {
        const BYTES: usize = 64 << 20;
        let before = resident().expect("what is resident");
        let mut memory = memmap2::MmapMut::map_anon(BYTES).expect("a mapping");
        let reserved = resident().expect("what is resident");
        memory.fill(1);
        let touched = resident().expect("what is resident");
        // Other tests run meanwhile.
        assert!(reserved < before + BYTES / 2);
        assert!(touched > reserved + BYTES / 2);
    }
}
