//! The memory of the 802.11 mix. Each contestant has another process, since a process keeps memory
//! of what ran in it before.

use framewell_bench::Kind;
use framewell_bench::memory::Memory;
use serde::Serialize;

use super::field::{Field, Role, Seat};
use super::figures::Missing;
use super::play::progress;

/// The name of this measurement, which is chosen as a workload is.
pub(crate) const NAME: &str = "dot11-memory";

/// The resident memory of a contestant after the mix.
#[derive(Serialize)]
pub(crate) struct Weighed {
    pub(crate) contestant: String,
    /// The steps of the mix.
    pub(crate) steps: u64,
    #[serde(flatten)]
    pub(crate) memory: Memory,
    /// The resident bytes per requested byte.
    pub(crate) ratio: f64,
}

/// Weighs everybody who takes part in the mix. Who fails is added to `missing`.
pub(crate) fn all(field: &Field, quick: bool, missing: &mut Vec<Missing>) -> Vec<Weighed> {
    let steps = if quick { 1_000_000 } else { 10_000_000 };
    let weigh = |seat: &Seat| {
        let remote = seat.launch.start()?;
        remote.memory(&seat.title, steps)
    };
    // A floor's buffers are always there, so there is nothing to weigh.
    let weighable = |seat: &&Seat| seat.role != Role::Floor && seat.takes(Kind::Dot11Mix);
    let seats: Vec<&Seat> = field.0.iter().filter(weighable).collect();
    let bar = progress(seats.len() as u64, "{msg:14} {wide_bar} {pos} of {len}");
    bar.set_message(NAME);
    let mut all = Vec::new();
    for seat in seats {
        match weigh(seat) {
            Ok(memory) => all.extend(memory.map(|memory| Weighed {
                contestant: seat.title.clone(),
                steps,
                memory,
                ratio: memory.ratio(),
            })),
            Err(why) => missing.push(Missing::on(&seat.title, NAME, why)),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    all
}
