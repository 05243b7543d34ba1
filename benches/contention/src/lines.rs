//! Cache lines: which CPUs have them, and what was done on each.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use serde::Serialize;

use crate::machine::Access;
use crate::names::Names;

/// The counts of what was done on a line.
#[derive(Clone, Copy, Default, Debug, Serialize)]
pub struct Counts {
    /// The number of loads.
    pub loads: u64,
    /// The number of stores.
    pub stores: u64,
    /// The number of read-modify-writes, including failed compare-and-swaps.
    pub changes: u64,
    /// The number of failed compare-and-swaps.
    pub retries: u64,
    /// The number of times that the line came from a core of the same complex.
    pub near: u64,
    /// The number of times that the line came from another complex.
    pub far: u64,
}

impl Counts {
    /// Returns how often the line changed cores.
    #[must_use]
    pub fn transfers(&self) -> u64 {
        self.near + self.far
    }

    fn add(&mut self, other: &Self) {
        self.loads += other.loads;
        self.stores += other.stores;
        self.changes += other.changes;
        self.retries += other.retries;
        self.near += other.near;
        self.far += other.far;
    }
}

/// A map from the number of a line.
pub(crate) type Numbered<T> = HashMap<usize, T, BuildHasherDefault<Number>>;

/// A hasher by Fibonacci's method. Nobody chooses these numbers to collide, and there is one
/// look-up per access.
#[derive(Default)]
pub(crate) struct Number(u64);

impl Hasher for Number {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte) ^ self.0 as usize);
        }
    }

    fn write_usize(&mut self, number: usize) {
        let product = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ product >> 32;
    }
}

/// A set of CPUs.
type Cpus = [u64; 4];

/// The most CPUs of a machine.
pub const MAX_CPUS: u32 = 256;

#[derive(Default)]
pub(crate) struct Line {
    /// The CPUs that may read it.
    readers: Cpus,
    /// Whether the one reader may change it.
    exclusive: bool,
    /// The CPU that changed it last, or fetched it first.
    last: Option<u32>,
    pub(crate) busy_until: u64,
    pub(crate) counts: Counts,
}

impl Line {
    /// Gives a CPU what it needs of the line. If the line had to come from another CPU, it returns
    /// whether that one is near; otherwise `None`.
    pub(crate) fn fetch(
        &mut self,
        cpu: u32,
        kind: Access,
        is_near: impl Fn(u32) -> bool,
    ) -> Option<bool> {
        match kind {
            Access::Load => self.counts.loads += 1,
            Access::Store => self.counts.stores += 1,
            Access::Change => self.counts.changes += 1,
        }
        let bit = 1 << (cpu % 64);
        let reads = self.readers[cpu as usize / 64] & bit != 0;
        let had = reads && (self.exclusive || kind == Access::Load);
        // The line comes from the CPU that changed it last. If that is this CPU, the others give up
        // their copies, which takes as long.
        let from = self.last.filter(|_| !had);
        let near = from.map(|from| {
            let holder = if from == cpu { self.other(cpu) } else { from };
            is_near(holder)
        });
        if kind == Access::Load {
            if !had {
                self.exclusive = self.last.is_none();
                self.readers[cpu as usize / 64] |= bit;
                self.last.get_or_insert(cpu);
            }
        } else {
            self.readers = [0; 4];
            self.readers[cpu as usize / 64] = bit;
            self.exclusive = true;
            self.last = Some(cpu);
        }
        match near {
            Some(true) => self.counts.near += 1,
            Some(false) => self.counts.far += 1,
            None => {}
        }
        near
    }

    /// Returns the reader whose number is farthest from the CPU's, or the CPU itself if nobody else
    /// reads.
    fn other(&self, cpu: u32) -> u32 {
        let is_reader = |other: &u32| {
            *other != cpu && self.readers[*other as usize / 64] & (1 << (other % 64)) != 0
        };
        let others = (0..MAX_CPUS).filter(is_reader);
        others
            .max_by_key(|other| other.abs_diff(cpu))
            .unwrap_or(cpu)
    }

    pub(crate) fn forget(&mut self) {
        self.counts = Counts::default();
    }
}

/// The counts of the lines of one name.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// The name of what lies in the lines.
    pub name: &'static str,
    /// The counts of all lines of the name together.
    pub all: Counts,
    /// The counts of the line that changed cores most often.
    pub busiest: Counts,
    /// The number of lines that changed cores.
    pub lines: u64,
}

/// The counts of all lines, by their names.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lines(pub Vec<Named>);

impl Lines {
    pub(crate) fn of(lines: &Numbered<Line>, names: &Names) -> Self {
        let mut named: BTreeMap<&'static str, Named> = BTreeMap::new();
        for (number, line) in lines {
            let name = names.of_line(*number);
            let entry = named.entry(name).or_insert(Named {
                name,
                all: Counts::default(),
                busiest: Counts::default(),
                lines: 0,
            });
            entry.all.add(&line.counts);
            entry.lines += u64::from(line.counts.transfers() > 0);
            if line.counts.transfers() > entry.busiest.transfers() {
                entry.busiest = line.counts;
            }
        }
        Self(named.into_values().collect())
    }

    /// Returns the name and the counts of the line that changed cores most often.
    #[must_use]
    pub fn busiest(&self) -> Option<(&'static str, Counts)> {
        let shared = self.0.iter().filter(|named| named.busiest.transfers() > 0);
        let busiest = shared.max_by_key(|named| named.busiest.transfers())?;
        Some((busiest.name, busiest.busiest))
    }

    /// Returns the counts of all lines together.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.0.iter().for_each(|named| total.add(&named.all));
        total
    }
}
