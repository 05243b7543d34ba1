//! The rounds: for each size, the contestants take turns, slice by slice, in one network.

use framewell_harness::progress;
use framewell_harness::summary::Sample;

use crate::args::{Common, Who};
use crate::contestants::{Chunks, Contestant, Frames, Shape};
use crate::lab::Lab;
use crate::slice;

/// What all slices have shown.
#[derive(Clone, Default, Debug)]
pub struct Samples {
    /// The samples, in their order.
    pub samples: Vec<Sample>,
    /// What the kernel's UDP has dropped, in words.
    pub kernel_drops: Vec<String>,
}

/// Runs all rounds, in a network that `lab` makes for packets of a size.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn run(common: &Common, lab: impl Fn(usize) -> Result<Lab, String>) -> Result<Samples, String> {
    let (sizes, contestants, rounds) =
        (common.sizes(), common.contestants(), common.timing.rounds());
    let slices = sizes.len() * contestants.len() * rounds as usize;
    let bar = progress::bar(slices);
    let mut all = Samples::default();
    for size in sizes {
        let mut lab = lab(size)?;
        let shape = Shape::of(size, lab.ports.len());
        let (mut frames, mut chunks) = (Frames::new(shape)?, Chunks::new(shape)?);
        for round in 0..rounds as usize {
            for place in 0..contestants.len() {
                // Another contestant begins in each round.
                let who = contestants[(place + round) % contestants.len()];
                bar.set_message(format!("{size} bytes, round {}", round + 1));
                bar.tick();
                let time = common.timing.slice();
                all.samples.push(match who {
                    Who::Framewell => slice::run(&mut frames, &mut lab, size, time)?,
                    Who::Xdpilone => slice::run(&mut chunks, &mut lab, size, time)?,
                });
                bar.inc(1);
            }
        }
        let drops = lab.kernel_drops()?;
        if !drops.is_empty() {
            all.kernel_drops.push(format!("{size} bytes: {drops}"));
        }
    }
    bar.finish_and_clear();
    Ok(all)
}
