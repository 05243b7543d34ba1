//! The memory of the 802.11 mix: another process for each contestant, since a process remembers who was there before.

use framewell_bench::Kind;
use framewell_bench::memory::Memory;
use serde::Serialize;

use super::field::{Field, Role, Seat};
use super::figures::Missing;
use super::play::progress;

/// As the workloads are named.
pub(crate) const NAME: &str = "dot11-memory";

/// What a contestant has resident after the mix.
#[derive(Serialize)]
pub(crate) struct Weighed {
    pub(crate) contestant: String,
    /// Of the mix.
    pub(crate) steps: u64,
    #[serde(flatten)]
    pub(crate) memory: Memory,
    /// Resident bytes for each requested one.
    pub(crate) ratio: f64,
}

/// Weighs everybody who takes part in the mix; who fails is missing.
pub(crate) fn all(field: &Field, quick: bool, missing: &mut Vec<Missing>) -> Vec<Weighed> {
    let steps = if quick { 1_000_000 } else { 10_000_000 };
    let weigh = |seat: &Seat| {
        let remote = seat.launch.start()?;
        remote.memory(&seat.title, steps)
    };
    // A floor is always there: it has nothing to weigh.
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
