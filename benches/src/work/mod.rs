//! The workloads, in one file each.

mod bulk;
pub(crate) mod burst;
mod cold;
pub(crate) mod dot11_mix;
pub(crate) mod goods;
pub(crate) mod hand_off;
pub(crate) mod oversubscribed;
mod pair;
pub(crate) mod pair_two;
mod refusal;
pub(crate) mod rings;
pub mod sharing;
#[cfg(test)]
mod tests;
pub(crate) mod touch;
pub(crate) mod window;
pub(crate) mod working_set;

use std::time::{Duration, Instant};

use crate::contestant::Contestant;
use crate::varying::VaryingContestant;

/// A workload with its contestant, warm and ready to be timed again and again.
pub trait Workload {
    /// Runs at least `steps` steps, after a few steps of warm-up that are not timed.
    ///
    /// A step is one buffer got, used and freed, or one slice of a buffer.
    fn run(&mut self, steps: u64) -> Timed;
}

/// The result of one run.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    /// The number of steps that all threads together did.
    pub steps: u64,
    /// The time from the first step to the last.
    pub elapsed: Duration,
}

impl Timed {
    /// Returns the nanoseconds per step.
    #[must_use]
    pub fn ns(&self) -> f64 {
        self.elapsed.as_secs_f64() * 1e9 / self.steps as f64
    }
}

/// Times a single-threaded loop whose turn is `grain` steps.
#[inline(always)]
pub(crate) fn time(steps: u64, grain: u64, turn: impl FnMut()) -> Timed {
    let turns = steps.div_ceil(grain).max(1);
    time_after(turns.div_ceil(8), turns, grain, turn)
}

/// Times this many turns after a warm-up of so many.
#[inline(always)]
pub(crate) fn time_after(warm_up: u64, turns: u64, grain: u64, mut turn: impl FnMut()) -> Timed {
    let mut elapsed = Duration::ZERO;
    // The warm-up and the work share one loop, so the turn is compiled in one place, and so
    // inlined.
    for turns in [warm_up, turns] {
        let start = Instant::now();
        for _ in 0..turns {
            turn();
        }
        elapsed = start.elapsed();
    }
    Timed {
        steps: turns * grain,
        elapsed,
    }
}

/// The number of threads of a workload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threads {
    /// One thread runs, on the first core.
    One,
    /// Two threads run, on a core each.
    Two,
    /// Many more threads run than there are cores.
    Many,
}

/// A workload, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Get a buffer, write one byte, free it.
    Pair,
    /// Get 32 buffers one by one and write one byte of each; then free them in order, one by one.
    Burst32,
    /// `Burst32` with 256 buffers.
    Burst256,
    /// Get 32 buffers in bulk, write one byte of each, and free them in bulk.
    Bulk32,
    /// `Bulk32` with 256 buffers.
    Bulk256,
    /// Keep 4096 buffers live, replace a random one, and write 64 bytes.
    Window,
    /// `Pair` on two cores at once.
    PairTwo,
    /// Get 32 buffers one by one, write 64 bytes of each, and send them through a ring of 1024 to
    /// the other core, which reads 8 bytes and frees them one by one.
    HandOff,
    /// `HandOff` with buffers that are got and freed in bulk.
    HandOffBulk,
    /// `Burst32` on 64 threads.
    Oversubscribed,
    /// Keep 1024 buffers of the 802.11 lengths live, replace a random one, and write 64 bytes.
    Dot11Mix,
    /// `HandOff` with the 802.11 lengths.
    Dot11HandOff,
    /// Own the frames of an AF_XDP socket's rings, in bursts of 32: fill, receive, send, complete.
    Rings,
    /// Get a buffer, write one byte, make four references to it, and drop them.
    Sharing4,
    /// `Sharing4` with bursts of 32. Two references of each buffer go through a ring to the other
    /// core, which reads 8 bytes through each and drops it.
    Sharing4Across,
    /// Get a buffer of 64 KiB, write one byte, cut 44 slices of it, and drop them. A step is a
    /// slice.
    Sharing44,
    /// `Sharing44` with the slices going through a ring to the other core, which drops them.
    Sharing44Across,
    /// Ask a pool of which all buffers are held for another one.
    Refusal,
    /// Make a pool of 1,024 buffers, get one, write one byte, and give all back.
    ColdThousand,
    /// `ColdThousand` with 1,048,576 buffers.
    ColdMillion,
    /// Keep 64 buffers live, replace a random one, and write one byte.
    Set64,
    /// `Set64` with 1,024 buffers.
    Set1K,
    /// `Set64` with 16,384 buffers.
    Set16K,
    /// `Set64` with 262,144 buffers.
    Set256K,
    /// `Set64` with 1,048,576 buffers. Some 2 GB are resident, where nothing is shared.
    Set1M,
}

impl Kind {
    /// The workloads that every entrant of their family can do.
    pub const ALL: [Self; 12] = [
        Self::Pair,
        Self::Burst32,
        Self::Burst256,
        Self::Bulk32,
        Self::Bulk256,
        Self::Window,
        Self::PairTwo,
        Self::HandOff,
        Self::HandOffBulk,
        Self::Oversubscribed,
        Self::Dot11Mix,
        Self::Dot11HandOff,
    ];

    /// The workloads that not everybody can do. Who cannot do one has no such workload.
    pub const EXTRA: [Self; 13] = [
        Self::Rings,
        Self::Sharing4,
        Self::Sharing4Across,
        Self::Sharing44,
        Self::Sharing44Across,
        Self::Refusal,
        Self::ColdThousand,
        Self::ColdMillion,
        Self::Set64,
        Self::Set1K,
        Self::Set16K,
        Self::Set256K,
        Self::Set1M,
    ];

    /// Returns whether buffers are got and freed by bulk calls.
    #[must_use]
    pub fn in_bulk(self) -> bool {
        matches!(self, Self::Bulk32 | Self::Bulk256 | Self::HandOffBulk)
    }

    /// Returns whether buffers have several references.
    #[must_use]
    pub fn shares(self) -> bool {
        matches!(
            self,
            Self::Sharing4 | Self::Sharing4Across | Self::Sharing44 | Self::Sharing44Across
        )
    }

    /// Returns the number of live buffers, for the workloads that are measured over that number, as
    /// a curve.
    #[must_use]
    pub fn live(self) -> Option<usize> {
        match self {
            Self::Set64 => Some(1 << 6),
            Self::Set1K => Some(1 << 10),
            Self::Set16K => Some(1 << 14),
            Self::Set256K => Some(1 << 18),
            Self::Set1M => Some(1 << 20),
            _ => None,
        }
    }

    /// Returns the name, as shown in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pair => "pair",
            Self::Burst32 => "burst-32",
            Self::Burst256 => "burst-256",
            Self::Bulk32 => "bulk-32",
            Self::Bulk256 => "bulk-256",
            Self::Window => "window",
            Self::PairTwo => "pair-2t",
            Self::HandOff => "hand-off",
            Self::HandOffBulk => "hand-off-bulk",
            Self::Oversubscribed => "oversub-64",
            Self::Dot11Mix => "dot11-mix",
            Self::Dot11HandOff => "dot11-hand-off",
            Self::Rings => "rings-32",
            Self::Sharing4 => "sharing-4",
            Self::Sharing4Across => "sharing-4-across",
            Self::Sharing44 => "sharing-44",
            Self::Sharing44Across => "sharing-44-across",
            Self::Refusal => "refusal",
            Self::ColdThousand => "cold-1k",
            Self::ColdMillion => "cold-1m",
            Self::Set64 => "set-64",
            Self::Set1K => "set-1k",
            Self::Set16K => "set-16k",
            Self::Set256K => "set-256k",
            Self::Set1M => "set-1m",
        }
    }

    /// Returns what the workload does, in a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Pair => "Get a buffer, write one byte, free it.",
            Self::Burst32 => {
                "Get 32 one by one, write one byte of each; then free them one by one."
            }
            Self::Burst256 => {
                "Get 256 one by one, write one byte of each; then free them one by one."
            }
            Self::Bulk32 => "Get 32 at once, write one byte of each, free them at once.",
            Self::Bulk256 => "Get 256 at once, write one byte of each, free them at once.",
            Self::Window => "4096 are live: replace a random one, write 64 bytes.",
            Self::PairTwo => "The pair on two cores at once; all buffers count.",
            Self::HandOff => {
                "Bursts of 32, 64 bytes written of each, through a ring to the other core, which frees one by one."
            }
            Self::HandOffBulk => {
                "Bursts of 32, 64 bytes written of each, through a ring to the other core; got and freed at once."
            }
            Self::Oversubscribed => {
                "Bursts of 32 on 64 threads, many more than cores; all buffers count."
            }
            Self::Dot11Mix => {
                "1024 of the lengths of 802.11 are live: replace a random one, write 64 bytes."
            }
            Self::Dot11HandOff => {
                "Bursts of 32 of the lengths of 802.11, through a ring to the other core."
            }
            Self::Rings => {
                "Bursts of 32 from a fill ring through a receiver and a sender to the completions: ownership alone."
            }
            Self::Sharing4 => {
                "Get a buffer, write one byte, make four references, drop them one by one."
            }
            Self::Sharing4Across => {
                "Four references to each buffer: two are dropped, and two go through a ring to the other core, which reads 8 bytes through each and drops it."
            }
            Self::Sharing44 => {
                "A buffer of 64 KiB is cut into 44 slices, which are dropped; every slice counts."
            }
            Self::Sharing44Across => {
                "A buffer of 64 KiB is cut into 44 slices, which go through a ring to the other core and are dropped there; every slice counts."
            }
            Self::Refusal => "A get that is refused: all buffers are held.",
            Self::ColdThousand => "A pool of 1,024 is made, one buffer got, one byte written.",
            Self::ColdMillion => "A pool of 1,048,576 is made, one buffer got, one byte written.",
            Self::Set64 | Self::Set1K | Self::Set16K | Self::Set256K | Self::Set1M => {
                "So many are live: replace a random one, write one byte. One contestant after another."
            }
        }
    }

    /// Returns the workload of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::every().find(|kind| kind.name() == name)
    }

    /// Returns all workloads, those that not everybody can do last.
    pub fn every() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain(Self::EXTRA)
    }

    /// Returns whether the workload's buffers are of varying lengths.
    #[must_use]
    pub fn varies(self) -> bool {
        matches!(self, Self::Dot11Mix | Self::Dot11HandOff)
    }

    /// Returns the number of threads that the workload runs on.
    #[must_use]
    pub fn threads(self) -> Threads {
        match self {
            Self::PairTwo
            | Self::HandOff
            | Self::HandOffBulk
            | Self::Dot11HandOff
            | Self::Sharing4Across
            | Self::Sharing44Across => Threads::Two,
            Self::Oversubscribed => Threads::Many,
            _ => Threads::One,
        }
    }

    /// Returns how long a slice should take (M1).
    #[must_use]
    pub fn slice(self) -> Duration {
        match self.threads() {
            Threads::One => Duration::from_micros(150),
            Threads::Two => Duration::from_micros(60),
            // This is long enough for the scheduler to interrupt many threads in the middle of a
            // burst.
            Threads::Many => Duration::from_millis(40),
        }
    }

    /// Makes the workload with a contestant; `None` if the workload is one of varying lengths, or
    /// one that the contestant cannot do.
    #[must_use]
    pub fn with<C: Contestant>(self, contestant: &'static C) -> Option<Box<dyn Workload>> {
        Some(match self {
            Self::Pair => Box::new(pair::Pair(contestant)),
            Self::Burst32 => Box::new(burst::Singles::<C, 32>(contestant)),
            Self::Burst256 => Box::new(burst::Singles::<C, 256>(contestant)),
            Self::Bulk32 => Box::new(bulk::Bulk::<C, 32>(contestant)),
            Self::Bulk256 => Box::new(bulk::Bulk::<C, 256>(contestant)),
            Self::Window => window::with(contestant),
            Self::PairTwo => pair_two::with(contestant),
            Self::HandOff => Box::new(hand_off::HandOff::new(goods::Singles(contestant))),
            Self::HandOffBulk => Box::new(hand_off::HandOff::new(goods::Bulk(contestant))),
            Self::Oversubscribed => oversubscribed::with(contestant, oversubscribed::THREADS),
            Self::Refusal if C::BOUNDED => Box::new(refusal::Refusal::new(contestant)),
            Self::ColdThousand => Box::new(cold::Cold::<C, 1024>::with(contestant)?),
            Self::ColdMillion => Box::new(cold::Cold::<C, 1_048_576>::with(contestant)?),
            Self::Set64 | Self::Set1K | Self::Set16K | Self::Set256K | Self::Set1M => {
                return working_set::with(contestant, self.live()?);
            }
            Self::Dot11Mix | Self::Dot11HandOff | Self::Refusal => return None,
            Self::Rings
            | Self::Sharing4
            | Self::Sharing4Across
            | Self::Sharing44
            | Self::Sharing44Across => return None,
        })
    }

    /// Makes the workload with a contestant of varying lengths; `None` if the workload is one of
    /// frames.
    #[must_use]
    pub fn with_varying<C: VaryingContestant>(
        self,
        contestant: &'static C,
    ) -> Option<Box<dyn Workload>> {
        match self {
            Self::Dot11Mix => Some(dot11_mix::with(contestant)),
            Self::Dot11HandOff => Some(Box::new(hand_off::HandOff::new(goods::Dot11(contestant)))),
            _ => None,
        }
    }
}
